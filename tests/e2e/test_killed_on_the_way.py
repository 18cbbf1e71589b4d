"""Any one process is killed at any critical moment: still exactly one place at the club, and one Booked.

And a booker that is killed again and again: the club's cap on requests holds, and the booking is made all the same.
"""

from collections.abc import AsyncGenerator, Callable

import pytest
import pytest_asyncio
from support.waiting import eventually
from support.whole_system import CARRIER, Whole, Wish, available, whole_system_with_club

from autotennis.domain.booking import State
from autotennis_local.choices import Backing

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long(220)]

# Long enough that a killed process is back before the opening.
OPENS_IN_S = 9.0


# Each family's tests run after one another in a process of their own.
BACKINGS = [pytest.param(one, marks=pytest.mark.xdist_group(one.value)) for one in Backing]


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=BACKINGS)
async def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Whole]:
    # Each in a process of its own, so that one is killed and the others go on.
    data_dir = tmp_path_factory.mktemp("system")
    async with whole_system_with_club(data_dir, available(request.param), apart=True) as whole:
        yield whole


def is_asked(whole: Whole, wish: Wish) -> bool:
    """The member has pressed the button."""
    return bool(wish.booking_id)


def is_claimed(whole: Whole, wish: Wish) -> bool:
    """The wake-up has come, and the booker has taken the booking."""
    return whole.booking(wish).state is State.SIGNING_UP


def is_logged_in(whole: Whole, wish: Wish) -> bool:
    """The booker has logged in for this race (the first login was at registration)."""
    return whole.asked(wish, "view") >= 1


def has_said_yes(whole: Whole, wish: Wish) -> bool:
    """The club has given the place; its answer is still on the way."""
    return wish.club_member_id in wish.session.takers()


def is_booked(whole: Whole, wish: Wish) -> bool:
    """The booking is committed; its facts may not be published."""
    return whole.booking(wish).state is State.BOOKED


KILLS = [
    ("api", is_asked),
    ("timer", is_asked),
    (CARRIER, is_asked),
    ("timer", is_claimed),
    (CARRIER, is_claimed),
    ("booker", is_claimed),
    ("booker", is_logged_in),
    ("booker", has_said_yes),
    (CARRIER, has_said_yes),
    ("booker", is_booked),
]


@pytest.mark.parametrize(("program", "moment"), KILLS, ids=[f"{name}-{moment.__name__}" for name, moment in KILLS])
async def test_one_place_and_one_booked(whole: Whole, program: str, moment: Callable[[Whole, Wish], bool]) -> None:
    # The club's answers take their time, so that there is a moment between its yes and our knowing of it.
    whole.club.turn(latency_out_ms=300 if moment is has_said_yes else 0)
    wish = await whole.wish(OPENS_IN_S)
    await eventually(lambda: moment(whole, wish), moment.__doc__ or "", within_s=120, every_s=0.02)
    await whole.kill(program)

    booking = await whole.ended(wish, within_s=180)
    assert booking.state is State.BOOKED
    assert wish.session.takers() == [wish.club_member_id]
    report = whole.club.session_report(wish.session)
    assert [change["member_id"] for change in report["accepted"]] == [wish.club_member_id]
    assert (await whole.all_told(wish))["Booked"] == 1
    assert booking.requests_sent <= 60


async def test_the_cap_holds_through_kill_after_kill(whole: Whole) -> None:
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
