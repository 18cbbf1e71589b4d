"""What is wrong with one booking, one member or one club ends nobody else's race, and holds none up."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import HttpUrl
from support.booking_desk import Desk, booking_desk, restarted_booker
from support.name_servers import unanswered
from support.ntnui_visits import raw_club
from support.waiting import eventually

from autotennis.adapters.clubs.registry import open_club
from autotennis.domain.booking import Booking, State
from autotennis.domain.member import Credentials
from autotennis.events import RaceDue
from autotennis.member_secrets import keep_credentials, usable_credentials
from practice_club.knobs import Fault, FaultKind
from practice_club.vocabulary import Action as ClubAction

SILENT = "silent.example"
# More than a process has threads for everything, and more than a gate of the usual width lets pass at once.
MANY = 40


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with booking_desk(tmp_path) as desk:
        yield desk


def state(desk: Desk, booking: Booking) -> State:
    return desk.ports.store.booking(booking.id).state


@pytest.mark.parametrize("action", [ClubAction.LOGIN, ClubAction.VIEW])
async def test_one_members_login_or_page_that_hangs_holds_up_no_other_race(desk: Desk, action: ClubAction) -> None:
    desk.club.turn(faults=(Fault(kind=FaultKind.TIMEOUT, action=action, times=1),))
    session = desk.session(capacity=8)
    bookings = [desk.booking(desk.member()[0], session) for _ in range(8)]
    racing = asyncio.create_task(desk.race(*bookings))
    await eventually(lambda: [state(desk, one) for one in bookings].count(State.BOOKED) == 7, "seven are booked")
    assert not racing.done(), "the eighth is not answered yet"
    racing.cancel()


async def test_a_booking_that_cannot_be_read_ends_no_race_but_its_own(desk: Desk) -> None:
    session = desk.session(opens_in_s=-3600, capacity=3)
    bad, *good = [desk.booking(desk.member()[0], session) for _ in range(3)]
    with closing(sqlite3.connect(desk.family.database.path)) as database, database:
        database.execute("UPDATE bookings SET body = '{' WHERE id = ?", (bad.id,))
    assert await desk.race(bad, *good) == 500
    assert [state(desk, one) for one in good] == [State.BOOKED, State.BOOKED]


def booked_there(desk: Desk, club_id: str) -> Booking:
    """A booking at another club, whose sign-up is open."""
    wished = desk.booking(desk.member()[0], desk.session(opens_in_s=-3600))
    moved = wished.model_copy(update={"club_id": club_id})
    login = usable_credentials(desk.ports.vault, wished.member_id, wished.club_id)
    assert isinstance(login, Credentials)
    keep_credentials(desk.ports.vault, wished.member_id, club_id, login)
    return desk.ports.store.change(wished.id, lambda _: (moved, ()))


@asynccontextmanager
async def two_clubs(desk: Desk, root: str) -> AsyncGenerator[str]:
    """A booker that races at another club, too; gives its address."""
    rules = desk.rules.model_copy(update={"id": "silent", "base_url": HttpUrl(f"{root}/")})
    club = open_club(rules, "Autotennis/test", desk.ports.clock)
    async with restarted_booker(replace(desk.ports, clubs={**desk.ports.clubs, "silent": club}), "both") as url:
        yield url


@pytest.mark.parametrize("is_known", [False, True], ids=["its name is not answered for", "it never answers"])
async def test_a_club_that_hangs_holds_up_no_race_at_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    async with raw_club() as raw:
        root = raw.address if is_known else f"http://{SILENT}"
        with unanswered(monkeypatch, SILENT) as let_go:
            async with two_clubs(desk, root) as url:
                waiting = [booked_there(desk, "silent") for _ in range(MANY)]
                now, ids = desk.ports.clock.now(), tuple(one.id for one in waiting)
                due = RaceDue(at=now, club_id="silent", opening_at=now, booking_ids=ids)
                racing = asyncio.create_task(desk.push(due, url))
                await eventually(lambda: state(desk, waiting[-1]) is State.SIGNING_UP, "all are raced for")
                good = desk.booking(desk.member()[0], desk.session(opens_in_s=1))
                assert await desk.race(good, url=url) == 204
                assert state(desk, good) is State.BOOKED
                assert not racing.done(), "the other club has not answered yet"
                assert {state(desk, one) for one in waiting} == {State.SIGNING_UP}
                racing.cancel()
                let_go.set()
