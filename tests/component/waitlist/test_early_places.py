"""A place that is free before the opening: found by the same look at a gentler pace, and handed to the booker."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID
from support.other_kinds import NamingClub
from support.waiting_line import Line, another_waitlist, waiting_line

from autotennis.domain.booking import Booking, State
from autotennis.events import OpeningDue
from autotennis.values import QuietHours, WaitingWish
from practice_club.session import Session as ClubSession

DAY_S = 86_400


@pytest.fixture
async def line(tmp_path: Path) -> AsyncGenerator[Line]:
    async with waiting_line(tmp_path) as line:
        yield line


def closed(line: Line) -> tuple[ClubSession, int]:
    """A session that opens the day after tomorrow, and the id of the regular player who may decline."""
    _, regular = line.desk.member()
    return line.desk.session(opens_in_s=2 * DAY_S, regulars=(regular.id,), capacity=1), regular.id


def due(line: Line) -> list[OpeningDue]:
    return [event for event in line.desk.told() if isinstance(event, OpeningDue)]


def asleep_now(line: Line) -> WaitingWish:
    """Quiet for almost a day from this hour on."""
    hour = line.desk.ports.clock.now().astimezone(line.desk.rules.zone).hour
    return WaitingWish(quiet=QuietHours(from_hour=hour, until_hour=(hour + 23) % 24))


def seeks(line: Line, session: ClubSession, wish: WaitingWish | None = None) -> Booking:
    return line.desk.booking(line.desk.member()[0], session, wish or WaitingWish(), early=True)


async def test_a_declined_place_is_due_at_once_and_the_booker_takes_it(line: Line) -> None:
    session, regular_id = closed(line)
    booking = seeks(line, session)
    await line.looked()
    assert due(line) == []
    line.desk.club.decline(session, regular_id)
    line.later(timedelta(minutes=5))
    await line.looked()
    (event,) = due(line)
    forward = line.now(booking)
    assert forward.opening_at == event.opening_at < booking.opening_at
    assert line.asked("login") == 0, "the waitlist itself asks for nothing"
    assert (await line.desk.raced(forward)).state is State.BOOKED
    assert line.now(booking).proof


async def test_who_is_too_late_for_it_races_at_the_opening(line: Line) -> None:
    session, regular_id = closed(line)
    booking = seeks(line, session)
    line.desk.club.decline(session, regular_id)
    await line.looked()
    line.desk.club.take(session)
    back = await line.desk.raced(line.now(booking))
    assert abs(back.opening_at - booking.opening_at) < timedelta(minutes=2)
    assert back.state is State.SIGNING_UP
    assert back.claim is None


async def test_one_place_is_for_the_first_who_asked(line: Line) -> None:
    session, regular_id = closed(line)
    asleep, first, second = (seeks(line, session, wish) for wish in (asleep_now(line), None, None))
    line.desk.club.decline(session, regular_id)
    await line.looked()
    assert line.now(first).opening_at < first.opening_at
    assert [line.now(one).opening_at for one in (asleep, second)] == [first.opening_at] * 2


async def test_who_did_not_wish_for_it_waits_for_the_opening(line: Line) -> None:
    session, regular_id = closed(line)
    booking = line.desk.booking(line.desk.member()[0], session)
    line.desk.club.decline(session, regular_id)
    await line.looked()
    assert line.now(booking) == booking
    assert line.asked("index") == 0


async def test_while_nobody_waits_it_is_looked_every_five_minutes(line: Line) -> None:
    session, _ = closed(line)
    seeks(line, session)
    for _ in range(11):
        await line.looked()
    assert line.asked("index") == 3
    line.joins(line.full())
    for _ in range(6):
        await line.looked()
    assert line.asked("index") == 3 + 6, "who waits is looked for at their own pace, and this serves both"


async def test_shortly_before_the_opening_the_race_is_left_alone(line: Line) -> None:
    _, regular = line.desk.member()
    session = line.desk.session(opens_in_s=500, regulars=(regular.id,), capacity=1)
    booking = seeks(line, session)
    line.desk.club.decline(session, regular.id)
    await line.looked()
    assert line.now(booking) == booking


async def test_nothing_is_looked_for_before_regular_players_can_decline(line: Line) -> None:
    booking = seeks(line, line.desk.session(opens_in_s=5 * DAY_S))
    await line.looked()
    assert line.asked("index") == 0
    assert line.now(booking) == booking
    line.later(timedelta(days=1, minutes=5))
    await line.looked()
    assert line.asked("index") == 1


async def test_where_there_are_no_regular_players_nobody_looks_before_the_opening(line: Line) -> None:
    session, regular_id = closed(line)
    booking = seeks(line, session)
    line.desk.club.decline(session, regular_id)
    clubs = {CLUB_ID: NamingClub(line.desk.ports.clubs[CLUB_ID])}
    async with another_waitlist(replace(line.desk.ports, clubs=clubs)) as url:
        assert await line.watch_due(url=url) == 204
    assert line.now(booking) == booking
    assert line.asked("index") == 0
