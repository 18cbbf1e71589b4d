"""What the timer does with each event."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from autotennis import signals
from autotennis.domain.booking import Booking, State
from autotennis.domain.checks import CheckRules
from autotennis.domain.opening import WAKE_LEAD_S, wake_at
from autotennis.errors import Stale
from autotennis.events import BookingRequested, OpeningDue, RaceDue, SweepDue
from autotennis.outbox import publish_left
from autotennis.ports import Ports
from autotennis.serving import Handler
from autotennis.signals import Sweep
from autotennis.tracing import span
from autotennis_timer.apart import failures_of
from autotennis_timer.canaries import Canaries
from autotennis_timer.check_rounds import CheckRounds
from autotennis_timer.deadman import DeadMan, is_well
from autotennis_timer.weeks import Weeks

# A shard is one held request of the booker: its bookings race in one process and share the club's clock.
SHARD: Final = 100
# The sweep leaves alone what may still be on its way.
SWEEP_GRACE: Final = timedelta(seconds=30)

# A calendar without years wakes a year early for what is more than a year ahead.
FAR_TOO_EARLY: Final = timedelta(days=1)

_log = structlog.get_logger()


class Timer:
    """Plans wake-ups, hands bookings over when they are due, and looks for what was missed."""

    def __init__(
        self,
        ports: Ports,
        checks: CheckRules = CheckRules(),  # noqa: B008 (it is frozen)
        deadman: DeadMan | None = None,
        *,
        canary: bool = True,
    ) -> None:
        self._ports = ports
        self._deadman = deadman
        self._checks = checks
        self._weeks = Weeks(ports)
        self._rounds = CheckRounds(ports, checks)
        self._canaries = Canaries(ports) if canary else None

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind that the timer consumes."""
        return {
            "BookingRequested": self.on_booking_requested,
            "OpeningDue": self.on_opening_due,
            "SweepDue": self.on_sweep_due,
            "SeriesDue": self._weeks.on_series_due,
        }

    async def on_booking_requested(self, event: BookingRequested) -> None:
        """Puts the wake-up of its opening into the calendar."""
        await asyncio.to_thread(self._schedule, event.booking_id)

    async def on_opening_due(self, event: OpeningDue) -> None:
        """Hands the opening's bookings to the booker, and has the weeks after them planned, whatever becomes of these.

        Plans a wake-up that came far too early once more.
        """
        if event.opening_at - self._ports.clock.now() > FAR_TOO_EARLY:
            await asyncio.to_thread(self._plan_again, event)
        else:
            await asyncio.to_thread(self._hand_over, event)
            # Only now, and whatever comes of it: nothing must keep what is due from being handed over, and once only.
            await asyncio.to_thread(failures_of, [self._weeks.tell_due])

    async def on_sweep_due(self, _event: SweepDue) -> None:
        """Publishes what was left unpublished, schedules what was never scheduled, hands over what was missed.

        So it is with weeks that were never planned, and with checks that are due.
        """
        begun_s = self._ports.clock.monotonic_s()
        missed = await asyncio.to_thread(self._sweep)
        took_s = self._ports.clock.monotonic_s() - begun_s
        if self._deadman and self._deadman.is_set and await asyncio.to_thread(is_well, self._ports, took_s, missed):
            self._deadman.ping()

    def _schedule(self, booking_id: str) -> None:
        now = self._ports.clock.now()
        with structlog.contextvars.bound_contextvars(booking_id=booking_id):
            try:
                booking = self._ports.store.change(booking_id, lambda found: found.wake_planned(now, self._checks))
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
        if booking.early:
            self._ports.wake.watch(booking.club_id, True)
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

    def _sweep(self) -> int:
        """The most urgent first, and each by itself: what cannot be done for one booking must not stop the others.

        Gives how many openings were missed.
        """
        now = self._ports.clock.now()
        store = self._ports.store
        missed = store.missed(now + timedelta(seconds=WAKE_LEAD_S) - SWEEP_GRACE, now)
        unscheduled = store.unscheduled(now - SWEEP_GRACE)
        failed = failures_of(partial(self._hand_over, opening) for opening in missed)
        failed += failures_of(partial(self._schedule, booking_id) for booking_id in unscheduled)
        left = store.unpublished()
        steps: list[Callable[[], object]] = [partial(publish_left, self._ports, left), self._weeks.tell_due]
        steps += [self._watch_for_who_waits, self._rounds.hand_over]
        steps += [self._canaries.tell_due] if self._canaries else []
        failed += failures_of(steps)
        oldest_s = signals.age_s(left[0].at if left else None, now)
        signals.swept(self._ports.metrics, Sweep(len(left), len(unscheduled), len(missed), oldest_s))
        self._rest_while_idle()
        if failed:
            raise failed[0]
        return len(missed)

    def _watch_for_who_waits(self) -> None:
        """Whoever came into a line and was lost on the way to the waitlist is watched for from now on."""
        for club_id in self._ports.clubs:
            if self._ports.store.in_line(club_id, 1):
                self._ports.wake.watch(club_id, True)

    def _rest_while_idle(self) -> None:
        """While nothing is open nobody needs to look, so that an idle system costs nothing.

        A dead-man's switch would take that for death.
        """
        if self._deadman and self._deadman.is_set:
            return self._ports.wake.sweep(wanted=True)
        wake, store = self._ports.wake, self._ports.store
        is_open = store.has_open()
        wake.sweep(wanted=is_open)
        # Asked again: a wish that came in between may have asked for sweeps before they were stopped.
        if not is_open and store.has_open():
            wake.sweep(wanted=True)
        return None
