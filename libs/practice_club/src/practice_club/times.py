"""Dates of the club: the form of `spilletid`, openings, and the club's zone. Pure."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from practice_club.clock import NS_PER_S
from practice_club.vocabulary import DstRule

OSLO = ZoneInfo("Europe/Oslo")
OPENS_DAYS_BEFORE = 3  # seen in the countdowns of saved pages (2017)
CONFIRM_DAYS_BEFORE = 7  # likewise: regulars may confirm from exactly seven days before
SESSION_LENGTH = timedelta(hours=1)

_SPILLETID = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d{1,2}):(\d\d):(\d\d)", re.ASCII)


def parse_spilletid(text: str) -> datetime | None:
    """The start named by `YYYYMMDDTH:MM:SS` or `YYYYMMDDTHH:MM:SS`, in the club's zone; None if it is not one."""
    match = _SPILLETID.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=OSLO)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def write_spilletid(start: datetime, *, padded: bool = False) -> str:
    """The club's name of a start. Links of 2017 leave the hour unpadded; a reader of 2025 demands two digits."""
    hour = f"{start.hour:02}" if padded else str(start.hour)
    return f"{start:%Y%m%d}T{hour}:{start:%M:%S}"


def hour_is_padded(spilletid: str) -> bool:
    """Whether the hour was written with two digits."""
    return len(spilletid) == len("20170210T09:00:00")


def instant_ns(moment: datetime) -> int:
    """Nanoseconds since 1970 of an aware datetime."""
    elapsed = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * NS_PER_S + elapsed.microseconds * 1_000


def local_time(moment_ns: int) -> datetime:
    """The club's wall clock at an instant, cut to the microsecond."""
    seconds, rest_ns = divmod(moment_ns, NS_PER_S)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest_ns // 1_000).astimezone(OSLO)


def iso_utc(moment_ns: int) -> str:
    """ISO 8601 in UTC, for people who read the report."""
    return local_time(moment_ns).astimezone(UTC).isoformat()


@lru_cache(maxsize=4096)
def days_before_ns(start: datetime, days: int, rule: DstRule) -> int:
    """The instant `days` before `start`: that many times 24 hours, or the same time of day that many dates earlier."""
    if rule is DstRule.ELAPSED:
        return instant_ns(start.astimezone(UTC) - timedelta(days=days))
    return instant_ns(start - timedelta(days=days))  # arithmetic inside one zone is wall-clock arithmetic


def opening_ns(start: datetime, rule: DstRule) -> int:
    """When a session that starts at `start` opens for sign-up."""
    return days_before_ns(start, OPENS_DAYS_BEFORE, rule)


def start_for_opening(opens_ns: int, rule: DstRule) -> datetime:
    """The start of a session that opens at an instant (rounded up to the whole second that a link can name)."""
    seconds = -(-opens_ns // NS_PER_S)
    opens = datetime.fromtimestamp(seconds, tz=UTC)
    if rule is DstRule.ELAPSED:
        return (opens + timedelta(days=OPENS_DAYS_BEFORE)).astimezone(OSLO)
    return opens.astimezone(OSLO) + timedelta(days=OPENS_DAYS_BEFORE)
