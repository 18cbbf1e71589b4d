"""Openings over both changes of the clocks, whichever way the club counts, while nobody knows which."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.booking_desk import booking_desk

from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.domain.booking import State
from practice_club.knobs import Knobs
from practice_club.orders import NewSession
from practice_club.vocabulary import DstRule

HOUR = timedelta(hours=1)
# A session on the Monday after each change of 2026: when it opens by elapsed hours, and by calendar days (UTC).
NIGHTS = {
    "spring": ("20260330T18:00:00", datetime(2026, 3, 27, 16, 0, tzinfo=UTC), datetime(2026, 3, 27, 17, 0, tzinfo=UTC)),
    "autumn": (
        "20261026T18:00:00",
        datetime(2026, 10, 23, 17, 0, tzinfo=UTC),
        datetime(2026, 10, 23, 16, 0, tzinfo=UTC),
    ),
}


@pytest.mark.parametrize("rule", list(DstRule))
@pytest.mark.parametrize("night", NIGHTS)
async def test_signed_up_at_the_clubs_own_opening(tmp_path: Path, night: str, rule: DstRule) -> None:
    start, elapsed, calendar = NIGHTS[night]
    opens_at = elapsed if rule is DstRule.ELAPSED else calendar
    earliest = min(elapsed, calendar)
    knobs = Knobs(dst_rule=rule)
    async with booking_desk(tmp_path / "first", knobs, now=earliest - timedelta(seconds=3)) as desk:
        member, at_club = desk.member()
        session = desk.club.add_session(NewSession(starts=start))
        booking = desk.booking(member, session)
        assert booking.opening_at == earliest
        ended = await desk.raced(booking)
        if opens_at == earliest:
            assert ended.state is State.BOOKED
            assert desk.report(session)["members"] == [at_club.id]
        else:
            # The page's countdown named an opening an hour later: given back, and woken again for that.
            assert ended.state is State.SIGNING_UP
            assert (ended.claim, ended.opening_at) == (None, opens_at)
            assert desk.asked("sign_up") == 0
            assert isinstance(desk.ports.wake, LocalWakeScheduler)
            woken_at = desk.ports.wake.next_at()
            assert woken_at == opens_at - timedelta(minutes=2)
            assert desk.ports.store.due("practice", opens_at, desk.ports.clock.now()) == [booking.id]
