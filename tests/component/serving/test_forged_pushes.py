"""Pushes by whoever is not the bus, to every service, behind the door of either family."""

import asyncio
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from support.api_site import ClubBeside, api_settings, club_beside, every_settings, open_site
from support.clock import ManualClock
from support.tokens import ACCOUNT, AUDIENCE, GOOGLE, KEY, OTHER_KEY, claims, serving_keys, signed

from autotennis.adapters.gcp.door import GcpDoor
from autotennis.adapters.gcp.place import Pusher
from autotennis.events import Event, SweepDue, WatchDue, dump
from autotennis.ports import Ports
from autotennis.push import seal_envelope
from autotennis.serving import listening
from autotennis.wiring import open_ports
from autotennis_booker.app import create_app as create_booker
from autotennis_local.every_settings import EverySettings
from autotennis_notifier.app import create_app as create_notifier
from autotennis_timer.app import create_app as create_timer
from autotennis_waitlist.app import create_app as create_waitlist

HOST = "127.0.0.1"
METRICS_SECRET = "a secret of who measures"
SERVICES = pytest.mark.parametrize("create_app", [create_booker, create_notifier, create_timer, create_waitlist])
CreateApp = Callable[[Ports, EverySettings], web.Application]


@pytest.fixture(scope="module")
def club() -> Generator[ClubBeside]:
    with club_beside() as club:
        yield club


@pytest.fixture
def settings(club: ClubBeside, tmp_path: Path) -> EverySettings:
    return every_settings(tmp_path, club.rules(), metrics_secret=METRICS_SECRET)


@pytest.fixture
def ports(settings: EverySettings) -> Generator[Ports]:
    with open_ports(settings) as ports:
        yield ports


def sealed(event: Event) -> bytes:
    return seal_envelope(dump(event), "1", "s", 1, "")


async def pushed(app: web.Application, event: Event, headers: list[str]) -> list[int]:
    """The statuses of that many pushes, which each bear one of these headers."""
    async with listening(app, HOST, 0) as url, aiohttp.ClientSession(url) as http:
        found: list[int] = []
        for one in headers:
            async with http.post("/events", data=sealed(event), headers={"Authorization": one}) as answer:
                found.append(answer.status)
                assert "secret" not in await answer.text()
        return found


@SERVICES
async def test_no_service_takes_a_push_but_of_its_own_installation(
    create_app: CreateApp, ports: Ports, settings: EverySettings
) -> None:
    own = settings.push_secret.get_secret_value()
    others = [
        "another installation's",
        METRICS_SECRET,
        settings.link_secret.get_secret_value(),
        own[:-1],
        f"x{own}",
        "",
    ]
    forged = ["", own, f"Basic {own}", *(f"Bearer {one}" for one in others)]
    event = SweepDue(at=ports.clock.now())
    assert await pushed(create_app(ports, settings), event, forged) == [401] * len(forged)
    (status,) = await pushed(create_app(ports, settings), event, [f"Bearer {own}"])
    assert status in {204, 400}, "it is let in, and told if it has come to the wrong service"


@SERVICES
async def test_in_the_cloud_none_takes_one_but_of_the_bus(
    create_app: CreateApp, ports: Ports, settings: EverySettings
) -> None:
    clock = ManualClock()
    with serving_keys({"k-1": KEY}) as keys:
        cloudy = replace(ports, door=GcpDoor(Pusher(AUDIENCE, ACCOUNT, GOOGLE, keys.url), clock))
        forged = [
            f"Bearer {settings.push_secret.get_secret_value()}",
            signed(claims(clock), OTHER_KEY),
            signed(claims(clock, aud="https://another-installation.example.org")),
            signed(claims(clock, email="another@tennis-example.iam.gserviceaccount.com")),
        ]
        event = SweepDue(at=ports.clock.now())
        assert await pushed(create_app(cloudy, settings), event, forged) == [401] * len(forged)
        (status,) = await pushed(create_app(cloudy, settings), event, [signed(claims(clock))])
        assert status in {204, 400}


def test_the_pages_have_no_door_for_pushes(club: ClubBeside, tmp_path: Path) -> None:
    with open_site(api_settings(tmp_path, club.rules())) as site:
        event = WatchDue(at=site.ports.clock.now(), club_id="practice")
        answer = site.app.test_client().post("/events", data=sealed(event), headers={"Authorization": "Bearer x"})
        assert answer.status_code == 404


async def test_a_secret_of_strange_bytes_reads_no_metrics(ports: Ports, settings: EverySettings) -> None:
    """By hand, because no client sends what is not text."""
    async with listening(create_timer(ports, settings), HOST, 0) as url:
        reader, writer = await asyncio.open_connection(HOST, urlsplit(url).port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n")
        status = await reader.readline()
        writer.close()
        await writer.wait_closed()
    assert status.startswith(b"HTTP/1.1 401")
