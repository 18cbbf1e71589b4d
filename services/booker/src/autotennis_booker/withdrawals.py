"""Gives places back."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

import structlog

from autotennis.domain.booking import TRY, WITHDRAWAL_TRIES, Booking, Budget, Change, Outcome
from autotennis.errors import Stale
from autotennis.events import WithdrawalRequested
from autotennis.member_secrets import keep_secrets_of, usable_credentials
from autotennis.outbox import publish_outbox
from autotennis.ports import Ports
from autotennis.tracing import span
from autotennis.values import FailureReason
from autotennis.visiting.conversation import Conversation, Fixed
from autotennis.visiting.endings import Lost, lost
from autotennis.visiting.errands import Errand, Gone
from autotennis.visiting.gate import Gate

_log = structlog.get_logger()


class Withdrawals:
    """Gives a member's place back when they ask for it, and sees on the club's page that it is so."""

    def __init__(self, ports: Ports, gates: Mapping[str, Gate]) -> None:
        self._ports = ports
        self._gates = gates

    async def on_withdrawal_requested(self, event: WithdrawalRequested) -> None:
        """Asking again does no harm: the club's page is looked at first.

        Raises ClaimHeld while another delivery is at it.
        """
        with structlog.contextvars.bound_contextvars(booking_id=event.booking_id):
            with suppress(Stale):
                booking = await self._in_hand(event.booking_id)
                with span("withdraw", booking.trace, booking_id=booking.id):
                    await self._withdraw(booking)
            await asyncio.to_thread(publish_outbox, self._ports, event.booking_id)

    async def _in_hand(self, booking_id: str) -> Booking:
        """The booking, with the requests that it may cost kept before they are sent.

        Raises Stale, and ClaimHeld while another delivery is at it.
        """
        now = self._ports.clock.now()
        return await asyncio.to_thread(self._ports.store.change, booking_id, lambda found: found.withdrawing(now))

    async def _is_wanted(self, booking_id: str) -> None:
        """Raises Stale where the place was given back, or given up on, meanwhile."""
        found = await asyncio.to_thread(self._ports.store.booking, booking_id)
        if found.withdrawal is None or not found.withdrawal.is_under_way:
            raise Stale(f"Booking {booking_id} is not being withdrawn any more.")

    async def _withdraw(self, booking: Booking) -> None:
        club = self._ports.clubs.get(booking.club_id)
        credentials = await asyncio.to_thread(usable_credentials, self._ports.vault, booking.member_id, booking.club_id)
        if club is None:
            return await self._keep(booking, lost(FailureReason.CLUB_GONE))
        if isinstance(credentials, FailureReason):
            return await self._keep(booking, lost(credentials))
        if booking.withdrawal and booking.withdrawal.tries > WITHDRAWAL_TRIES:
            return await self._keep(booking, lost(FailureReason.REQUEST_CAP))
        async with club.visit() as visit:
            gate, allowance = self._gates[booking.club_id], Fixed(Budget(requests=TRY, sign_ups=0))
            conversation = Conversation(visit, gate, self._ports.clock, allowance)
            errand = Errand(booking, club, conversation, self._ports.clock)
            came_of_it = await errand.give_back(credentials, partial(self._is_wanted, booking.id))
        return await self._keep(booking, came_of_it, conversation.sent, errand.outcome())

    async def _keep(
        self,
        booking: Booking,
        came_of_it: Gone | Lost,
        sent: Budget = Budget(requests=0, sign_ups=0),  # noqa: B008 (it is frozen)
        outcome: Outcome = Outcome(),  # noqa: B008 (likewise)
    ) -> None:
        await asyncio.to_thread(keep_secrets_of, self._ports.vault, booking, came_of_it)
        now = self._ports.clock.now()

        def end(found: Booking) -> Change:
            match came_of_it:
                case Gone(seen_at):
                    return found.withdrawn(seen_at, sent, outcome, now)
                case Lost(failure):
                    return found.withdrawal_failed(failure, sent, outcome, now)

        # Another delivery may have come to its end first.
        with suppress(Stale):
            ended = await asyncio.to_thread(self._ports.store.change, booking.id, end)
            failure = ended.withdrawal and ended.withdrawal.failure
            _log.info("not withdrawn" if failure else "withdrawn", reason=failure and failure.reason)
