"""Waiting for a freed place: whose turn it is, and whether the place is still wanted."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from autotennis.values import Instant, QuietHours, Value, WaitingWish


class Wait(Value):
    """From when on a booking waits, and until when: the start of its session (UTC)."""

    since: Instant
    until: Instant


class Offer(Value):
    """A freed place that the member was asked about, until when they could answer, and what they said."""

    made_at: Instant
    until: Instant
    accepted: bool | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether the member may still answer."""
        return self.accepted is None and now < self.until


class Objection(StrEnum):
    """Why a freed place is not taken."""

    TOO_LATE = "too_late"
    QUIET = "quiet"


def objection(wish: WaitingWish, wait: Wait, zone: ZoneInfo, now: datetime) -> Objection | None:
    """What the member has against a place that is free now; None if it is to be taken."""
    if wait.until - now < timedelta(minutes=wish.notice_min):
        return Objection.TOO_LATE
    if wish.quiet is not None and is_quiet(wish.quiet, now.astimezone(zone).hour):
        return Objection.QUIET
    return None


def is_quiet(hours: QuietHours, hour: int) -> bool:
    """Whether that hour of the day is one of these."""
    if hours.from_hour <= hours.until_hour:
        return hours.from_hour <= hour < hours.until_hour
    return hour >= hours.from_hour or hour < hours.until_hour
