"""What the timer does with each event."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis.domain.booking import Booking, State
from autotennis.domain.opening import WAKE_LEAD_S, wake_at
from autotennis.errors import Stale
from autotennis.events import BookingRequested, OpeningDue, RaceDue, SweepDue
from autotennis.outbox import publish_outbox
from autotennis.ports import Ports
from autotennis.serving import Handler
from autotennis.tracing import span

# A shard is one held request of the booker: its bookings race in one process and share the club's clock.
SHARD: Final = 100
# The sweep leaves alone what may still be on its way.
SWEEP_GRACE: Final = timedelta(seconds=30)

# A calendar without years wakes a year early for what is more than a year ahead.
FAR_TOO_EARLY: Final = timedelta(days=1)

_log = structlog.get_logger()


class Timer:
    """Plans wake-ups, hands bookings over when they are due, and looks for what was missed."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind that the timer consumes."""
        return {
            "BookingRequested": self.on_booking_requested,
            "OpeningDue": self.on_opening_due,
            "SweepDue": self.on_sweep_due,
        }

    async def on_booking_requested(self, event: BookingRequested) -> None:
        """Puts the wake-up of its opening into the calendar."""
        await asyncio.to_thread(self._schedule, event.booking_id)

    async def on_opening_due(self, event: OpeningDue) -> None:
        """Hands the opening's bookings to the booker; plans a wake-up that came far too early once more."""
        if event.opening_at - self._ports.clock.now() > FAR_TOO_EARLY:
            await asyncio.to_thread(self._plan_again, event)
        else:
            await asyncio.to_thread(self._hand_over, event)

    async def on_sweep_due(self, _event: SweepDue) -> None:
        """Publishes what was left unpublished, schedules what was never scheduled, hands over what was missed."""
        await asyncio.to_thread(self._sweep)

    def _schedule(self, booking_id: str) -> None:
        now = self._ports.clock.now()
        with structlog.contextvars.bound_contextvars(booking_id=booking_id):
            try:
                booking = self._ports.store.change(booking_id, lambda found: found.wake_planned(now))
            except Stale:
                booking = self._ports.store.booking(booking_id)
            # Asked for again also when the state was changed before: a crash may have come between the two.
            if booking.state is State.SCHEDULED:
                with span("plan wake-up", booking.trace, booking_id=booking_id):
                    self._plan_wake(booking, now)

    def _plan_wake(self, booking: Booking, now: datetime) -> None:
        due = OpeningDue(at=now, club_id=booking.club_id, opening_at=booking.opening_at)
        self._ports.wake.wake(due, wake_at(booking.opening_at))
        self._ports.wake.sweep(wanted=True)
        _log.info("wake planned", opening_at=booking.opening_at.isoformat())

    def _plan_again(self, event: OpeningDue) -> None:
        _log.warning("woken far too early", opening_at=event.opening_at.isoformat())
        self._ports.wake.woken(event)
        self._ports.wake.wake(event, wake_at(event.opening_at))

    def _hand_over(self, event: OpeningDue) -> None:
        now = self._ports.clock.now()
        ids = self._ports.store.due(event.club_id, event.opening_at, now)
        for first in range(0, len(ids), SHARD):
            shard = tuple(ids[first : first + SHARD])
            race = RaceDue(at=now, club_id=event.club_id, opening_at=event.opening_at, booking_ids=shard)
            self._ports.bus.publish(race)
            _log.info("handed over", opening_at=event.opening_at.isoformat(), booking_ids=shard)
        self._ports.wake.woken(event)

    def _sweep(self) -> None:
        now = self._ports.clock.now()
        published = publish_outbox(self._ports)
        unscheduled = self._ports.store.unscheduled(now - SWEEP_GRACE)
        for booking_id in unscheduled:
            self._schedule(booking_id)
        missed = self._ports.store.missed(now + timedelta(seconds=WAKE_LEAD_S) - SWEEP_GRACE, now)
        for opening in missed:
            self._hand_over(opening)
        if published or unscheduled or missed:
            _log.warning("swept", published=published, scheduled=len(unscheduled), openings=len(missed))
        self._rest_while_idle()

    def _rest_while_idle(self) -> None:
        """While nothing is open nobody needs to look, so that an idle system costs nothing."""
        if self._ports.store.has_open():
            return
        self._ports.wake.sweep(wanted=False)
        if self._ports.store.has_open():
            # A wish that came in between may have asked for sweeps before they were stopped.
            self._ports.wake.sweep(wanted=True)
