"""Who may read the metrics of the services, and what the timer's and the pages' say."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from support.api_site import CLUB_ID, ClubBeside, Site, api_settings, club_beside, every_settings, open_site
from support.beside import open_beside
from support.dead_letters import give_up_one
from support.past_races import a_past_race

from autotennis.domain.booking import State
from autotennis.events import WatchDue
from autotennis.ports import Ports
from autotennis.serving import listening
from autotennis.wiring import open_ports
from autotennis_booker.app import create_app as create_booker
from autotennis_local.every_settings import EverySettings
from autotennis_notifier.app import create_app as create_notifier
from autotennis_timer.app import create_app as create_timer
from autotennis_waitlist.app import create_app as create_waitlist

SECRET = "a secret of who measures"
BEARER = {"Authorization": f"Bearer {SECRET}"}
HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def club() -> Generator[ClubBeside]:
    with club_beside() as club:
        yield club


@pytest.fixture
def settings(club: ClubBeside, tmp_path: Path) -> EverySettings:
    return every_settings(tmp_path, club.rules(), metrics_secret=SECRET)


@pytest.fixture
def ports(settings: EverySettings) -> Generator[Ports]:
    with open_ports(settings) as ports:
        yield ports


@asynccontextmanager
async def scraping(url: str) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(url) as http:
        yield http


@pytest.mark.parametrize("create_app", [create_booker, create_notifier, create_timer, create_waitlist])
async def test_only_who_has_the_secret_reads_a_services_metrics(
    create_app: Callable[[Ports, EverySettings], web.Application], ports: Ports, settings: EverySettings
) -> None:
    async with listening(create_app(ports, settings), HOST, 0) as url, scraping(url) as http:
        wrong: list[dict[str, str]] = [
            {},
            {"Authorization": "Bearer another"},
            {"Authorization": SECRET},
            {"Authorization": "Bearer "},
        ]
        for headers in wrong:
            async with http.get("/metrics", headers=headers) as answer:
                assert answer.status == 401
                assert "autotennis_" not in await answer.text()
        async with http.get("/metrics", headers=BEARER) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert "autotennis_races_in_flight 0.0" in await answer.text()


async def test_without_a_secret_in_the_settings_there_are_none(ports: Ports, settings: EverySettings) -> None:
    closed = settings.model_copy(update={"metrics_secret": type(settings.metrics_secret)("")})
    async with listening(create_timer(ports, closed), HOST, 0) as url, scraping(url) as http:
        for headers in ({}, {"Authorization": "Bearer "}, BEARER):
            async with http.get("/metrics", headers=headers) as answer:
                assert answer.status == 404


async def test_the_timer_looks_at_outbox_queues_and_dead_letters_when_it_is_asked(
    ports: Ports, settings: EverySettings
) -> None:
    now = ports.clock.now()
    a_past_race(ports, "left", opening_at=now + timedelta(hours=1), state=State.REQUESTED)
    for seconds in range(2):
        ports.bus.publish(WatchDue(at=now + timedelta(seconds=seconds), club_id=CLUB_ID))
    give_up_one(settings.data_dir)
    async with (
        listening(create_timer(ports, settings), HOST, 0) as url,
        scraping(url) as http,
        http.get("/metrics", headers=BEARER) as answer,
    ):
        told = await answer.text()
    assert "autotennis_outbox_events 1.0" in told
    assert 'autotennis_queue_deliveries{consumer="waitlist"} 1.0' in told
    assert 'autotennis_queue_deliveries{consumer="booker"} 0.0' in told
    assert "autotennis_dead_letters 1.0" in told


def test_the_pages_count_themselves_by_endpoint_and_status(settings: EverySettings) -> None:
    with open_site(settings) as site:
        visitor = site.visitor()
        visitor.get("/sign-in")
        visitor.get("/no-such-page")
        told = scraped(site)
    assert 'autotennis_page_seconds_count{endpoint="accounts.sign_in",status="200"} 1.0' in told
    assert 'autotennis_page_seconds_count{endpoint="none",status="404"} 1.0' in told


def scraped(site: Site, path: str = "/metrics") -> str:
    answer = site.app.test_client().get(path, headers=BEARER)
    assert answer.status_code == 200
    return answer.text


def test_the_public_sees_no_metrics_of_the_pages(settings: EverySettings, club: ClubBeside, tmp_path: Path) -> None:
    with open_site(settings) as site:
        for headers in ({}, {"Authorization": "Bearer another"}):
            for path in ("/metrics", "/metrics/timer", "/metrics/nonsense"):
                answer = site.app.test_client().get(path, headers=headers)
                assert answer.status_code == 404
                assert "autotennis_" not in answer.text
    with open_site(api_settings(tmp_path, club.rules())) as site:
        assert site.app.test_client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_pages_pass_on_what_another_service_counts(
    ports: Ports, settings: EverySettings, club: ClubBeside, tmp_path: Path
) -> None:
    with open_beside(listening(create_timer(ports, settings), HOST, 0)) as timer:
        told = api_settings(tmp_path, club.rules(), metrics_secret=SECRET, services={"timer": timer})
        with open_site(told) as site:
            assert "autotennis_outbox_events 0.0" in scraped(site, "/metrics/timer")
            assert site.app.test_client().get("/metrics/booker", headers=BEARER).status_code == 404
    with open_site(told) as site:
        assert site.app.test_client().get("/metrics/timer", headers=BEARER).status_code == 502
