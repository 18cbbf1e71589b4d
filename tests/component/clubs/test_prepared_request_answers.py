"""What a request made ready beforehand makes of every kind of answer."""

import asyncio
import gzip
import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from support.ntnui_pages import MEMBER_ID, NONE_FREE, SESSION, session_page
from support.ntnui_visits import QUICK, RawRespond, club_at, raw_club, saying

from autotennis.adapters.clubs.limits import Limits
from autotennis.ports import Answer
from autotennis.values import Action, VerdictKind

PAGE = session_page(NONE_FREE)
OK = b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 16:30:09 GMT\r\n"
WHOLE = OK + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE


async def sent_to(respond: RawRespond, limits: Limits = QUICK) -> Answer:
    """The answer to a request at a club that responds so. Whatever it is, there was one request."""
    async with raw_club(respond) as club, club_at(club.address, limits).visit() as visit:
        prepared = visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID)
        await prepared.warm(1)
        answer = await prepared.send()
        assert (len(club.heads), visit.requests_sent) == (1, 1)
        assert answer.sent_s <= answer.received_s
        return answer


def chunked(body: bytes, size: int = 1000) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])


@pytest.mark.parametrize(
    ("answer", "then_leave"),
    [
        (WHOLE, False),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(PAGE), False),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE, False),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + WHOLE, False),
        (OK + b"\r\n" + PAGE, True),
        (OK.replace(b"1.1", b"1.0") + b"\r\n" + PAGE, True),
        (WHOLE, True),
        (WHOLE.replace(b"\r\n", b"\n", 3), False),
        (OK + b"X-Name: \xc5se\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE, False),
    ],
    ids=["length", "chunks", "100", "103", "until closed", "1.0 until closed", "closed", "bare line feeds", "letters"],
)
async def test_an_answer_may_be_framed_in_any_way_that_http_knows(answer: bytes, then_leave: bool) -> None:
    heard = await sent_to(saying(answer, then_leave=then_leave))
    assert (heard.verdict.kind, heard.status) == (VerdictKind.FULL, 200)
    assert heard.date == datetime(2026, 11, 22, 16, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"", None),
        (WHOLE[:40], None),
        (b"<html>no head at all</html>\r\n\r\n", None),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", None),
        (b"HTTP/1.1 nothing\r\n\r\n", None),
        (OK + b"no colon\r\n\r\n", None),
        (OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", None),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", None),
        (WHOLE[:-1], 200),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(PAGE)[:-4], 200),
        (OK + b"Transfer-Encoding: chunked\r\n\r\nno size\r\n", 200),
    ],
)
async def test_an_answer_that_is_cut_short_or_none_of_http_is_none(answer: bytes, status: int | None) -> None:
    heard = await sent_to(saying(answer, then_leave=True))
    assert (heard.verdict.kind, heard.status) == (VerdictKind.NO_ANSWER, status)


@pytest.mark.parametrize("said", [b"", OK[:20], OK, OK + b"Content-Length: 9999\r\n\r\n<html>"])
async def test_a_club_that_falls_silent_is_given_up(said: bytes) -> None:
    assert (await sent_to(saying(said))).verdict.kind is VerdictKind.NO_ANSWER


async def test_a_club_that_sends_letter_by_letter_is_given_up() -> None:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"Content-Length: 9999\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.01)

    answer = await sent_to(respond, Limits(read_s=5, total_s=0.2))
    assert (answer.verdict.kind, answer.status) == (VerdictKind.NO_ANSWER, 200)


@pytest.mark.parametrize(("length", "status"), [(b"Content-Length: 3000000\r\n", 200), (b"", 200)])
async def test_an_answer_beyond_all_measure_is_none(length: bytes, status: int) -> None:
    answer = await sent_to(saying(OK + length + b"\r\n" + PAGE + b" " * 3_000_000, then_leave=True), Limits())
    assert (answer.verdict.kind, answer.status) == (VerdictKind.NO_ANSWER, status)


async def test_a_head_without_end_is_not_waited_for() -> None:
    limits = Limits()
    answer = await sent_to(saying(OK + b"X: " + b"x" * 100_000), limits)
    assert (answer.verdict.kind, answer.status) == (VerdictKind.NO_ANSWER, None)
    assert answer.received_s - answer.sent_s < limits.read_s


async def test_a_connection_that_is_reset_is_not_the_end_of_an_answer_without_a_length() -> None:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(OK + b"\r\n" + PAGE)
        # Closing without lingering resets the connection.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    answer = await sent_to(respond)
    assert (answer.verdict.kind, answer.status) == (VerdictKind.NO_ANSWER, 200)


async def test_a_packed_answer_that_nobody_asked_for_is_not_understood() -> None:
    packed = gzip.compress(PAGE)
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    assert (await sent_to(saying(head + packed))).verdict.kind is VerdictKind.UNKNOWN


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified", b"404 Not Found"])
async def test_an_answer_without_a_page_is_not_understood(status: bytes) -> None:
    length = b"Content-Length: 0\r\n" if status.startswith(b"404") else b""
    answer = await sent_to(saying(b"HTTP/1.1 " + status + b"\r\n" + length + b"\r\n"))
    assert (answer.verdict.kind, answer.status) == (VerdictKind.UNKNOWN, int(status[:3]))


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_a_club_that_asks_to_be_left_alone_is_busy_for_as_long_as_it_says(status: int) -> None:
    head = b"HTTP/1.1 %d Go away\r\nRetry-After: 17\r\nretry-after: 99\r\nContent-Length: 0\r\n\r\n" % status
    answer = await sent_to(saying(head))
    assert (answer.verdict.kind, answer.verdict.retry_after_s) == (VerdictKind.BUSY, 17.0)
    assert (answer.status, answer.date) == (status, None)


@pytest.mark.parametrize(("head", "second_hand"), [(b"Age: 7\r\n", True), (b"X-Cache: MISS\r\n", False)])
async def test_an_answer_of_a_cache_is_known_as_such(head: bytes, second_hand: bool) -> None:
    answer = WHOLE.replace(b"Content-Length", head + b"Content-Length")
    assert (await sent_to(saying(answer))).second_hand is second_hand
    async with raw_club(saying(answer)) as club, club_at(club.address).visit() as visit:
        assert (await visit.look(SESSION)).second_hand is second_hand


async def test_the_instant_of_receiving_is_that_of_the_head_and_neither_an_interim_ones_nor_the_bodys() -> None:
    loop = asyncio.get_running_loop()
    interim_s, body_from_s = 0.0, 0.0

    async def respond(writer: asyncio.StreamWriter) -> None:
        nonlocal interim_s, body_from_s
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await asyncio.sleep(0.05)
        interim_s = loop.time()
        writer.write(WHOLE[: -len(PAGE)])
        await asyncio.sleep(0.05)
        body_from_s = loop.time()
        writer.write(PAGE)

    answer = await sent_to(respond, Limits())
    assert answer.verdict.kind is VerdictKind.FULL
    assert answer.sent_s < interim_s <= answer.received_s < body_from_s


# Redirects


def moved(location: str, status: int = 302) -> bytes:
    date = b"Date: Sun, 22 Nov 2026 16:30:01 GMT\r\n"
    return b"HTTP/1.1 %d Moved\r\n%sLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, date, location.encode())


def each_in_turn(club_heads: Callable[[], int], *answers: bytes) -> RawRespond:
    async def respond(writer: asyncio.StreamWriter) -> None:
        writer.write(answers[min(club_heads(), len(answers)) - 1])

    return respond


async def test_a_redirect_within_the_host_is_followed_and_both_requests_count() -> None:
    respond = each_in_turn(lambda: len(club.heads), moved("timeinfo.php?moved=1"), WHOLE)
    async with raw_club(respond) as club, club_at(club.address).visit() as visit:
        answer = await visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID).send()
        assert (answer.verdict.kind, answer.status, visit.requests_sent) == (VerdictKind.FULL, 200, 2)
        # The stamp belongs to the request whose sending and answer were timed.
        assert answer.date == datetime(2026, 11, 22, 16, 30, 1, tzinfo=UTC)
        assert club.heads[1].startswith(b"GET /timeinfo.php?moved=1 HTTP/1.1\r\n")


async def test_a_redirect_in_a_circle_ends() -> None:
    async with raw_club(saying(moved("timeinfo.php"))) as club, club_at(club.address).visit() as visit:
        answer = await visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID).send()
        assert (answer.verdict.kind, visit.requests_sent) == (VerdictKind.UNKNOWN, 3)


@pytest.mark.parametrize("location", ["//127.0.0.2/", "ftp://127.0.0.1/", "http://[", ""])
async def test_a_redirect_to_anywhere_else_is_not_followed(location: str) -> None:
    answer = await sent_to(saying(moved(location)))
    assert (answer.verdict.kind, answer.status) == (VerdictKind.UNKNOWN, 302)
