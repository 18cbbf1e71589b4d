"""When the sign-up for a session opens."""

from datetime import UTC, datetime, timedelta
from typing import Final

from autotennis.domain.club import ClubRules, DayCount
from autotennis.domain.session import starts_at
from autotennis.values import Session

# The booker needs this long before an opening to log in, to learn the club's clock and to warm its connections.
WAKE_LEAD_S: Final = 120.0
# A club's countdown is written in whole minutes, so it names a minute and not an instant.
COUNTDOWN_STEP_S: Final = 60.0
_COUNTS: Final = (DayCount.ELAPSED, DayCount.CALENDAR)


def opening_of(session: Session, club: ClubRules) -> datetime:
    """The first instant (UTC) at which sign-up may open by the club's own rule."""
    return possible_openings(session, club)[0]


def possible_openings(session: Session, club: ClubRules) -> tuple[datetime, ...]:
    """Every instant at which it may open by the club's rule, earliest first.

    More than one only where the count is unknown and the clocks change in between.
    """
    counted = club.opening.counted
    counts = _COUNTS if counted is DayCount.UNKNOWN else (counted,)
    return tuple(sorted({_opening(session, club, count) for count in counts}))


def _opening(session: Session, club: ClubRules, counted: DayCount) -> datetime:
    before = timedelta(hours=club.opening.hours_before)
    if counted is DayCount.ELAPSED:
        # In UTC first: subtracting from a time with a zone would count calendar days.
        return starts_at(session, club.zone) - before
    return (session.start - before).replace(tzinfo=club.zone, fold=0).astimezone(UTC)


def opening_after(instant: datetime, session: Session, club: ClubRules) -> datetime | None:
    """The next instant at which it may open, if it did not at this one."""
    return next((later for later in possible_openings(session, club) if later > instant), None)


def opening_by_countdown(session: Session, club: ClubRules, read_at: datetime, opens_in_s: int) -> datetime:
    """The opening that the club's own page announces: the page is the authority, our rule only knows the seconds.

    `read_at` is the instant (UTC) at which the page said that it opens in `opens_in_s` (whole minutes). The opening by
    either count that lies within a minute and a half of that is taken for it; if none does, the next whole minute,
    since the club leaves out the seconds.
    """
    announced = read_at + timedelta(seconds=opens_in_s)
    known = [_opening(session, club, count) for count in _COUNTS]
    nearest = min(known, key=lambda instant: abs(instant - announced))
    if abs(nearest - announced) <= timedelta(seconds=1.5 * COUNTDOWN_STEP_S):
        return nearest
    return (announced + timedelta(seconds=COUNTDOWN_STEP_S)).replace(second=0, microsecond=0)


def wake_at(opening_at: datetime) -> datetime:
    """When the bookings of an opening are handed to the booker."""
    return opening_at - timedelta(seconds=WAKE_LEAD_S)
