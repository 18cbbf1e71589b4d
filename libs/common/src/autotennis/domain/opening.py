"""When the sign-up for a session opens, and from when its regular players may confirm their fixed places."""

from datetime import UTC, datetime, timedelta
from typing import Final

from autotennis.domain.club import ClubRules, DayCount
from autotennis.domain.session import starts_at
from autotennis.values import Session, Verdict

# The booker needs this long before an opening to log in, to learn the club's clock and to warm its connections.
WAKE_LEAD_S: Final = 120.0
# A club's countdown is written in whole minutes, so it names a minute and not an instant.
COUNTDOWN_STEP_S: Final = 60.0
# So shortly before an opening a fixed place is not confirmed apart from that: the race does so, too, if it can.
_RACE_CONFIRMS_S: Final = 600.0
# Openings that are told exactly are the same if they are no farther apart: rules and pages know whole seconds.
_SAME: Final = timedelta(seconds=0.5)
_COUNTS: Final = (DayCount.ELAPSED, DayCount.CALENDAR)


def opening_of(session: Session, club: ClubRules) -> datetime:
    """The first instant (UTC) at which sign-up may open by the club's own rule."""
    return possible_openings(session, club)[0]


def possible_openings(session: Session, club: ClubRules) -> tuple[datetime, ...]:
    """Every instant at which it may open by the club's rule, earliest first.

    More than one only where the count is unknown and the clocks change in between.
    """
    return _possible(session, club, club.opening.hours_before)


def opening_after(instant: datetime, session: Session, club: ClubRules) -> datetime | None:
    """The next instant at which it may open, if it did not at this one."""
    return next((later for later in possible_openings(session, club) if later > instant), None)


def opening_by_countdown(session: Session, club: ClubRules, read_at: datetime, opens_in_s: int) -> datetime:
    """The opening that the club's own page announces: the page is the authority, our rule only knows the seconds.

    `read_at` is the instant (UTC) at which the page said that it opens in `opens_in_s` (whole minutes). The opening by
    either count that lies within a minute and a half of that is taken for it; if none does, the next whole minute,
    since the club leaves out the seconds.
    """
    return _announced(session, club, club.opening.hours_before, read_at + timedelta(seconds=opens_in_s))


def opening_by_page(session: Session, club: ClubRules, read_at: datetime, verdict: Verdict) -> datetime | None:
    """The opening that the club's own page announces, exactly or by its countdown; None where it says nothing of it.

    `read_at` is the instant (UTC) at which the page was read.
    """
    if verdict.opens_at is not None or verdict.opens_in_s is None:
        return verdict.opens_at
    return opening_by_countdown(session, club, read_at, verdict.opens_in_s)


def is_elsewhere(planned: datetime, told: datetime, now: datetime) -> bool:
    """Whether the opening that a page tells exactly is still to come, at another instant than was planned for."""
    return told > now and abs(told - planned) > _SAME


def confirming_of(session: Session, club: ClubRules) -> datetime:
    """The first instant (UTC) from which regular players may confirm their fixed places by the club's own rule."""
    return _possible(session, club, club.opening.regulars_hours_before)[0]


def confirming_after(instant: datetime, session: Session, club: ClubRules) -> datetime | None:
    """The next instant from which they may, if they could not from this one."""
    possible = _possible(session, club, club.opening.regulars_hours_before)
    return next((later for later in possible if later > instant), None)


def confirming_by_countdown(session: Session, club: ClubRules, read_at: datetime, confirms_in_s: int) -> datetime:
    """From when they may by the club's own page, as `opening_by_countdown` finds the opening by its countdown."""
    return _announced(session, club, club.opening.regulars_hours_before, read_at + timedelta(seconds=confirms_in_s))


def confirming_due(confirming_at: datetime, session: Session, club: ClubRules, now: datetime) -> datetime | None:
    """When to confirm a fixed place for which that may be done from `confirming_at` on: then, or now if that is past.

    None if that would be at the opening or shortly before: then there is nothing to do but to race.
    """
    due = max(confirming_at, now)
    return due if opening_of(session, club) - due > timedelta(seconds=_RACE_CONFIRMS_S) else None


def _possible(session: Session, club: ClubRules, hours_before: int) -> tuple[datetime, ...]:
    counted = club.opening.counted
    counts = _COUNTS if counted is DayCount.UNKNOWN else (counted,)
    return tuple(sorted({_before(session, club, hours_before, count) for count in counts}))


def _announced(session: Session, club: ClubRules, hours_before: int, announced: datetime) -> datetime:
    known = [_before(session, club, hours_before, count) for count in _COUNTS]
    nearest = min(known, key=lambda instant: abs(instant - announced))
    if abs(nearest - announced) <= timedelta(seconds=1.5 * COUNTDOWN_STEP_S):
        return nearest
    return (announced + timedelta(seconds=COUNTDOWN_STEP_S)).replace(second=0, microsecond=0)


def _before(session: Session, club: ClubRules, hours_before: int, counted: DayCount) -> datetime:
    before = timedelta(hours=hours_before)
    if counted is DayCount.ELAPSED:
        # In UTC first: subtracting from a time with a zone would count calendar days.
        return starts_at(session, club.zone) - before
    return (session.start - before).replace(tzinfo=club.zone, fold=0).astimezone(UTC)


def wake_at(opening_at: datetime) -> datetime:
    """When the bookings of an opening are handed to the booker."""
    return opening_at - timedelta(seconds=WAKE_LEAD_S)
