"""One member's turn to try for a place that seems to be free."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Final

import structlog

from autotennis import signals
from autotennis.bound import why_given_up
from autotennis.domain.booking import Booking, Budget, Change, Outcome, State
from autotennis.domain.member import Credentials
from autotennis.errors import ClaimHeld, Stale
from autotennis.events import OpeningDue
from autotennis.member_secrets import keep_secrets_of, usable_credentials
from autotennis.outbox import publish_outbox
from autotennis.ports import Club, Ports
from autotennis.stopping import Stopped, Stopping
from autotennis.tracing import span
from autotennis.values import Failure, FailureReason, Proof
from autotennis.visiting.conversation import Conversation, Fixed
from autotennis.visiting.endings import Lost, Unanswered, Won, lost
from autotennis.visiting.errands import Errand, Missed
from autotennis.visiting.gate import Gate
from autotennis_waitlist.bonds import settle

# After the start of the session the club may keep us in doubt for so long.
_DOUBTFUL_FOR: Final = timedelta(minutes=15)
_MAY_BE_IN: Final = "A sign-up was sent, and the club never said what came of it. Look at the session's page there."
_NOTHING: Final = Budget(requests=0, sign_ups=0)
_Errands = Callable[[Errand, Credentials], Awaitable[Won | Lost | Missed]]
# What to log in with, or why there is nothing.
_Login = Credentials | FailureReason
_log = structlog.get_logger()


class Turn(StrEnum):
    """What came of a turn.

    The next one may have one, too; or no place is left, whoever took the last one; or the club says nothing just now.
    """

    NEXT = "next"
    OVER = "over"
    AWAY = "away"


_Act = Callable[[Booking, _Login], Awaitable[Turn]]


class Turns:
    """Lets members of one club try for places, each by an instance that holds the booking meanwhile."""

    def __init__(self, ports: Ports, club: Club, gate: Gate, holder: str, stopping: Stopping | None = None) -> None:
        self._ports = ports
        self._stopping = stopping or Stopping()
        self._club = club
        self._gate = gate
        self._holder = holder
        # What this process took in hand itself is in doubt only once its claim has ended.
        self._taken: set[str] = set()
        # Its claim keeps other instances away, and this keeps away what this one does at the same time.
        self._in_hands: set[str] = set()

    def is_in_doubt(self, booking: Booking) -> bool:
        """Whether somebody, or this instance before a restart, has begun to try and never said what came of it."""
        holder = "" if booking.id in self._taken else self._holder
        return booking.is_in_doubt(holder, self._ports.clock.now())

    async def settle(self, booking: Booking) -> None:
        """Finds out what came of a try that was never accounted for: looks at the page, and asks for nothing.

        Where the club does not tell until some time after the session's start, that is said.
        """
        wait, now = booking.wait, self._ports.clock.now()
        if wait and now > wait.until + _DOUBTFUL_FOR:
            await self._in_hand(booking, self._given_up)
        else:
            await self._in_hand(booking, self._settled)

    async def take(self, booking: Booking) -> Turn:
        """Tries for the member's place: logs in, looks, signs up if it is free, and looks again.

        Where one that it is bound to has made it needless meanwhile, it is given up instead.
        """
        if booking.bond and await asyncio.to_thread(why_given_up, self._ports, booking):
            # There it is decided once more on its newest state: it may have got its place since the line was read.
            await asyncio.to_thread(settle, self._ports, booking.bond.id)
            return Turn.NEXT
        return await self._in_hand(booking, self._tried)

    async def _in_hand(self, booking: Booking, act: _Act) -> Turn:
        """Acts for a booking that nobody else acts for meanwhile.

        Raises Stopped if this instance was told to stop: then the booking is for whoever looks at the club next.
        """
        self._stopping.check()
        if booking.id in self._in_hands:
            return Turn.NEXT
        self._in_hands.add(booking.id)
        try:
            return await self._held(booking, act)
        finally:
            self._in_hands.discard(booking.id)

    async def _held(self, booking: Booking, act: _Act) -> Turn:
        with structlog.contextvars.bound_contextvars(booking_id=booking.id):
            # First of all: a vault that does not answer must leave no claim behind, which would keep everybody away.
            vault = self._ports.vault
            login = await asyncio.to_thread(usable_credentials, vault, booking.member_id, booking.club_id)
            try:
                now = self._ports.clock.now()
                held = await self._change(booking.id, lambda it: it.tried(self._holder, self._club.rules, now))
                self._taken.add(booking.id)
                with span("try for a freed place", held.trace, booking_id=held.id):
                    turn = await act(held, login)
            except (Stale, ClaimHeld) as error:
                _log.info("not in the line", reason=str(error))
                turn = Turn.NEXT
            await asyncio.to_thread(publish_outbox, self._ports, booking.id)
        return turn

    async def _change(self, booking_id: str, fn: Callable[[Booking], Change]) -> Booking:
        return await asyncio.to_thread(self._ports.store.change, booking_id, fn)

    async def bring_forward(self, booking: Booking) -> None:
        """Has the booker try at once for a place that is free before the opening."""
        now = self._ports.clock.now()
        with structlog.contextvars.bound_contextvars(booking_id=booking.id), suppress(Stale):
            await self._change(booking.id, lambda it: it.brought_forward(now))
            # Should this be lost, the sweep finds an opening that was missed.
            due = OpeningDue(at=now, club_id=booking.club_id, opening_at=now)
            await asyncio.to_thread(self._ports.bus.publish, due)
            _log.info("a place is free before the opening")

    async def end(self, booking: Booking, reason: FailureReason) -> None:
        """The wait is over without a place, unless somebody tries for it at this moment."""
        now = self._ports.clock.now()
        with structlog.contextvars.bound_contextvars(booking_id=booking.id):
            with suppress(Stale):
                ended = await self._change(booking.id, lambda it: it.ended_in_line(Failure(reason=reason), now))
                self._ports.metrics.booking_ended(ended)
                _log.info("waited in vain", reason=reason.value)
            await asyncio.to_thread(publish_outbox, self._ports, booking.id)

    async def ask(self, booking: Booking) -> Turn:
        """Asks the member, who wished that, whether the place is to be taken: until they answer it is nobody else's.

        What counts is how the booking stands now: it may have been asked and answered since the line was read.
        """
        newest, now = await asyncio.to_thread(self._ports.store.booking, booking.id), self._ports.clock.now()
        if newest.state is not State.WAITING:
            return Turn.NEXT
        if newest.may_take():
            return await self.take(newest)
        if newest.offer is None:
            with structlog.contextvars.bound_contextvars(booking_id=booking.id), suppress(Stale):
                newest = await self._change(booking.id, lambda it: it.offered(now))
                await asyncio.to_thread(publish_outbox, self._ports, booking.id)
                _log.info("the member is asked first")
        return Turn.OVER if newest.offer and newest.offer.is_open(now) else Turn.NEXT

    async def offer_over(self, booking: Booking) -> None:
        """The place that the member was asked about is gone."""
        now = self._ports.clock.now()
        with suppress(Stale):
            await self._change(booking.id, lambda it: it.offer_over(now))

    async def _tried(self, booking: Booking, login: _Login) -> Turn:
        may_act = partial(self._may_act, booking.id)
        return await self._visited(booking, login, booking.reserved, lambda errand, mine: errand.take(mine, may_act))

    async def _may_act(self, booking_id: str) -> None:
        """Raises Stale where the place is not wished for any more."""
        now = self._ports.clock.now()
        held = await self._change(booking_id, lambda it: it.still_tried(self._holder, now))
        if await asyncio.to_thread(why_given_up, self._ports, held):
            raise Stale(f"Another one makes booking {booking_id} needless.")

    async def _settled(self, booking: Booking, login: _Login) -> Turn:
        budget = booking.reserved.model_copy(update={"sign_ups": 0})
        may_act = partial(self._may_act, booking.id)
        return await self._visited(booking, login, budget, lambda errand, mine: errand.settle(mine, may_act))

    async def _given_up(self, booking: Booking, _login: _Login) -> Turn:
        await self._keep(booking, lost(FailureReason.CLUB_UNREACHABLE, _MAY_BE_IN), _NOTHING, Outcome())
        return Turn.NEXT

    async def _visited(self, booking: Booking, login: _Login, budget: Budget, errand_of: _Errands) -> Turn:
        if isinstance(login, FailureReason):
            await self._keep(booking, lost(login), _NOTHING, Outcome())
            return Turn.NEXT
        async with self._club.visit() as visit:
            steps = self._club.rules.race.steps
            conversation = Conversation(visit, self._gate, self._ports.clock, Fixed(budget), steps)
            errand = Errand(booking, self._club, conversation, self._ports.clock)
            try:
                came_of_it = await self._stopping.finished(errand_of(errand, login))
            except Stale as error:
                # It is not wished for any more, and nothing was asked of the club.
                _log.info("called off", reason=str(error))
                came_of_it = Missed()
            except Stopped:
                await self._hand_on(booking, conversation.sent, errand.outcome())
                raise
            except Unanswered as error:
                # The claim runs out, and then the club's page is looked at again.
                now, sent, outcome = self._ports.clock.now(), conversation.sent, errand.outcome()
                await self._change(booking.id, lambda it: it.in_doubt(self._holder, sent, outcome, now))
                signals.said(self._ports.metrics, booking.club_id, outcome)
                _log.warning("in doubt", reason=str(error))
                return Turn.AWAY
        await self._keep(booking, came_of_it, conversation.sent, errand.outcome())
        if errand.was_silent or self._gate.is_closed:
            return Turn.AWAY
        return Turn.OVER if errand.is_full else Turn.NEXT

    async def _hand_on(self, booking: Booking, sent: Budget, outcome: Outcome) -> None:
        """Commits what was sent by a try that could not be finished: whoever is next looks at the page before all."""
        now = self._ports.clock.now()
        await self._change(booking.id, lambda it: it.handed_on(self._holder, sent, outcome, now))
        signals.said(self._ports.metrics, booking.club_id, outcome)
        _log.warning("handed on", sign_ups=sent.sign_ups, requests=sent.requests)

    def _count(self, ended: Booking, outcome: Outcome) -> None:
        """Who goes on waiting has not ended."""
        signals.said(self._ports.metrics, ended.club_id, outcome)
        if ended.state is not State.WAITING:
            self._ports.metrics.booking_ended(ended)

    async def _keep(self, booking: Booking, came_of_it: Won | Lost | Missed, sent: Budget, outcome: Outcome) -> None:
        """Commits what came of it. Secrets go into the vault before anything says that they are there."""
        await asyncio.to_thread(keep_secrets_of, self._ports.vault, booking, came_of_it)
        now = self._ports.clock.now()

        def end(found: Booking) -> Change:
            match came_of_it:
                case Won(seen_at):
                    return found.booked(Proof(seen_at=seen_at), sent, outcome, now)
                case Lost(failure):
                    return found.held_by(self._holder).failed(failure, sent, outcome, now)
                case Missed():
                    return found.missed(self._holder, sent, outcome, now)

        ended = await self._change(booking.id, end)
        self._count(ended, outcome)
        _log.info("tried", state=ended.state.value, requests=sent.requests)
