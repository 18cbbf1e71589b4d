"""What every Store promises of weekly series."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from support.families import Family
from support.records import NOW, OPENING, a_series

from autotennis.domain.series import Series
from autotennis.errors import NotFound


def test_a_series_comes_back_as_it_was(family: Family) -> None:
    family.store.add_series(a_series())
    assert family.store.series("s-1") == a_series()
    with family.reopened() as other:
        assert other.store.series("s-1") == a_series()


def test_added_again_it_stays_as_it_is(family: Family) -> None:
    family.store.add_series(a_series())
    changed = family.store.change_series("s-1", lambda it: it.paused(NOW))
    family.store.add_series(a_series())
    assert family.store.series("s-1") == changed


def test_an_unknown_series_is_not_found(family: Family) -> None:
    with pytest.raises(NotFound):
        family.store.series("s-1")
    with pytest.raises(NotFound):
        family.store.change_series("s-1", lambda it: it)


def test_a_member_sees_their_own_the_newest_first(family: Family) -> None:
    older = a_series("s-1").model_copy(update={"created_at": NOW - timedelta(days=1)})
    for series in (older, a_series("s-2"), a_series("s-3", member_id="m-2")):
        family.store.add_series(series)
    assert [one.id for one in family.store.series_of("m-1")] == ["s-2", "s-1"]
    assert [one.id for one in family.store.series_of("m-1", limit=1)] == ["s-2"]
    assert family.store.series_of("m-3") == []


def test_those_are_due_that_are_active_and_whose_time_has_come(family: Family) -> None:
    for number in range(4):
        family.store.add_series(a_series(f"s-{number}", plan_at=OPENING + timedelta(minutes=number)))
    family.store.change_series("s-1", lambda it: it.paused(NOW))
    due = family.store.series_due(OPENING + timedelta(minutes=3))
    assert [one.id for one in due] == ["s-0", "s-2"]
    assert [one.id for one in family.store.series_due(OPENING + timedelta(minutes=3), limit=1)] == ["s-0"]
    family.store.change_series("s-1", lambda it: it.resumed(OPENING))
    assert [one.id for one in family.store.series_due(OPENING + timedelta(seconds=1))] == ["s-0", "s-1"]
    family.store.change_series("s-0", lambda it: it.stopped(NOW))
    assert [one.id for one in family.store.series_due(OPENING + timedelta(seconds=1))] == ["s-1"]


def test_what_a_change_raises_leaves_it_as_it_was(family: Family) -> None:
    family.store.add_series(a_series())

    def fail(_series: Series) -> Series:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        family.store.change_series("s-1", fail)
    assert family.store.series("s-1") == a_series()


def test_racing_changes_each_count(family: Family) -> None:
    family.store.add_series(a_series())
    days = [date(2026, 12, 2) + timedelta(days=7 * week) for week in range(10)]

    def skip(day: date) -> None:
        family.store.change_series("s-1", lambda it: it.skipping(day, NOW))

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(skip, days))
    assert family.store.series("s-1").skipped == frozenset(days)
