"""The dispatcher over real HTTP, on a clock that a test moves."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr
from support.clock import ManualClock
from support.consumers import PUSH_SECRET, accept, closed_port, consuming, held_until, refuse
from support.records import OPENING, an_opening, to_race
from support.running import while_running
from support.waiting import eventually, never

from autotennis.adapters.local.bus import PRUNED_AT_ONCE, LocalBus, RetryPolicy
from autotennis.adapters.local.database import open_database
from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.local.family import SCHEMA, LocalFamily, open_local
from autotennis.adapters.local.files import Occupied
from autotennis.adapters.local.store import LocalStore
from autotennis.adapters.local.vault import LocalVault
from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.dispatcher import Dispatcher, DispatcherOptions
from autotennis.events import Event
from autotennis.flow import Service
from autotennis.push import Envelope
from autotennis.serving import create_events_app, listening
from bench.load.stock import deliver_all, in_one_transaction, wishes

QUICK = DispatcherOptions(poll_s=0.002, probe_s=0.01)


@asynccontextmanager
async def dispatching(
    directory: Path,
    clock: ManualClock,
    endpoints: Mapping[Service, str],
    retry: RetryPolicy | None = None,
) -> AsyncGenerator[LocalFamily, None]:
    """A family on the directory and its dispatcher, which is stopped at the end."""
    with open_local(directory, clock, retry) as family:
        dispatcher = Dispatcher(family, clock, endpoints, SecretStr(PUSH_SECRET), QUICK)
        async with while_running(dispatcher.run()):
            yield family


def waits(family: LocalFamily, clock: ManualClock) -> bool:
    """Whether the booker's delivery was refused and waits for its next attempt; a lease would last far longer."""
    at = family.bus.next_at(Service.BOOKER)
    return at is not None and 0 < (at - clock.now()).total_seconds() <= 60


async def test_a_message_that_no_service_can_read_becomes_a_dead_letter_with_the_reason(tmp_path: Path) -> None:
    """As after an upgrade was rolled back: the database holds an event of a version that this program does not know."""
    with open_local(tmp_path, clock := ManualClock()) as family:
        family.bus.publish(to_race())
        with closing(sqlite3.connect(family.database.path)) as database, database:
            database.execute("UPDATE messages SET data = CAST(replace(data, '\"version\":1', '\"version\":9') AS BLOB)")
    served = create_events_app({"RaceDue": never_called}, SecretDoor(SecretStr(PUSH_SECRET)))
    retry = RetryPolicy(attempts=2, first_s=0)
    async with (
        listening(served, "127.0.0.1", 0) as url,
        dispatching(tmp_path, clock, {Service.BOOKER: url}, retry) as family,
    ):
        await eventually(family.bus.dead_letters, "it was given up")
        (letter,) = family.bus.dead_letters()
    assert (letter.kind, letter.attempts) == ("RaceDue", 2)
    assert letter.reason.startswith("400 The message is not an event: RaceDue.version")


async def never_called(_event: Event) -> None:
    """A handler that no readable event reaches."""
    raise AssertionError("the handler was called")


async def test_a_second_dispatcher_on_one_database_is_refused(tmp_path: Path) -> None:
    clock = ManualClock()
    async with dispatching(tmp_path, clock, {}) as family:
        await eventually((tmp_path / "dispatcher.lock").exists, "the first one works")
        with pytest.raises(Occupied, match="Another dispatcher works on"):
            await Dispatcher(family, clock, {}, SecretStr(PUSH_SECRET)).run()


async def test_the_next_dispatcher_may_start_once_the_first_has_stopped(tmp_path: Path) -> None:
    clock = ManualClock()
    for number in range(2):
        async with consuming() as booker, dispatching(tmp_path, clock, {Service.BOOKER: booker.url}) as family:
            family.bus.publish(to_race(f"b-{number}"))
            await eventually(lambda number=number, booker=booker: booker.times(to_race(f"b-{number}")), "it works")


async def test_what_a_killed_dispatcher_had_leased_is_delivered_at_once(tmp_path: Path) -> None:
    clock = ManualClock()
    with open_local(tmp_path, clock) as family:
        family.bus.publish(to_race())
        assert family.bus.lease(Service.BOOKER, 600, 10)
    async with consuming() as booker, dispatching(tmp_path, clock, {Service.BOOKER: booker.url}):
        await eventually(lambda: booker.times(to_race()), "it was delivered")
    assert booker.envelopes[0].delivery_attempt == 1


async def test_a_held_request_is_dropped_at_the_stop_and_delivered_by_the_next(tmp_path: Path) -> None:
    clock = ManualClock()
    async with consuming(held_until(asyncio.Event())) as booker:
        async with dispatching(tmp_path, clock, {Service.BOOKER: booker.url}) as family:
            family.bus.publish(to_race())
            await eventually(lambda: booker.times(to_race()) == 1, "it is held")
        async with dispatching(tmp_path, clock, {Service.BOOKER: booker.url}):
            await eventually(lambda: booker.times(to_race()) == 2, "it came again")
    assert [envelope.delivery_attempt for envelope in booker.envelopes] == [1, 1]


async def test_what_is_old_is_pruned_as_fast_as_it_has_come(tmp_path: Path) -> None:
    """After a busy week much is old at once: it goes part by part, so that deliveries come in between."""
    clock = ManualClock()
    with in_one_transaction(tmp_path, clock) as family:
        for one in wishes(2 * PRUNED_AT_ONCE + 1, clock.now()):
            family.bus.publish(one)
        deliver_all(family.bus)
    clock.advance(timedelta(days=8).total_seconds())
    async with dispatching(tmp_path, clock, {}) as family:
        for left in (PRUNED_AT_ONCE + 1, 1, 0):
            await eventually(lambda left=left: wishes_kept(family) == left, f"{left} of them are left")
            clock.advance(1)


def wishes_kept(family: LocalFamily) -> int:
    """How many of the wishes that were published are kept."""
    with family.database.reading() as connection:
        return connection.execute("SELECT count(*) FROM messages WHERE kind = 'BookingRequested'").fetchone()[0]


async def test_a_sweep_is_due_at_the_start_and_every_minute(tmp_path: Path) -> None:
    clock = ManualClock()
    async with consuming() as timer, dispatching(tmp_path, clock, {Service.TIMER: timer.url}) as family:
        await eventually(lambda: timer.events and family.bus.next_at(Service.TIMER) is None, "a sweep at the start")
        clock.advance(59.9)
        await never(lambda: len(timer.events) > 1, "a sweep before a minute was over", for_s=0.1)
        clock.advance(0.1)
        await eventually(lambda: len(timer.events) == 2, "a sweep after a minute")
    assert {event.kind for event in timer.events} == {"SweepDue"}


async def test_sweeps_do_not_pile_up_for_a_timer_that_is_away(tmp_path: Path) -> None:
    clock = ManualClock()
    port = closed_port()
    async with dispatching(tmp_path, clock, {Service.TIMER: f"http://127.0.0.1:{port}"}) as family:
        for _ in range(5):
            clock.advance(60)
            await asyncio.sleep(0.02)
        async with consuming(port=port) as timer:
            await eventually(lambda: timer.events, "the sweep arrived")
        assert family.bus.last_seq() == 1


async def test_ten_minutes_of_absence_cost_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    port = closed_port()
    async with dispatching(tmp_path, clock, {Service.BOOKER: f"http://127.0.0.1:{port}"}) as family:
        family.bus.publish(to_race())
        for _ in range(60):
            clock.advance(10)
            await asyncio.sleep(0.005)
        assert family.bus.dead_letters() == []
        async with consuming(port=port) as booker:
            # Nothing moves the clock here: it comes because somebody listens again.
            await eventually(lambda: booker.times(to_race()), "it arrived")
    assert booker.envelopes[0].delivery_attempt == 1


async def test_a_refused_event_waits_for_its_time(tmp_path: Path) -> None:
    clock = ManualClock()
    async with consuming(refuse) as booker, dispatching(tmp_path, clock, {Service.BOOKER: booker.url}) as family:
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()) == 1 and waits(family, clock), "the first attempt")
        await never(lambda: booker.times(to_race()) > 1, "a second attempt at once", for_s=0.1)
        clock.advance(1.0)
        await eventually(lambda: booker.times(to_race()) == 2 and waits(family, clock), "the second attempt")
        clock.advance(1.0)
        await never(lambda: booker.times(to_race()) > 2, "a third attempt after one second", for_s=0.1)
        clock.advance(1.0)
        await eventually(lambda: booker.times(to_race()) == 3, "the third attempt")


@pytest.mark.parametrize("step_s", [-3600.0, -2.0])
async def test_a_clock_that_is_set_back_holds_up_no_refused_event(tmp_path: Path, step_s: float) -> None:
    clock = ManualClock()
    async with consuming(refuse) as booker, dispatching(tmp_path, clock, {Service.BOOKER: booker.url}) as family:
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()) == 1 and waits(family, clock), "the first attempt")
        clock.step(step_s)
        await never(lambda: booker.times(to_race()) > 1, "a second attempt at once", for_s=0.1)
        clock.advance(1.0)
        await eventually(lambda: booker.times(to_race()) == 2, "the second attempt")


@pytest.mark.parametrize("step_s", [-3600.0, 3600.0])
async def test_what_comes_again_and_again_does_so_by_the_time_that_passes(tmp_path: Path, step_s: float) -> None:
    clock = ManualClock()
    async with consuming() as timer, dispatching(tmp_path, clock, {Service.TIMER: timer.url}) as family:
        await eventually(lambda: timer.events and family.bus.next_at(Service.TIMER) is None, "a sweep at the start")
        clock.step(step_s)
        await never(lambda: len(timer.events) > 1, "a sweep before a minute was over", for_s=0.1)
        clock.advance(60)
        await eventually(lambda: len(timer.events) == 2, "a sweep after a minute")


async def test_a_wake_up_that_was_fired_is_not_fired_again_when_its_time_comes_once_more(tmp_path: Path) -> None:
    clock = ManualClock(OPENING)
    async with consuming() as timer, dispatching(tmp_path, clock, {Service.TIMER: timer.url}) as family:
        family.wake.wake(an_opening(), OPENING)
        await eventually(lambda: timer.times(an_opening()), "the wake-up arrived")
        clock.step(-30)
        await never(lambda: timer.times(an_opening()) > 1, "another wake-up", for_s=0.05)
        clock.advance(31)
        await never(lambda: timer.times(an_opening()) > 1, "another wake-up", for_s=0.1)


async def test_a_consumer_that_names_its_wait_is_left_alone_for_that_long(tmp_path: Path) -> None:
    async def later(_envelope: Envelope) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "30"})

    clock = ManualClock()
    async with consuming(later) as booker, dispatching(tmp_path, clock, {Service.BOOKER: booker.url}) as family:
        family.bus.publish(to_race())
        await eventually(lambda: booker.times(to_race()) == 1 and waits(family, clock), "the first attempt")
        clock.advance(29.0)
        await never(lambda: booker.times(to_race()) > 1, "an attempt too early", for_s=0.1)
        clock.advance(1.0)
        await eventually(lambda: booker.times(to_race()) == 2, "the second attempt")


async def test_the_kept_reason_is_short_and_on_one_line(tmp_path: Path) -> None:
    async def wordy(_envelope: Envelope) -> web.Response:
        return web.Response(status=400, text="nei\n" * 5000)

    clock = ManualClock()
    once = RetryPolicy(attempts=1)
    async with consuming(wordy) as booker, dispatching(tmp_path, clock, {Service.BOOKER: booker.url}, once) as family:
        family.bus.publish(to_race())
        await eventually(family.bus.dead_letters, "it was given up")
        (letter,) = family.bus.dead_letters()
    assert letter.reason.startswith("400 nei nei nei")
    assert len(letter.reason) <= 304


async def test_a_held_request_takes_up_room_and_the_rest_follows(tmp_path: Path) -> None:
    clock = ManualClock()
    release = asyncio.Event()
    narrow = DispatcherOptions(poll_s=0.002, in_flight=2)
    async with consuming(held_until(release)) as booker:
        with open_local(tmp_path, clock) as family:
            dispatcher = Dispatcher(family, clock, {Service.BOOKER: booker.url}, SecretStr(PUSH_SECRET), narrow)
            async with while_running(dispatcher.run()):
                for number in range(5):
                    family.bus.publish(to_race(f"b-{number}"))
                await eventually(lambda: len(booker.events) == 2, "two are held")
                await never(lambda: len(booker.events) > 2, "a third is held", for_s=0.1)
                release.set()
                await eventually(lambda: len(booker.events) == 5, "all came")


async def test_a_consumer_that_answers_nothing_holds_up_no_other(tmp_path: Path) -> None:
    """All that it may hold is held, and more waits for it."""
    clock, release, narrow = ManualClock(), asyncio.Event(), DispatcherOptions(poll_s=0.002, in_flight=2)
    async with consuming(held_until(release)) as booker, consuming() as timer:
        endpoints = {Service.BOOKER: booker.url, Service.TIMER: timer.url}
        with open_local(tmp_path, clock) as family:
            dispatcher = Dispatcher(family, clock, endpoints, SecretStr(PUSH_SECRET), narrow)
            async with while_running(dispatcher.run()):
                for number in range(5):
                    family.bus.publish(to_race(f"b-{number}"))
                await eventually(lambda: len(booker.events) == 2, "two are held")
                for number in range(5):
                    family.bus.publish(an_opening(number))
                await eventually(lambda: all(timer.times(an_opening(one)) for one in range(5)), "the timer has its own")
                assert len(booker.events) == 2
                release.set()
                await eventually(lambda: len(booker.events) == 5, "the rest follows")


async def test_wake_ups_are_fired_when_the_clock_says_so(tmp_path: Path) -> None:
    clock = ManualClock()
    async with consuming() as timer, dispatching(tmp_path, clock, {Service.TIMER: timer.url}) as family:
        family.wake.wake(an_opening(), OPENING)
        await never(lambda: timer.times(an_opening()), "a wake-up too early", for_s=0.1)
        clock.advance(1800)
        await eventually(lambda: timer.times(an_opening()), "the wake-up arrived")


async def test_it_goes_on_after_the_database_was_busy(tmp_path: Path) -> None:
    clock = ManualClock()
    database = open_database(tmp_path, SCHEMA, busy_timeout_s=0.02)
    bus, wake = LocalBus(database, clock), LocalWakeScheduler(database, clock)
    family = LocalFamily(database, LocalStore(database), bus, wake, LocalVault(database))
    async with consuming(accept) as booker:
        dispatcher = Dispatcher(family, clock, {Service.BOOKER: booker.url}, SecretStr(PUSH_SECRET), QUICK)
        async with while_running(dispatcher.run()) as task:
            bus.publish(to_race("b-1"))
            await eventually(lambda: booker.times(to_race("b-1")), "it works")
            with closing(sqlite3.connect(tmp_path / "autotennis.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                clock.advance(60)
                await never(task.done, "it died of it", for_s=0.2)
            bus.publish(to_race("b-2"))
            await eventually(lambda: booker.times(to_race("b-2")), "it goes on")
    database.close()
