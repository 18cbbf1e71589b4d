"""How many events a second the flow holds, and what they cost where many wait, or were delivered before.

A burst is published and pushed to consumers that have nothing to do, in a process of their own. The baseline of
publishing is the bare insert of as many rows, each with a commit of its own; that of the whole way is a bare client
which posts the same envelopes to the same consumers, as many at once as the dispatcher does.
"""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
from pydantic import SecretStr

from autotennis.adapters.gcp.bus import GcpBus
from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.refusals import GcpRefusals
from autotennis.adapters.gcp.replays import deliveries
from autotennis.adapters.gcp.setting_up import ON_EMULATOR, set_up, tear_down
from autotennis.adapters.local.bus import PRUNED_AT_ONCE, Outcome, Settlement
from autotennis.adapters.local.database import FILE_NAME, connect
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.system import SystemClock
from autotennis.dispatcher import Dispatcher, DispatcherOptions
from autotennis.events import Event, SweepDue, dump
from autotennis.flow import CONSUMERS, Service
from autotennis.push import seal_envelope
from bench.cold_start import program, until_it_answers
from bench.load.receiver import NOT_COUNTED
from bench.load.stock import deliver_all, in_one_transaction, mixed, wishes
from bench.load.tables import Row, table
from bench.workplace import ACCOUNT, AUDIENCE, PASSPHRASE, NotDone
from google_stand_ins.emulators import Emulators, NoEmulators, free_port, running
from google_stand_ins.issuer import Issuer
from google_stand_ins.pushing import Route, Sender
from google_stand_ins.relay import Relay

_PATIENCE_S: Final = 300.0
_LOOK_S: Final = 0.05
_PUBLISHED: Final = 500
# So many are made at once: a million would not fit into a small machine's memory.
_PART: Final = 10_000
_ROUNDS: Final = 15
ONE: Final = frozenset({Service.TIMER})
ALL: Final = frozenset({Service.TIMER, Service.BOOKER, Service.WAITLIST, Service.NOTIFIER})


@dataclass(frozen=True)
class Plan:
    """The size of a burst, of one on the emulators, of backlogs, and of histories."""

    burst: int = 10_000
    on_emulators: int = 2_000
    backlogs: tuple[int, ...] = (1_000, 10_000, 100_000)
    histories: tuple[int, ...] = (1_000, 1_000_000)


QUICK: Final = Plan(2_000, 500, (1_000, 10_000), (1_000, 50_000))


@asynccontextmanager
async def _receiving() -> AsyncGenerator[tuple[str, aiohttp.ClientSession]]:
    """A process of consumers, and a client; each connection of it is used once, as the dispatcher's are."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with program(("-m", "bench.load.receiver", str(port)), dict(os.environ)) as process:
        await asyncio.to_thread(until_it_answers, url, process)
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as http:
            yield url, http


async def _until_counted(url: str, http: aiohttp.ClientSession, expected: int) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        async with http.get(f"{url}/count") as answer:
            counted = (await answer.json())["count"]
        if counted >= expected:
            return
        if time.monotonic() > deadline_s:
            raise NotDone(f"{counted} of {expected} deliveries have come.")
        await asyncio.sleep(_LOOK_S)


def _expected(events: Sequence[Event], consumers: frozenset[Service]) -> int:
    return sum(len(CONSUMERS[one.kind] & consumers) for one in events)


async def _bare_per_s(url: str, http: aiohttp.ClientSession, count: int) -> float:
    """How many envelopes a second can be posted, as many at once as the dispatcher does."""
    room = asyncio.Semaphore(DispatcherOptions().in_flight)
    bodies = [seal_envelope(dump(one), "1", "bench", 1, "") for one in wishes(count, SystemClock().now())]

    async def post(body: bytes) -> None:
        async with room, http.post(f"{url}/{NOT_COUNTED}/events", data=body) as answer:
            await answer.read()

    began_s = time.perf_counter()
    await asyncio.gather(*(post(body) for body in bodies))
    return count / (time.perf_counter() - began_s)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _burst(count: int, consumers: frozenset[Service]) -> Sequence[Event]:
    now = SystemClock().now()
    return wishes(count, now) if consumers == ONE else mixed(count, now)


async def embedded_per_s(count: int, consumers: frozenset[Service]) -> tuple[float, float]:
    """Deliveries a second of a burst that has been published at once, and what the bare client posts."""
    clock, events = SystemClock(), _burst(count, consumers)
    with TemporaryDirectory(prefix="autotennis-bench-") as name:
        data_dir = Path(name)
        with in_one_transaction(data_dir, clock) as family:
            for one in events:
                family.bus.publish(one)
        expected = _expected(events, consumers)
        async with _receiving() as (url, http):
            bare = await _bare_per_s(url, http, expected)
            with open_local(data_dir, clock) as family:
                endpoints = {one: f"{url}/{one}" for one in consumers}
                dispatcher = Dispatcher(family, clock, endpoints, SecretStr(PASSPHRASE))
                began_s = time.perf_counter()
                async with _beside(dispatcher.run()):
                    await _until_counted(url, http, expected)
                return expected / (time.perf_counter() - began_s), bare


def published_per_s(count: int) -> tuple[float, float]:
    """Events that one thread publishes on the embedded bus in a second, and bare inserts of as many rows."""
    clock = SystemClock()
    with TemporaryDirectory(prefix="autotennis-bench-") as name, open_local(Path(name), clock) as family:
        events = wishes(count, clock.now())
        ours = _per_s(lambda: [family.bus.publish(one) for one in events], count)
        with closing(connect(Path(name) / FILE_NAME, busy_timeout_s=1.0)) as connection:
            connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, data BLOB)")
            rows = [dump(one) for one in events]

            def insert() -> None:
                for data in rows:
                    connection.execute("BEGIN IMMEDIATE")
                    # A message, and a delivery to each of its two consumers.
                    connection.executemany("INSERT INTO bare (data) VALUES (?)", [(data,), (b"",), (b"",)])
                    connection.execute("COMMIT")

            return ours, _per_s(insert, count)


def _per_s(work: Callable[[], object], count: int) -> float:
    began_s = time.perf_counter()
    work()
    return count / (time.perf_counter() - began_s)


async def emulators_per_s(emulators: Emulators, count: int) -> tuple[float, float, float]:
    """On Google's emulators: events published and deliveries pushed a second, and what the bare client posts.

    The emulator's own push sends two at once at most, so that a stand-in for Google's carries them.
    """
    place = Place(project=f"load-{os.getpid()}", region="europe-north1", kms_key="")
    set_up(place, ON_EMULATOR)
    try:
        with (
            closing(Documents(place, Meter())) as documents,
            closing(GcpBus(place, GcpRefusals(documents, SystemClock()), Meter())) as bus,
        ):
            return await _carried(emulators, place, bus, count)
    finally:
        tear_down(place)


async def _carried(emulators: Emulators, place: Place, bus: GcpBus, count: int) -> tuple[float, float, float]:
    events = _burst(count, ALL)
    expected = _expected(events, ALL)
    sender = Sender(Issuer("https://accounts.google.com"), AUDIENCE, ACCOUNT)
    async with _receiving() as (url, http):
        bare = await _bare_per_s(url, http, expected)
        began_s = time.perf_counter()
        # As the services publish: each from a thread of its own, of as many as they have.
        await asyncio.gather(*(asyncio.to_thread(bus.publish, one) for one in events))
        published = count / (time.perf_counter() - began_s)
        routes = {
            one.id: Route((f"{url}/{one.service}/events",), one.ack_deadline_s) for one in deliveries(place.prefix)
        }
        began_s = time.perf_counter()
        async with _beside(Relay(emulators.pubsub_host, place.project, routes, sender).run()):
            await _until_counted(url, http, expected)
        return published, expected / (time.perf_counter() - began_s), bare


def _taken_and_settled(family: LocalFamily) -> None:
    taken = family.bus.lease(Service.TIMER, 600.0, 10)
    family.bus.settle([Settlement(one.id, Outcome.ACKNOWLEDGED) for one in taken])


def with_so_many(count: int, *, delivered: bool) -> Mapping[str, float]:
    """What the bus takes for its work where so many events wait, or were delivered before: ms of processor."""
    clock = SystemClock()
    with TemporaryDirectory(prefix="autotennis-bench-") as name:
        data_dir = Path(name)
        with in_one_transaction(data_dir, clock) as family:
            for first in range(0, count, _PART):
                for one in wishes(min(_PART, count - first), clock.now(), first):
                    family.bus.publish(one)
                if delivered:
                    deliver_all(family.bus)
        with open_local(data_dir, clock) as family:
            fresh = iter(wishes(100, clock.now(), first=count))
            work: Mapping[str, Callable[[], object]] = {
                "an event is published": lambda: family.bus.publish(next(fresh)),
                "ten deliveries are taken and settled": lambda: _taken_and_settled(family),
                "it is asked when something is due": lambda: family.bus.next_at(Service.TIMER),
                "a sweep is published": lambda: family.bus.publish_unless_waiting(SweepDue(at=clock.now())),
            }
            found = {what: _cpu_ms(one) for what, one in work.items()}
            if delivered:
                ripe = -timedelta(days=1)
                found[f"{PRUNED_AT_ONCE} old ones are pruned"] = _cpu_ms(lambda: family.bus.prune(ripe), rounds=1)
            return found


def _cpu_ms(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    found: list[float] = []
    for _ in range(rounds):
        began_s = time.process_time()
        work()
        found.append((time.process_time() - began_s) * 1000)
    return statistics.median(found)


def measured(plan: Plan) -> str:
    """All of it in words."""
    parts = [_embedded(plan), _emulated(plan)]
    for counts, delivered, what in ((plan.backlogs, False, "waiting"), (plan.histories, True, "delivered before")):
        least = with_so_many(counts[0], delivered=delivered)
        for count in counts[1:]:
            found = with_so_many(count, delivered=delivered)
            rows = [Row(f"{one}, ms of processor", found[one], least[one]) for one in least]
            parts.append(table(f"{count:,} events {what}", (f"{count:,}", f"of {counts[0]:,}"), rows))
    return "\n\n".join(parts)


def _embedded(plan: Plan) -> str:
    rows = [Row("published by one thread (baseline: bare inserts)", *published_per_s(_PUBLISHED))]
    for name, consumers in (("one consumer", ONE), ("four consumers", ALL)):
        rows.append(Row(f"pushed to {name} (bare posts)", *asyncio.run(embedded_per_s(plan.burst, consumers))))
    return table(f"embedded bus, a burst of {plan.burst:,}: a second", ("autotennis", "bare"), rows)


def _emulated(plan: Plan) -> str:
    try:
        with running() as engines:
            os.environ.update(engines.variables())
            published, pushed, bare = asyncio.run(emulators_per_s(engines, plan.on_emulators))
    except NoEmulators as reason:
        return f"!!! THE EMULATORS ARE LEFT OUT: {reason}"
    rows = [Row("published (baseline: bare posts)", published, bare), Row("pushed to four consumers", pushed, bare)]
    return table(f"Google's emulators, a burst of {plan.on_emulators:,}: a second", ("autotennis", "bare"), rows)
