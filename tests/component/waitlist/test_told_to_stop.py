"""A waitlist is told to stop: what it has not begun is another's at once, and what it cannot finish is looked after."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from support.booking_desk import Desk, booking_desk
from support.waiting import eventually
from support.waiting_line import WATCH, Line, another_waitlist, waiting_line

from autotennis.domain.booking import State
from autotennis.domain.club import RaceRules, WatchRules
from autotennis.events import Booked
from practice_club.knobs import Fault, FaultKind
from practice_club.vocabulary import Action

# The club gives the place, and then says nothing any more.
_SILENT_AFTER_YES: Final = (
    Fault(kind=FaultKind.TIMEOUT, action=Action.SIGN_UP, acts=True),
    Fault(kind=FaultKind.TIMEOUT, action=Action.VIEW, skip=1),
)


async def test_the_looks_of_a_minute_are_left_to_another_instance(tmp_path: Path) -> None:
    async with waiting_line(tmp_path, watch=WatchRules(every_s=20)) as line:
        line.joins(line.full())
        async with AsyncExitStack() as first:
            url = await first.enter_async_context(another_waitlist(line.desk.ports, "first"))
            watching = asyncio.create_task(line.watch_due(url=url))
            await eventually(lambda: line.asked("index"), "it has looked once")
            assert not watching.done(), "it waits for the next look"
            await first.aclose()
            assert await watching == 503


async def test_whoever_looks_next_finds_out_what_came_of_a_try_that_was_cut_off(tmp_path: Path) -> None:
    # A club that is silent is asked for far longer than whoever has to stop may.
    race = RaceRules(prove_s=60.0)
    async with booking_desk(tmp_path, race=race, watch=WATCH) as desk, AsyncExitStack() as first:
        line = Line(desk, await first.enter_async_context(another_waitlist(desk.ports, "first")))
        session = line.full()
        member, at_club = desk.member()
        booking = line.joins(session, member)
        desk.club.turn(faults=_SILENT_AFTER_YES)
        desk.club.free(session)
        watching = asyncio.create_task(line.watch_due())
        await eventually(lambda: at_club.id in session.takers(), "the club has given the place")
        await first.aclose()
        assert await watching == 503
        handed_on = line.now(booking)
        assert handed_on.claim
        assert (handed_on.state, handed_on.sign_ups_sent) == (State.WAITING, 1)
        desk.club.turn(faults=())
        await _looked_by_another(desk, line)
        assert line.now(booking).state is State.BOOKED
        assert line.asked("sign_up") == 1
        assert len([event for event in desk.told() if isinstance(event, Booked)]) == 1


async def _looked_by_another(desk: Desk, line: Line) -> None:
    """Without waiting for the minute and a half that somebody is given for a try."""
    async with another_waitlist(desk.ports, "second") as url:
        assert await line.watch_due(url=url) == 204
