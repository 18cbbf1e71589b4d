"""The timer through its HTTP door, on every family of adapters: wake-ups, shards, redeliveries, the sweep."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from support.clock import ManualClock
from support.families import FAMILIES, Family
from support.records import CLUB, NOW, OPENING, a_member, a_request, claimed

from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.system import SystemIds
from autotennis.domain.booking import State
from autotennis.errors import DuplicateBooking
from autotennis.events import BookingRequested, Event, OpeningDue, RaceDue, SweepDue, dump
from autotennis.flow import Service
from autotennis.ports import EventFeed, Ports
from autotennis.push import seal_envelope
from autotennis.serving import listening, service_app
from autotennis.values import Session
from autotennis_timer import handlers
from autotennis_timer.handlers import Timer

SECRET = SecretStr("a secret of the bus")
WAKES_AT = OPENING - timedelta(minutes=2)


@dataclass
class Desk:
    """A timer to push to, and what it works on."""

    family: Family
    feed: EventFeed
    clock: ManualClock
    url: str
    http: aiohttp.ClientSession
    seen: list[Event] = field(default_factory=list[Event])

    async def push(self, event: Event) -> int:
        headers = {"Authorization": f"Bearer {SECRET.get_secret_value()}"}
        body = seal_envelope(dump(event), "1", "timer", 1, "")
        async with self.http.post(f"{self.url}/events", data=body, headers=headers) as response:
            return response.status

    def wish(self, number: int = 0, opening_at: datetime = OPENING) -> BookingRequested:
        """A new booking, and the event that tells of it; its facts are published."""
        session = Session(timeid=100 + number, start=datetime(2026, 11, 25, 18, 0))
        change = a_request(f"b-{number:03d}", session=session, opening_at=opening_at)
        self.family.store.create(change)
        (event,) = change[1]
        self.family.store.strike_off(event)
        assert isinstance(event, BookingRequested)
        return event

    def told(self, kind: str) -> list[Event]:
        self.seen += self.feed.new()
        return [event for event in self.seen if event.kind == kind]

    def races(self) -> list[RaceDue]:
        """In the order of their bookings: those of one moment can be seen in any."""
        found = [event for event in self.told("RaceDue") if isinstance(event, RaceDue)]
        return sorted(found, key=lambda race: race.booking_ids)

    def opening_due(self) -> OpeningDue:
        return OpeningDue(at=self.clock.now(), club_id=CLUB, opening_at=OPENING)

    def state(self, number: int = 0) -> State:
        return self.family.store.booking(f"b-{number:03d}").state


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Generator[Family]:
    with FAMILIES[request.param](tmp_path, clock) as family:
        yield family


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def desk(family: Family, clock: ManualClock) -> AsyncGenerator[Desk]:
    family.store.add_member(a_member())
    # The families' own doors are not what is asked about here.
    door = SecretDoor(SECRET)
    ports = Ports(family.store, family.bus, family.wake, family.vault, clock, SystemIds(), {}, door, family.refusals)
    app = service_app(Service.TIMER, Timer(ports).handlers(), ports)
    with family.feed() as feed:
        async with listening(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
            yield Desk(family, feed, clock, url, http)


async def test_a_wish_is_scheduled_and_woken_two_minutes_before(desk: Desk) -> None:
    assert await desk.push(desk.wish()) == 204
    assert desk.state() is State.SCHEDULED
    assert desk.family.planned() == [WAKES_AT]


async def test_a_wish_that_comes_again_changes_nothing(desk: Desk) -> None:
    event = desk.wish()
    assert [await desk.push(event) for _ in range(3)] == [204] * 3
    assert desk.state() is State.SCHEDULED
    assert desk.family.planned() == [WAKES_AT]


async def test_a_crash_between_the_state_and_the_wake_up_is_mended_by_the_redelivery(desk: Desk) -> None:
    event = desk.wish()
    desk.family.store.change("b-000", lambda booking: booking.wake_planned(NOW))
    assert desk.family.planned() == []
    assert await desk.push(event) == 204
    assert desk.family.planned() == [WAKES_AT]


async def test_a_cancelled_wish_is_not_woken_for(desk: Desk) -> None:
    event = desk.wish()
    desk.family.store.change("b-000", lambda booking: booking.cancelled(NOW))
    assert await desk.push(event) == 204
    assert desk.family.planned() == []


async def test_one_wake_up_for_all_bookings_of_an_opening(desk: Desk) -> None:
    for number in range(5):
        await desk.push(desk.wish(number))
    assert desk.family.planned() == [WAKES_AT]


async def test_an_opening_is_handed_over_in_shards_of_first_come_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "SHARD", 4)
    for number in range(10):
        await desk.push(desk.wish(number))
    assert await desk.push(desk.opening_due()) == 204
    races = desk.races()
    assert [len(race.booking_ids) for race in races] == [4, 4, 2]
    assert [one for race in races for one in race.booking_ids] == [f"b-{number:03d}" for number in range(10)]


async def test_what_is_not_waiting_is_not_handed_over(desk: Desk) -> None:
    for number in range(3):
        await desk.push(desk.wish(number))
    await desk.push(desk.wish(3, OPENING + timedelta(hours=1)))
    desk.family.store.change("b-000", claimed)
    desk.family.store.change("b-001", lambda booking: booking.cancelled(NOW))
    await desk.push(desk.opening_due())
    assert [race.booking_ids for race in desk.races()] == [("b-002",)]


async def test_an_opening_without_bookings_is_no_race(desk: Desk) -> None:
    assert await desk.push(desk.opening_due()) == 204
    assert desk.races() == []


async def test_the_sweep_hands_over_an_opening_whose_wake_up_was_lost(desk: Desk) -> None:
    await desk.push(desk.wish())
    await desk.push(SweepDue(at=desk.clock.now()))
    assert desk.races() == []
    desk.clock.advance((OPENING - NOW).total_seconds() - 60)
    await desk.push(SweepDue(at=desk.clock.now()))
    assert [race.booking_ids for race in desk.races()] == [("b-000",)]


async def test_the_sweep_hands_over_what_a_dead_booker_left(desk: Desk) -> None:
    await desk.push(desk.wish())
    claim = desk.family.store.change("b-000", claimed).claim
    assert claim
    desk.clock.advance((OPENING - NOW).total_seconds() + 1)
    await desk.push(SweepDue(at=desk.clock.now()))
    assert desk.races() == []
    desk.clock.advance((claim.until - desk.clock.now()).total_seconds())
    await desk.push(SweepDue(at=desk.clock.now()))
    assert [race.booking_ids for race in desk.races()] == [("b-000",)]


async def test_the_sweep_schedules_what_was_never_scheduled(desk: Desk) -> None:
    desk.wish()
    await desk.push(SweepDue(at=desk.clock.now()))
    assert desk.state() is State.REQUESTED
    desk.clock.advance(60)
    await desk.push(SweepDue(at=desk.clock.now()))
    assert desk.state() is State.SCHEDULED
    assert desk.family.planned() == [WAKES_AT]


async def test_the_sweep_publishes_what_a_crash_left_in_the_outbox(desk: Desk) -> None:
    desk.family.store.create(a_request())
    await desk.push(SweepDue(at=desk.clock.now()))
    assert len(desk.told("BookingRequested")) == 1
    assert desk.family.store.unpublished() == []


async def test_a_session_is_wished_for_once(desk: Desk) -> None:
    desk.wish()
    with pytest.raises(DuplicateBooking):
        desk.wish()


async def test_a_wake_up_that_comes_a_year_early_is_planned_again(desk: Desk) -> None:
    opening_at = OPENING + timedelta(days=366)
    await desk.push(desk.wish(opening_at=opening_at))
    event = OpeningDue(at=desk.clock.now(), club_id=CLUB, opening_at=opening_at)
    assert await desk.push(event) == 204
    assert desk.races() == []
    # Of all that a calendar without years can say, this is the nearest.
    (planned,) = desk.family.planned()
    assert planned.replace(year=opening_at.year) == opening_at - timedelta(minutes=2)
