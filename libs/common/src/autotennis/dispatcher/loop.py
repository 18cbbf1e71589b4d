"""The dispatcher's loops."""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

import aiohttp
import structlog
from pydantic import SecretStr

from autotennis.adapters.local.bus import PRUNED_AT_ONCE, Delivery, Outcome, Settlement
from autotennis.adapters.local.database import Watch
from autotennis.adapters.local.family import LocalFamily
from autotennis.adapters.local.files import Occupied, locked
from autotennis.dispatcher.pusher import Pusher
from autotennis.errors import Transient
from autotennis.events import SweepDue, WatchDue
from autotennis.flow import ACK_DEADLINE_S, Service
from autotennis.ports import Clock

_T = TypeVar("_T")
# A lease outlasts its request by this much, so that a request cut at its deadline is settled before it is due again.
_LEASE_MARGIN_S: Final = 5.0
_AFTER_TROUBLE_S: Final = 1.0
_PRUNE_EVERY_S: Final = 60.0
# Where there is more to prune, it goes on so soon: as much as comes has to go, and deliveries come in between.
_PRUNE_ON_S: Final = 1.0
# What is slewed is less; what is set is mostly more.
_STEP_S: Final = 0.5
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DispatcherOptions:
    """How long a delivery may be held by each consumer, how often sweeps and watches are due, how closely we look.

    Every `poll_s` it asks whether anybody has written, every `probe_s` whether a consumer that was away is back.
    `in_flight` bounds the requests held by one consumer, so that no other waits for it; each takes a file descriptor,
    of which a process mostly has 1,024.
    """

    ack_deadlines_s: Mapping[Service, float] = field(default_factory=lambda: dict(ACK_DEADLINE_S))
    sweep_s: float = 60.0
    watch_s: float = 60.0
    poll_s: float = 0.015
    probe_s: float = 0.2
    in_flight: int = 400
    keep: timedelta = timedelta(days=7)


class Dispatcher:
    """Delivers what is published on one database to `endpoints`, the services' addresses (`http://host:port`)."""

    def __init__(
        self,
        family: LocalFamily,
        clock: Clock,
        endpoints: Mapping[Service, str],
        push_secret: SecretStr,
        options: DispatcherOptions | None = None,
    ) -> None:
        self._database = family.database
        self._bus = family.bus
        self._wake = family.wake
        self._clock = clock
        self._endpoints = endpoints
        self._push_secret = push_secret
        self._options = options or DispatcherOptions()
        self._in_flight: Counter[Service] = Counter()
        self._away: set[Service] = set()
        self._unsettled: deque[Settlement] = deque()
        self._to_settle = asyncio.Event()
        self._nudged = False
        self._zero = self._zero_now()
        self._next_sweep_s = self._next_watch_s = self._next_prune_s = clock.monotonic_s()

    async def run(self) -> None:
        """Works until it is cancelled; requests that are under way are then dropped, and delivered again next time.

        Raises Occupied if another dispatcher works on this database, DatabaseDamaged.
        """
        path = self._database.path.with_name("dispatcher.lock")
        try:
            with locked(path, wait=False):
                await self._run()
        except Occupied:
            raise Occupied(f"Another dispatcher works on {self._database.path}; stop it first.") from None
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _run(self) -> None:
        await _in_thread(self._bus.forget_leases)
        watch = self._database.watch()
        # A new connection for each push: one that was kept could belong to a service that was restarted since.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        try:
            async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as tasks:
                pusher = Pusher(session, self._endpoints, self._push_secret, self._options.ack_deadlines_s)
                tasks.create_task(self._settle())
                await self._deliver(watch, pusher, tasks)
        finally:
            watch.close()
            with contextlib.suppress(Transient):
                await _in_thread(partial(self._bus.settle, tuple(self._unsettled)))

    async def _deliver(self, watch: Watch, pusher: Pusher, tasks: asyncio.TaskGroup) -> None:
        while True:
            try:
                await _in_thread(self._standing)
                for consumer in self._open():
                    # Each lease is begun at once: what is leased and forgotten would be late by the whole lease.
                    for delivery in await _in_thread(partial(self._lease, consumer)):
                        self._in_flight[consumer] += 1
                        tasks.create_task(self._push(delivery, pusher, tasks))
                await self._wait(watch, await _in_thread(self._next_at))
            except Transient as error:
                _log.warning("dispatcher cannot use the database now", reason=str(error))
                await asyncio.sleep(_AFTER_TROUBLE_S)

    def _standing(self) -> None:
        """What is due by itself: wake-ups, and what comes again and again."""
        if stepped := self._step():
            _log.warning("the clock was set", by_s=stepped.total_seconds())
            self._bus.clock_stepped(stepped)
            self._zero += stepped
        while self._wake.fire_due():
            pass
        if self._clock.monotonic_s() >= self._next_sweep_s:
            self._bus.publish_unless_waiting(SweepDue(at=self._clock.now()))
            self._next_sweep_s = self._clock.monotonic_s() + self._options.sweep_s
        if self._clock.monotonic_s() >= self._next_watch_s:
            for club_id in self._wake.watched():
                self._bus.publish_unless_waiting(WatchDue(at=self._clock.now(), club_id=club_id))
            self._next_watch_s = self._clock.monotonic_s() + self._options.watch_s
        if self._clock.monotonic_s() >= self._next_prune_s:
            is_more = self._bus.prune(self._options.keep) >= PRUNED_AT_ONCE
            self._next_prune_s = self._clock.monotonic_s() + (_PRUNE_ON_S if is_more else _PRUNE_EVERY_S)

    def _zero_now(self) -> datetime:
        """What the wall clock showed when the monotonic one showed 0: always the same, unless it is set."""
        return self._clock.now() - timedelta(seconds=self._clock.monotonic_s())

    def _step(self) -> timedelta:
        """By how much the wall clock was set since that was noticed last; nothing where it goes on as it did."""
        by = self._zero_now() - self._zero
        return by if abs(by.total_seconds()) > _STEP_S else timedelta(0)

    def _open(self) -> list[Service]:
        """The consumers that can be given something now."""
        room = self._options.in_flight
        return [one for one in self._endpoints if one not in self._away and self._in_flight[one] < room]

    def _lease(self, consumer: Service) -> Sequence[Delivery]:
        room = self._options.in_flight - self._in_flight[consumer]
        deadline_s = self._options.ack_deadlines_s[consumer] + _LEASE_MARGIN_S
        return self._bus.lease(consumer, deadline_s, room)

    def _next_at(self) -> datetime | None:
        """When something falls due, as far as is known; None if nothing is planned."""
        planned = [self._wake.next_at(), *(self._bus.next_at(one) for one in self._open())]
        return min((at for at in planned if at is not None), default=None)

    async def _wait(self, watch: Watch, until: datetime | None) -> None:
        """Until something was written or falls due, or a consumer is back."""
        while not (self._nudged or watch.changed() or self._is_time(until)):  # noqa: ASYNC110 (other processes write)
            await asyncio.sleep(self._options.poll_s)
        self._nudged = False

    def _is_time(self, until: datetime | None) -> bool:
        if self._clock.monotonic_s() >= min(self._next_sweep_s, self._next_watch_s, self._next_prune_s) or self._step():
            return True
        return until is not None and self._clock.now() >= until

    async def _push(self, delivery: Delivery, pusher: Pusher, tasks: asyncio.TaskGroup) -> None:
        settlement = await pusher.push(delivery)
        self._in_flight[delivery.consumer] -= 1
        if settlement.outcome is Outcome.UNREACHED and delivery.consumer not in self._away:
            self._away.add(delivery.consumer)
            tasks.create_task(self._look_out(delivery.consumer, pusher))
        if settlement.outcome is not Outcome.ACKNOWLEDGED:
            _log.info("delivery failed", kind=delivery.kind, consumer=delivery.consumer, reason=settlement.reason)
        self._unsettled.append(settlement)
        self._to_settle.set()

    async def _look_out(self, consumer: Service, pusher: Pusher) -> None:
        """Waits until a consumer that was away listens again; meanwhile nothing is sent to it, no attempt counted."""
        _log.warning("consumer is away", consumer=consumer)
        await asyncio.sleep(self._options.probe_s)
        while not await pusher.is_reachable(consumer):  # noqa: ASYNC110 (only the network can tell)
            await asyncio.sleep(self._options.probe_s)
        _log.info("consumer is back", consumer=consumer)
        self._away.discard(consumer)
        self._nudged = True

    async def _settle(self) -> None:
        """Records how pushes went, all that ended meanwhile in one transaction."""
        while True:
            await self._to_settle.wait()
            self._to_settle.clear()
            batch = tuple(self._unsettled)
            try:
                given_up = await _in_thread(partial(self._bus.settle, batch))
            except Transient as error:
                _log.warning("deliveries cannot be settled now", reason=str(error))
                await asyncio.sleep(_AFTER_TROUBLE_S)
                self._to_settle.set()
                continue
            for _ in batch:
                self._unsettled.popleft()
            _report(batch, frozenset(given_up))


def _report(batch: tuple[Settlement, ...], given_up: frozenset[int]) -> None:
    for one in batch:
        if one.delivery_id in given_up:
            _log.error("delivery was given up", letter=one.delivery_id, reason=one.reason)


async def _in_thread(fn: Callable[[], _T]) -> _T:
    """Runs it in a thread, and waits for its end even when cancelled: nothing goes on behind our back."""
    call = asyncio.ensure_future(asyncio.to_thread(fn))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.wait([call])
        raise
