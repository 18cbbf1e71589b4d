"""Checks bookings before their openings, so that bad news comes while there is time to mend it."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis import signals
from autotennis.domain.booking import Booking, Change
from autotennis.domain.checks import CheckRules, Finding
from autotennis.domain.member import Credentials
from autotennis.domain.series import weeks_ahead
from autotennis.errors import ClubBusy, NotFound, PageNotUnderstood, Stale, Transient
from autotennis.events import CheckDue
from autotennis.member_secrets import note_refusal, usable_credentials
from autotennis.outbox import publish_outbox
from autotennis.pausing import PauseBoard
from autotennis.ports import Club, Ports
from autotennis.stopping import Stopping
from autotennis.tracing import span
from autotennis.values import Failure, FailureReason, Session, Verdict, VerdictKind
from autotennis.visiting.gate import Gate
from autotennis.visiting.timetables import Timetables
from autotennis_booker.check_visit import CheckVisit, Findings
from autotennis_booker.quiet import QuietTimes
from autotennis_booker.waking import is_near, wake_for

# A delivery is held for so long at most: what is left then is for a later one.
_HOLDS: Final = timedelta(minutes=4)
# Between two members.
_PAUSE_S: Final = 1.0
# A club that cannot tell just now, or is not to be asked, is asked again after this.
_AGAIN: Final = timedelta(minutes=10)
# Who would have to wait for a busy club for longer than this goes away.
_PATIENCE_S: Final = 5.0
_LONGEST_PAUSE_S: Final = 3600.0
_log = structlog.get_logger()


class Checks:
    """Visits one member after another at each club."""

    def __init__(
        self, ports: Ports, rules: CheckRules, quiet: QuietTimes, gates: Mapping[str, Gate], stopping: Stopping
    ) -> None:
        self._ports = ports
        self._rules = rules
        self._quiet = quiet
        self._gates = gates
        self._stopping = stopping
        self._board = PauseBoard(ports.store, ports.clock)
        self._own_gates = {
            club_id: Gate(ports.clock, 1, longest_pause_s=_LONGEST_PAUSE_S, patience_s=_PATIENCE_S)
            for club_id in ports.clubs
        }
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._timetables: defaultdict[str, Timetables] = defaultdict(lambda: Timetables(ports.clock))

    async def on_check_due(self, event: CheckDue) -> None:
        """Checks those that were not checked since the event; a booking that is not to be raced for is left out.

        Raises Stopped, with some left for the next delivery, if this instance was told to stop.
        """
        until = self._ports.clock.now() + _HOLDS
        bookings = await asyncio.to_thread(self._left, event)
        by_member: defaultdict[str, list[Booking]] = defaultdict(list)
        for booking in bookings:
            by_member[booking.member_id].append(booking)
        for number, theirs in enumerate(by_member.values()):
            self._stopping.check()
            if number:
                await self._ports.clock.sleep_until(self._ports.clock.monotonic_s() + _PAUSE_S)
            async with self._turns[event.club_id]:
                may_ask = self._ports.clock.now() < until and await self._may_ask(event.club_id, theirs[0].member_id)
                await (self._check(theirs) if may_ask else self._put_off(theirs))
        await asyncio.to_thread(self._publish, bookings)

    def _left(self, event: CheckDue) -> Sequence[Booking]:
        found: list[Booking] = []
        for booking_id in event.booking_ids:
            with suppress(NotFound):
                booking = self._ports.store.booking(booking_id)
                is_done = booking.checked is not None and booking.checked.at >= event.at
                if booking.is_checkable and not is_done:
                    found.append(booking)
        return found

    async def _may_ask(self, club_id: str, member_id: str) -> bool:
        """Whether the club may be asked for this member now."""
        if club_id not in self._ports.clubs:
            return True
        if self._gates[club_id].is_closed or self._own_gates[club_id].is_closed:
            return False
        pauses = await self._board.pauses()
        return pauses.of(club_id, member_id) is None and not await self._quiet.is_quiet(club_id)

    async def _check(self, bookings: Sequence[Booking]) -> None:
        """Checks the bookings of one member."""
        first = bookings[0]
        club = self._ports.clubs.get(first.club_id)
        vault, member_id = self._ports.vault, first.member_id
        credentials = await asyncio.to_thread(usable_credentials, vault, member_id, first.club_id)
        if club is None or isinstance(credentials, FailureReason):
            reason = credentials if club and isinstance(credentials, FailureReason) else FailureReason.CLUB_GONE
            return await self._keep(bookings, {one.id: Finding(failure=Failure(reason=reason)) for one in bookings})
        with span("check", first.trace, booking_id=first.id):
            await self._visited(club, credentials, bookings)
        return None

    async def _visited(self, club: Club, credentials: Credentials, bookings: Sequence[Booking]) -> None:
        shown = await self._shown(club, bookings)
        async with club.visit() as visit:
            gate = self._own_gates[club.rules.id]
            check = CheckVisit(club, visit, gate, self._ports.clock, bookings)
            found = await check.findings(credentials, shown)
        if check.is_login_refused:
            first = bookings[0]
            await asyncio.to_thread(note_refusal, self._ports.vault, first.member_id, first.club_id)
        signals.said(self._ports.metrics, club.rules.id, check.outcome(self._ports.clock.now()))
        await self._keep([one for one in bookings if one.id in found], found)
        unsaid = [one for one in bookings if one.id not in found]
        await (self._unanswered(unsaid) if check.was_silent else self._put_off(unsaid))

    async def _shown(self, club: Club, bookings: Sequence[Booking]) -> Sequence[Session]:
        """What the club's timetable shows of the weeks of these bookings, read once for everybody.

        Nothing if there is none, or if it cannot be read: then their own pages have to do.
        """
        if not club.traits.has_timetable:
            return ()
        today = self._ports.clock.now().astimezone(club.rules.zone).date()
        shown: list[Session] = []
        for page in sorted({weeks_ahead(one.session, today) for one in bookings}):
            try:
                entries = await self._timetables[club.rules.id].page(club, page)
            except (Transient, PageNotUnderstood) as error:
                if isinstance(error, ClubBusy):
                    busy = Verdict(kind=VerdictKind.BUSY, retry_after_s=error.retry_after_s)
                    self._own_gates[club.rules.id].heard(busy)
                _log.warning("the club's timetable could not be read", reason=str(error))
                return ()
            shown += [entry.session for entry in entries]
        return shown

    async def _keep(self, bookings: Sequence[Booking], found: Findings) -> None:
        now = self._ports.clock.now()
        for booking in bookings:
            one = found[booking.id]
            if one.opens_at:
                await self._opening_moved(booking, one.opens_at)
            await self._change(booking, lambda it, one=one: it.was_checked(one, now))
            reason = one.failure.reason.value if one.failure else "fine"
            self._ports.metrics.checks.labels(booking.club_id, reason).inc()
            _log.info("checked", booking_id=booking.id, found=reason)

    async def _opening_moved(self, booking: Booking, opening_at: datetime) -> None:
        """Has it raced for at the opening that its page tells. An early wake-up does no harm, and a lost one does."""
        _log.info("the club's page tells another opening", booking_id=booking.id, opens_at=opening_at.isoformat())
        await asyncio.to_thread(wake_for, self._ports, booking.club_id, opening_at)
        now = self._ports.clock.now()
        await self._change(booking, lambda it: it.opening_told(opening_at, self._rules, now))
        if is_near(opening_at, self._ports.clock.now()):
            # The wake-up may have come before there was anything to race for.
            await asyncio.to_thread(wake_for, self._ports, booking.club_id, opening_at)

    async def _put_off(self, bookings: Sequence[Booking]) -> None:
        """The club is not to be asked now, or was busy: that is no failure."""
        now = self._ports.clock.now()
        for booking in bookings:
            await self._change(booking, lambda it: it.check_put_off(now + _AGAIN, self._rules, now))
            self._ports.metrics.checks.labels(booking.club_id, "later").inc()

    async def _unanswered(self, bookings: Sequence[Booking]) -> None:
        """A club that does not answer is asked again; once there is no time left for that, the member is told."""
        last = self._ports.clock.now() + _AGAIN + self._rules.quiet
        silent = Finding(failure=Failure(reason=FailureReason.CLUB_UNREACHABLE))
        late = [one for one in bookings if one.opening_at < last]
        await self._keep(late, {one.id: silent for one in late})
        await self._put_off([one for one in bookings if one.opening_at >= last])

    async def _change(self, booking: Booking, fn: Callable[[Booking], Change]) -> None:
        """What became of the booking meanwhile is more than a check can say of it."""
        with suppress(Stale, NotFound):
            await asyncio.to_thread(self._ports.store.change, booking.id, fn)

    def _publish(self, bookings: Sequence[Booking]) -> None:
        for booking in bookings:
            publish_outbox(self._ports, booking.id)
