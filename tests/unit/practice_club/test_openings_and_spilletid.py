"""Openings under both rules over both nights of the year at which the clocks change, and the form of links."""

from datetime import UTC, datetime

import pytest

from practice_club.times import (
    OSLO,
    hour_is_padded,
    instant_ns,
    local_time,
    opening_ns,
    parse_spilletid,
    start_for_opening,
    write_spilletid,
)
from practice_club.vocabulary import DstRule


def _utc(day: int, month: int, hour: int, year: int = 2026) -> int:
    return instant_ns(datetime(year, month, day, hour, tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "elapsed_ns", "calendar_ns"),
    [
        (datetime(2026, 3, 30, 18, tzinfo=OSLO), _utc(27, 3, 16), _utc(27, 3, 17)),
        (datetime(2026, 10, 26, 18, tzinfo=OSLO), _utc(23, 10, 17), _utc(23, 10, 16)),
        (datetime(2026, 6, 10, 18, tzinfo=OSLO), _utc(7, 6, 16), _utc(7, 6, 16)),
        (datetime(2026, 3, 29, 1, tzinfo=OSLO), _utc(26, 3, 0), _utc(26, 3, 0)),
    ],
    ids=["after the spring night", "after the autumn night", "in summer", "just before the spring change"],
)
def test_the_opening_is_72_hours_or_3_days_before(start: datetime, elapsed_ns: int, calendar_ns: int) -> None:
    assert opening_ns(start, DstRule.ELAPSED) == elapsed_ns
    assert opening_ns(start, DstRule.CALENDAR) == calendar_ns


def test_the_opening_fits_the_countdown_of_a_saved_page() -> None:
    """Friday 10/2/2017 9:00 read at 5/2 23:51 said one day, nine hours and nine minutes."""
    opens_ns = opening_ns(datetime(2017, 2, 10, 9, tzinfo=OSLO), DstRule.ELAPSED)
    assert local_time(opens_ns) == datetime(2017, 2, 7, 9, tzinfo=OSLO)


@pytest.mark.parametrize("rule", list(DstRule))
@pytest.mark.parametrize(("month", "day"), [(3, 27), (10, 23), (6, 1)])
def test_a_start_can_be_found_for_any_opening(rule: DstRule, month: int, day: int) -> None:
    opens_ns = _utc(day, month, 12) + 1
    start = start_for_opening(opens_ns, rule)
    assert opening_ns(start, rule) == _utc(day, month, 12) + 1_000_000_000


def test_hours_are_read_padded_and_unpadded_and_written_as_asked() -> None:
    start = datetime(2017, 2, 10, 9, tzinfo=OSLO)
    assert parse_spilletid("20170210T9:00:00") == parse_spilletid("20170210T09:00:00") == start
    assert write_spilletid(start) == "20170210T9:00:00"
    assert write_spilletid(start, padded=True) == "20170210T09:00:00"
    assert hour_is_padded("20170210T09:00:00")
    assert not hour_is_padded("20170210T9:00:00")


def test_a_start_may_have_seconds() -> None:
    assert parse_spilletid("20261125T18:23:45") == datetime(2026, 11, 25, 18, 23, 45, tzinfo=OSLO)


@pytest.mark.parametrize("text", ["", "20170210", "20170210T9:00", "20171310T9:00:00", "20170210T24:00:00", "x" * 16])
def test_anything_else_names_no_start(text: str) -> None:
    assert parse_spilletid(text) is None
