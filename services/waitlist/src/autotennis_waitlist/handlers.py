"""What the waitlist does with each event."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from autotennis.errors import Stale
from autotennis.events import BondSettled, OfferAccepted, SessionFull, WatchDue
from autotennis.outbox import publish_outbox
from autotennis.ports import Ports
from autotennis.serving import Handler
from autotennis.stopping import Stopping
from autotennis.values import Failure, FailureReason
from autotennis_waitlist import bonds
from autotennis_waitlist.watch import InLine, Watch

# WatchDue comes once a minute; its looks are spread over that.
_WATCH_S: Final = 60.0
_log = structlog.get_logger()


class Waitlist:
    """Watches clubs while somebody waits there."""

    def __init__(self, ports: Ports, holder: str, stopping: Stopping | None = None) -> None:
        self._ports = ports
        self._stopping = stopping or Stopping()
        self._watches = {club_id: Watch(ports, club, holder, self._stopping) for club_id, club in ports.clubs.items()}

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind that the waitlist consumes."""
        return {
            "SessionFull": self.on_session_full,
            "WatchDue": self.on_watch_due,
            "OfferAccepted": self.on_offer_accepted,
            "BondSettled": self.on_bond_settled,
        }

    async def on_session_full(self, event: SessionFull) -> None:
        """Has the club watched from now on, beginning at once: a place may be free again already."""
        await asyncio.to_thread(self._begin, event.club_id)

    async def on_watch_due(self, event: WatchDue) -> None:
        """Looks for freed places until the next WatchDue comes; has the watch paused if nobody is in the line any more.

        Where nobody waits, one look is enough, and not each time. Raises Stopped if this instance is told to stop: the
        looks that are left are another's.
        """
        watch = self._watches.get(event.club_id)
        if watch is None:
            _log.warning("a club that is not in the settings is watched no more", club_id=event.club_id)
            await asyncio.to_thread(self._end, event.club_id)
            return
        begun_s = self._ports.clock.monotonic_s()
        next_s = begun_s
        while next_s < begun_s + _WATCH_S:
            await self._stopping.unless_told(self._ports.clock.sleep_until(next_s))
            in_line = await watch.look()
            if in_line is InLine.NOBODY:
                await asyncio.to_thread(self._pause, event.club_id)
            if in_line is not InLine.WAITING:
                return
            next_s += watch.every_s

    async def on_offer_accepted(self, event: OfferAccepted) -> None:
        """Tries at once for the place that the member was asked about."""
        if watch := self._watches.get(event.club_id):
            await watch.take_accepted(event.booking_id)

    async def on_bond_settled(self, event: BondSettled) -> None:
        """Gives up the bookings that the end of this one has made needless."""
        await asyncio.to_thread(bonds.settle, self._ports, event.bond_id)

    def _begin(self, club_id: str) -> None:
        self._ports.wake.watch(club_id, True)
        # The calendar may take a minute to begin. Many come into the line at one opening, and one beginning serves all.
        now = self._ports.clock.now()
        if self._ports.store.tally(_beginning(club_id), now, timedelta(seconds=_WATCH_S)).count == 1:
            self._ports.bus.publish(WatchDue(at=now, club_id=club_id))

    def _end(self, club_id: str) -> None:
        """Nobody can wait at a club that we know no more."""
        now = self._ports.clock.now()
        for booking in self._ports.store.in_line(club_id):
            with suppress(Stale):
                gone = Failure(reason=FailureReason.CLUB_GONE)
                self._ports.store.change(booking.id, lambda it, gone=gone: it.ended_in_line(gone, now))
            publish_outbox(self._ports, booking.id)
        self._ports.wake.watch(club_id, False)

    def _pause(self, club_id: str) -> None:
        # Whoever comes next begins it anew, and does not wait for the calendar's next minute.
        self._ports.store.forget_tally(_beginning(club_id))
        self._ports.wake.watch(club_id, False)
        # Asked again: somebody may have come into the line before the watch was paused.
        if self._ports.store.in_line(club_id, 1):
            self._begin(club_id)


def _beginning(club_id: str) -> str:
    """Under which key it is counted how many came into the line of late."""
    return f"begin-watch/{club_id}"
