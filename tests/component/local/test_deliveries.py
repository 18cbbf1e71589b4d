"""The bus's table of deliveries, and the wake-ups, on a clock that stands still."""

import sqlite3
from collections.abc import Generator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.clock import ManualClock
from support.records import an_opening, asked_for, to_race

from autotennis.adapters.local.bus import Delivery, LocalBus, Outcome, RetryPolicy, Settlement
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.events import SweepDue
from autotennis.flow import Service

WEEK = timedelta(days=7)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def family(tmp_path: Path, clock: ManualClock) -> Generator[LocalFamily, None, None]:
    with open_local(tmp_path, clock, RetryPolicy(attempts=10)) as opened:
        yield opened


@pytest.fixture
def bus(family: LocalFamily) -> LocalBus:
    return family.bus


def leased(bus: LocalBus) -> Delivery:
    """The one delivery that is due to the booker."""
    (delivery,) = bus.lease(Service.BOOKER, deadline_s=600, limit=10)
    return delivery


def settle(bus: LocalBus, outcome: Outcome, reason: str = "", retry_after_s: float = 0.0) -> bool:
    """Leases the one delivery, ends it like this, and tells whether that was given up."""
    return bool(bus.settle([Settlement(leased(bus).id, outcome, reason, retry_after_s)]))


def wait_s(bus: LocalBus, clock: ManualClock) -> float:
    """How long until the next delivery is due."""
    at = bus.next_at(Service.BOOKER)
    assert at is not None
    return (at - clock.now()).total_seconds()


def test_refusals_wait_twice_as_long_each_time_until_they_are_given_up(bus: LocalBus, clock: ManualClock) -> None:
    bus.publish(to_race())
    for full_s in (1, 2, 4, 8, 16, 32, 60, 60, 60):
        assert not settle(bus, Outcome.REFUSED, "500 no")
        assert 0.8 * full_s <= wait_s(bus, clock) <= full_s
        clock.advance(wait_s(bus, clock))
    assert settle(bus, Outcome.REFUSED, "500 still no")
    assert bus.next_at(Service.BOOKER) is None
    (letter,) = bus.dead_letters()
    assert (letter.attempts, letter.reason, letter.at) == (10, "500 still no", clock.now())


def test_a_delivery_is_not_leased_before_its_time(bus: LocalBus, clock: ManualClock) -> None:
    bus.publish(to_race())
    settle(bus, Outcome.REFUSED)
    clock.advance(wait_s(bus, clock) - 0.001)
    assert bus.lease(Service.BOOKER, 600, 10) == []
    clock.advance(0.001)
    assert leased(bus).attempt == 2


def test_a_consumer_can_ask_for_a_longer_wait(bus: LocalBus, clock: ManualClock) -> None:
    bus.publish(to_race())
    settle(bus, Outcome.REFUSED, retry_after_s=90.0)
    assert wait_s(bus, clock) == 90.0


def test_a_consumer_that_is_away_uses_up_no_attempt(bus: LocalBus, clock: ManualClock) -> None:
    bus.publish(to_race())
    for _ in range(700):
        assert not settle(bus, Outcome.UNREACHED, "no connection")
        assert wait_s(bus, clock) <= 1.0
        clock.advance(1.0)
    assert leased(bus).attempt == 1
    assert bus.dead_letters() == []


def test_a_consumer_that_died_gets_it_back_soon_but_not_for_ever(bus: LocalBus, clock: ManualClock) -> None:
    bus.publish(to_race())
    for _ in range(99):
        assert not settle(bus, Outcome.BROKEN, "the connection broke")
        assert wait_s(bus, clock) <= 1.0
        clock.advance(1.0)
    assert settle(bus, Outcome.BROKEN, "the connection broke")
    assert [letter.reason for letter in bus.dead_letters()] == ["the connection broke"]


def test_what_was_leased_and_never_settled_is_due_after_the_deadline(bus: LocalBus, clock: ManualClock) -> None:
    bus.publish(to_race())
    first = leased(bus)
    clock.advance(599.9)
    assert bus.lease(Service.BOOKER, 600, 10) == []
    clock.advance(0.1)
    assert leased(bus) == first


def test_forgotten_leases_are_due_at_once(bus: LocalBus) -> None:
    bus.publish(to_race())
    first = leased(bus)
    bus.forget_leases()
    assert leased(bus) == first


def test_what_was_settled_stays_as_it_is(bus: LocalBus) -> None:
    bus.publish(to_race())
    delivery = leased(bus)
    bus.settle([Settlement(delivery.id, Outcome.ACKNOWLEDGED)])
    bus.settle([Settlement(delivery.id, Outcome.REFUSED, "too late")])
    bus.forget_leases()
    assert bus.next_at(Service.BOOKER) is None


def test_a_lease_takes_no_more_than_there_is_room_for_longest_due_first(bus: LocalBus, clock: ManualClock) -> None:
    for number in range(5):
        bus.publish(to_race(f"b-{number}"))
        clock.advance(1)
    found = [delivery.message_id for limit in (2, 10) for delivery in bus.lease(Service.BOOKER, 600, limit)]
    assert found == [1, 2, 3, 4, 5]


def test_dead_letters_come_newest_first(family: LocalFamily, tmp_path: Path, clock: ManualClock) -> None:
    strict = LocalBus(family.database, clock, RetryPolicy(attempts=1))
    for number in range(3):
        strict.publish(to_race(f"b-{number}"))
        settle(strict, Outcome.REFUSED, f"reason {number}")
        clock.advance(1)
    assert [letter.reason for letter in strict.dead_letters()] == ["reason 2", "reason 1", "reason 0"]
    assert [letter.reason for letter in strict.dead_letters(limit=1)] == ["reason 2"]


def test_those_who_look_on_see_every_event_in_order(bus: LocalBus) -> None:
    assert bus.last_seq() == 0
    bus.publish(asked_for())
    bus.publish(to_race())
    assert bus.events_since(0) == [(1, asked_for()), (2, to_race())]
    assert bus.events_since(1) == [(2, to_race())]
    assert bus.events_since(0, limit=1) == [(1, asked_for())]
    assert bus.events_since(bus.last_seq()) == []


def test_an_event_that_cannot_be_read_does_not_stop_those_who_look_on(bus: LocalBus, tmp_path: Path) -> None:
    bus.publish(asked_for())
    bus.publish(to_race())
    with closing(sqlite3.connect(tmp_path / "autotennis.db", isolation_level=None)) as connection:
        connection.execute("UPDATE messages SET data = CAST('{}' AS BLOB) WHERE seq = 1")
    assert bus.events_since(0) == [(2, to_race())]


def test_only_what_is_old_and_settled_is_pruned(bus: LocalBus, clock: ManualClock) -> None:
    bus.publish(to_race("b-1"))
    settle(bus, Outcome.ACKNOWLEDGED)
    bus.publish(to_race("b-2"))
    clock.advance(WEEK.total_seconds() + 1)
    bus.publish(to_race("b-3"))
    assert bus.prune(WEEK) == 1
    assert [seq for seq, _ in bus.events_since(0)] == [2, 3]
    assert len(bus.lease(Service.BOOKER, 600, 10)) == 2


def test_dead_letters_are_kept_for_as_long_as_it_takes(family: LocalFamily, clock: ManualClock) -> None:
    strict = LocalBus(family.database, clock, RetryPolicy(attempts=1))
    strict.publish(to_race())
    settle(strict, Outcome.REFUSED)
    clock.advance(10 * WEEK.total_seconds())
    assert strict.prune(WEEK) == 0
    strict.replay(strict.dead_letters()[0].id)
    assert leased(strict).attempt == 1


def test_pruning_goes_in_small_batches_and_numbers_are_never_used_again(bus: LocalBus, clock: ManualClock) -> None:
    for number in range(5):
        bus.publish(to_race(f"b-{number}"))
    bus.settle([Settlement(one.id, Outcome.ACKNOWLEDGED) for one in bus.lease(Service.BOOKER, 600, 10)])
    clock.advance(WEEK.total_seconds() + 1)
    assert [bus.prune(WEEK, limit=3) for _ in range(3)] == [3, 2, 0]
    bus.publish(to_race())
    assert bus.last_seq() == 6


def test_a_standing_event_does_not_pile_up(bus: LocalBus, clock: ManualClock) -> None:
    assert bus.publish_unless_waiting(SweepDue(at=clock.now()))
    assert not bus.publish_unless_waiting(SweepDue(at=clock.now()))
    (delivery,) = bus.lease(Service.TIMER, 60, 10)
    assert not bus.publish_unless_waiting(SweepDue(at=clock.now()))
    bus.settle([Settlement(delivery.id, Outcome.ACKNOWLEDGED)])
    assert bus.publish_unless_waiting(SweepDue(at=clock.now()))


def test_a_consumer_that_is_away_keeps_no_standing_event_from_another(bus: LocalBus, clock: ManualClock) -> None:
    assert bus.publish_unless_waiting(SweepDue(at=clock.now()))
    for _ in range(3):
        (delivery,) = bus.lease(Service.TIMER, 60, 10)
        bus.settle([Settlement(delivery.id, Outcome.ACKNOWLEDGED)])
        assert bus.publish_unless_waiting(SweepDue(at=clock.now()))
    assert len(bus.lease(Service.NOTIFIER, 60, 10)) == 1


def at(clock: ManualClock, seconds: float) -> datetime:
    return clock.now() + timedelta(seconds=seconds)


def test_wake_ups_go_to_the_bus_when_their_time_has_come(family: LocalFamily, clock: ManualClock) -> None:
    family.wake.wake(an_opening(1), at(clock, 60))
    family.wake.wake(an_opening(2), at(clock, 30))
    assert family.wake.next_at() == at(clock, 30)
    assert family.wake.fire_due() == 0
    clock.advance(30)
    assert family.wake.fire_due() == 1
    assert family.bus.events_since(0) == [(1, an_opening(2))]
    clock.advance(30)
    assert [family.wake.fire_due(), family.wake.fire_due()] == [1, 0]
    assert family.wake.next_at() is None


def test_many_wake_ups_go_in_batches(family: LocalFamily, clock: ManualClock) -> None:
    for minute in range(5):
        family.wake.wake(an_opening(minute), at(clock, -1))
    assert [family.wake.fire_due(limit=3) for _ in range(3)] == [3, 2, 0]
    assert family.bus.last_seq() == 5


def test_a_wall_clock_that_steps_back_does_not_hold_up_what_is_due(bus: LocalBus, clock: ManualClock) -> None:
    bus.publish(to_race())
    clock.advance(-3600)
    settle(bus, Outcome.UNREACHED, "no connection")
    clock.advance(-3600)
    first = leased(bus)
    clock.advance(-3600)
    bus.forget_leases()
    clock.advance(-3600)
    assert leased(bus) == first


@pytest.mark.parametrize("step_s", [-3600, -2, 2, 3600])
def test_a_clock_that_is_set_changes_nothing_of_what_waits_for_its_time(
    bus: LocalBus, clock: ManualClock, step_s: float
) -> None:
    for number in range(3):
        bus.publish(to_race(f"b-{number}"))
    refused, held, _at_once = bus.lease(Service.BOOKER, 600, 3)
    bus.forget_leases()
    assert [bus.lease(Service.BOOKER, 600, 1)[0].id for _ in range(2)] == [refused.id, held.id]
    bus.settle([Settlement(refused.id, Outcome.REFUSED, "500 no", retry_after_s=90.0)])
    clock.step(step_s)
    bus.clock_stepped(timedelta(seconds=step_s))

    def due() -> list[int]:
        return [one.id for one in bus.lease(Service.BOOKER, 600, 10)]

    assert due() == [_at_once.id]
    clock.advance(89.9)
    assert due() == []
    clock.advance(0.1)
    assert due() == [refused.id]
    clock.advance(600 - 90)
    assert due() == [held.id, _at_once.id]


def test_a_replayed_letter_is_due_after_the_clock_stepped_back(family: LocalFamily, clock: ManualClock) -> None:
    strict = LocalBus(family.database, clock, RetryPolicy(attempts=1))
    strict.publish(to_race())
    settle(strict, Outcome.REFUSED)
    strict.replay(strict.dead_letters()[0].id)
    clock.advance(-3600)
    assert leased(strict).attempt == 1


@pytest.mark.parametrize(("step_s", "expected"), [(-3600, True), (-30, False), (300, False), (601, True)])
def test_a_standing_event_that_a_step_of_the_clock_left_behind_blocks_no_new_one(
    bus: LocalBus, clock: ManualClock, step_s: float, expected: bool
) -> None:
    assert bus.publish_unless_waiting(SweepDue(at=clock.now()))
    clock.advance(step_s)
    assert bus.publish_unless_waiting(SweepDue(at=clock.now())) is expected


def test_a_wake_up_that_cannot_be_read_is_dropped_and_the_others_fire(
    family: LocalFamily, clock: ManualClock, tmp_path: Path
) -> None:
    family.wake.wake(an_opening(1), at(clock, -2))
    family.wake.wake(an_opening(2), at(clock, -1))
    with closing(sqlite3.connect(tmp_path / "autotennis.db", isolation_level=None)) as connection:
        connection.execute("UPDATE wakes SET data = CAST('{}' AS BLOB) WHERE event_id = ?", (an_opening(1).id,))
    while family.wake.fire_due():
        pass
    assert family.bus.events_since(0) == [(1, an_opening(2))]
    assert family.wake.next_at() is None
