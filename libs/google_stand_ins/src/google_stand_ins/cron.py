"""When a cron schedule is due, minute by minute, in the job's own time zone."""

import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

# Five fields of numbers or names. The library knows more than Google takes: seconds, `L`, `LW`, `#`.
_SCHEDULE: Final = re.compile(r"[0-9A-Z*,/-]+( [0-9A-Z*,/-]+){4}")
_LAST: Final = re.compile(r"(?<![A-Z])L|[0-9]L")


class BadSchedule(Exception):
    """The schedule or the time zone cannot be understood."""


def next_minute(schedule: str, time_zone: str, after: datetime) -> datetime:
    """The first minute (UTC) later than `after` at which the schedule is due. Raises BadSchedule.

    An empty time zone is UTC. Google's English-like schedules ("every 5 minutes") are not understood.
    """
    fields = " ".join(schedule.upper().split())
    if not _SCHEDULE.fullmatch(fields) or _LAST.search(fields):
        raise BadSchedule(f"Schedule {schedule!r} is not a crontab's five fields.")
    try:
        return next(CronSim(fields, after.astimezone(_zone(time_zone)))).astimezone(UTC)
    except (CronSimError, StopIteration):
        raise BadSchedule(f"Schedule {schedule!r} is invalid.") from None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo("UTC" if name.lower() in {"", "utc"} else name)
    except (OSError, ValueError, KeyError):
        # An unknown zone is a KeyError, the name of a folder an OSError, a path a ValueError.
        raise BadSchedule(f"Time zone {name!r} is invalid.") from None
