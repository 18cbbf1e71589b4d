"""A booker is told to stop in the middle of a race: it finishes that, or another one goes on with it at once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from support.booking_desk import Desk, ShiftedClock, desk_alone, sign_ups
from support.real_bookers import Booker, booker_beside
from support.waiting import eventually

from autotennis.domain.booking import Booking, State
from autotennis.domain.club import RaceRules
from autotennis.events import Booked
from autotennis.stopping import FINISH_S, GRACE_S
from practice_club.knobs import Fault, FaultKind
from practice_club.people import Member as ClubMember
from practice_club.session import Session as ClubSession
from practice_club.vocabulary import Action

# Later than a booker that is told to stop can wait for; soon enough for a test.
_TOO_LATE_S: Final = FINISH_S + 9.0
_RACE: Final = RaceRules(give_up_s=30.0, prove_s=30.0)
# The club gives the place, and then says nothing any more.
_SILENT_AFTER_YES: Final = (
    Fault(kind=FaultKind.TIMEOUT, action=Action.SIGN_UP, acts=True),
    Fault(kind=FaultKind.TIMEOUT, action=Action.VIEW, skip=1),
)


@asynccontextmanager
async def two_bookers(directory: Path) -> AsyncGenerator[tuple[Desk, Booker, Booker]]:
    async with (
        desk_alone(directory, ShiftedClock(), race=_RACE) as desk,
        booker_beside(desk, "first") as first,
        booker_beside(desk, "second") as second,
    ):
        yield desk, first, second


def wish(desk: Desk, opens_in_s: float) -> tuple[Booking, ClubSession, ClubMember]:
    member, at_club = desk.member()
    session = desk.session(opens_in_s=opens_in_s, capacity=4)
    return desk.booking(member, session), session, at_club


def now(desk: Desk, booking: Booking) -> Booking:
    return desk.ports.store.booking(booking.id)


def is_held_by(desk: Desk, booking: Booking, booker: Booker) -> bool:
    claim = now(desk, booking).claim
    return claim is not None and claim.holder == booker.name


async def delivered_again(desk: Desk, booking: Booking, booker: Booker) -> None:
    """As the bus does, until it is done: a refused delivery comes again."""
    async with asyncio.timeout(120):
        while await desk.race(booking, url=booker.url) != 204:  # noqa: ASYNC110 (only the answer tells)
            await asyncio.sleep(0.2)


def check_won_once(desk: Desk, booking: Booking, session: ClubSession, at_club: ClubMember) -> None:
    """One place, within the cap, told once, whoever of the two did what."""
    ended = now(desk, booking)
    assert ended.state is State.BOOKED
    assert session.takers() == [at_club.id]
    assert [change["member_id"] for change in desk.report(session)["accepted"]] == [at_club.id]
    assert len([event for event in desk.told() if isinstance(event, Booked)]) == 1
    at_the_club = [one for one in desk.club.record.requests if one.member_id == at_club.id]
    assert len(at_the_club) <= ended.requests_sent, "everything is accounted for"
    assert ended.requests_sent <= _RACE.requests


async def test_a_race_that_is_still_far_is_another_instances_at_once(tmp_path: Path) -> None:
    async with two_bookers(tmp_path) as (desk, first, second):
        booking, session, at_club = wish(desk, _TOO_LATE_S)
        pushed = asyncio.create_task(desk.race(booking, url=first.url))
        await eventually(lambda: desk.asked("view"), "the first has logged in and looked")
        told_s = asyncio.get_running_loop().time()
        first.tell_to_stop()
        assert await pushed == 503
        # It does not wait for what it cannot finish; how long that takes a slow machine is not what is asked here.
        assert asyncio.get_running_loop().time() - told_s < FINISH_S
        handed_on = now(desk, booking)
        assert handed_on.claim
        assert handed_on.claim.until <= desk.ports.clock.now()
        assert (handed_on.sign_ups_sent, handed_on.reserved.requests) == (0, 0)
        again = asyncio.create_task(delivered_again(desk, booking, second))
        # Its life of twenty seconds is not waited for.
        await eventually(lambda: is_held_by(desk, booking, second), "it is taken over")
        assert await first.ended() == 0
        await again
        check_won_once(desk, booking, session, at_club)
        assert now(desk, booking).runs == 2
        assert min(attempt.sent_ms for attempt in sign_ups(now(desk, booking))) < 500, "the second was there in time"


async def test_a_race_that_is_about_to_begin_is_finished(tmp_path: Path) -> None:
    async with two_bookers(tmp_path) as (desk, first, _):
        booking, session, at_club = wish(desk, 4.0)
        pushed = asyncio.create_task(desk.race(booking, url=first.url))
        await eventually(lambda: desk.asked("view"), "the first has logged in and looked")
        first.tell_to_stop()
        assert await pushed == 204
        assert await first.ended() == 0
        check_won_once(desk, booking, session, at_club)
        assert now(desk, booking).runs == 1


async def test_whoever_takes_up_a_race_that_was_fired_looks_at_the_page_first(tmp_path: Path) -> None:
    async with two_bookers(tmp_path) as (desk, first, second):
        booking, session, at_club = wish(desk, 3.0)
        desk.club.turn(faults=_SILENT_AFTER_YES)
        pushed = asyncio.create_task(desk.race(booking, url=first.url))
        await eventually(lambda: at_club.id in session.takers(), "the club has given the place")
        told_s = asyncio.get_running_loop().time()
        first.tell_to_stop()
        assert await pushed == 503
        assert await first.ended() == 0
        assert asyncio.get_running_loop().time() - told_s < GRACE_S, "it is not killed"
        handed_on = now(desk, booking)
        assert handed_on.sign_ups_sent > 0
        desk.club.turn(faults=())
        asked_before = desk.asked("sign_up")
        await delivered_again(desk, booking, second)
        check_won_once(desk, booking, session, at_club)
        assert desk.asked("sign_up") == asked_before


async def test_a_wish_to_cancel_after_the_shots_is_for_whoever_takes_the_race_up(tmp_path: Path) -> None:
    async with two_bookers(tmp_path) as (desk, first, second):
        booking, session, at_club = wish(desk, 3.0)
        desk.club.turn(faults=_SILENT_AFTER_YES)
        pushed = asyncio.create_task(desk.race(booking, url=first.url))
        await eventually(lambda: at_club.id in session.takers(), "the club has given the place")
        first.tell_to_stop()
        assert await pushed == 503
        at = desk.ports.clock.now()
        assert desk.ports.store.change(booking.id, lambda found: found.cancelled(at)).state is State.SIGNING_UP
        desk.club.turn(faults=())
        await delivered_again(desk, booking, second)
        given_back = now(desk, booking)
        assert given_back.state is State.BOOKED
        assert given_back.withdrawal, "the place that the club gave is given back"


async def test_what_is_delivered_to_one_that_stops_is_left_to_others(tmp_path: Path) -> None:
    async with two_bookers(tmp_path) as (desk, first, second):
        near, session, at_club = wish(desk, 5.0)
        far, *_ = wish(desk, 300.0)
        pushes = [asyncio.create_task(desk.race(one, url=first.url)) for one in (near, far)]
        await eventually(lambda: now(desk, near).claim and now(desk, far).claim, "both are claimed")
        await eventually(lambda: desk.asked("view"), "the first has logged in and looked")
        first.tell_to_stop()
        assert await pushes[1] == 503
        # It still races for the near one, and nobody may take that from it meanwhile.
        assert await desk.race(near, url=second.url) in (204, 503)
        assert await pushes[0] == 204
        check_won_once(desk, near, session, at_club)
        assert now(desk, near).runs == 1
        claim = now(desk, far).claim
        assert claim
        assert claim.until <= desk.ports.clock.now()
