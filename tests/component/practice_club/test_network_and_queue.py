"""Delays on the way, work at the club, its queue and its session lock."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import TYPE_CHECKING

from practice_club.club import PracticeClub
from practice_club.record import RequestRecord

if TYPE_CHECKING:
    from conftest import NewVisitor, Visitor

MS_NS = 1_000_000
# A busy machine may add to any delay; it never takes anything away.
SLACK_MS = 400


async def _timed(visitor: Visitor) -> tuple[float, RequestRecord]:
    """How long a page took, in ms, and what the club recorded."""
    begun = time.perf_counter()
    await visitor.get("/kalender.php")
    return (time.perf_counter() - begun) * 1000, visitor.club.record.requests[-1]


async def test_each_way_has_its_own_delay(visitor: Visitor, club: PracticeClub) -> None:
    await visitor.get("/kalender.php")
    club.turn(latency_in_ms=30, latency_out_ms=50)
    sent_ns = club.now_ns()
    took_ms, record = await _timed(visitor)
    assert 30 <= (record.arrived_ns - sent_ns) / MS_NS < 30 + SLACK_MS
    assert 80 <= took_ms < 80 + SLACK_MS


async def test_jitter_is_up_to_its_size_and_differs_each_time(visitor: Visitor, club: PracticeClub) -> None:
    await visitor.get("/kalender.php")
    club.turn(jitter_in_ms=20)
    took_ms = [(await _timed(visitor))[0] for _ in range(5)]
    assert max(took_ms) - min(took_ms) > 1
    assert max(took_ms) < 20 + SLACK_MS


async def test_a_new_connection_waits_for_its_handshake(new_visitor: NewVisitor, club: PracticeClub) -> None:
    club.turn(latency_in_ms=20, latency_out_ms=20)
    visitor = await new_visitor()
    first_ms, _ = await _timed(visitor)
    second_ms, _ = await _timed(visitor)
    assert first_ms >= 80
    assert 40 <= second_ms < first_ms
    club.turn(handshake=False)
    assert (await _timed(await new_visitor()))[0] < 80 + SLACK_MS


async def test_work_comes_before_and_after_the_decision(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(service_before_ms=30, service_after_ms=40)
    _, record = await _timed(visitor)
    assert record.decided_ns is not None
    assert record.answered_ns is not None
    assert 30 <= (record.decided_ns - record.arrived_ns) / MS_NS < 30 + SLACK_MS
    assert 40 <= (record.answered_ns - record.decided_ns) / MS_NS < 40 + SLACK_MS


async def test_one_worker_serves_one_request_at_a_time(new_visitor: NewVisitor, club: PracticeClub) -> None:
    club.turn(workers=1, service_after_ms=20)
    visitors = [await new_visitor() for _ in range(4)]
    await asyncio.gather(*(visitor.get("/kalender.php") for visitor in visitors))
    decided = sorted(r.decided_ns for r in club.record.requests if r.decided_ns)
    assert all(later - earlier >= 20 * MS_NS for earlier, later in pairwise(decided))


async def test_requests_of_one_login_wait_for_each_other_and_others_do_not(
    new_visitor: NewVisitor, club: PracticeClub
) -> None:
    one, other = await new_visitor(), await new_visitor()
    for visitor in (one, other):
        await visitor.log_in(club.add_member())
    club.turn(service_after_ms=150)

    async def spread_ms(*visitors: Visitor) -> float:
        club.record.clear()
        await asyncio.gather(*(visitor.get("/kalender.php") for visitor in visitors))
        decided = [r.decided_ns for r in club.record.requests if r.decided_ns]
        return (max(decided) - min(decided)) / MS_NS

    assert await spread_ms(one, one) >= 150
    assert await spread_ms(one, other) < 150
    club.turn(session_lock=False)
    assert await spread_ms(one, one) < 150


async def test_the_date_is_stamped_at_the_end_of_the_work(visitor: Visitor, club: PracticeClub) -> None:
    club.turn(service_after_ms=30, latency_out_ms=30)
    answer = await visitor.get("/kalender.php")
    record = club.record.requests[-1]
    assert record.answered_ns is not None
    stamped = f":{record.answered_ns // 10**9 % 60:02} GMT"
    assert answer.headers["Date"].endswith(stamped)
    assert club.now_ns() - record.answered_ns >= 30 * MS_NS


async def test_a_warm_club_answers_in_a_moment(visitor: Visitor) -> None:
    await visitor.get("/kalender.php")
    # Where an answer leaves in two parts, each one waits 40 ms for the other side.
    assert min([(await _timed(visitor))[0] for _ in range(50)]) < 30
