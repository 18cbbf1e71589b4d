"""A request made ready beforehand: when it is written, and on which connection."""

import asyncio
import gc
import socket
from collections.abc import AsyncGenerator, Generator

import pytest
from aiohttp import web
from support.clock import ManualClock
from support.ntnui_pages import MEMBER_ID, NONE_FREE, SESSION, session_page
from support.ntnui_visits import (
    USER_AGENT,
    club_at,
    member_at,
    open_session,
    raw_club,
    saying,
    serving,
)
from support.waiting import eventually

from autotennis.adapters.clubs.limits import Limits
from autotennis.ports import PreparedRequest, Visit
from autotennis.values import Action, VerdictKind
from practice_club.club import PracticeClub
from practice_club.server import running_club

PAGE = session_page(NONE_FREE)
FULL = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)


@pytest.fixture
async def club() -> AsyncGenerator[PracticeClub]:
    async with running_club() as club:
        yield club


@pytest.fixture
def still_club() -> Generator[socket.socket]:
    """A club that does nothing by itself: a test can do its part while the event loop stands still."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        yield listening


def address_of(listening: socket.socket) -> str:
    return "http://{}:{}".format(*listening.getsockname())


def made_ready(visit: Visit) -> PreparedRequest:
    return visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID)


async def test_warming_opens_connections_and_sends_nothing_and_leaving_closes_them() -> None:
    async with raw_club() as club:
        async with club_at(club.address).visit() as visit:
            prepared = made_ready(visit)
            await prepared.warm(5)
            await eventually(lambda: len(club.open) == 5, "five connections are open")
            await prepared.warm(3)
            await prepared.warm(7)
            await eventually(lambda: len(club.open) == 7, "seven connections are open")
            assert (club.connections, club.heads, visit.requests_sent) == (7, [], 0)
        await eventually(lambda: not club.open, "all connections are closed")


async def test_no_more_connections_are_opened_than_the_limit() -> None:
    async with raw_club() as club, club_at(club.address, Limits(connections=2)).visit() as visit:
        await made_ready(visit).warm(9)
        await made_ready(visit).warm(9)
        await eventually(lambda: club.connections == 2, "two connections are open")


async def test_a_request_is_written_before_sending_returns(still_club: socket.socket) -> None:
    async with club_at(address_of(still_club)).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(1)
        with still_club.accept()[0] as connection:
            connection.settimeout(10)
            awaited = prepared.send()
            # The event loop has not run since: what is heard here was written by the call alone.
            head = connection.recv(65536).decode("ascii")
            assert visit.requests_sent == 1
            connection.sendall(FULL)
            answer = await awaited
    assert answer.verdict.kind is VerdictKind.FULL
    assert head.split("\r\n") == [
        f"GET /timeinfo.php?timeid=194&spilletid=20261127T9:00:00&lang=no&leggtilvikarid={MEMBER_ID} HTTP/1.1",
        f"Host: {address_of(still_club).removeprefix('http://')}",
        f"User-Agent: {USER_AGENT}",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: keep-alive",
        "",
        "",
    ]


async def test_requests_in_flight_together_use_the_warm_connections_again_and_again(club: PracticeClub) -> None:
    member = club.add_member()
    theirs, session = open_session(club)
    async with member_at(club, member) as visit:
        prepared = visit.prepared(Action.SIGN_UP, session, member.id)
        await prepared.warm(6)
        club.turn(service_before_ms=20)
        sent = visit.requests_sent
        used: list[set[int]] = []
        for _ in range(2):
            answers = await asyncio.gather(*[prepared.send() for _ in range(6)])
            assert {answer.verdict.kind for answer in answers} == {VerdictKind.SIGNED_UP}
            used.append({request.connection for request in list(club.record.requests)[-6:]})
        assert visit.requests_sent == sent + 12
    assert len(used[0]) == 6
    # The server numbers connections as they are opened, so a new one would have another number than these.
    assert used[0] == used[1]
    assert list(theirs.substitutes) == [member.id]


async def test_two_requests_are_under_way_at_once_on_two_connections() -> None:
    both_heard = asyncio.Event()

    async def respond(writer: asyncio.StreamWriter) -> None:
        if len(club.heads) == 2:
            both_heard.set()
        await both_heard.wait()
        writer.write(FULL)

    async with raw_club(respond) as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(2)
        first, second = await asyncio.gather(prepared.send(), prepared.send())
        assert (first.verdict.kind, second.verdict.kind) == (VerdictKind.FULL, VerdictKind.FULL)
        assert first.sent_s <= second.sent_s < first.received_s
        assert club.connections == 2


async def test_where_no_connection_is_idle_one_is_opened_first_and_nothing_has_to_be_awaited_for_that() -> None:
    async with raw_club(saying(FULL)) as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        first = prepared.send()
        assert visit.requests_sent == 1
        await eventually(lambda: club.heads, "the request is there")
        assert (await first).verdict.kind is VerdictKind.FULL
        answer = await prepared.send()
        assert (answer.verdict.kind, club.connections, len(club.heads)) == (VerdictKind.FULL, 1, 2)


async def test_where_no_more_connections_may_be_opened_a_request_waits_and_that_is_no_part_of_the_sending() -> None:
    async with raw_club(saying(FULL)) as club, club_at(club.address, Limits(connections=1)).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(1)
        first, second = await asyncio.gather(prepared.send(), prepared.send())
        assert second.sent_s >= first.received_s
        assert (second.verdict.kind, club.connections, visit.requests_sent) == (VerdictKind.FULL, 1, 2)


async def test_connections_that_the_club_has_closed_are_replaced() -> None:
    async with raw_club(saying(FULL)) as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(3)
        await eventually(lambda: len(club.open) == 3, "three connections are open")
        for connection in list(club.open):
            connection.close()
        await eventually(lambda: not club.open, "none is open")
        await prepared.warm(2)
        await eventually(lambda: len(club.open) == 2, "two new ones are open")
        assert (await prepared.send()).verdict.kind is VerdictKind.FULL
        assert club.connections == 5


async def test_connections_that_were_idle_for_too_long_are_replaced() -> None:
    clock = ManualClock()
    async with raw_club(saying(FULL)) as club, club_at(club.address, Limits(idle_s=75), clock).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(2)
        clock.advance(74)
        await prepared.warm(2)
        clock.advance(2)
        assert (await prepared.send()).verdict.kind is VerdictKind.FULL
        assert club.connections == 3
        await prepared.warm(2)
        assert club.connections == 4


async def test_a_request_on_a_connection_that_the_club_has_closed_is_not_sent_twice(
    still_club: socket.socket,
) -> None:
    """A GET may be a sign-up, so a broken connection is reported and not tried again behind the caller's back."""
    async with club_at(address_of(still_club)).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(1)
        still_club.accept()[0].close()
        answer = await prepared.send()
        assert (answer.verdict.kind, answer.status, visit.requests_sent) == (VerdictKind.NO_ANSWER, None, 1)
        assert answer.sent_s <= answer.received_s
        still_club.setblocking(False)
        with pytest.raises(BlockingIOError):
            still_club.accept()


async def test_a_club_that_is_not_there_does_not_answer() -> None:
    async with raw_club() as club:
        pass
    async with club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(3)
        answer = await prepared.send()
        assert (answer.verdict.kind, visit.requests_sent) == (VerdictKind.NO_ANSWER, 1)
        assert answer.sent_s <= answer.received_s


async def test_a_connection_on_which_the_club_speaks_unasked_is_not_used() -> None:
    async with raw_club(saying(FULL)) as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(1)
        await eventually(lambda: club.open, "it is open")
        next(iter(club.open)).write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        await eventually(lambda: not club.open, "it is closed")
        assert (await prepared.send()).verdict.kind is VerdictKind.FULL
        assert club.connections == 2


@pytest.mark.parametrize(
    "answer",
    [FULL.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"), FULL + FULL],
    ids=["the club says that it will close it", "more came than was asked for"],
)
async def test_a_connection_that_can_carry_no_other_request_is_not_used_again(answer: bytes) -> None:
    async with raw_club(saying(answer)) as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        for connections in (1, 2):
            assert (await prepared.send()).verdict.kind is VerdictKind.FULL
            assert club.connections == connections


async def test_an_answer_that_nobody_waits_for_any_more_is_not_taken_for_the_next_ones() -> None:
    async with raw_club() as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(1)
        waiting = asyncio.ensure_future(prepared.send())
        await eventually(lambda: club.heads, "the request is there")
        waiting.cancel()
        await eventually(lambda: not club.open, "its connection is closed")
        again = asyncio.ensure_future(prepared.send())
        await eventually(lambda: club.connections == 2, "another one is opened")
        again.cancel()


async def test_an_answer_that_is_awaited_later_tells_when_it_came() -> None:
    async with raw_club(saying(FULL)) as club, club_at(club.address).visit() as visit:
        prepared = made_ready(visit)
        await prepared.warm(1)
        awaited = prepared.send()
        # An answer to something that was asked later came after it.
        await visit.look(SESSION)
        awaited_from_s = asyncio.get_running_loop().time()
        answer = await awaited
    assert answer.verdict.kind is VerdictKind.FULL
    assert answer.sent_s < answer.received_s < awaited_from_s


async def test_an_answer_that_is_never_awaited_leaves_nothing_behind() -> None:
    async with raw_club(saying(FULL)) as club:
        async with club_at(club.address).visit() as visit:
            prepared = made_ready(visit)
            await prepared.warm(1)
            prepared.send()
            prepared.send()
            await eventually(lambda: len(club.heads) == 2, "both requests are there")
            # Nobody has read the first connection's answer, so it is not known to be of use.
            assert (visit.requests_sent, club.connections) == (2, 2)
        await eventually(lambda: not club.open, "all connections are closed")
        # A coroutine that was never awaited would complain now, and that would be an error.
        gc.collect()


async def test_a_request_that_was_made_ready_is_of_no_use_after_the_visit() -> None:
    async with raw_club(saying(FULL)) as club:
        async with club_at(club.address).visit() as visit:
            prepared = made_ready(visit)
            await prepared.warm(2)
            waiting = asyncio.ensure_future(prepared.send())
        assert (await waiting).verdict.kind is VerdictKind.NO_ANSWER
        await prepared.warm(2)
        assert (await prepared.send()).verdict.kind is VerdictKind.NO_ANSWER
        await eventually(lambda: not club.open, "all connections are closed")


async def test_ordinary_requests_go_on_beside() -> None:
    async def respond(_: object) -> web.Response:
        return web.Response(body=PAGE)

    async with serving(respond) as address, club_at(address).visit() as visit:
        prepared = made_ready(visit)
        answers = await asyncio.gather(visit.look(SESSION), prepared.send(), visit.sign_up(SESSION, MEMBER_ID))
        assert {answer.verdict.kind for answer in answers} == {VerdictKind.FULL}
        assert visit.requests_sent == 3
