"""A backup is put back that was made before a race, or in the middle of it: the club's page tells how it went."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import QUICK_PULSE, Desk, booking_desk, restarted_booker, sign_ups
from support.waiting import eventually

from autotennis.adapters.local.family import open_local
from autotennis.domain.booking import Booking, State
from autotennis.events import RaceDue, SweepDue
from autotennis.flow import Service
from autotennis.serving import listening, service_app
from autotennis_local.backups import back_up, put_back
from autotennis_timer.handlers import Timer


@asynccontextmanager
async def put_back_at(desk: Desk, backup: Path) -> AsyncGenerator[Desk]:
    """The desk as it was in the backup, an hour later, with a booker that has just started."""
    desk.later(timedelta(hours=1))
    directory = desk.directory.parent / "restored"
    put_back(directory, backup)
    with open_local(directory, desk.ports.clock) as family:
        ports = replace(desk.ports, store=family.store, bus=family.bus, wake=family.wake, vault=family.vault)
        async with restarted_booker(ports, rhythm=QUICK_PULSE) as url:
            yield replace(desk, family=family, ports=ports, url=url, directory=directory)


async def swept(desk: Desk) -> list[RaceDue]:
    """What the timer hands over, when it looks for what was missed."""
    app = service_app(Service.TIMER, Timer(desk.ports, canary=False).handlers(), desk.ports)
    before = len(desk.told())
    async with listening(app, "127.0.0.1", 0) as url:
        assert await desk.push(SweepDue(at=desk.ports.clock.now()), url) == 204
    return [event for event in desk.told()[before:] if isinstance(event, RaceDue)]


async def caught_up(desk: Desk, booking: Booking) -> Booking:
    """The booking once what is handed over was delivered."""
    due = await swept(desk)
    assert [one.booking_ids for one in due] == [(booking.id,)]
    assert await desk.push(due[0]) == 204
    return desk.ports.store.booking(booking.id)


@pytest.mark.parametrize("moment", ["before the race", "in the middle of it"])
async def test_what_was_booked_since_is_found_on_the_page_and_not_asked_for_again(tmp_path: Path, moment: str) -> None:
    async with booking_desk(tmp_path / "data") as desk:
        member, at_club = desk.member()
        # A backup takes a while on a busy machine, and is to be made while the race is on.
        session = desk.session(2.5 if moment == "before the race" else 10.0)
        booking = desk.booking(member, session)
        backup = tmp_path / "backup.tar"
        if moment == "before the race":
            back_up(desk.directory, backup, keep=0)
            assert (await desk.raced(booking)).state is State.BOOKED
        else:
            racing = asyncio.create_task(desk.raced(booking))
            store = desk.ports.store
            await eventually(lambda: store.booking(booking.id).state is State.SIGNING_UP, "it is raced for")
            await asyncio.to_thread(back_up, desk.directory, backup, 0)
            assert store.booking(booking.id).state is State.SIGNING_UP, "the backup came too late"
            assert (await racing).state is State.BOOKED
        asked = desk.asked("sign_up")
        async with put_back_at(desk, backup) as restored:
            assert restored.ports.store.booking(booking.id).state is not State.BOOKED
            found = await caught_up(restored, booking)
            assert (found.state, sign_ups(found)) == (State.BOOKED, [])
            assert await swept(restored) == []
        assert session.takers() == [at_club.id]
        assert desk.asked("sign_up") == asked


async def test_what_became_full_since_waits_again(tmp_path: Path) -> None:
    async with booking_desk(tmp_path / "data") as desk:
        member, _ = desk.member()
        session = desk.session(capacity=4, taken=4)
        booking = desk.booking(member, session)
        backup = back_up(desk.directory, tmp_path / "backup.tar", keep=0)
        assert (await desk.raced(booking)).state is State.WAITING
        asked = desk.asked("sign_up")
        async with put_back_at(desk, backup) as restored:
            found = await caught_up(restored, booking)
        assert found.state is State.WAITING
        assert desk.asked("sign_up") == asked, "a page that says full is asked for nothing"


async def test_what_had_ended_when_the_backup_was_made_is_left_alone(tmp_path: Path) -> None:
    async with booking_desk(tmp_path / "data") as desk:
        booking = desk.booking(desk.member()[0], desk.session())
        assert (await desk.raced(booking)).state is State.BOOKED
        backup = back_up(desk.directory, tmp_path / "backup.tar", keep=0)
        desk.club.record.clear()
        async with put_back_at(desk, backup) as restored:
            assert await swept(restored) == []
            # Delivered again, as what lay in the bus when the backup was made.
            assert await restored.race(booking) == 204
            assert restored.ports.store.booking(booking.id).state is State.BOOKED
        assert list(desk.club.record.requests) == []
