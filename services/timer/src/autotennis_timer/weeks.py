"""Plans the weeks of series: each when the opening of the one before falls due, if the club's timetable has it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from autotennis.domain.booking import Wish, requested
from autotennis.domain.opening import WAKE_LEAD_S, confirming_due, confirming_of, opening_of
from autotennis.domain.series import Series, Slot, Trouble, opening_before, trouble_in, weeks_ahead
from autotennis.errors import DuplicateBooking, PageNotUnderstood, Stale, Transient
from autotennis.events import SeriesDue, SeriesInterrupted
from autotennis.outbox import publish_outbox
from autotennis.pausing import PauseBoard
from autotennis.ports import Club, Ports
from autotennis.tracing import traceparent
from autotennis.values import Seen, Session
from autotennis.visiting.timetables import Timetables
from autotennis_timer.apart import failures_of

# A wake-up may come up to a minute before the time that was asked for.
_EARLY: Final = timedelta(seconds=WAKE_LEAD_S + 60.0)
# A series that is due is told of again after so long.
_AGAIN: Final = timedelta(minutes=5)
# So long before its opening a week is planned although the club's timetable could not be read.
_WITHOUT_LOOKING: Final = timedelta(days=1)
_log = structlog.get_logger()


class Weeks:
    """Plans series on, one week at a time."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._board = PauseBoard(ports.store, ports.clock)
        self._timetables: defaultdict[str, Timetables] = defaultdict(lambda: Timetables(ports.clock))

    def tell_due(self) -> None:
        """Publishes SeriesDue for every series that is to be planned on now."""
        now, store = self._ports.clock.now(), self._ports.store
        due = store.series_due(now + _EARLY)
        # One that could not be planned is told again, but not at every sweep: the club may have asked to be left alone.
        told = [one for one in due if store.tally(f"series-due/{one.id}", now, _AGAIN).count == 1]
        dues = [SeriesDue(at=now, club_id=one.club_id, series_id=one.id) for one in told]
        if failed := failures_of(partial(self._ports.bus.publish, one) for one in dues):
            raise failed[0]

    async def on_series_due(self, event: SeriesDue) -> None:
        """Plans the series' next week. Where the club does not answer, that is left to the next sweep."""
        with structlog.contextvars.bound_contextvars(series_id=event.series_id):
            series = await asyncio.to_thread(self._ports.store.series, event.series_id)
            club = self._ports.clubs.get(series.club_id)
            if club is None:
                now = self._ports.clock.now()
                await asyncio.to_thread(self._ports.store.change_series, series.id, lambda it: it.paused(now))
                _log.warning("a series is paused: its club is not in the settings", club_id=series.club_id)
            elif series.is_due and series.plan_at <= self._ports.clock.now() + _EARLY:
                await self._plan(series, club)

    async def _plan(self, series: Series, club: Club) -> None:
        now = self._ports.clock.now()
        session = series.wanted(now, club.rules)
        if session is None:
            await asyncio.to_thread(self._ports.store.change_series, series.id, lambda it: it.over(now))
            _log.info("series is over")
            return
        if session != series.next and opening_before(session, club.rules) - now > _EARLY:
            await asyncio.to_thread(
                self._ports.store.change_series, series.id, lambda it: it.deferred(session, club.rules, now)
            )
            return
        if not club.traits.has_timetable:
            await asyncio.to_thread(self._book, series, Slot(session=session), club)
            return
        timetable = await self._timetable(club, session, now)
        trouble = trouble_in(series, session, timetable) if timetable is not None else None
        if trouble:
            await asyncio.to_thread(self._interrupt, series, trouble, club)
        elif timetable is not None or opening_of(session, club.rules) - now < _WITHOUT_LOOKING:
            found = next((slot for slot in timetable or () if slot.session == session), Slot(session=session))
            await asyncio.to_thread(self._book, series, found, club)

    async def _timetable(self, club: Club, session: Session, now: datetime) -> Sequence[Slot] | None:
        """The week of the club's timetable in which the session is; None if it cannot be read now."""
        if (await self._board.pauses()).of(club.rules.id):
            _log.info("the club's timetable is not read: it is paused", club_id=club.rules.id)
            return None
        page = weeks_ahead(session, now.astimezone(club.rules.zone).date())
        try:
            entries = await self._timetables[club.rules.id].page(club, page)
        except (Transient, PageNotUnderstood) as error:
            _log.warning("the club's timetable could not be read", reason=str(error))
            return None
        # A timetable without any session is none: it is not what ends somebody's weeks.
        return [Slot(session=one.session, level=one.level, opens_at=one.opens_at) for one in entries] or None

    def _book(self, series: Series, slot: Slot, club: Club) -> None:
        """Makes the booking of that week, once: a crash before the series has moved on finds it made."""
        now, store = self._ports.clock.now(), self._ports.store
        newest = store.series(series.id)
        if not newest.is_due or newest.next != series.next or slot.session.start.date() in newest.skipped:
            raise Stale(f"Series {series.id} was changed while the club was asked.")
        session, rules = slot.session, club.rules
        seeks_fixed = newest.fixed and club.traits.has_fixed_places
        confirms_at = confirming_due(confirming_of(session, rules), session, rules, now) if seeks_fixed else None
        wish = Wish(
            member_id=series.member_id,
            club_id=series.club_id,
            session=session,
            opening_at=confirms_at or slot.opening(rules),
            waiting=newest.waiting,
            early=newest.early,
            fixed=confirms_at is not None,
            series_id=series.id,
            seen=Seen(level=slot.level) if slot.level else None,
        )
        booking_id = series.booking_id(session)
        try:
            store.create(requested(booking_id, wish, now, traceparent()))
            _log.info("week planned", booking_id=booking_id, opening_at=wish.opening_at.isoformat())
        except DuplicateBooking as error:
            _log.info("week was planned before", booking_id=error.booking_id)
        publish_outbox(self._ports, booking_id)
        store.change_series(series.id, lambda it: it.planned(slot, club.rules, now))

    def _interrupt(self, series: Series, trouble: Trouble, club: Club) -> None:
        now = self._ports.clock.now()
        self._ports.bus.publish(
            SeriesInterrupted(
                at=now,
                club_id=series.club_id,
                member_id=series.member_id,
                series_id=series.id,
                session=trouble.session,
                reason=trouble.kind.value,
                seen=trouble.seen,
            )
        )
        self._ports.store.change_series(series.id, lambda it: it.met_with(trouble, club.rules, now))
        _log.warning("the club's timetable lacks a week of a series", reason=trouble.kind.value)
