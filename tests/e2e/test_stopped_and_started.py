"""The whole system is stopped between a wish and its opening, and started again on the same data."""

from pathlib import Path

from support.waiting import eventually
from support.whole_system import Whole, Wish, whole_system

from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.domain.booking import State
from practice_club.server import running_club

# A start takes several seconds on a busy machine; the opening should come after it, or while nothing runs.
STILL_TO_COME_S, MISSED_S = 24.0, 3.0


async def test_a_wish_outlives_the_system(tmp_path: Path) -> None:
    async with running_club(empty=True) as club:
        async with whole_system(tmp_path, club) as whole:
            early = await asked_for(whole, STILL_TO_COME_S)
        async with whole_system(tmp_path, club) as whole:
            await is_made(whole, early)
            late = await asked_for(whole, MISSED_S)
        async with whole_system(tmp_path, club) as whole:
            await is_made(whole, late)
        with open_local(tmp_path, SystemClock()) as family:
            told = [event.id for _, event in family.bus.events_since(0, 1000)]
        for wish in (early, late):
            assert wish.session.takers() == [wish.club_member_id]
            assert told.count(f"Booked/{wish.booking_id}") == 1


async def asked_for(whole: Whole, opens_in_s: float) -> Wish:
    wish = await whole.wish(opens_in_s)
    await eventually(lambda: whole.told(wish.booking_id)["BookingRequested"], "it is published")
    return wish


async def is_made(whole: Whole, wish: Wish) -> None:
    booking = await whole.ended(wish, within_s=180)
    assert booking.state is State.BOOKED
