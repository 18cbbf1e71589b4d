"""The timer hands over checks before openings: on every family of adapters, through its HTTP door."""

from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from support.clock import ManualClock
from support.families import FAMILIES, Family
from support.records import CLUB, NOW, a_request

from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.system import SystemIds
from autotennis.domain.checks import CheckRules
from autotennis.events import CheckDue, Event, SweepDue, dump
from autotennis.flow import Service
from autotennis.ports import EventFeed, Ports
from autotennis.push import seal_envelope
from autotennis.serving import listening, service_app
from autotennis.values import Session
from autotennis_timer import check_rounds
from autotennis_timer.handlers import Timer

SECRET = SecretStr("a secret of the bus")
HOUR = timedelta(hours=1)
OPENING = NOW + 30 * HOUR
RULES = CheckRules()


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

    async def wish(self, booking_id: str, member_id: str = "m-1", opening_at: datetime = OPENING) -> None:
        session = Session(timeid=100 + int(booking_id.partition("-")[2]), start=datetime(2026, 11, 26, 18, 0))
        change = a_request(booking_id, member_id, session, opening_at)
        self.family.store.create(change)
        assert await self.push(change[1][0]) == 204

    async def sweep_at(self, at: datetime) -> None:
        self.clock.advance((at - self.clock.now()).total_seconds())
        assert await self.push(SweepDue(at=at)) == 204

    def checks(self) -> list[tuple[str, ...]]:
        """The bookings of each CheckDue so far, in the order of the bookings."""
        self.seen += self.feed.new()
        return sorted(event.booking_ids for event in self.seen if isinstance(event, CheckDue))


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Generator[Family]:
    with FAMILIES[request.param](tmp_path, clock) as family:
        yield family


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def desk(family: Family, clock: ManualClock) -> AsyncGenerator[Desk]:
    door = SecretDoor(SECRET)
    ports = Ports(family.store, family.bus, family.wake, family.vault, clock, SystemIds(), {}, door, family.refusals)
    app = service_app(Service.TIMER, Timer(ports, RULES).handlers(), ports)
    with family.feed() as feed:
        async with listening(app, "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
            yield Desk(family, feed, clock, url, http)


async def test_a_booking_is_checked_a_day_and_four_hours_before_and_not_besides(desk: Desk) -> None:
    await desk.wish("b-1")
    await desk.sweep_at(OPENING - 25 * HOUR)
    assert desk.checks() == []
    await desk.sweep_at(OPENING - 24 * HOUR)
    assert desk.checks() == [("b-1",)]
    await desk.sweep_at(OPENING - 6 * HOUR)
    assert len(desk.checks()) == 1
    await desk.sweep_at(OPENING - 4 * HOUR)
    assert len(desk.checks()) == 2
    await desk.sweep_at(OPENING - HOUR)
    assert len(desk.checks()) == 2


async def test_bookings_of_a_member_are_checked_together_and_those_of_others_with_them(desk: Desk) -> None:
    for number in range(3):
        await desk.wish(f"b-{number}", opening_at=OPENING + number * timedelta(minutes=20))
    await desk.wish("b-3", "m-2")
    await desk.sweep_at(OPENING - 24 * HOUR)
    (together,) = desk.checks()
    assert sorted(together) == ["b-0", "b-1", "b-2", "b-3"]
    await desk.sweep_at(OPENING - 22 * HOUR)
    assert desk.checks() == [together], "what was checked along is not checked again"


async def test_a_shard_has_few_members_and_parts_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_rounds, "SHARD", 3)
    for number in range(6):
        await desk.wish(f"b-{number}", f"m-{number // 2}")
    await desk.sweep_at(OPENING - 24 * HOUR)
    assert sorted(map(sorted, desk.checks())) == [["b-0", "b-1"], ["b-2", "b-3"], ["b-4", "b-5"]]


async def test_what_a_crash_left_in_the_outbox_is_published_by_the_next_sweep(desk: Desk) -> None:
    await desk.wish("b-1")
    at = OPENING - 24 * HOUR
    booking = desk.family.store.booking("b-1")
    due = CheckDue(at=at, club_id=CLUB, booking_ids=("b-1",))
    desk.family.store.change("b-1", lambda it: it.check_handed_over(due, booking.check_at, RULES, at))
    await desk.sweep_at(at)
    assert desk.checks() == [("b-1",)]


async def test_a_sweep_that_comes_twice_hands_over_once(desk: Desk) -> None:
    await desk.wish("b-1")
    for _ in range(2):
        await desk.sweep_at(OPENING - 24 * HOUR)
    assert desk.checks() == [("b-1",)]


async def test_a_booking_that_is_cancelled_is_not_checked(desk: Desk) -> None:
    await desk.wish("b-1")
    desk.family.store.change("b-1", lambda it: it.cancelled(NOW))
    await desk.sweep_at(OPENING - 24 * HOUR)
    assert desk.checks() == []
