"""Who cancels while the booker has the booking in hand is out, whenever that is, and the club's own record says so.

Who gives up before that is in `test_days_that_pass`; who waits or is booked, there and in `test_waiting`.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from support.waiting import eventually
from support.whole_system import PERSON, Whole, Wish, shares_a_system

from autotennis.domain.booking import State
from autotennis_local.choices import Backing
from autotennis_local.visitor import Visitor, visiting
from practice_club.clock import NS_PER_S
from practice_club.knobs import Fault, FaultKind
from practice_club.orders import NewSession
from practice_club.vocabulary import Action, Verdict

# One family shows it: wherever they could differ, `tests/contract` holds them to the same.
LOCAL = pytest.param(Backing.LOCAL, marks=shares_a_system(Backing.LOCAL))
pytestmark = [
    pytest.mark.asyncio(loop_scope="package"),
    pytest.mark.long(170),
    pytest.mark.parametrize("whole", [LOCAL], indirect=True),
]

# A booking is made and taken in hand in a small part of this.
OPENS_IN_S = 6.0
# And cancelled, too, before the booker asks for the last time whether it was: a busy machine needs seconds for a page.
TIME_TO_CANCEL_S = 20.0
YES_UNSAID = Fault(kind=FaultKind.TIMEOUT, action=Action.SIGN_UP, acts=True)
UNSEEN = Fault(kind=FaultKind.TIMEOUT, action=Action.VIEW)


@asynccontextmanager
async def armed(whole: Whole, opens_in_s: float) -> AsyncGenerator[tuple[Visitor, Wish]]:
    """A member's browser window, and a booking of theirs that is about to fire."""
    at_club = whole.member(PERSON)
    async with visiting(whole.system.api_url) as visitor:
        await visitor.let_in(PERSON)
        session = whole.club.add_session(NewSession(opens_in_s=opens_in_s))
        wish = Wish(await visitor.book(whole.club.link(session)), at_club.id, session)
        await eventually(lambda: whole.booking(wish).reserved.sign_ups, "it is armed")
        assert whole.booking(wish).state is State.SIGNING_UP
        yield visitor, wish


async def test_cancelled_when_it_is_ready_to_fire_it_does_not_fire(whole: Whole) -> None:
    async with armed(whole, TIME_TO_CANCEL_S) as (visitor, wish):
        await visitor.cancel(wish.booking_id)
        assert whole.booking(wish).cancel_asked_at
        after_ns = wish.session.opens_ns(whole.club.model.rules) + NS_PER_S
        await eventually(lambda: whole.club.now_ns() > after_ns, "the session opens")
        await eventually(lambda: whole.told(wish.booking_id)["BookingCancelled"], "that is told")
    assert whole.booking(wish).state is State.CANCELLED
    assert whole.asked(wish, "sign_up") == 0
    assert wish.session.history == []


async def test_cancelled_just_as_the_sign_up_goes_out_the_place_is_given_back(whole: Whole) -> None:
    """The club takes the member, and neither answers the sign-up nor shows its page until the member has cancelled."""
    async with armed(whole, OPENS_IN_S) as (visitor, wish):
        whole.club.turn(faults=(YES_UNSAID,))
        await eventually(lambda: wish.club_member_id in wish.session.takers(), "the club has taken the member")
        whole.club.turn(faults=(YES_UNSAID, UNSEEN))
        await visitor.cancel(wish.booking_id)
        assert whole.booking(wish).cancel_asked_at
        whole.club.turn(faults=())
        await eventually(lambda: whole.told(wish.booking_id)["Withdrawn"], "it is given back", within_s=120)
    assert whole.booking(wish).state is State.WITHDRAWN
    assert [change.what for change in wish.session.history] == [Verdict.SIGNED_UP, Verdict.WITHDRAWN]
    assert wish.session.takers() == []
