"""What the pages do with weekly series, free of Flask: begin, list, show, pause, skip, stop."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import structlog

from autotennis.domain.booking import Booking
from autotennis.domain.member import Member
from autotennis.domain.opening import opening_of, wake_at
from autotennis.domain.series import Series, SeriesState, overlap
from autotennis.domain.session import next_week, starts_at
from autotennis.errors import IllegalMove, NotFound, Stale, Transient
from autotennis.events import SeriesDue
from autotennis.ports import Ports
from autotennis.values import Session
from autotennis_api import handlers, standing
from autotennis_api.clubs import rules_of
from autotennis_api.handlers import Preview, Wishes

# So many weeks are shown ahead.
AHEAD: Final = 4
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a series: its session, when that opens (UTC), and its booking, if it was planned already."""

    session: Session
    opening_at: datetime
    booking: Booking | None
    is_skipped: bool

    @property
    def day(self) -> date:
        """Its local date."""
        return self.session.start.date()


def begin(ports: Ports, member: Member, shown: Preview, wishes: Wishes) -> Series:
    """A series whose first week is the session that the preview shows; the weeks after that are planned by the timer.

    A series of that slot which the member has already is taken for it, with the new wishes; a paused one goes on.
    """
    # Of an open session nobody is asked what should be done before its opening.
    early = wishes.early if shown.may_be_early else None
    fixed = None if shown.confirms_at is None else wishes.fixed
    waiting = wishes.waiting_at(shown.traits)
    now, after = ports.clock.now(), next_week(shown.session)
    for mine in ports.store.series_of(member.id):
        if mine.state is not SeriesState.ENDED and mine.club_id == shown.club.id and _is_same_slot(mine.next, after):
            return ports.store.change_series(
                mine.id, lambda it: it.wished_anew(now, waiting=waiting, early=early, fixed=fixed)
            )
    series = Series(
        id=ports.ids.new(),
        member_id=member.id,
        club_id=shown.club.id,
        next=after,
        plan_at=wake_at(shown.opening_at),
        waiting=waiting,
        early=bool(early),
        fixed=bool(fixed),
        created_at=now,
        changed_at=now,
    )
    ports.store.add_series(series)
    _log.info("series begun", series_id=series.id)
    return series


def _is_same_slot(one: Session, other: Session) -> bool:
    return one.weekly == other.weekly and (one.start - other.start).total_seconds() % (7 * 86_400) == 0


def overlapping(ports: Ports, series: Series) -> Sequence[Series]:
    """The member's other series at the same hours of the week."""
    others = ports.store.series_of(series.member_id)
    return [one for one in others if one.id != series.id and one.is_due and overlap(one, series)]


def plan_on(ports: Ports, series: Series) -> None:
    """Has the timer plan it on now, if that is due. What cannot be told now is found by a sweep."""
    try:
        ports.bus.publish(SeriesDue(at=ports.clock.now(), club_id=series.club_id, series_id=series.id))
    except Transient as error:
        _log.warning("a series is left to the sweep", series_id=series.id, reason=str(error))
        with suppress(Transient):
            ports.wake.sweep(wanted=True)


def series_of(ports: Ports, member: Member) -> Sequence[Series]:
    """The member's series that have not ended."""
    return [one for one in ports.store.series_of(member.id) if one.state is not SeriesState.ENDED]


def one_of(ports: Ports, member: Member, series_id: str) -> Series:
    """The member's own series. Raises NotFound, also for somebody else's: nobody learns that it exists."""
    series = ports.store.series(series_id)
    if series.member_id != member.id:
        raise NotFound(f"There is no series {series_id}.")
    return series


def weeks(ports: Ports, series: Series) -> Sequence[Week]:
    """The next weeks: those that are booked or planned already, and those that will be."""
    club = rules_of(ports, series.club_id)
    booked = planned(ports, series)
    days = {one.session.start.date() for one in booked}
    found = [Week(one.session, one.opening_at, one, is_skipped=False) for one in booked]
    if series.state is not SeriesState.ENDED:
        coming = (one for one in series.coming(AHEAD) if one.start.date() not in days)
        found += [Week(one, opening_of(one, club), None, one.start.date() in series.skipped) for one in coming]
    return sorted(found, key=lambda week: week.session.start)[:AHEAD]


def planned(ports: Ports, series: Series) -> Sequence[Booking]:
    """Its bookings of sessions to come, the next one first."""
    club, now = rules_of(ports, series.club_id), ports.clock.now()
    mine = ports.store.bookings_of(series.member_id)
    return [one for one in mine[::-1] if one.series_id == series.id and starts_at(one.session, club.zone) > now]


def skip(ports: Ports, member: Member, series_id: str, day: date) -> Series:
    """Does without that date; a booking of it that is not won yet is cancelled. Raises NotFound, IllegalMove."""
    series, now = one_of(ports, member, series_id), ports.clock.now()
    changed = ports.store.change_series(series_id, lambda it: it.skipping(day, now))
    for booking in planned(ports, series):
        if booking.session.start.date() == day and standing.may_be_cancelled(booking):
            with suppress(IllegalMove):
                handlers.cancel(ports, member, booking.id)
    return changed


def include(ports: Ports, member: Member, series_id: str, day: date) -> Series:
    """With that date again, if it is not planned past it already. Raises NotFound."""
    one_of(ports, member, series_id)
    now = ports.clock.now()
    return ports.store.change_series(series_id, lambda it: it.including(day, now))


def pause(ports: Ports, member: Member, series_id: str) -> Series:
    """Plans nothing more for now. What is planned already stays. Raises NotFound, IllegalMove."""
    series, now = one_of(ports, member, series_id), ports.clock.now()
    with suppress(Stale):
        return ports.store.change_series(series_id, lambda it: it.paused(now))
    return series


def resume(ports: Ports, member: Member, series_id: str) -> Series:
    """Plans on. Raises NotFound, IllegalMove."""
    series, now = one_of(ports, member, series_id), ports.clock.now()
    with suppress(Stale):
        series = ports.store.change_series(series_id, lambda it: it.resumed(now))
    plan_on(ports, series)
    return series


def last(ports: Ports, member: Member, series_id: str, until: date | None) -> Series:
    """Another last date, or none. Raises NotFound, IllegalMove."""
    one_of(ports, member, series_id)
    now = ports.clock.now()
    series = ports.store.change_series(series_id, lambda it: it.lasting(until, now))
    plan_on(ports, series)
    return series


def stop(ports: Ports, member: Member, series_id: str, *, with_planned: bool) -> int:
    """Ends it, and cancels what is planned if that is wished; gives how many bookings that were. Raises NotFound."""
    series, now = one_of(ports, member, series_id), ports.clock.now()
    with suppress(Stale):
        ports.store.change_series(series_id, lambda it: it.stopped(now))
    open_ones = [one for one in planned(ports, series) if standing.may_be_cancelled(one)] if with_planned else []
    for booking in open_ones:
        with suppress(IllegalMove):
            handlers.cancel(ports, member, booking.id)
    return len(open_ones)
