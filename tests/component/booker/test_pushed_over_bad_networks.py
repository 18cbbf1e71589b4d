"""The dispatcher pushes to a booker over a bad network: nothing hangs, and what arrives twice has one effect."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID, PUSH_SECRET, booking_desk
from support.fault_proxy import HALF_OPEN, RESET_AT_ONCE, SWALLOWED, Faults, Then, fault_proxy
from support.running import while_running
from support.waiting import eventually

from autotennis.dispatcher import Dispatcher, DispatcherOptions
from autotennis.domain.booking import State
from autotennis.events import Booked, RaceDue
from autotennis.flow import Service
from practice_club.vocabulary import Verdict

# Long enough for the race of a session that is open, also on a busy machine; short enough for a test to wait for it.
DEADLINE_S = 4.0
PUSH = b"POST /events"
NETWORKS = {
    "lossy": Faults(latency_s=0.05, jitter_s=0.1, loss=0.3),
    "resets": replace(RESET_AT_ONCE, times=2),
    "loses the answer": Faults(then=Then.RESET, asking=PUSH, times=2),
    "cuts the answer short": Faults(then=Then.END, after_bytes=20, asking=PUSH, times=2),
    "half open": replace(HALF_OPEN, times=1),
    "swallows the answer": replace(SWALLOWED, asking=PUSH, times=1),
    "drips": Faults(then=Then.DRIP, after_bytes=20, asking=PUSH, times=1),
}


@pytest.mark.parametrize("network", NETWORKS)
async def test_a_race_that_is_pushed_over_a_bad_network_has_one_effect(tmp_path: Path, network: str) -> None:
    options = DispatcherOptions(ack_deadlines_s=dict.fromkeys(Service, DEADLINE_S))
    async with booking_desk(tmp_path) as desk, fault_proxy(desk.url, NETWORKS[network]) as proxy:
        member, at_club = desk.member()
        session = desk.session(opens_in_s=-3600)
        booking = desk.booking(member, session)
        endpoints = {Service.BOOKER: proxy.address}
        dispatcher = Dispatcher(desk.family, desk.ports.clock, endpoints, PUSH_SECRET, options)
        now, opening_at = desk.ports.clock.now(), booking.opening_at
        desk.ports.bus.publish(RaceDue(at=now, club_id=CLUB_ID, opening_at=opening_at, booking_ids=(booking.id,)))
        async with while_running(dispatcher.run()):
            await eventually(lambda: desk.family.bus.next_at(Service.BOOKER) is None, "it was acknowledged")
        assert proxy.hit == (proxy.faults.times or 0), "the network did what the test is about"
        assert desk.ports.store.booking(booking.id).state is State.BOOKED
        assert session.takers() == [at_club.id]
        assert [type(fact) for fact in desk.told() if isinstance(fact, Booked)] == [Booked]
        given = [one for one in desk.club.record.requests if one.verdict is Verdict.SIGNED_UP]
        assert len(given) == 1
        assert not desk.family.bus.dead_letters()
