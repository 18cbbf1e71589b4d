"""Those that a booking is bound to, as its race sees them: who goes first, and whether it is still to go at all."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis.bound import why_given_up
from autotennis.domain.bonds import goes_first, has_not_to_wait
from autotennis.domain.booking import Booking
from autotennis.domain.club import RaceRules
from autotennis.errors import StoreBusy
from autotennis.ports import Ports
from autotennis.values import MOST_CHOICES
from autotennis_booker.endings import CalledOff

# The store is given so long to say whether a booking was called off.
_ASKED_S: Final = 0.5
# Those who go first may be raced for by another process: so often the store is asked about them.
_AGAIN_S: Final = 0.5
# One that nobody has taken in hand for so long, although it is due, is not waited for.
_UNCLAIMED: Final = timedelta(seconds=10)
# After so long the claim is renewed: it was reckoned for a race at the opening.
_LONG: Final = timedelta(seconds=5)
# A delivery may be held for ten minutes in all.
_LONGEST_S: Final = 240.0

_log = structlog.get_logger()


class Bell:
    """Rings for those who are bound to each other whenever one of them has had its race in this process.

    Nobody else is woken: each of them asks the store then, and many races end in the same second.
    """

    def __init__(self) -> None:
        self._rung: dict[str, asyncio.Event] = {}

    def ring(self, bond_id: str) -> None:
        """Wakes everybody of this bond who is listening now."""
        if rung := self._rung.pop(bond_id, None):
            rung.set()

    def next(self, bond_id: str) -> asyncio.Event:
        """Is set when it rings the next time for this bond."""
        return self._rung.setdefault(bond_id, asyncio.Event())


class Fellows:
    """Those that one booking is bound to. Where there are none, nothing is asked of the store."""

    def __init__(self, ports: Ports, booking: Booking, rules: RaceRules, holder: str, bell: Bell) -> None:
        self._ports = ports
        self._booking = booking
        self._rules = rules
        self._holder = holder
        self._bell = bell
        self._begun_at = ports.clock.now()

    @property
    def are_there(self) -> bool:
        """Whether the booking is bound to others at all."""
        return self._booking.bond is not None

    async def called_off(self) -> CalledOff | None:
        """Whether the member wished to cancel meanwhile, or another booking makes this one needless.

        A store that does not say is not waited for: it is a race, and a place can be given back afterwards.
        """
        try:
            async with asyncio.timeout(_ASKED_S):
                return await asyncio.to_thread(self._called_off)
        except TimeoutError:
            # Where a crowd waits, to write down where each of them waited would keep all of them waiting.
            _log.warning("the store does not say in time whether the booking was called off")
        except Exception:  # noqa: BLE001 (whatever it is: see above)
            _log.warning("the store does not say whether the booking was called off", exc_info=True)
        return None

    def _called_off(self) -> CalledOff | None:
        found = self._ports.store.booking(self._booking.id)
        if found.cancel_asked_at is not None:
            return CalledOff()
        let_go = why_given_up(self._ports, found)
        return CalledOff(let_go) if let_go else None

    async def turn(self, club_now: Callable[[], datetime]) -> None:
        """Returns when those who go first have had their race, or should have had it.

        Whether the session is open already is for `club_now`, the club's clock, to say: ours may be ahead of it. Raises
        Stale if another instance has taken the booking meanwhile.
        """
        bond, held_at = self._booking.bond, self._ports.clock.now()
        while bond and not has_not_to_wait(self._booking, club_now()):
            now, rung = self._ports.clock.now(), self._bell.next(bond.id)
            if now > self._latest or not await asyncio.to_thread(self._are_racing, now):
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S):
                    await rung.wait()
            if now - held_at > _LONG:
                held_at = now
                await asyncio.to_thread(self._hold_on, now)

    @property
    def _latest(self) -> datetime:
        """By then whoever goes first has ended, or is not worth waiting for."""
        most_s = (self._rules.give_up_s + self._rules.prove_s) * MOST_CHOICES
        return max(self._begun_at, self._booking.opening_at) + timedelta(seconds=min(most_s, _LONGEST_S))

    def _are_racing(self, now: datetime) -> bool:
        try:
            bound = self._ports.store.bound(self._booking.bond.id) if self._booking.bond else ()
        except StoreBusy:
            _log.warning("the store does not say who races", exc_info=True)
            return True
        return any(self._is_waited_for(one, now) for one in goes_first(self._booking, bound, now))

    def _is_waited_for(self, first: Booking, now: datetime) -> bool:
        if first.claim is not None:
            return first.claim.until > now
        return now < max(self._begun_at, first.opening_at) + _UNCLAIMED

    def _hold_on(self, now: datetime) -> None:
        try:
            self._ports.store.change(self._booking.id, lambda it: it.still_held(self._holder, self._rules, now))
        except StoreBusy:
            # The claim outlasts some of these, and a race that is given up here would be lost.
            _log.warning("the store does not renew the claim", exc_info=True)
