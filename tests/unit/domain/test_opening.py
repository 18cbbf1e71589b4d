"""When sign-up opens: both ways of counting 72 h, over both changes of the clocks of a year."""

from datetime import UTC, datetime, timedelta

import pytest

from autotennis.domain.club import NTNUI_TENNIS, ClubRules, DayCount, OpeningRule
from autotennis.domain.opening import (
    confirming_after,
    confirming_by_countdown,
    confirming_due,
    confirming_of,
    is_elsewhere,
    opening_after,
    opening_by_countdown,
    opening_of,
    possible_openings,
    wake_at,
)
from autotennis.values import Session


def counting(counted: DayCount) -> ClubRules:
    return NTNUI_TENNIS.model_copy(update={"opening": OpeningRule(counted=counted)})


def at(year: int, month: int, day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "elapsed", "calendar"),
    [
        (datetime(2026, 2, 10, 18, 0), at(2026, 2, 7, 17, 0), at(2026, 2, 7, 17, 0)),
        (datetime(2026, 7, 10, 9, 0), at(2026, 7, 7, 7, 0), at(2026, 7, 7, 7, 0)),
        # The clocks go forward on Sunday 29 March 2026 and back on Sunday 25 October.
        (datetime(2026, 3, 29, 1, 0), at(2026, 3, 26, 0, 0), at(2026, 3, 26, 0, 0)),
        (datetime(2026, 3, 29, 8, 0), at(2026, 3, 26, 6, 0), at(2026, 3, 26, 7, 0)),
        (datetime(2026, 3, 30, 18, 0), at(2026, 3, 27, 16, 0), at(2026, 3, 27, 17, 0)),
        (datetime(2026, 4, 1, 1, 30), at(2026, 3, 28, 23, 30), at(2026, 3, 29, 0, 30)),
        (datetime(2026, 4, 1, 18, 0), at(2026, 3, 29, 16, 0), at(2026, 3, 29, 16, 0)),
        (datetime(2026, 10, 25, 8, 0), at(2026, 10, 22, 7, 0), at(2026, 10, 22, 6, 0)),
        (datetime(2026, 10, 26, 18, 0), at(2026, 10, 23, 17, 0), at(2026, 10, 23, 16, 0)),
        (datetime(2026, 10, 28, 18, 0), at(2026, 10, 25, 17, 0), at(2026, 10, 25, 17, 0)),
    ],
)
def test_72_hours_before(start: datetime, elapsed: datetime, calendar: datetime) -> None:
    session = Session(timeid=65, start=start)
    assert opening_of(session, counting(DayCount.ELAPSED)) == elapsed
    assert opening_of(session, counting(DayCount.CALENDAR)) == calendar
    both = possible_openings(session, counting(DayCount.UNKNOWN))
    assert both == tuple(sorted({elapsed, calendar}))
    assert opening_of(session, counting(DayCount.UNKNOWN)) == both[0]
    assert opening_after(both[0], session, counting(DayCount.UNKNOWN)) == (both[1] if len(both) > 1 else None)


def test_the_clubs_own_hours_count() -> None:
    club = NTNUI_TENNIS.model_copy(update={"opening": OpeningRule(hours_before=24)})
    assert opening_of(Session(timeid=1, start=datetime(2026, 7, 10, 9, 0)), club) == at(2026, 7, 9, 7, 0)


MONDAY = Session(timeid=65, start=datetime(2026, 3, 30, 18, 0))
TUESDAY = Session(timeid=65, start=datetime(2026, 2, 10, 18, 0))


@pytest.mark.parametrize("counted", DayCount)
def test_the_countdown_is_believed_whatever_the_rule_says(counted: DayCount) -> None:
    read_at = at(2026, 3, 27, 15, 58, 30)
    # "1 time og 1 minutt": the whole minutes left until 17:00.
    assert opening_by_countdown(MONDAY, counting(counted), read_at, 3660) == at(2026, 3, 27, 17, 0)
    assert opening_by_countdown(MONDAY, counting(counted), read_at, 60) == at(2026, 3, 27, 16, 0)


@pytest.mark.parametrize("seconds_off", [-60, -1, 0, 59, 89])
def test_the_countdown_names_a_minute_and_the_rule_the_second(seconds_off: int) -> None:
    opening = at(2026, 2, 7, 17, 0)
    read_at = opening - timedelta(hours=2) + timedelta(seconds=seconds_off)
    assert opening_by_countdown(TUESDAY, NTNUI_TENNIS, read_at, 7200) == opening


def test_an_announced_opening_that_no_rule_knows_is_believed() -> None:
    # "1 time" with the seconds left out: the opening comes within the minute after 17:50:20.
    announced = opening_by_countdown(TUESDAY, NTNUI_TENNIS, at(2026, 2, 7, 16, 50, 20), 3600)
    assert announced == at(2026, 2, 7, 17, 51)


def test_the_wake_up_is_two_minutes_ahead() -> None:
    assert wake_at(at(2026, 2, 7, 17, 0)) == at(2026, 2, 7, 16, 58)


@pytest.mark.parametrize(
    ("start", "elapsed", "calendar"),
    [
        (datetime(2026, 2, 10, 18, 0), at(2026, 2, 3, 17, 0), at(2026, 2, 3, 17, 0)),
        # The clocks go forward on Sunday 29 March 2026 and back on Sunday 25 October.
        (datetime(2026, 3, 29, 1, 0), at(2026, 3, 22, 0, 0), at(2026, 3, 22, 0, 0)),
        (datetime(2026, 4, 3, 18, 0), at(2026, 3, 27, 16, 0), at(2026, 3, 27, 17, 0)),
        (datetime(2026, 4, 5, 18, 0), at(2026, 3, 29, 16, 0), at(2026, 3, 29, 16, 0)),
        (datetime(2026, 10, 30, 18, 0), at(2026, 10, 23, 17, 0), at(2026, 10, 23, 16, 0)),
        (datetime(2026, 11, 1, 18, 0), at(2026, 10, 25, 17, 0), at(2026, 10, 25, 17, 0)),
    ],
)
def test_regular_players_confirm_from_seven_days_before(start: datetime, elapsed: datetime, calendar: datetime) -> None:
    session = Session(timeid=65, start=start)
    assert confirming_of(session, counting(DayCount.ELAPSED)) == elapsed
    assert confirming_of(session, counting(DayCount.CALENDAR)) == calendar
    first, last = min(elapsed, calendar), max(elapsed, calendar)
    unknown = counting(DayCount.UNKNOWN)
    assert confirming_of(session, unknown) == first
    assert confirming_after(first, session, unknown) == (last if last > first else None)
    assert confirming_after(last, session, unknown) is None
    for instant in (elapsed, calendar):
        read_at = instant - timedelta(hours=4, minutes=11, seconds=30)
        assert confirming_by_countdown(session, unknown, read_at, 4 * 3600 + 11 * 60) == instant


def test_another_hour_that_the_page_announces_for_regular_players_is_believed() -> None:
    announced = confirming_by_countdown(TUESDAY, NTNUI_TENNIS, at(2026, 2, 3, 10, 0, 20), 3600)
    assert announced == at(2026, 2, 3, 11, 1)


def test_a_fixed_place_is_confirmed_as_soon_as_that_may_be_and_not_shortly_before_the_opening() -> None:
    allowed, opening = at(2026, 2, 3, 17, 0), at(2026, 2, 7, 17, 0)
    before, after = allowed - timedelta(days=3), allowed + timedelta(hours=1)
    assert confirming_due(allowed, TUESDAY, NTNUI_TENNIS, before) == allowed
    assert confirming_due(allowed, TUESDAY, NTNUI_TENNIS, after) == after
    for late in (opening - timedelta(minutes=10), opening, opening + timedelta(hours=1)):
        assert confirming_due(allowed, TUESDAY, NTNUI_TENNIS, late) is None


def test_at_a_club_that_opens_before_regular_players_may_confirm_there_is_nothing_to_confirm() -> None:
    club = NTNUI_TENNIS.model_copy(update={"opening": OpeningRule(hours_before=168)})
    assert confirming_due(confirming_of(TUESDAY, club), TUESDAY, club, at(2026, 1, 1, 0, 0)) is None


@pytest.mark.parametrize(
    ("planned_s", "told_s", "elsewhere"),
    [(10, 10, False), (10, 10.5, False), (10, 9.5, False), (10, 10.6, True), (10, 9.4, True), (10, -1, False)],
)
def test_an_opening_that_is_told_exactly_and_lies_ahead_is_followed(
    planned_s: float, told_s: float, elsewhere: bool
) -> None:
    now = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
    planned, told = now + timedelta(seconds=planned_s), now + timedelta(seconds=told_s)
    assert is_elsewhere(planned, told, now) is elsewhere
