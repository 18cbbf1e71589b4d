"""Whether a freed place is still wanted: the notice, the quiet hours, and the nights on which the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from autotennis.domain.waiting import Objection, Wait, objection
from autotennis.values import QuietHours, WaitingWish

OSLO = ZoneInfo("Europe/Oslo")
START = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
WAIT = Wait(since=START - timedelta(days=3), until=START)


@pytest.mark.parametrize(
    ("before_min", "objected"),
    [(121, None), (120, None), (119, Objection.TOO_LATE), (0, Objection.TOO_LATE)],
)
def test_the_notice(before_min: int, objected: Objection | None) -> None:
    now = START - timedelta(minutes=before_min)
    assert objection(WaitingWish(notice_min=120), WAIT, OSLO, now) is objected
    assert objection(WaitingWish(), WAIT, OSLO, now) is None


@pytest.mark.parametrize(
    ("hours", "local_hour", "quiet"),
    [
        ((23, 7), 22, False),
        ((23, 7), 23, True),
        ((23, 7), 3, True),
        ((23, 7), 7, False),
        ((9, 15), 8, False),
        ((9, 15), 14, True),
        ((9, 15), 15, False),
        ((8, 8), 8, False),
    ],
)
def test_the_quiet_hours_are_the_clubs_own(hours: tuple[int, int], local_hour: int, quiet: bool) -> None:
    wish = WaitingWish(quiet=QuietHours(from_hour=hours[0], until_hour=hours[1]))
    now = datetime(2026, 11, 24, local_hour, 59, tzinfo=OSLO)
    assert (objection(wish, WAIT, OSLO, now.astimezone(UTC)) is Objection.QUIET) is quiet


@pytest.mark.parametrize("fold", [0, 1])
def test_an_hour_that_comes_twice_is_quiet_both_times(fold: int) -> None:
    wait = Wait(since=datetime(2026, 10, 22, tzinfo=UTC), until=datetime(2026, 10, 25, 17, tzinfo=UTC))
    wish = WaitingWish(quiet=QuietHours(from_hour=2, until_hour=3))
    now = datetime(2026, 10, 25, 2, 30, fold=fold, tzinfo=OSLO)
    assert objection(wish, wait, OSLO, now.astimezone(UTC)) is Objection.QUIET


def test_too_late_is_said_before_quiet() -> None:
    wish = WaitingWish(notice_min=60, quiet=QuietHours(from_hour=0, until_hour=23))
    assert objection(wish, WAIT, OSLO, START - timedelta(minutes=10)) is Objection.TOO_LATE


@pytest.mark.parametrize("hours", [(-1, 3), (3, 24)])
def test_hours_are_those_of_a_day(hours: tuple[int, int]) -> None:
    with pytest.raises(ValidationError):
        QuietHours(from_hour=hours[0], until_hour=hours[1])
