"""The watch of one club: one look for everybody, and whose turn it is when a place is free."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

import structlog

from autotennis.domain.bonds import dearest_first, in_turn
from autotennis.domain.booking import Booking, State
from autotennis.domain.opening import confirming_of
from autotennis.domain.pause import Pauses
from autotennis.domain.session import starts_at
from autotennis.domain.waiting import Objection, Wait, objection
from autotennis.errors import ClubBusy, ClubUnreachable, PageNotUnderstood
from autotennis.pausing import PauseBoard
from autotennis.ports import Club, FreePlaces, Ports, Visit
from autotennis.stopping import Stopped, Stopping
from autotennis.values import FailureReason, Session, Verdict, VerdictKind
from autotennis.visiting.gate import Gate
from autotennis_waitlist.trying import Turn, Turns

# So many requests may be unanswered at once. There is no hurry.
_IN_FLIGHT: Final = 2
# While nobody waits, and some would only take a place before its opening, it is looked so seldom.
_EARLY_EVERY_S: Final = 300.0
# A club may ask to be left alone for as long as a day; who would have to wait for it for longer than this gives up.
_LONGEST_PAUSE_S: Final = 86_400.0
_PATIENCE_S: Final = 10.0
# So many pages of single sessions are looked at each time, and one that was not there twice is not there.
_MOST_PAGES: Final = 3
_MISSING_TWICE: Final = 2
# From so many silences on, one after another, it may be that the club is silent to that member alone.
_SILENT_TO_ONE: Final = 2
_NOT_THERE: Final = {
    VerdictKind.CANCELLED: FailureReason.SESSION_CANCELLED,
    VerdictKind.NO_SESSION: FailureReason.NO_SESSION,
}
_HEARD: Final = Verdict(kind=VerdictKind.UNKNOWN)
# A clock that ticks a little early is no second look.
_NEARLY: Final = 0.98
_log = structlog.get_logger()


class InLine(StrEnum):
    """Who is in the line: somebody who waits, only some who would take a place before its opening, or nobody."""

    WAITING = "waiting"
    EARLY = "early"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has shown: the sessions with a free place, and all sessions that it says something of."""

    free: AbstractSet[Session]
    sessions: AbstractSet[Session]


class Watch:
    """Looks at one club for all who wait there, and lets those try whose turn it is."""

    def __init__(self, ports: Ports, club: Club, holder: str, stopping: Stopping) -> None:
        self._ports = ports
        self._club = club
        self._gate = Gate(ports.clock, _IN_FLIGHT, longest_pause_s=_LONGEST_PAUSE_S, patience_s=_PATIENCE_S)
        # The session whose own page was looked at last, and how often one was not there.
        self._looked_at = ""
        self._missing: Counter[Session] = Counter()
        self._board = PauseBoard(ports.store, ports.clock)
        self._turns = Turns(ports, club, self._gate, holder, stopping)
        self._looking: asyncio.Task[InLine] | None = None
        # How many of a booking's turns met nothing but silence, one after another.
        self._silences: Counter[str] = Counter()

    @property
    def every_s(self) -> float:
        """How long it is from one look to the next."""
        return self._club.rules.watch.every_s

    async def look(self) -> "InLine":
        """One look, and what follows from it; gives who is in the line.

        Several deliveries may ask for it at once, and other instances, too: then the first one looks for all.
        """
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> "InLine":
        everybody = await asyncio.to_thread(self._ports.store.in_line, self._club.rules.id)
        early = [one for one in everybody if self._may_be_early(one)]
        waiting = [one for one in everybody if one.state is State.WAITING]
        line = in_turn([one for one in waiting if not await self._has_ended(one)])
        self._ports.metrics.waiting.labels(self._club.rules.id).set(len(line))
        pauses = await self._board.pauses(good=timedelta(0))
        await self._look_for(_not_paused(pauses, line), _not_paused(pauses, early))
        return InLine.WAITING if line else InLine.EARLY if everybody else InLine.NOBODY

    async def _look_for(self, line: Sequence[Booking], early: Sequence[Booking]) -> None:
        # Whoever held these died in the middle of a try: only the club's page knows what came of it.
        for booking in line:
            if self._turns.is_in_doubt(booking):
                await self._safely(booking, self._turns.settle(booking))
        is_ours = not self._gate.is_closed and await self._is_our_look(waits=bool(line), early=bool(early))
        if is_ours and (seen := await self._counted_look(line, early)):
            await self._offers_gone(line, seen)
            await self._served(line, seen.free)
            await self._served_early(early, seen.free)

    async def _counted_look(self, line: Sequence[Booking], early: Sequence[Booking]) -> "Seen | None":
        seen = await self._seen(line, early)
        self._ports.metrics.looks.labels(self._club.rules.id, "read" if seen else "unread").inc()
        return seen

    def _may_be_early(self, booking: Booking) -> bool:
        """Whether a place before the opening is worth a look: regular players cannot have declined theirs sooner.

        Where there are no regular players, there is no such place.
        """
        if not self._club.traits.has_fixed_places:
            return False
        now = self._ports.clock.now()
        return booking.may_be_brought_forward(now) and confirming_of(booking.session, self._club.rules) <= now

    async def _safely(self, booking: Booking, act: Awaitable[Turn | None]) -> Turn:
        """Acts for one of the line: what goes wrong with that must not stop the others. Raises Stopped."""
        try:
            return await act or Turn.NEXT
        except Stopped:
            raise
        except Exception:  # noqa: BLE001 (whatever it is, it is about this booking)
            _log.exception("nothing could be done for one of the line", booking_id=booking.id)
            return Turn.NEXT

    async def _has_ended(self, booking: Booking) -> bool:
        """Whether the session has started: nobody waits for it any more."""
        if booking.wait is None or self._ports.clock.now() < booking.wait.until or booking.claim is not None:
            return False
        if booking.list_asked_at is not None:
            # The club may have given them a place by its own list, which only their own page shows.
            await self._safely(booking, self._turns.settle(booking))
        await self._turns.end(booking, FailureReason.FULL)
        return True

    async def _is_our_look(self, *, waits: bool, early: bool) -> bool:
        """Whether it is time, and nobody else looks: counted in the store, for all instances together."""
        if not waits and not (early and await self._is_first("watch-early", _EARLY_EVERY_S)):
            return False
        return await self._is_first("watch", self.every_s)

    async def _is_first(self, what: str, within_s: float) -> bool:
        key, lasts = f"{what}/{self._club.rules.id}", timedelta(seconds=within_s * _NEARLY)
        return (await asyncio.to_thread(self._ports.store.tally, key, self._ports.clock.now(), lasts)).count == 1

    async def take_accepted(self, booking_id: str) -> None:
        """Tries for the place that a member was asked about and wants; where the club is not to be asked now, later."""
        booking = await asyncio.to_thread(self._ports.store.booking, booking_id)
        may_take = booking.state is State.WAITING and booking.may_take() and not self._gate.is_closed
        if may_take and _not_paused(await self._board.pauses(good=timedelta(0)), [booking]):
            await self._safely(booking, self._turn_of(booking))

    async def _offers_gone(self, line: Sequence[Booking], seen: "Seen") -> None:
        """Who was asked about a place that is not there any more is asked anew about the next one."""
        for booking in line:
            if booking.offer and booking.session in seen.sessions - seen.free:
                await self._safely(booking, self._turns.offer_over(booking))

    async def _seen(self, line: Sequence[Booking], early: Sequence[Booking]) -> "Seen | None":
        """What one look at what the club shows to everybody says of the line's sessions; None if it cannot be read.

        Only for those that it does not show there, or where it shows nothing to everybody, their own pages are looked
        at, once for all who wait for one, and not too many of them each time.
        """
        wanted = {one.session for one in line}
        try:
            async with self._club.visit() as visit:
                places = await self._shown(visit)
                free = (wanted | {one.session for one in early}) & places.free
                is_told = bool(places.shown) or not self._club.traits.has_timetable
                looked_at = self._in_turn(wanted - places.shown if is_told else set())
                for session in looked_at:
                    if await self._is_free(visit, session, line):
                        free.add(session)
        except ClubBusy as error:
            self._gate.heard(Verdict(kind=VerdictKind.BUSY, retry_after_s=error.retry_after_s))
            return None
        except (ClubUnreachable, PageNotUnderstood) as error:
            _log.warning("the club's free places could not be read", club_id=self._club.rules.id, reason=str(error))
            return None
        counts = {"waiting": len(line), "early": len(early), "free": len(free)}
        _log.info("looked for free places", club_id=self._club.rules.id, **counts)
        return Seen(free, places.shown | frozenset(looked_at))

    async def _shown(self, visit: Visit) -> FreePlaces:
        """What the club shows to everybody; nothing where it has no such page, and each session's own has to tell.

        Raises ClubBusy, ClubUnreachable, PageNotUnderstood.
        """
        if not self._club.traits.has_timetable:
            return FreePlaces(free=frozenset(), shown=frozenset())
        async with self._gate.passing():
            places = await visit.free_places()
        self._gate.heard(_HEARD)
        return places

    def _in_turn(self, sessions: Collection[Session]) -> Sequence[Session]:
        """So many of them as may be looked at this time, each in its turn."""
        ordered = sorted(sessions, key=lambda one: (one.key <= self._looked_at, one.key))[:_MOST_PAGES]
        if ordered:
            self._looked_at = ordered[-1].key
        return ordered

    async def _is_free(self, visit: Visit, session: Session, line: Sequence[Booking]) -> bool:
        """Whether the session's own page shows a free place; ends the wait for one that is not there any more."""
        if self._gate.is_closed:
            return False
        async with self._gate.passing():
            verdict = (await visit.look(session)).verdict
        self._gate.heard(verdict)
        reason = _NOT_THERE.get(verdict.kind)
        self._missing[session] = self._missing[session] + 1 if reason else 0
        if reason and self._missing[session] >= _MISSING_TWICE:
            for booking in line:
                if booking.session == session:
                    await self._safely(booking, self._turns.end(booking, reason))
        return bool(verdict.free)

    async def _served(self, line: Sequence[Booking], free: Collection[Session]) -> None:
        """Lets those who wait for a free session try, one after another, until its places are gone.

        As soon as the club says nothing, all is left for the next look: nobody needs a storm of log-ins then.
        """
        over: set[Session] = set()
        for booking in self._in_order(line, free):
            if booking.session in over:
                continue
            turn = await self._safely(booking, self._turn_of(booking))
            if turn is Turn.AWAY:
                self._silences[booking.id] += not self._gate.is_closed
                return
            del self._silences[booking.id]
            if turn is Turn.OVER:
                over.add(booking.session)

    def _in_order(self, line: Sequence[Booking], free: Collection[Session]) -> Sequence[Booking]:
        """Those of the line who may get a place, by session.

        The club may be silent to one member alone: whoever met that again and again lets all others go before them.
        """
        self._silences = Counter({one.id: self._silences[one.id] for one in line if one.id in self._silences})
        first = [one for one in line if self._silences[one.id] < _SILENT_TO_ONE]
        last = [one for one in line if self._silences[one.id] >= _SILENT_TO_ONE]
        return [
            booking
            for some in (first, last)
            for session in dearest_first(some, free)
            for booking in some
            if booking.session == session
        ]

    async def _served_early(self, early: Sequence[Booking], free: Collection[Session]) -> None:
        """Has the first of those who would take a place before its opening try for it: the booker does that."""
        zone, now = self._club.rules.zone, self._ports.clock.now()
        for session in sorted(free, key=lambda one: one.key):
            start = starts_at(session, zone)
            seekers = (one for one in early if one.session == session)
            wanted = (one for one in seekers if objection(one.waiting, Wait(since=now, until=start), zone, now) is None)
            if first := next(wanted, None):
                await self._turns.bring_forward(first)

    async def _turn_of(self, booking: Booking) -> Turn:
        """Lets one of the line try, unless they do not want the place, or somebody tries for them already."""
        rules = self._club.rules
        if booking.wait is None or booking.claim is not None:
            return Turn.NEXT
        has_said_yes = booking.offer is not None and booking.offer.accepted is True
        match objection(booking.waiting, booking.wait, rules.zone, self._ports.clock.now()):
            case Objection.TOO_LATE:
                await self._turns.end(booking, FailureReason.TOO_LATE)
            # Whoever has just said that they want it does not sleep.
            case Objection.QUIET if not has_said_yes:
                _log.info("a free place is left alone in quiet hours", booking_id=booking.id)
            case _ if not booking.may_try(rules):
                await self._turns.end(booking, FailureReason.REQUEST_CAP)
            case _ if not booking.may_take():
                return await self._turns.ask(booking)
            case _:
                return await self._turns.take(booking)
        return Turn.NEXT


def _not_paused(pauses: Pauses, bookings: Sequence[Booking]) -> Sequence[Booking]:
    """Those for whom the club may be asked: the others wait on, and lose no place in the line."""
    return [one for one in bookings if pauses.of(one.club_id, one.member_id) is None]
