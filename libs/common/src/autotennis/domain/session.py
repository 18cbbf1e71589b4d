"""Sessions: when one starts, how that is written, and the same a week later."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from autotennis.values import Session

# `20170210T9:00:00` was seen in links of 2017, `T09` is demanded by other readers in 2025: both are honest.
_START: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{1,2}):(\d{2}):(\d{2})", re.IGNORECASE)


def start_text(session: Session) -> str:
    """The start as NTNUI's links and ours write it, with or without a zero before a single-digit hour, as pasted."""
    start = session.start
    hour = f"{start.hour:02d}" if session.padded else str(start.hour)
    return f"{start:%Y%m%d}T{hour}:{start:%M}:{start:%S}"


def parse_start(text: str) -> tuple[datetime, bool] | None:
    """The local start that `start_text` wrote, and whether its hour has two digits; None if it is none."""
    match = _START.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups())
    try:
        start = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (the club's links name no zone)
        Session(timeid=1, start=start)
    except (ValueError, ValidationError):
        return None
    return start, len(match.group(4)) == 2


def starts_at(session: Session, zone: ZoneInfo) -> datetime:
    """The start in UTC.

    An hour that the change of the clocks skips counts as the one after it, one that it repeats as its first.
    """
    return session.start.replace(tzinfo=zone, fold=0).astimezone(UTC)


def next_week(session: Session) -> Session:
    """The same weekly slot seven days later at the same local time, also over a change of the clocks.

    Only a guess until the club's timetable shows it: slots are given to other hours now and then (seen in 2017).
    """
    return in_weeks(session, 1)


def in_weeks(session: Session, weeks: int) -> Session:
    """The same so many weeks later, or before.

    Where slots have names, the number is that of one date: of another one it is not known.
    """
    start = session.start + timedelta(days=7 * weeks)
    return session.model_copy(update={"start": start, "timeid": 0 if session.slot else session.timeid})
