"""What happens to bookings while an operator's pause is in force: nothing is asked of the club for them."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis.domain.booking import Booking, State
from autotennis.domain.club import ClubRules
from autotennis.domain.opening import opening_of
from autotennis.errors import Stale, StoreBusy
from autotennis.pausing import PauseBoard
from autotennis.ports import Ports
from autotennis.values import FailureReason
from autotennis.visiting.endings import lost
from autotennis_booker.endings import Ending, Later

# So often it is looked whether the pause is over.
_AGAIN_S: Final = 1.0
# A fixed place is kept for days: its confirmation is put off by this, but not so shortly before the opening.
_PUT_OFF: Final = timedelta(minutes=30)
_NOT_BEFORE_OPENING: Final = timedelta(minutes=10)
_STILL_TO_RACE: Final = frozenset({State.SCHEDULED, State.SIGNING_UP})
_log = structlog.get_logger()


class Paused(Exception):
    """Nothing may be asked of the club for this booking now. Nothing was fired."""


class HoldingBack:
    """Keeps back the bookings that are paused."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._board = PauseBoard(ports.store, ports.clock)

    async def is_paused_for_good(self, booking_id: str, far_ahead: timedelta) -> bool:
        """Whether the booking's opening has come while it was paused.

        Returns when the pause is over, or then. What opens later than `far_ahead` is not waited for. Raises Stale for
        one that may have got a place in an earlier run: a later sweep hands it over again.
        """
        good = ()
        while await self._is_paused(booking_id, *good):
            booking = await asyncio.to_thread(self._ports.store.booking, booking_id)
            left = booking.opening_at - self._ports.clock.now()
            if booking.state not in _STILL_TO_RACE or left > far_ahead:
                return False
            if booking.sign_ups_sent or booking.reserved.sign_ups:
                raise Stale(f"Booking {booking.id} is paused, and looked after once the pause is over.")
            if left <= timedelta(0):
                return True
            await self._ports.clock.sleep_until(self._ports.clock.monotonic_s() + _AGAIN_S)
            good = (timedelta(seconds=_AGAIN_S),)
        return False

    async def _is_paused(self, booking_id: str, *good: timedelta) -> bool:
        """Where nothing is paused, the booking need not be read. A store that is away is waited for elsewhere."""
        try:
            pauses = await self._board.pauses(*good)
            if not pauses.pauses:
                return False
            booking = await asyncio.to_thread(self._ports.store.booking, booking_id)
        except StoreBusy:
            return False
        return pauses.of(booking.club_id, booking.member_id) is not None

    async def check(self, booking: Booking) -> None:
        """Raises Paused if nothing may be fired for it. Ask before anything is fired, never then."""
        if pause := await self._board.in_a_hurry(booking.club_id, booking.member_id):
            _log.warning("paused before the opening", booking_id=booking.id, pause=pause.key)
            raise Paused


def ending_of_paused(booking: Booking, rules: ClubRules, now: datetime) -> Ending:
    """How a booking ends whose time came during a pause: as failed, unless its opening is still to come."""
    opening = opening_of(booking.session, rules)
    if booking.seeks_fixed_place:
        later = now + _PUT_OFF
        is_soon = later > opening - _NOT_BEFORE_OPENING
        return Later(opening, no_fixed_place=True) if is_soon else Later(later)
    # One that tried for a place before its opening goes on as planned.
    return Later(opening) if opening > max(now, booking.opening_at) else lost(FailureReason.PAUSED)
