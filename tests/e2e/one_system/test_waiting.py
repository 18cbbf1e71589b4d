"""Who waits for a full session gets a freed place, whatever process is killed meanwhile; who gives up is out."""

from collections.abc import Callable

import pytest
from pydantic import SecretStr
from support.waiting import eventually
from support.whole_system import CARRIER, PERSON, Whole, Wish

from autotennis.domain.booking import State
from autotennis_local.visitor import Person, visiting
from practice_club.knobs import Rival

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.long(170)]

OPEN = -3600.0
ANOTHER = Person("sigrun.hagen@example.org", SecretStr("pin-2R5t"), SecretStr("et annet langt passord"))


async def waits(whole: Whole, wish: Wish) -> None:
    await eventually(lambda: whole.booking(wish).state is State.WAITING, "it waits", within_s=120, every_s=0.1)


async def test_full_at_the_opening_then_freed_then_booked_who_came_first(whole: Whole) -> None:
    whole.club.turn(rivals=(Rival(after_opening_ms=0, places=4),))
    first = await whole.wish(8.0, capacity=4)
    await waits(whole, first)
    whole.club.turn(rivals=())
    second = await whole.wish_for(first.session, ANOTHER)
    await waits(whole, second)
    whole.club.free(first.session)
    booking = await whole.ended(first)
    assert booking.state is State.BOOKED
    assert first.club_member_id in first.session.takers()
    assert whole.booking(second).state is State.WAITING
    assert (await whole.all_told(first))["SessionFull"] == 1
    whole.club.free(first.session, first.club_member_id)
    assert (await whole.ended(second)).state is State.BOOKED


def is_waiting(whole: Whole, wish: Wish) -> bool:
    """It waits for a freed place."""
    return whole.booking(wish).state is State.WAITING


def has_said_yes(whole: Whole, wish: Wish) -> bool:
    """The club has given the place; its answer is still on the way."""
    return wish.club_member_id in wish.session.takers()


KILLS = [("waitlist", is_waiting), (CARRIER, is_waiting), ("waitlist", has_said_yes)]


@pytest.mark.parametrize(("program", "moment"), KILLS, ids=[f"{name}-{moment.__name__}" for name, moment in KILLS])
async def test_a_killed_process_loses_nobodys_place_in_the_line_and_takes_no_place_twice(
    whole: Whole, program: str, moment: Callable[[Whole, Wish], bool]
) -> None:
    wish = await whole.wish(OPEN, capacity=4, taken=4)
    await waits(whole, wish)
    since = whole.booking(wish).wait
    whole.club.turn(latency_out_ms=0 if moment is is_waiting else 300)
    if moment is not is_waiting:
        whole.club.free(wish.session)
    await eventually(lambda: moment(whole, wish), moment.__doc__ or "", within_s=120, every_s=0.02)
    await whole.kill(program)
    whole.club.turn(latency_out_ms=0)
    if moment is is_waiting:
        whole.club.free(wish.session)

    # On the emulators nobody knows the dead instance's name: what it had in hand is looked after when its claim ends.
    booking = await whole.ended(wish, within_s=240)
    assert booking.state is State.BOOKED
    assert booking.wait == since
    assert wish.session.takers().count(wish.club_member_id) == 1
    accepted = [one for one in whole.club.session_report(wish.session)["accepted"] if not one["by_rival"]]
    assert [one["member_id"] for one in accepted] == [wish.club_member_id]
    assert (await whole.all_told(wish))["Booked"] == 1


async def test_who_leaves_the_line_gets_no_place_and_who_gives_one_back_is_out(whole: Whole) -> None:
    leaver = await whole.wish(OPEN, capacity=4, taken=4)
    await waits(whole, leaver)
    winner = await whole.wish(OPEN, capacity=4)
    assert (await whole.ended(winner)).state is State.BOOKED
    async with visiting(whole.system.api_url) as visitor:
        await visitor.let_in(PERSON)
        await visitor.cancel(leaver.booking_id)
        await visitor.withdraw(winner.booking_id)
    assert whole.booking(leaver).state is State.CANCELLED
    await eventually(lambda: whole.booking(winner).state is State.WITHDRAWN, "it is given back", within_s=120)
    assert winner.session.takers() == []
    whole.club.free(leaver.session)
    await eventually(lambda: whole.told(winner.booking_id)["Withdrawn"], "that is told", within_s=60)
    assert leaver.club_member_id not in leaver.session.takers()
