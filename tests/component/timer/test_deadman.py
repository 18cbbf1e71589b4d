"""The dead-man's switch is pinged while sweeps run on time and nothing is overdue, and not otherwise."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from support.clock import ManualClock
from support.families import FAMILIES
from support.records import NOW, OPENING, a_request, scheduled
from support.waiting import eventually

from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.system import SystemIds
from autotennis.events import SweepDue, dump
from autotennis.ports import Ports
from autotennis.push import seal_envelope
from autotennis.serving import listening
from autotennis_timer.app import create_app
from autotennis_timer.deadman import DeadMan, is_well
from autotennis_timer.settings import TimerSettings

SECRET = SecretStr("a secret of the bus")
PATH = "/ping/a-secret-address"


@dataclass
class Outside:
    """Somebody outside who waits for pings."""

    url: str = ""
    pings: list[str] = field(default_factory=list[str])
    answers: int = 200

    async def on_ping(self, request: web.Request) -> web.Response:
        self.pings.append(request.method)
        return web.Response(status=self.answers)


@pytest.fixture
async def outside() -> AsyncGenerator[Outside]:
    outside = Outside()
    app = web.Application()
    app.router.add_get(PATH, outside.on_ping)
    async with listening(app, "127.0.0.1", 0) as url:
        outside.url = url + PATH
        yield outside


@dataclass
class Desk:
    """A timer that pings."""

    ports: Ports
    clock: ManualClock
    url: str
    http: aiohttp.ClientSession

    async def sweep(self) -> None:
        """One sweep. Once it has been answered, a ping of it has begun or never will."""
        body = seal_envelope(dump(SweepDue(at=self.clock.now())), "1", "timer", 1, "")
        headers = {"Authorization": f"Bearer {SECRET.get_secret_value()}"}
        async with self.http.post(f"{self.url}/events", data=body, headers=headers) as response:
            assert response.status == 204


@pytest.fixture
async def desk(tmp_path: Path, outside: Outside) -> AsyncGenerator[Desk]:
    clock = ManualClock(NOW)
    with FAMILIES["local"](tmp_path, clock) as family:
        door = SecretDoor(SECRET)
        ports = Ports(family.store, family.bus, family.wake, family.vault, clock, SystemIds(), {}, door)
        settings = TimerSettings(deadman_url=SecretStr(outside.url), push_secret=SECRET)
        async with listening(create_app(ports, settings), "127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
            yield Desk(ports, clock, url, http)


async def test_a_sweep_on_time_pings_at_most_once_a_minute(desk: Desk, outside: Outside) -> None:
    await desk.sweep()
    await eventually(lambda: outside.pings == ["GET"], "the first ping comes")
    await desk.sweep()
    desk.clock.advance(61)
    await desk.sweep()
    await eventually(lambda: len(outside.pings) == 2, "the second ping comes")
    desk.clock.advance(61)
    await desk.sweep()
    await eventually(lambda: len(outside.pings) == 3, "the one in between never came")


def wellness(desk: Desk, took_s: float = 1.0, missed: int = 0) -> bool:
    return is_well(desk.ports, took_s, missed)


async def test_what_is_late_or_overdue_is_told_by_silence(desk: Desk) -> None:
    assert wellness(desk)
    assert not wellness(desk, missed=1)
    assert not wellness(desk, took_s=50.0)
    desk.ports.store.create(a_request(now=NOW))
    assert wellness(desk), "it may be on its way"
    desk.clock.advance(11 * 60)
    assert not wellness(desk)


async def test_a_missed_opening_is_not_pinged_over(desk: Desk, outside: Outside) -> None:
    desk.ports.store.create(a_request())
    desk.ports.store.change("b-1", scheduled)
    desk.clock.advance((OPENING - NOW).total_seconds() + 60)
    await desk.sweep()
    assert outside.pings == []
    desk.ports.store.change("b-1", lambda it: it.cancelled(OPENING))
    await desk.sweep()
    await eventually(lambda: outside.pings == ["GET"], "the next sweep finds nothing missed, and pings first")


@pytest.mark.parametrize("answers", [302, 404, 500])
async def test_a_ping_that_is_not_taken_harms_nothing_and_tells_no_secret(
    desk: Desk, outside: Outside, answers: int, capfd: pytest.CaptureFixture[str]
) -> None:
    outside.answers = answers
    await desk.sweep()
    await eventually(lambda: outside.pings == ["GET"], "it is pinged")
    desk.clock.advance(61)
    await desk.sweep()
    await eventually(lambda: len(outside.pings) == 2, "it is pinged again")
    assert "a-secret-address" not in "".join(capfd.readouterr())


async def test_nobody_there_harms_nothing(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    nobody = DeadMan(desk.clock, SecretStr("http://127.0.0.1:9/a-secret-address"))
    before = asyncio.all_tasks()
    nobody.ping()
    (ping,) = asyncio.all_tasks() - before
    await ping
    said = "".join(capfd.readouterr())
    assert "could not be pinged" in said
    assert "a-secret-address" not in said


async def test_without_an_address_nothing_is_pinged(desk: Desk) -> None:
    before = len(asyncio.all_tasks())
    DeadMan(desk.clock, SecretStr("")).ping()
    assert len(asyncio.all_tasks()) == before
