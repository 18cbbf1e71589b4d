"""A club's pages are looked through at a practice club over real sockets, as an operator who has a login there."""

from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID, Desk, booking_desk, fault

from autotennis.canary import health_of
from autotennis.domain.club_health import ClubHealth, PageTrouble, Unread
from autotennis.domain.pause import Pause, PauseScope
from autotennis.events import CanaryDue, ClubPagesChanged
from autotennis.values import PageKind
from practice_club.knobs import Fault, FaultKind, Rebuilt
from practice_club.vocabulary import Action


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with booking_desk(tmp_path) as desk:
        desk.session(opens_in_s=-3600)
        yield desk


def an_operator(desk: Desk, pin: str = "4711") -> str:
    member, _ = desk.member(pin=pin)
    desk.ports.store.change_member(member.id, lambda it: it.model_copy(update={"is_operator": True}))
    return member.id


async def look_through(desk: Desk) -> CanaryDue:
    event = CanaryDue(at=desk.ports.clock.now(), club_id=CLUB_ID)
    assert await desk.push(event) == 204
    return event


def health(desk: Desk) -> ClubHealth:
    found = health_of(desk.ports, CLUB_ID)
    assert found, "somebody has looked"
    return found


def told(desk: Desk) -> Sequence[ClubPagesChanged]:
    return [event for event in desk.told() if isinstance(event, ClubPagesChanged)]


async def test_every_kind_of_page_is_read_and_understood(desk: Desk) -> None:
    an_operator(desk)
    await look_through(desk)
    found = health(desk)
    assert [one.page for one in found.pages] == list(PageKind)
    assert (found.changed, found.unread) == ((), None)
    assert all(one.fingerprint == one.good != "" for one in found.pages)
    assert told(desk) == []
    assert len(desk.club.report()["requests"]) <= 6


REBUILT = [
    (Rebuilt.FREE_PLACES, PageKind.FREE_PLACES, PageTrouble.NO_FREE_LIST),
    (Rebuilt.TIMETABLE, PageKind.TIMETABLE, PageTrouble.NO_TIMETABLE),
    (Rebuilt.SESSION, PageKind.SESSION, PageTrouble.NO_SESSION),
    (Rebuilt.LOGIN, PageKind.LOG_IN, PageTrouble.NO_PROOF),
]


@pytest.mark.parametrize(("part", "page", "trouble"), REBUILT)
async def test_a_page_that_was_made_anew_is_told_with_what_it_was(
    desk: Desk, part: Rebuilt, page: PageKind, trouble: PageTrouble
) -> None:
    an_operator(desk)
    await look_through(desk)
    good = {one.page: one.good for one in health(desk).pages}
    desk.club.turn(rebuilt={part})
    await look_through(desk)
    found = {one.page: one for one in health(desk).changed}
    assert found[page].trouble is trouble
    fact = next(one for one in told(desk) if one.page is page)
    assert (fact.was, fact.now_is) == (good[page], found[page].fingerprint)
    assert fact.reason
    before = len(told(desk))
    await look_through(desk)
    assert len(told(desk)) == before, "of one structure it is told once"


@pytest.mark.parametrize(
    ("trouble", "pages"),
    [
        (fault(FaultKind.MOVED), {PageKind.FREE_PLACES, PageKind.TIMETABLE, PageKind.LOG_IN}),
        (fault(FaultKind.MOVED, action=Action.VIEW), {PageKind.SESSION, PageKind.SESSION_LOGGED_IN}),
        (fault(FaultKind.OTHER_LETTERS, action=Action.LOGIN), {PageKind.LOG_IN}),
        (fault(FaultKind.LOGIN_PAGE, action=Action.VIEW), {PageKind.SESSION, PageKind.SESSION_LOGGED_IN}),
    ],
)
async def test_whatever_comes_in_place_of_a_page_is_told_as_that(
    desk: Desk, trouble: Fault, pages: Collection[PageKind]
) -> None:
    an_operator(desk)
    desk.club.turn(faults=(trouble,))
    await look_through(desk)
    assert {one.page for one in health(desk).changed} == pages
    assert len(desk.club.report()["requests"]) <= 6


async def test_once_it_is_understood_again_all_is_well(desk: Desk) -> None:
    an_operator(desk)
    desk.club.turn(rebuilt={Rebuilt.SESSION})
    await look_through(desk)
    assert health(desk).changed
    desk.club.turn(rebuilt=frozenset())
    await look_through(desk)
    assert health(desk).changed == ()


async def test_without_an_operators_login_only_what_everybody_sees_is_read(desk: Desk) -> None:
    await look_through(desk)
    found = health(desk)
    assert [one.page for one in found.pages] == [PageKind.FREE_PLACES, PageKind.TIMETABLE, PageKind.SESSION]
    assert (found.changed, found.unread) == ((), Unread.NO_LOGIN)


async def test_a_refused_login_is_no_changed_page_and_is_not_tried_again(desk: Desk) -> None:
    an_operator(desk, pin="0000")
    await look_through(desk)
    assert (health(desk).changed, health(desk).unread) == ((), Unread.LOGIN_REFUSED)
    await look_through(desk)
    assert health(desk).unread is Unread.NO_LOGIN
    assert desk.asked("login") == 1


async def test_a_busy_club_says_nothing_of_its_pages(desk: Desk) -> None:
    desk.club.turn(faults=(Fault(kind=FaultKind.UNAVAILABLE, retry_after_s=60),))
    await look_through(desk)
    assert health_of(desk.ports, CLUB_ID) is None


async def test_a_redelivery_asks_nothing(desk: Desk) -> None:
    event = await look_through(desk)
    before = len(desk.club.report()["requests"])
    assert await desk.push(event) == 204
    assert len(desk.club.report()["requests"]) == before


async def test_the_club_is_left_alone_before_an_opening_and_during_a_pause(desk: Desk) -> None:
    booking = desk.booking(desk.member()[0], desk.session(opens_in_s=60))
    await look_through(desk)
    assert health_of(desk.ports, CLUB_ID) is None
    desk.later(booking.opening_at - desk.ports.clock.now() + timedelta(minutes=3))
    pause = Pause(scope=PauseScope.ALL, about="", reason="Their server smokes.", at=desk.ports.clock.now(), by="o")
    desk.ports.store.change_pauses(lambda it: it.begun(pause))
    await look_through(desk)
    assert desk.club.report()["requests"] == []
