"""While a pause is in force the waitlist does not look, and nobody loses their place in the line."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID
from support.waiting_line import Line, waiting_line

from autotennis.domain.booking import State
from autotennis.domain.pause import Pause, PauseScope
from autotennis.values import FailureReason


@pytest.fixture
async def line(tmp_path: Path) -> AsyncGenerator[Line]:
    async with waiting_line(tmp_path) as line:
        yield line


def pause(line: Line, scope: PauseScope = PauseScope.ALL, about: str = "") -> Pause:
    begun = Pause(scope=scope, about=about, reason="because", at=line.desk.ports.clock.now(), by="operator")
    line.desk.ports.store.change_pauses(lambda it: it.begun(begun))
    return begun


@pytest.mark.parametrize(("scope", "about"), [(PauseScope.ALL, ""), (PauseScope.CLUB, CLUB_ID)])
async def test_nothing_is_looked_at_until_the_pause_is_over(line: Line, scope: PauseScope, about: str) -> None:
    session = line.full()
    booking = line.joins(session)
    begun = pause(line, scope, about)
    line.desk.club.free(session)
    await line.looked()
    assert line.desk.club.report()["requests"] == []
    assert line.now(booking).state is State.WAITING
    line.desk.ports.store.change_pauses(lambda it: it.ended(begun.key))
    await line.looked()
    assert line.now(booking).state is State.BOOKED


async def test_a_paused_member_is_passed_over_and_keeps_the_place_in_the_line(line: Line) -> None:
    session = line.full()
    members = [line.desk.member()[0] for _ in range(2)]
    first = line.joins(session, members[0])
    line.later(timedelta(seconds=1))
    second = line.joins(session, members[1])
    pause(line, PauseScope.MEMBER, members[0].id)
    line.desk.club.free(session)
    await line.looked()
    assert [line.now(one).state for one in (first, second)] == [State.WAITING, State.BOOKED]


async def test_who_waits_in_vain_is_told_during_a_pause_as_well(line: Line) -> None:
    booking = line.joins(line.full())
    pause(line)
    line.later(timedelta(days=4))
    assert await line.watch_due() == 204
    failure = line.now(booking).failure
    assert failure
    assert failure.reason is FailureReason.FULL
    assert line.desk.club.report()["requests"] == []
