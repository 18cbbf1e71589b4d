"""Checks before an opening: when they are due, and what a club's page means for a booking.

A check changes nothing at the club, and nothing depends on it: whatever it finds, the booking is raced for.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from autotennis.domain.spread import spread
from autotennis.values import Failure, FailureReason, Instant, Session, Value, Verdict, VerdictKind

# Those are mended by entering the club password anew.
OF_THE_LOGIN: Final = frozenset({FailureReason.LOGIN_REFUSED, FailureReason.NO_CREDENTIALS})
# Of these answers nothing can be said yet.
SAYS_NOTHING: Final = frozenset(
    {VerdictKind.BUSY, VerdictKind.NO_ANSWER, VerdictKind.UNTRUSTED, VerdictKind.LOGGED_OUT}
)
_TROUBLE: Final = {
    VerdictKind.SIGNED_UP: FailureReason.ALREADY_IN,
    VerdictKind.CANCELLED: FailureReason.SESSION_CANCELLED,
    VerdictKind.NO_SESSION: FailureReason.NO_SESSION,
    VerdictKind.UNKNOWN: FailureReason.PAGE_NOT_UNDERSTOOD,
}
# What the club's page shows beyond doubt, whatever its timetable has.
_CERTAIN: Final = frozenset({FailureReason.ALREADY_IN, FailureReason.SESSION_CANCELLED})


class CheckRules(Value):
    """So many hours before an opening a booking is checked.

    The checks of a club are spread over `spread_min` minutes before that. From `quiet_min` minutes before an opening of
    the club until `quiet_after_min` after it, it is left alone.
    """

    hours_before: tuple[float, ...] = (24.0, 4.0)
    spread_min: float = Field(default=60.0, ge=0, le=360)
    quiet_min: float = Field(default=3.0, ge=0, le=60)
    quiet_after_min: float = Field(default=2.0, ge=0, le=60)

    @property
    def spread(self) -> timedelta:
        """Over how long the checks are spread."""
        return timedelta(minutes=self.spread_min)

    @property
    def quiet(self) -> timedelta:
        """From how long before an opening the club is left alone."""
        return timedelta(minutes=self.quiet_min)

    @property
    def quiet_after(self) -> timedelta:
        """Until how long after an opening it is."""
        return timedelta(minutes=self.quiet_after_min)


class Checked(Value):
    """What the last check found: all was well, or what would keep the booking from its place.

    `moved_to` is the session's new time, where the club's timetable shows it. `told` are the reasons that the member
    was told of since all was well.
    """

    at: Instant
    failure: Failure | None = None
    moved_to: Session | None = None
    told: tuple[FailureReason, ...] = ()


class Finding(Value):
    """What a check found of one booking. `opens_at` is its opening, where the page tells another than was planned."""

    failure: Failure | None = None
    moved_to: Session | None = None
    opens_at: Instant | None = None


def check_instants(opening_at: datetime, member_id: str, rules: CheckRules) -> Sequence[datetime]:
    """When a member's booking that opens then is checked, the earliest first.

    Elapsed hours count, whatever the clocks do. All bookings of a member that open together are checked together.
    """
    early = rules.spread * (1 - spread(member_id))
    return sorted(opening_at - timedelta(hours=hours) - early for hours in rules.hours_before)


def check_after(instant: datetime, opening_at: datetime, member_id: str, rules: CheckRules) -> datetime | None:
    """The next check after that instant; None if only the opening is left."""
    last = opening_at - rules.quiet
    due = (one for one in check_instants(opening_at, member_id, rules) if one > instant)
    return next((one for one in due if one < last), None)


def finding(verdict: Verdict, moved_to: Session | None) -> Finding:
    """What the session's own page and the club's timetable together mean for a booking."""
    reason = _TROUBLE.get(verdict.kind)
    if moved_to is not None and reason not in _CERTAIN:
        return Finding(failure=Failure(reason=FailureReason.SESSION_MOVED), moved_to=moved_to)
    return Finding(failure=Failure(reason=reason, detail=verdict.fingerprint or "") if reason else None)


def moved(session: Session, shown: Iterable[Session]) -> Session | None:
    """Where else the timetable shows the session's slot in that week; None if it is where it was, or not there at all.

    A page of the timetable shows eight days: on the eighth, the same hour of another week is no move.
    """
    same = [one for one in shown if one.weekly == session.weekly]
    elsewhere = (one for one in same if (one.start - session.start) % timedelta(days=7))
    return None if session in same else next(elsewhere, None)
