"""Whatever goes wrong while somebody waits: nothing is said that no page shows, and no club is stormed."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.booking_desk import CLUB_ID, SPOILT, fault
from support.waiting import eventually
from support.waiting_line import Line, another_waitlist, waiting_line

from autotennis.domain.booking import TRY_LASTS_S, Booking, State
from autotennis.errors import StoreBusy
from autotennis.events import BookingCancelled, Failed
from autotennis.ports import Vault
from autotennis.values import FailureReason, WaitingWish
from practice_club.knobs import Fault, FaultKind
from practice_club.session import Session as ClubSession
from practice_club.vocabulary import Action

LOST_YES = (
    Fault(kind=FaultKind.RESET, action=Action.SIGN_UP, acts=True),
    Fault(kind=FaultKind.RESET, action=Action.VIEW, skip=1),
)
SILENT = (Fault(kind=FaultKind.RESET, action=Action.LOGIN),)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncGenerator[Line]:
    async with waiting_line(tmp_path) as line:
        yield line


async def in_doubt(line: Line) -> tuple[ClubSession, Booking, int]:
    """The club has taken a member, and its answer was lost: the session, the booking, and the member's id there."""
    session = line.full()
    member, at_club = line.desk.member()
    booking = line.joins(session, member)
    line.desk.club.turn(faults=LOST_YES)
    line.desk.club.free(session)
    await line.looked()
    assert at_club.id in session.takers()
    assert line.now(booking).state is State.WAITING
    return session, booking, at_club.id


class AwayOnce:
    """A vault that does not answer the first time, as one in the cloud may not."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._is_away = True

    def get(self, member_id: str, name: str) -> SecretStr | None:
        """What is kept, but for the first time."""
        if self._is_away:
            self._is_away = False
            raise StoreBusy("The vault does not answer.")
        return self._vault.get(member_id, name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)


def cancelled(line: Line, booking: Booking) -> Booking:
    now = line.desk.ports.clock.now()
    return line.desk.ports.store.change(booking.id, lambda it: it.cancelled(now))


async def test_a_doubt_lasts_until_the_club_tells(line: Line) -> None:
    _, booking, _ = await in_doubt(line)
    line.desk.club.turn(faults=SILENT)
    for _ in range(3):
        line.later(timedelta(seconds=TRY_LASTS_S))
        await line.looked()
    assert line.now(booking).claim, "it is not in the line again, as if nothing had been sent"
    line.desk.club.turn(faults=())
    line.later(timedelta(seconds=TRY_LASTS_S))
    await line.looked()
    assert line.now(booking).state is State.BOOKED
    assert line.asked("sign_up") == 1


async def test_who_cancels_in_doubt_is_out_only_when_the_club_says_so(line: Line) -> None:
    _, booking, _ = await in_doubt(line)
    line.desk.club.turn(faults=SILENT)
    line.later(timedelta(seconds=TRY_LASTS_S))
    await line.looked()
    assert cancelled(line, booking).cancel_asked_at
    line.desk.club.turn(faults=())
    line.later(timedelta(seconds=TRY_LASTS_S))
    await line.looked()
    given_back = line.now(booking)
    assert given_back.state is State.BOOKED
    assert given_back.withdrawal
    assert not [event for event in line.desk.told() if isinstance(event, BookingCancelled)]


async def test_a_doubt_that_outlasts_the_session_is_told(line: Line) -> None:
    _, booking, _ = await in_doubt(line)
    assert booking.wait
    line.desk.club.turn(faults=SILENT)
    line.later(booking.wait.until - line.desk.ports.clock.now() + timedelta(minutes=1))
    assert await line.watch_due() == 204
    assert line.now(booking).state is State.WAITING
    line.later(timedelta(minutes=16))
    assert await line.watch_due() == 204
    failure = line.now(booking).failure
    assert failure
    assert failure.reason is FailureReason.CLUB_UNREACHABLE
    assert "Look at the session's page" in failure.detail


async def test_whom_another_instance_tries_for_is_not_ended_meanwhile(line: Line) -> None:
    session = line.full()
    booking = line.joins(session, wish=WaitingWish(notice_min=120))
    assert booking.wait
    line.later(booking.wait.until - line.desk.ports.clock.now() - timedelta(minutes=119))
    now = line.desk.ports.clock.now()
    line.desk.ports.store.change(booking.id, lambda it: it.tried("another", line.desk.rules, now))
    line.desk.club.free(session)
    assert await line.watch_due() == 204
    assert line.now(booking).state is State.WAITING


async def test_who_cancels_while_the_log_in_is_under_way_is_not_signed_up(line: Line) -> None:
    session = line.full()
    booking = line.joins(session)
    line.desk.club.turn(latency_out_ms=400)
    line.desk.club.free(session)
    looking = asyncio.create_task(line.looked())
    await eventually(lambda: line.asked("login"), "the log-in was sent")
    assert cancelled(line, booking).cancel_asked_at
    await looking
    line.desk.club.turn(latency_out_ms=0)
    line.later(timedelta(seconds=TRY_LASTS_S))
    await line.looked()
    assert line.now(booking).state is State.CANCELLED
    assert line.asked("sign_up") == 0


@pytest.mark.parametrize("kind", [FaultKind.TOO_MANY_REQUESTS, FaultKind.RESET])
async def test_a_club_in_trouble_is_not_stormed_for_all_who_wait(line: Line, kind: FaultKind) -> None:
    session = line.full()
    bookings = [line.joins(session) for _ in range(12)]
    line.desk.club.turn(faults=(Fault(kind=kind, action=Action.LOGIN),))
    line.desk.club.free(session)
    await line.looked()
    assert line.asked("login") <= 4
    assert {line.now(one).state for one in bookings} == {State.WAITING}


@pytest.mark.parametrize("kind", SPOILT)
async def test_a_freed_place_whose_yes_was_spoilt_is_proven_by_the_page(line: Line, kind: FaultKind) -> None:
    session = line.full()
    member, at_club = line.desk.member()
    booking = line.joins(session, member)
    line.desk.club.turn(faults=(fault(kind, action=Action.SIGN_UP, acts=True),))
    line.desk.club.free(session)
    await line.looked()
    assert line.now(booking).state is State.BOOKED
    assert at_club.id in session.takers()
    assert line.asked("sign_up") == 1


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.MOVED])
async def test_a_look_that_says_nothing_is_no_news(line: Line, kind: FaultKind) -> None:
    session = line.full()
    booking = line.joins(session)
    line.desk.club.turn(faults=(fault(kind, action=Action.INDEX),))
    line.desk.club.free(session)
    for _ in range(3):
        await line.looked()
    assert line.now(booking).state is State.WAITING
    assert line.asked("sign_up", "login") == 0
    line.desk.club.turn(faults=())
    await line.looked()
    assert line.now(booking).state is State.BOOKED


async def test_a_club_may_ask_to_be_left_alone_for_an_hour(line: Line) -> None:
    line.joins(line.full())
    busy = Fault(kind=FaultKind.TOO_MANY_REQUESTS, action=Action.INDEX, times=1, retry_after_s=3600)
    line.desk.club.turn(faults=(busy,))
    for _ in range(10):
        await line.looked()
    assert line.asked("index") == 1


async def test_a_session_that_the_club_has_cancelled_is_waited_for_by_nobody(line: Line) -> None:
    _, regular = line.desk.member()
    session = line.desk.session(opens_in_s=9 * 86_400, regulars=(regular.id,), capacity=1)
    booking = line.joins(session)
    line.desk.club.cancel(session)
    await line.looked()
    assert line.now(booking).state is State.WAITING, "once may be a mistake"
    await line.looked()
    failure = line.now(booking).failure
    assert failure
    assert failure.reason is FailureReason.SESSION_CANCELLED


async def test_not_every_session_that_the_front_page_lacks_is_looked_at_each_time(line: Line) -> None:
    for _ in range(8):
        _, regular = line.desk.member()
        line.joins(line.desk.session(opens_in_s=9 * 86_400, regulars=(regular.id,), capacity=1))
    await line.looked()
    assert line.asked("view") == 3
    for _ in range(2):
        await line.looked()
    looked_at = {request.timeid for request in line.desk.club.record.requests if request.action == "view"}
    assert len(looked_at) == 8, "each in its turn"


async def test_nobody_waits_at_a_club_that_is_gone(line: Line) -> None:
    booking = line.joins(line.full())
    await line.tell_full(booking)
    async with another_waitlist(replace(line.desk.ports, clubs={}), "another") as url:
        assert await line.watch_due(url=url) == 204
    failure = line.now(booking).failure
    assert failure
    assert failure.reason is FailureReason.CLUB_GONE
    assert [event.club_id for event in line.desk.told() if isinstance(event, Failed)] == [CLUB_ID]
    assert line.watched() == []


async def test_a_vault_that_does_not_answer_costs_a_look_and_leaves_no_claim(line: Line) -> None:
    session = line.full()
    booking = line.joins(session)
    line.desk.club.free(session)
    ports = replace(line.desk.ports, vault=AwayOnce(line.desk.ports.vault))
    async with another_waitlist(ports) as url:
        assert await line.watch_due(url=url) == 204
        assert (line.now(booking).state, line.now(booking).claim) == (State.WAITING, None)
        line.later(timedelta(seconds=60))
        assert await line.watch_due(url=url) == 204
    assert line.now(booking).state is State.BOOKED


async def test_one_to_whom_the_club_is_silent_holds_up_nobody_for_long(line: Line) -> None:
    session = line.full()
    member, at_club = line.desk.member()
    unlucky, next_one = line.joins(session, member), line.joins(session)
    line.desk.club.turn(faults=(fault(FaultKind.RESET, action=Action.VIEW, member_id=at_club.id),))
    line.desk.club.free(session)
    # At first it may be silent to everybody, so that nobody else is sent there.
    for _ in range(2):
        await line.looked()
        assert (line.now(unlucky).state, line.now(next_one).state) == (State.WAITING, State.WAITING)
    await line.looked()
    assert (line.now(unlucky).state, line.now(next_one).state) == (State.WAITING, State.BOOKED)
    # They have kept their place in the line for when it speaks to them again.
    line.desk.club.turn(faults=())
    line.desk.club.free(session)
    await line.looked()
    assert line.now(unlucky).state is State.BOOKED
