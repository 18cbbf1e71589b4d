"""Ordinary requests: their connections, and the instants at which requests went out and answers came."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from aiohttp import web
from support.ntnui_pages import NONE_FREE, SESSION, session_page
from support.ntnui_visits import club_at, serving

from autotennis.adapters.clubs.limits import Limits
from practice_club.club import PracticeClub
from practice_club.server import running_club


@pytest.fixture
async def club() -> AsyncGenerator[PracticeClub]:
    async with running_club() as club:
        yield club


async def test_requests_one_after_another_use_one_connection(club: PracticeClub) -> None:
    async with club_at(club.base_url).visit() as visit:
        for _ in range(3):
            await visit.probe()
        await visit.timetable()
    assert len({request.connection for request in club.record.requests}) == 1


async def test_a_probe_asks_for_a_head_alone(club: PracticeClub) -> None:
    async with club_at(club.base_url).visit() as visit:
        answers = [await visit.probe(), await visit.probe(deep=True)]
    assert [answer.status for answer in answers] == [200, 200]
    asked = [(request.method, request.path) for request in club.record.requests]
    assert asked == [("HEAD", "/favicon.ico"), ("HEAD", "/glemtpin.php")]


async def test_the_instant_of_sending_is_after_the_connection_and_that_of_receiving_before_the_body() -> None:
    loop = asyncio.get_running_loop()
    arrived_s, body_from_s = 0.0, 0.0

    async def respond(request: web.Request) -> web.StreamResponse:
        nonlocal arrived_s, body_from_s
        arrived_s = loop.time()
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b" ")
        await asyncio.sleep(0.1)
        body_from_s = loop.time()
        await response.write(session_page(NONE_FREE))
        return response

    async with serving(respond) as address, club_at(address).visit() as visit:
        called_s = loop.time()
        answer = await visit.look(SESSION)
    assert called_s < answer.sent_s <= arrived_s <= answer.received_s < body_from_s


async def test_waiting_for_a_connection_is_no_part_of_the_sending() -> None:
    async def respond(_: web.Request) -> web.Response:
        await asyncio.sleep(0.1)
        return web.Response(body=session_page(NONE_FREE))

    async with serving(respond) as address, club_at(address, Limits(connections=1)).visit() as visit:
        first, second = await asyncio.gather(visit.look(SESSION), visit.look(SESSION))
    assert second.sent_s >= first.received_s


async def test_a_request_on_a_connection_that_the_club_has_closed_is_not_sent_twice() -> None:
    """A GET may be a sign-up, so a broken connection is reported and not tried again behind the caller's back."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    async with server, club_at(f"http://{host}:{port}").visit() as visit:
        await visit.probe()
        answer = await visit.sign_up(SESSION, 7)
        assert (answer.status, visit.requests_sent, len(heard)) == (None, 2, 2)
