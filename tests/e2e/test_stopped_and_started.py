"""The whole system is stopped between a wish and its opening, and started again on the same data."""

from pathlib import Path

import pytest
from support.waiting import eventually
from support.whole_system import whole_system

from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.domain.booking import State
from practice_club.server import running_club

# A start takes several seconds on a busy machine; the opening should come after it, or while nothing runs.
OPENINGS_IN_S = {"the opening is still to come": 24.0, "the opening was missed": 3.0}


@pytest.mark.parametrize("opens_in_s", OPENINGS_IN_S.values(), ids=OPENINGS_IN_S.keys())
async def test_a_wish_outlives_the_system(tmp_path: Path, opens_in_s: float) -> None:
    async with running_club(empty=True) as club:
        async with whole_system(tmp_path, club) as whole:
            wish = await whole.wish(opens_in_s)
            await eventually(lambda: whole.told(wish.booking_id)["BookingRequested"], "it is published")
        async with whole_system(tmp_path, club) as whole:
            booking = await whole.ended(wish, within_s=180)
        assert booking.state is State.BOOKED
        assert wish.session.takers() == [wish.club_member_id]
        with open_local(tmp_path, SystemClock()) as family:
            told = [event.id for _, event in family.bus.events_since(0, 1000)]
        assert told.count(f"Booked/{wish.booking_id}") == 1
