"""A booker that is killed again and again: the club's cap on requests holds, and the booking is made all the same."""

from pathlib import Path

import pytest
from support.waiting import eventually
from support.whole_system import available, whole_system_with_club

from autotennis.domain.booking import State
from autotennis_local.backbone import Backing

OPENS_IN_S = 9.0


@pytest.mark.long
@pytest.mark.parametrize("backing", Backing)
async def test_the_cap_holds_through_kill_after_kill(tmp_path: Path, backing: Backing) -> None:
    async with whole_system_with_club(tmp_path, available(backing)) as whole:
        wish = await whole.wish(OPENS_IN_S)
        # Slow, so that each kill comes before the run was given what it needs for its race, which is most of the cap.
        whole.club.turn(latency_out_ms=1000)
        for _ in range(3):
            await eventually(
                lambda: whole.booking(wish).state is State.SIGNING_UP, "it is claimed", within_s=120, every_s=0.2
            )
            runs = whole.booking(wish).runs
            await whole.kill("booker")
            await eventually(
                lambda runs=runs: whole.booking(wish).runs > runs, "it is taken up again", within_s=120, every_s=0.2
            )
        whole.club.turn(latency_out_ms=0)
        booking = await whole.ended(wish, within_s=180)
        assert (booking.state, booking.failure) == (State.BOOKED, None)
        assert wish.session.takers() == [wish.club_member_id]
        assert booking.requests_sent <= 60
        assert whole.asked(wish, "view") <= 60
