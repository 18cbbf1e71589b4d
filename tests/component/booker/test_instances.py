"""Two bookers: one that lives is left alone, one that died is taken over from."""

import asyncio
from datetime import timedelta
from pathlib import Path

from support.booking_desk import Desk, booking_desk, restarted_booker
from support.waiting import eventually

from autotennis.domain.booking import Booking, State


def claimed_by(desk: Desk, holder: str, booking: Booking) -> Booking:
    """The booking as another instance left it that claimed it and sent nothing yet."""
    now = desk.ports.clock.now()
    return desk.ports.store.change(booking.id, lambda found: found.claimed(holder, desk.rules.race, now))


async def test_a_booking_of_an_instance_that_lives_is_left_to_it(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk:
        member, _ = desk.member()
        booking = claimed_by(desk, "another", desk.booking(member, desk.session(opens_in_s=1.0)))
        desk.ports.store.keep_alive("another", desk.ports.clock.now() + timedelta(minutes=1))
        assert await desk.race(booking) == 503
        assert desk.ports.store.booking(booking.id).claim == booking.claim


async def test_a_booking_of_an_instance_that_died_is_taken_over_at_once(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk:
        member, _ = desk.member()
        booking = claimed_by(desk, "another", desk.booking(member, desk.session(opens_in_s=1.0)))
        desk.ports.store.keep_alive("another", desk.ports.clock.now() - timedelta(seconds=1))
        assert (await desk.raced(booking)).state is State.BOOKED


async def test_an_instance_gives_signs_of_life_while_it_races_and_a_second_one_keeps_away(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk, restarted_booker(desk.ports, "second") as second:
        member, _ = desk.member()
        booking = desk.booking(member, desk.session(opens_in_s=3.0))
        first = asyncio.create_task(desk.race(booking))
        await eventually(lambda: desk.ports.store.booking(booking.id).claim, "the first has claimed it")
        assert await desk.race(booking, url=second) == 503
        assert await first == 204
        ended = desk.ports.store.booking(booking.id)
        assert (ended.state, ended.runs) == (State.BOOKED, 1)
        alive_until = desk.ports.store.alive_until("booker")
        assert alive_until is not None
        assert alive_until > booking.created_at
