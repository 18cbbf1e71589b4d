"""Arrivals and decisions do not depend on how busy the club's program is."""

from __future__ import annotations

import asyncio
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from support.waiting import eventually

from practice_club.alarm import FileAlarm, LoopAlarm
from practice_club.club import PracticeClub
from practice_club.orders import NewSession
from practice_club.record import RequestRecord
from practice_club.server import running_club
from practice_club.session import Session
from practice_club.times import write_spilletid
from practice_club.vocabulary import Verdict

if TYPE_CHECKING:
    from conftest import NewVisitor, Visitor

MS_NS = 1_000_000


class Line:
    """A connection without a client: what is written goes out at once, answers are counted by their status lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, club: PracticeClub) -> Line:
        host, port = club.base_url.removeprefix("http://").split(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    def say(self, text: str) -> None:
        self.writer.write(text.encode())

    def ask(self, target: str, cookies: str = "") -> None:
        self.say(f"GET {target} HTTP/1.1\r\nHost: club\r\nCookie: {cookies}\r\n\r\n")

    async def answer(self) -> tuple[str, str]:
        """The head and the body of the next answer."""
        async with asyncio.timeout(20):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = int(head.lower().partition("content-length:")[2].split("\r\n")[0])
            return head, (await self.reader.readexactly(length)).decode("latin-1")

    def close(self) -> None:
        self.writer.transport.abort()


async def _lines(club: PracticeClub, count: int) -> list[Line]:
    """Connections that have been used, so that the kernel is known to stamp what comes on them."""
    lines = [await Line.to(club) for _ in range(count)]
    for line in lines:
        line.ask("/kalender.php")
    for line in lines:
        await line.answer()
    club.record.clear()
    return lines


def _sign_up(club: PracticeClub, session: Session) -> tuple[str, str]:
    """Somebody new's sign-up: its target and cookies."""
    member = club.add_member()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in club.logins.open(member, club.now_ns()))
    spilletid = write_spilletid(session.start)
    target = f"/timeinfo.php?timeid={session.slot.timeid}&spilletid={spilletid}&lang=no&leggtilvikarid={member.id}"
    return target, cookies


def _requests(club: PracticeClub) -> list[RequestRecord]:
    return list(club.record.requests)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when bytes came")
async def test_an_arrival_is_when_the_bytes_came_and_not_when_they_were_read(club: PracticeClub) -> None:
    (line,) = await _lines(club, 1)
    club.turn(latency_in_ms=5)
    line.ask("/kalender.php")
    sent_ns = club.now_ns()
    time.sleep(0.6)  # noqa: ASYNC251 - the program is busy
    busy_until_ns = club.now_ns()
    await line.answer()
    (record,) = _requests(club)
    assert record.arrived_ns < busy_until_ns - 100 * MS_NS
    assert record.arrived_ns == record.decided_ns
    assert record.arrived_ns >= sent_ns - 100 * MS_NS
    line.close()


async def test_the_last_place_goes_to_who_arrived_first_of_many(club: PracticeClub) -> None:
    session = club.add_session(NewSession(opens_in_s=-10, capacity=1))
    lines = await _lines(club, 20)
    club.turn(latency_in_ms=20, jitter_in_ms=30, service_before_ms=2, service_after_ms=5, workers=3)
    for line in lines:
        line.ask(*_sign_up(club, session))
    answers = [await line.answer() for line in lines]
    requests = _requests(club)
    assert [r.arrived_ns for r in requests] == sorted(r.arrived_ns for r in requests)
    decided = [r.decided_ns for r in requests if r.decided_ns is not None]
    assert decided == sorted(decided)
    assert len(decided) == len(lines)
    assert [r.verdict for r in requests] == [Verdict.SIGNED_UP, *[Verdict.FULL] * 19]
    assert sum("fjernvikarid" in body for _, body in answers) == 1
    (change,) = session.history
    assert change.at_ns == decided[0]
    for line in lines:
        line.close()


async def test_the_queue_is_kept_to_the_nanosecond(club: PracticeClub) -> None:
    lines = await _lines(club, 6)
    club.turn(latency_in_ms=30, service_before_ms=1, service_after_ms=3, workers=1)
    for line in lines:
        line.ask("/kalender.php")
    for line in lines:
        await line.answer()
        line.close()
    requests = _requests(club)
    free_ns = 0
    for request in requests:
        begun_ns = max(request.arrived_ns, free_ns)
        assert request.decided_ns == begun_ns + MS_NS
        assert request.answered_ns == begun_ns + 4 * MS_NS
        free_ns = begun_ns + 4 * MS_NS


async def test_chance_is_the_same_for_the_same_seed() -> None:
    async def delays_ns() -> list[int]:
        async with running_club(empty=True, seed=11) as club:
            lines = await _lines(club, 3)
            club.turn(service_jitter_ms=5)
            for line in lines:
                line.ask("/kalender.php")
                await line.answer()
                line.close()
            return [(r.decided_ns or 0) - r.arrived_ns for r in _requests(club)]

    assert await delays_ns() == await delays_ns()


async def test_an_answer_is_never_written_before_its_time(club: PracticeClub) -> None:
    (line,) = await _lines(club, 1)
    club.turn(latency_in_ms=3, service_after_ms=4, latency_out_ms=5)
    for _ in range(5):
        before_ns = club.now_ns()
        line.ask("/kalender.php")
        await line.answer()
        assert club.now_ns() - before_ns >= 12 * MS_NS
    line.close()


async def test_requests_that_do_not_wait_for_answers_are_served_in_turn(club: PracticeClub) -> None:
    (line,) = await _lines(club, 1)
    club.turn(latency_in_ms=5, service_before_ms=2, service_after_ms=2)
    for page in ("kalender", "nyheter", "glemtpin"):
        line.ask(f"/{page}.php")
    for _ in range(3):
        assert (await line.answer())[0].startswith("HTTP/1.1 200")
    requests = _requests(club)
    assert [r.path for r in requests] == ["/kalender.php", "/nyheter.php", "/glemtpin.php"]
    for earlier, later in pairwise(requests):
        assert earlier.answered_ns is not None
        assert later.decided_ns is not None
        assert later.decided_ns >= earlier.answered_ns + 2 * MS_NS
    line.close()


@pytest.mark.parametrize(
    "started",
    ["GET /kalender", "POST /index.php HTTP/1.1\r\nHost: club\r\nContent-Length: 50\r\n\r\nemail=", "nonsense\r\n\r\n"],
    ids=["half a head", "half a form", "no request"],
)
async def test_who_does_not_finish_a_request_holds_nobody_up(
    visitor: Visitor, club: PracticeClub, started: str
) -> None:
    line = await Line.to(club)
    line.say(started)
    await asyncio.sleep(0)
    assert (await visitor.get("/kalender.php")).status == 200
    line.close()
    assert (await visitor.get("/kalender.php")).status == 200


async def test_who_hangs_up_has_still_asked(club: PracticeClub, visitor: Visitor) -> None:
    session = club.add_session(NewSession(opens_in_s=-10, capacity=1))
    (line,) = await _lines(club, 1)
    club.turn(latency_in_ms=20)
    line.ask(*_sign_up(club, session))
    await line.writer.drain()
    line.close()
    await eventually(lambda: session.history, "the sign-up is decided")
    assert (await visitor.get("/kalender.php")).status == 200


async def test_many_clubs_share_one_loop_and_keep_their_own_time() -> None:
    async def race(number: int) -> None:
        async with running_club(empty=True, seed=number) as club:
            club.turn(clock_offset_ms=1000 * number, latency_in_ms=number, service_before_ms=2)
            session = club.add_session(NewSession(opens_in_s=-10, capacity=1))
            lines = await _lines(club, 3)
            for line in lines:
                line.ask(*_sign_up(club, session))
            for line in lines:
                await line.answer()
                line.close()
            requests = _requests(club)
            assert [r.verdict for r in requests] == [Verdict.SIGNED_UP, Verdict.FULL, Verdict.FULL]
            assert all((r.decided_ns or 0) - r.arrived_ns == 2 * MS_NS for r in requests)

    await asyncio.gather(*(race(number) for number in range(1, 13)))


async def test_servers_behind_one_name_have_clocks_of_their_own(new_visitor: NewVisitor, club: PracticeClub) -> None:
    club.turn(servers=[0, 60_000])
    visitors = [await new_visitor() for _ in range(4)]
    for visitor in visitors:
        await visitor.get("/kalender.php")
    requests = _requests(club)
    assert [r.server for r in requests] == [0, 1, 0, 1]
    ahead_ms = [(r.arrived_ns - requests[0].arrived_ns) / MS_NS for r in requests]
    assert [ahead > 59_000 for ahead in ahead_ms] == [False, True, False, True]


async def test_a_proxy_answers_with_an_old_date(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(cached_pages={"seconds": 3600}, via="1.1 front.practice.invalid")
    fresh = await visitor.get("/glemtpin.php")
    club.step_clock(5000)
    kept = await visitor.request("HEAD", "/glemtpin.php")
    assert (kept.status, kept.headers["Date"]) == (200, fresh.headers["Date"])
    assert (int(kept.headers["Age"]) >= 0, "Age" in fresh.headers) == (True, False)
    assert kept.headers["Content-Length"] == fresh.headers["Content-Length"]
    assert kept.headers["Via"] == "1.1 front.practice.invalid"
    assert [r.verdict for r in _requests(club)] == [Verdict.VIEWED, Verdict.CACHED]
    assert (await visitor.get("/index.php")).headers["Date"] != fresh.headers["Date"]


async def test_a_proxy_may_keep_silent_about_the_age(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(cached_pages={"seconds": 3600, "age": False})
    await visitor.get("/glemtpin.php")
    kept = await visitor.get("/glemtpin.php")
    assert club.record.requests[-1].verdict is Verdict.CACHED
    assert not {"Age", "Via"} & {*kept.headers}


@pytest.mark.parametrize("kind", [FileAlarm, LoopAlarm])
async def test_an_alarm_rings_once_and_not_before_its_time(kind: type[FileAlarm | LoopAlarm]) -> None:
    rung: list[tuple[int, int]] = []
    alarm = kind(asyncio.get_running_loop(), lambda at_ns: rung.append((at_ns, time.time_ns())))
    wanted = [time.time_ns() + wait_ms * MS_NS for wait_ms in (7, 3, -5)]
    for at_ns in wanted:
        alarm.set(at_ns)
    await eventually(lambda: rung, "the last setting counts")
    alarm.set(again_ns := time.time_ns() + 4 * MS_NS)
    await eventually(lambda: len(rung) > 1, "it can be set again")
    alarm.close()
    assert [at_ns for at_ns, _ in rung] == [wanted[-1], again_ns]
    assert all(now_ns >= at_ns for at_ns, now_ns in rung)


async def test_a_file_is_given_without_the_clubs_program(club: PracticeClub) -> None:
    (line,) = await _lines(club, 1)
    club.turn(service_before_ms=200, workers=1)
    line.ask("/kalender.php")
    line.ask("/favicon.ico")
    await line.answer()
    await line.answer()
    page, file = _requests(club)
    assert page.decided_ns is not None
    assert page.decided_ns - page.arrived_ns >= 200 * MS_NS
    assert file.decided_ns == page.answered_ns, "it waits for the one before it on its connection and for nothing else"
    line.close()
