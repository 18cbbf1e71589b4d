"""A weekly wish: which week is next, over both changes of the clocks, and what the timetable may say against it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import HttpUrl

from autotennis.domain.club import ClubRules
from autotennis.domain.opening import opening_of, wake_at
from autotennis.domain.series import (
    MOST_SKIPPED,
    Series,
    SeriesState,
    Slot,
    Trouble,
    TroubleKind,
    overlap,
    trouble_in,
    weeks_ahead,
)
from autotennis.domain.session import starts_at
from autotennis.errors import IllegalMove, Stale
from autotennis.values import Session, WaitingWish

CLUB = ClubRules(id="club", name="Club", base_url=HttpUrl("http://club.example/"))
NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
FIRST = Session(timeid=65, start=datetime(2026, 10, 6, 18, 0))


def a_series(first: Session = FIRST, **more: object) -> Series:
    fields = {"id": "s1", "member_id": "m1", "club_id": "club", "next": first, "plan_at": NOW}
    return Series.model_validate({**fields, "created_at": NOW, "changed_at": NOW, **more})


def planned(series: Series, now: datetime = NOW) -> Series:
    session = series.wanted(now, CLUB)
    assert session
    return series.planned(Slot(session=session, level="M"), CLUB, now)


@pytest.mark.parametrize(
    ("first", "openings"),
    [
        # Tuesdays at 18:00 in Oslo: the clocks go back on Sunday, October 25th, and forward on March 28th. In the week
        # of a change the earlier of the two counts is planned for.
        (datetime(2026, 10, 20, 18), ["2026-10-17T16:00", "2026-10-24T16:00", "2026-10-31T17:00"]),
        (datetime(2027, 3, 23, 18), ["2027-03-20T17:00", "2027-03-27T16:00", "2027-04-03T16:00"]),
    ],
)
def test_it_keeps_its_local_time_over_both_changes_of_the_clocks(first: datetime, openings: list[str]) -> None:
    series = a_series(Session(timeid=65, start=first))
    found: list[datetime] = []
    for week in range(3):
        assert series.next.start == first + timedelta(days=7 * week)
        found.append(opening_of(series.next, CLUB))
        series = planned(series)
    assert [f"{one:%Y-%m-%dT%H:%M}" for one in found] == openings


def test_a_week_is_planned_when_the_one_before_falls_due() -> None:
    series = planned(a_series())
    assert series.next.start == FIRST.start + timedelta(days=7)
    assert series.plan_at == wake_at(opening_of(FIRST, CLUB))
    assert series.level == "M"
    with pytest.raises(Stale):
        series.planned(Slot(session=FIRST), CLUB, NOW)


def test_a_week_that_is_skipped_is_passed_over() -> None:
    series = a_series().skipping(FIRST.start.date(), NOW)
    wanted = series.wanted(NOW, CLUB)
    assert wanted
    assert wanted.start == FIRST.start + timedelta(days=7)
    assert series.including(FIRST.start.date(), NOW).wanted(NOW, CLUB) == FIRST


def test_what_has_started_is_wanted_no_more() -> None:
    later = starts_at(FIRST, CLUB.zone)
    wanted = a_series().wanted(later, CLUB)
    assert wanted
    assert wanted.start == FIRST.start + timedelta(days=7)


def test_the_last_date_is_the_last() -> None:
    series = a_series(until=date(2026, 10, 13))
    assert [one.start.day for one in series.coming(4)] == [6, 13]
    series = planned(planned(series))
    assert series.wanted(NOW, CLUB) is None
    assert series.over(NOW).state is SeriesState.ENDED
    longer = series.lasting(date(2026, 10, 20), NOW)
    assert longer.wanted(NOW, CLUB)


def test_it_is_paused_and_resumed_and_stopped() -> None:
    paused = a_series().paused(NOW)
    assert not paused.is_due
    with pytest.raises(Stale):
        paused.paused(NOW)
    later = NOW + timedelta(days=30)
    resumed = paused.resumed(later)
    assert (resumed.is_due, resumed.plan_at) == (True, later)
    wanted = resumed.wanted(later, CLUB)
    assert wanted
    assert starts_at(wanted, CLUB.zone) > later
    stopped = resumed.stopped(NOW)
    for verb in (stopped.stopped, stopped.paused):
        with pytest.raises((Stale, IllegalMove)):
            verb(NOW)
    with pytest.raises(IllegalMove):
        stopped.resumed(NOW)
    with pytest.raises(IllegalMove):
        stopped.lasting(None, NOW)


def test_nobody_skips_for_ever() -> None:
    series = a_series()
    for week in range(MOST_SKIPPED):
        series = series.skipping(FIRST.start.date() + timedelta(days=7 * week), NOW)
    with pytest.raises(IllegalMove):
        series.skipping(FIRST.start.date() + timedelta(days=7 * MOST_SKIPPED), NOW)


HOUR_LATER = Session(timeid=65, start=FIRST.start + timedelta(hours=1))
WEEK_LATER = Session(timeid=65, start=FIRST.start + timedelta(days=7))
OTHER = Session(timeid=66, start=FIRST.start)


@pytest.mark.parametrize(
    ("shown", "kind", "seen"),
    [
        ([Slot(session=FIRST, level="M")], None, ""),
        ([Slot(session=FIRST, level="M*")], None, ""),
        ([Slot(session=FIRST, level="N")], TroubleKind.OTHER_GROUP, "N"),
        ([Slot(session=OTHER, level="M")], TroubleKind.GONE, ""),
        ([Slot(session=HOUR_LATER, level="M")], TroubleKind.MOVED, "2026-10-06T19:00"),
        ([Slot(session=WEEK_LATER, level="M")], TroubleKind.GONE, ""),
        ([], TroubleKind.GONE, ""),
    ],
)
def test_what_the_timetable_says(shown: list[Slot], kind: TroubleKind | None, seen: str) -> None:
    trouble = trouble_in(a_series(level="M"), FIRST, shown)
    assert (trouble and trouble.kind, trouble.seen if trouble else "") == (kind, seen)


def test_as_long_as_the_level_is_not_known_any_will_do() -> None:
    assert trouble_in(a_series(), FIRST, [Slot(session=FIRST, level="N")]) is None


def test_trouble_with_one_week_stops_no_other() -> None:
    trouble = Trouble(kind=TroubleKind.GONE, session=FIRST)
    series = a_series().met_with(trouble, CLUB, NOW)
    assert (series.state, series.trouble, series.next) == (SeriesState.ACTIVE, trouble, WEEK_LATER)
    assert planned(series).trouble is None


@pytest.mark.parametrize(("days", "page"), [(0, 0), (6, 0), (7, 1), (10, 1), (13, 1), (14, 2), (-1, 0)])
def test_which_page_of_the_timetable(days: int, page: int) -> None:
    assert weeks_ahead(FIRST, FIRST.start.date() - timedelta(days=days)) == page


@pytest.mark.parametrize(
    ("apart", "do"),
    [
        (timedelta(0), True),
        (timedelta(minutes=59), True),
        (timedelta(hours=1), False),
        (timedelta(days=7, minutes=30), True),
        (timedelta(days=1), False),
        (timedelta(days=6, hours=23, minutes=30), True),
    ],
)
def test_hours_of_the_week_overlap(apart: timedelta, do: bool) -> None:
    other = a_series(Session(timeid=70, start=FIRST.start + apart))
    assert overlap(a_series(), other) is do
    assert overlap(other, a_series()) is do


@given(st.sets(st.integers(0, 20), max_size=10), st.integers(1, 20))
def test_whatever_is_skipped_every_other_week_is_planned_once(skipped: set[int], weeks: int) -> None:
    series = a_series(until=FIRST.start.date() + timedelta(days=7 * weeks))
    for week in skipped:
        series = series.skipping(FIRST.start.date() + timedelta(days=7 * week), NOW)
    found: list[int] = []
    while session := series.wanted(NOW, CLUB):
        found.append((session.start - FIRST.start).days // 7)
        series = series.planned(Slot(session=session), CLUB, NOW)
    assert found == [week for week in range(weeks + 1) if week not in skipped]


def test_new_wishes_are_for_all_its_weeks_and_what_was_not_asked_stays() -> None:
    waiting = WaitingWish(wanted=False)
    series = a_series().paused(NOW).wished_anew(NOW, waiting=waiting, early=True, fixed=True)
    assert (series.state, series.waiting, series.early, series.fixed) == (SeriesState.ACTIVE, waiting, True, True)
    kept = series.wished_anew(NOW, waiting=WaitingWish(), early=None, fixed=None)
    assert (kept.waiting, kept.early, kept.fixed) == (WaitingWish(), True, True)
    assert not kept.wished_anew(NOW, waiting=WaitingWish(), early=False, fixed=False).fixed


NAMED = Session(timeid=31, slot="drop-in", start=FIRST.start)
TOLD = datetime(2026, 10, 4, 9, 30, tzinfo=UTC)


def test_where_the_timetable_tells_the_opening_the_week_after_is_planned_at_that() -> None:
    series = a_series(NAMED).planned(Slot(session=NAMED, opens_at=TOLD), CLUB, NOW)
    assert series.plan_at == wake_at(TOLD)
    assert series.next.timeid == 0, "the number of another date"
    assert Slot(session=NAMED).opening(CLUB) == opening_of(NAMED, CLUB)


def test_a_week_that_is_wanted_again_has_no_number_of_another_date() -> None:
    series = planned(a_series(NAMED).skipping(FIRST.start.date(), NOW))
    again = series.including(FIRST.start.date(), NOW).next
    assert (again, again.timeid) == (NAMED, 0)
