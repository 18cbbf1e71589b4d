"""What is offered where a club has no regular players, or a waiting list of its own."""

from datetime import timedelta

import pytest
from support.accounts import come_in
from support.api_site import NOTHING_SENT, Visitor, race, words
from support.programs import Program, make_token, problem
from support.two_clubs import OTHER_ID, OTHER_NAME, TWICE_A_MEMBER, TwoClubs

from autotennis.domain.booking import Outcome
from autotennis.domain.member import Member
from autotennis.values import Action, Attempt, Verdict, VerdictKind
from autotennis_api import words as page_words
from practice_club.orders import NewSession

DAY_S = 86_400


@pytest.mark.parametrize("opens_in_s", [5 * DAY_S, DAY_S, -3600])
def test_where_there_are_no_regular_players_nothing_of_theirs_is_offered(
    two: TwoClubs, at_both: tuple[Visitor, Member], opens_in_s: float
) -> None:
    visitor, _ = at_both
    _, session, link = two.session(NewSession(opens_in_s=opens_in_s))
    preview = visitor.paste(link)
    shown = words(preview)
    assert OTHER_NAME in shown
    assert "regular player" not in shown
    assert "before the opening" not in shown
    # A form can be forged.
    page = visitor.confirm(preview, options="1", wait="1", fixed="y", early="y", weekly="y")
    booking = two.site.ports.store.booking(page.request.path.rsplit("/", 1)[1])
    assert (booking.fixed, booking.early, booking.club_id, booking.session) == (False, False, OTHER_ID, session)
    series = two.site.ports.store.series(booking.series_id or "")
    assert (series.fixed, series.early, series.next.slot, series.next.timeid) == (False, False, session.slot, 0)


def test_whatever_is_free_there_is_open(two: TwoClubs, at_both: tuple[Visitor, Member]) -> None:
    visitor, member = at_both
    regular = two.other.add_member("regular@example.org")
    at_club, _, link = two.session(NewSession(opens_in_s=2 * DAY_S, regulars=(regular.id,), capacity=1))
    two.other.do(lambda club: club.decline(at_club, regular.id))
    preview = visitor.paste(link)
    assert "Open now: it will be tried at once." in words(preview)
    assert "Tried from" not in words(preview)
    program = Program(two.site, make_token(two.site, member.email))
    told = program.post("/sessions/preview", {"session": {"link": link}}).get_json()
    assert (told["is_open"], told["is_tried_early"]) == (True, False)
    page = words(visitor.confirm(preview))
    assert "Tried from" not in page
    assert "Open already" in page


@pytest.mark.parametrize("wish", ["fixed", "early"])
def test_programs_are_told_that_there_are_no_regular_players(
    two: TwoClubs, at_both: tuple[Visitor, Member], wish: str
) -> None:
    _, _, link = two.session(NewSession(opens_in_s=5 * DAY_S))
    program = Program(two.site, make_token(two.site, TWICE_A_MEMBER))
    refused = program.post("/bookings", {"session": {"link": link}, wish: True})
    assert (refused.status_code, problem(refused)) == (422, "not-at-this-club")
    assert "no regular players" in refused.get_json()["detail"]
    assert two.site.ports.store.bookings_of(at_both[1].id) == []


LIST_TICK = "Ask for a turn on the club's own waiting list, too"
LIST_HELP = "the club itself writes to your e-mail address there: then you take the place yourself"


@pytest.fixture
def listed(with_list: TwoClubs) -> tuple[Visitor, Member]:
    """Somebody who is signed in there, and has a login at both."""
    with_list.club.add_member(TWICE_A_MEMBER)
    visitor, member = come_in(with_list.site, TWICE_A_MEMBER)
    with_list.knows(member)
    return visitor, member


def test_a_turn_on_the_clubs_own_list_is_offered_where_it_has_one(
    with_list: TwoClubs, listed: tuple[Visitor, Member]
) -> None:
    visitor, _ = listed
    store = with_list.site.ports.store
    preview = visitor.paste(with_list.session(NewSession(opens_in_s=DAY_S))[2])
    assert LIST_TICK in words(preview)
    assert LIST_HELP in words(preview)
    page = visitor.confirm(preview, options="1", wait="1", club_list="y", weekly="y")
    booking = store.booking(page.request.path.rsplit("/", 1)[1])
    assert booking.waiting.club_list
    assert "We ask for a turn there if the session is full." in words(page)
    assert LIST_HELP in words(page)
    assert store.series(booking.series_id or "").waiting.club_list
    assert "Each week a turn on the club's own waiting list is asked for" in words(
        visitor.get(f"/series/{booking.series_id}")
    )
    plain = visitor.paste(with_list.session(NewSession(opens_in_s=DAY_S))[2])
    asked = visitor.confirm(plain, options="1", wait="1")
    assert not store.booking(asked.request.path.rsplit("/", 1)[1]).waiting.club_list
    assert "The club's own list" not in words(asked)


def test_who_is_on_the_list_is_told_so(with_list: TwoClubs, listed: tuple[Visitor, Member]) -> None:
    visitor, _ = listed
    ports = with_list.site.ports
    link = with_list.session(NewSession(opens_in_s=-60))[2]
    booking_id = visitor.book(link, options="1", wait="1", club_list="y")
    race(ports, booking_id)
    now = ports.clock.now()
    joined = Attempt(action=Action.JOIN_LIST, sent_ms=200, latency_ms=30, verdict=Verdict(kind=VerdictKind.ON_LIST))
    full = Outcome(timeline=(joined,))
    until = now + timedelta(days=3)
    ports.store.change(booking_id, lambda it: it.found_full(until, NOTHING_SENT, full, now))
    page = words(visitor.get(f"/bookings/{booking_id}"))
    assert "The club's own list You are on it." in page
    assert "Asking for a turn on the club's own list You are on the club's own list" in page


def test_elsewhere_there_is_no_such_list(two: TwoClubs, at_both: tuple[Visitor, Member]) -> None:
    visitor, _ = at_both
    link = two.session(NewSession(opens_in_s=DAY_S))[2]
    program = Program(two.site, make_token(two.site, TWICE_A_MEMBER))
    refused = program.post("/bookings", {"session": {"link": link}, "waiting": {"club_list": True}})
    assert (refused.status_code, problem(refused)) == (422, "not-at-this-club")
    preview = visitor.paste(link)
    assert LIST_TICK not in words(preview)
    page = visitor.confirm(preview, options="1", wait="1", club_list="y")
    assert not two.site.ports.store.booking(page.request.path.rsplit("/", 1)[1]).waiting.club_list


def test_programs_ask_for_a_turn_on_the_list(with_list: TwoClubs, listed: tuple[Visitor, Member]) -> None:
    link = with_list.session(NewSession(opens_in_s=DAY_S))[2]
    program = Program(with_list.site, make_token(with_list.site, TWICE_A_MEMBER))
    made = program.post("/bookings", {"session": {"link": link}, "waiting": {"club_list": True}})
    assert (made.status_code, made.get_json()["waiting"]["club_list"]) == (201, True)


@pytest.mark.parametrize("kind", [Action, VerdictKind])
def test_every_request_and_every_answer_has_words(kind: type[Action] | type[VerdictKind]) -> None:
    assert set(kind) == set(page_words.ACTIONS if kind is Action else page_words.VERDICTS)
