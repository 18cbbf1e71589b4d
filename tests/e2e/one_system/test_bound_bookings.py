"""One wish for one of several sessions, and one wish for several members: what is kept is what was wished for."""

import pytest
from pydantic import SecretStr
from support.waiting import eventually
from support.whole_system import PERSON, Whole

from autotennis.domain.booking import Booking, State
from autotennis_local.visitor import Person, visiting
from practice_club.orders import NewSession
from practice_club.session import Session as ClubSession

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.long(170)]

OPEN = -3600.0
FRIENDS = [
    Person(f"friend-{number}@example.org", SecretStr("pin-4R"), SecretStr("et langt passord")) for number in "123"
]


def session(whole: Whole, opens_in_s: float, capacity: int = 4, taken: int = 0) -> ClubSession:
    return whole.club.add_session(NewSession(opens_in_s=opens_in_s, capacity=capacity, taken=taken))


async def wished(whole: Whole, first: ClubSession, *others: ClubSession, **options: str) -> list[str]:
    """One of these, the first most of all; gives the bookings' ids in that order."""
    whole.member(PERSON)
    links = {f"else_{number}": whole.club.link(one) for number, one in enumerate(others, 1)}
    async with visiting(whole.system.api_url) as visitor:
        await visitor.let_in(PERSON)
        return bound(whole, await visitor.book(whole.club.link(first), **links, **options))


def bound(whole: Whole, booking_id: str) -> list[str]:
    bond = whole.insight.store.booking(booking_id).bond
    assert bond
    return [one.id for one in whole.insight.store.bound(bond.id)]


def now(whole: Whole, ids: list[str]) -> list[Booking]:
    return [whole.insight.store.booking(one) for one in ids]


async def become(whole: Whole, ids: list[str], *states: State) -> list[Booking]:
    """The bookings, once they are in these states."""
    wanted = list(states)
    said = f"they are {', '.join(wanted)}"
    await eventually(lambda: [one.state for one in now(whole, ids)] == wanted, said, within_s=120, every_s=0.2)
    return now(whole, ids)


async def test_of_one_opening_the_dearer_one_is_won_and_nothing_is_asked_for_the_other(whole: Whole) -> None:
    dear, lesser = session(whole, 8), session(whole, 8)
    ids = await wished(whole, dear, lesser)
    won, left = await become(whole, ids, State.BOOKED, State.CANCELLED)
    assert left.let_go
    assert left.let_go.because == won.id
    assert not [
        one for one in whole.club.record.requests if one.timeid == lesser.slot.timeid and one.action == "sign_up"
    ]


async def test_full_there_booked_here_and_given_back_for_the_better_one(whole: Whole) -> None:
    dear, lesser = session(whole, OPEN, capacity=4, taken=4), session(whole, OPEN)
    ids = await wished(whole, dear, lesser, trade_up="y")
    await become(whole, ids, State.WAITING, State.BOOKED)
    whole.club.free(dear)
    won, left = await become(whole, ids, State.BOOKED, State.WITHDRAWN)
    assert left.let_go
    assert left.let_go.because == won.id
    assert lesser.takers() == []


async def test_the_first_that_is_won_stops_the_wait_for_the_other(whole: Whole) -> None:
    ids = await wished(whole, session(whole, OPEN, capacity=4, taken=4), session(whole, OPEN))
    await become(whole, ids, State.CANCELLED, State.BOOKED)


async def test_asked_first_the_member_says_yes_and_is_in(whole: Whole) -> None:
    full = session(whole, OPEN, capacity=4, taken=4)
    wish = await whole.wish_for(full, ask="15")
    await become(whole, [wish.booking_id], State.WAITING)
    whole.club.free(full)
    await eventually(lambda: whole.booking(wish).offer, "the member is asked", within_s=60, every_s=0.2)
    assert full.takers().count(wish.club_member_id) == 0
    async with visiting(whole.system.api_url) as visitor:
        await visitor.let_in(PERSON)
        await visitor.answer(wish.booking_id, wants_it=True)
    await become(whole, [wish.booking_id], State.BOOKED)
    assert wish.club_member_id in full.takers()


async def test_four_go_together_and_three_places_are_left(whole: Whole) -> None:
    ids = await together(whole, session(whole, OPEN, capacity=4, taken=1))
    await become(whole, ids, State.BOOKED, State.BOOKED, State.BOOKED, State.WAITING)


async def test_four_want_all_or_none_and_one_of_them_finds_no_place(whole: Whole) -> None:
    """The page before the opening does not tell how many places there will be."""
    few = session(whole, 8, capacity=4, taken=1)
    ids = await together(whole, few, fewer="all")
    ended = (State.WITHDRAWN, State.CANCELLED, State.FAILED)
    said = "nobody of them has a place"
    await eventually(lambda: all(one.state in ended for one in now(whole, ids)), said, within_s=120, every_s=0.2)
    assert State.FAILED in [one.state for one in now(whole, ids)]
    ours = {whole.member(person).id for person in (PERSON, *FRIENDS)}
    assert not ours.intersection(few.takers())


async def together(whole: Whole, wanted: ClubSession, **options: str) -> list[str]:
    """Four friends, a group of theirs, and one wish for all; gives the bookings' ids in their order."""
    async with visiting(whole.system.api_url) as visitor:
        whole.member(PERSON)
        await visitor.let_in(PERSON)
        invitation = await visitor.found_group("Tirsdagsdouble", "Ingebjørg")
        for person in FRIENDS:
            whole.member(person)
            async with visiting(whole.system.api_url) as window:
                await window.let_in(person)
                await window.join(invitation, person.email.partition("@")[0])
        link = whole.club.link(wanted)
        everybody = list((await visitor.companions(link)).values())
        return bound(whole, await visitor.book(link, together=everybody, **options))
