"""What is made of a club's pages that were looked through, and when that is done."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.records import CLUB, NOW

from autotennis.domain.club_health import (
    IN_WORDS,
    ClubHealth,
    LookedThrough,
    PageRead,
    PageTrouble,
    look_through_at,
)
from autotennis.values import PageKind

OSLO = ZoneInfo("Europe/Oslo")
NOTHING = ClubHealth(club_id=CLUB, read_at=NOW)


def read(fingerprint: str, trouble: PageTrouble | None = None, page: PageKind = PageKind.SESSION) -> LookedThrough:
    return LookedThrough(pages=(PageRead(page=page, fingerprint=fingerprint, trouble=trouble),))


def test_a_structure_that_changes_and_is_understood_is_no_news() -> None:
    health, facts = NOTHING.after(read("one"), NOW)
    health, more = health.after(read("two"), NOW)
    assert (facts, more, health.changed) == ((), (), ())


def test_each_structure_that_is_not_understood_is_told_once() -> None:
    health, _ = NOTHING.after(read("one"), NOW)
    health, (fact,) = health.after(read("two", PageTrouble.NO_SESSION), NOW)
    assert (fact.was, fact.now_is, fact.reason) == ("one", "two", IN_WORDS[PageTrouble.NO_SESSION])
    health, facts = health.after(read("two", PageTrouble.NO_SESSION), NOW)
    assert facts == ()
    health, (fact,) = health.after(read("three", PageTrouble.NO_SESSION), NOW)
    assert (fact.was, fact.now_is) == ("one", "three")
    assert [one.page for one in health.changed] == [PageKind.SESSION]
    health, facts = health.after(read("four"), NOW)
    assert (facts, health.changed) == ((), ())


def test_what_was_not_read_this_time_stays_as_it_was() -> None:
    health, _ = NOTHING.after(read("one", PageTrouble.NO_PROOF, PageKind.LOG_IN), NOW)
    health, _ = health.after(read("two"), NOW + timedelta(days=1))
    assert [one.page for one in health.changed] == [PageKind.LOG_IN]
    assert health.read_at == NOW + timedelta(days=1)


def test_every_trouble_is_told_in_words() -> None:
    assert set(IN_WORDS) == set(PageTrouble)


@given(st.text("abc019", min_size=1), st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1)))
def test_a_club_is_looked_through_at_night_once_a_day(club_id: str, now: datetime) -> None:
    at = look_through_at(club_id, OSLO, now)
    assert at <= now < at + timedelta(hours=25)
    assert 1 <= at.astimezone(OSLO).hour < 7


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_it_is_once_a_day_when_the_clocks_change(day: datetime) -> None:
    hours = [day - timedelta(hours=12) + timedelta(hours=number) for number in range(49)]
    assert len({look_through_at("club", OSLO, hour) for hour in hours}) == 3
