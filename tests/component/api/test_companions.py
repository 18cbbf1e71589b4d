"""Booking for a group with one form: for whom it can be, what each of them sees, and who may cancel it."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.api_site import (
    CLUB_ID,
    ClubBeside,
    Site,
    Visitor,
    claim,
    find_full,
    offer,
    where_booked_meanwhile,
    win,
    words,
)
from support.friends import Friend, join_path, make_group

from autotennis.domain.booking import Booking, LetGo, State
from autotennis.domain.runs import LetGoReason
from autotennis.member_secrets import note_refusal
from autotennis.values import Party
from practice_club.orders import NewSession

DAY_S = 86_400


def _link(club: ClubBeside, opens_in_s: float = DAY_S, taken: int = 0, capacity: int = 4) -> str:
    return club.add_session(NewSession(opens_in_s=opens_in_s, taken=taken, capacity=capacity))[1]


def _ids(*friends: Friend) -> list[str]:
    return [one.account.id for one in friends]


def _together(visitor: Visitor, link: str, ids: Sequence[str], **more: str) -> str:
    shown = visitor.confirm(visitor.paste(link), together=ids, **more)
    assert shown.status_code == 200, words(shown)
    return shown.request.path.rsplit("/", 1)[1]


def _bookings(site: Site, *friends: Friend) -> list[Booking]:
    return [booking for one in friends for booking in site.ports.store.bookings_of(one.account.id)]


def test_the_preview_offers_the_others_of_each_group(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    link, berit = _link(club), friends[0].visitor
    assert "Who else" not in words(berit.paste(link))
    make_group(site, *friends[:2])
    make_group(site, friends[2], friends[0], name="Padel")
    shown = berit.paste(link)
    for told in ("Who else", "Tuesday doubles Kari", "Padel Nils", "If there are fewer places than of us"):
        assert told in words(shown)
    assert "as many as possible, in this order all of us or nobody" in words(shown)
    for one in friends:
        assert one.email not in shown.text


@pytest.mark.parametrize("rule", ["many", "all"])
def test_one_booking_is_asked_for_for_each_in_the_groups_order(
    site: Site, club: ClubBeside, friends: Sequence[Friend], rule: str
) -> None:
    make_group(site, *friends)
    nils, link = friends[2], _link(club)
    mine = _together(nils.visitor, link, _ids(friends[1], friends[0]), fewer=rule, ask="15", weekly="y")
    bookings = _bookings(site, *friends)
    assert [one.member_id for one in bookings] == _ids(*friends)
    bonds = [one.bond for one in bookings if isinstance(one.bond, Party)]
    assert [(one.rank, one.asked_by, one.all_or_none) for one in bonds] == [
        (rank, nils.account.id, rule == "all") for rank in range(3)
    ]
    assert len({one.id for one in bonds}) == 1
    times = [one.created_at for one in bookings]
    assert times == sorted(set(times))
    assert bookings[2].id == mine
    assert [bool(one.series_id) for one in bookings] == [False, False, True]
    waits = rule == "many"
    assert {(one.waiting.wanted, one.waiting.ask_min) for one in bookings} == {(waits, 15 if waits else 0)}
    assert site.ports.store.unpublished() == []


def test_each_sees_all_of_them_by_name_and_nothing_else_of_them(
    site: Site, club: ClubBeside, friends: Sequence[Friend]
) -> None:
    make_group(site, *friends)
    _together(friends[2].visitor, _link(club), _ids(friends[0]), fewer="all")
    berits, nilses = _bookings(site, friends[0], friends[2])
    claim(site.ports, nilses.id)
    page = friends[0].visitor.get(f"/bookings/{berits.id}")
    assert "Together with You Planned Nils Signing up Nils asked for it. All of you or nobody" in words(page)
    assert "You asked for it." in words(friends[2].visitor.get(f"/bookings/{nilses.id}"))
    for hidden in (nilses.id, nilses.member_id, friends[2].email):
        assert hidden not in page.text
    assert friends[0].visitor.get(f"/bookings/{nilses.id}").status_code == 404
    assert "Together with others." in words(friends[0].visitor.get("/"))
    kept = friends[0].visitor.get(f"/bookings/{berits.id}.json").text
    assert nilses.member_id not in kept


def test_what_becomes_of_one_is_news_to_the_others(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    _together(friends[2].visitor, _link(club), _ids(friends[0]))
    berits, nilses = _bookings(site, friends[0], friends[2])
    version = friends[0].visitor.get(f"/bookings/{berits.id}").text.split('data-version="')[1].split('"')[0]
    live, seen = f"/bookings/{berits.id}/live", {"If-None-Match": f'"{version}"'}
    assert friends[0].visitor.get(live, seen).status_code == 304
    offer(site.ports, nilses.id)
    news = friends[0].visitor.get(live, seen)
    assert news.status_code == 200
    assert "Nils Waiting" in words(news), "what one is asked is between them and us"


def test_who_left_the_group_is_another_member(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    group = make_group(site, *friends)
    mine = _together(friends[0].visitor, _link(club), _ids(friends[1]))
    friends[1].visitor.post(f"/groups/{group.id}/leave", {})
    assert "You Planned another member Planned" in words(friends[0].visitor.get(f"/bookings/{mine}"))
    (theirs,) = _bookings(site, friends[1])
    shown = words(friends[1].visitor.get(f"/bookings/{theirs.id}"))
    assert "another member Planned You Planned Another member asked for it." in shown


@pytest.mark.parametrize("rule", ["", "some"])
def test_a_forged_rule_is_refused(site: Site, club: ClubBeside, friends: Sequence[Friend], rule: str) -> None:
    make_group(site, *friends)
    berit = friends[0].visitor
    form = {"together": _ids(friends[1]), "fewer": rule}
    answer = berit.confirm(berit.paste(_link(club)), **form)
    assert answer.status_code == 422
    assert 'id="fewer-error">Choose something from the list.' in answer.text
    assert _bookings(site, *friends) == []


def _refused(site: Site, club: ClubBeside, friends: Sequence[Friend], ids: Sequence[str], **more: str) -> str:
    """What stands at the field when the first one asks for these."""
    berit = friends[0].visitor
    answer = berit.confirm(berit.paste(_link(club)), together=ids, **more)
    assert answer.status_code == 422, words(answer)
    assert _bookings(site, *friends) == []
    assert '<a href="#together">' in answer.text
    return answer.text.split('id="together-error">')[1].split("<")[0]


@pytest.mark.parametrize("forged", ["nobody", "", "'; --", "x" * 500])
def test_a_forged_member_is_refused(site: Site, club: ClubBeside, friends: Sequence[Friend], forged: str) -> None:
    make_group(site, *friends[:2])
    said = _refused(site, club, friends, [*_ids(friends[1]), forged])
    assert said == "Somebody whom you chose is in no group with you any more."


def test_so_is_a_member_of_somebody_elses_group_and_one_who_left(
    site: Site, club: ClubBeside, friends: Sequence[Friend]
) -> None:
    group = make_group(site, *friends[:2])
    told = "Somebody whom you chose is in no group with you any more."
    assert _refused(site, club, friends, _ids(friends[2])) == told
    friends[1].visitor.post(f"/groups/{group.id}/leave", {})
    assert _refused(site, club, friends, _ids(friends[1])) == told


def test_so_are_members_of_two_groups_at_once(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends[:2])
    make_group(site, friends[0], friends[2], name="Padel")
    assert _refused(site, club, friends, _ids(*friends[1:])) == "Choose members of one group only."


def test_who_has_no_login_that_works_is_named(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    site.ports.vault.forget(friends[1].account.id)
    said = _refused(site, club, friends, _ids(*friends[1:]))
    assert said == "Kari has no login for this club here that works."
    note_refusal(site.ports.vault, friends[2].account.id, CLUB_ID)
    said = _refused(site, club, friends, _ids(*friends[1:]))
    assert said == "Kari, Nils have no login for this club here that works."


def test_other_sessions_and_other_members_are_one_too_many(
    site: Site, club: ClubBeside, friends: Sequence[Friend]
) -> None:
    make_group(site, *friends)
    said = _refused(site, club, friends, _ids(friends[1]), else_1=_link(club))
    assert said == "Choose one of the two: other sessions, or others to go with."


def test_what_was_ticked_is_kept(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    berit = friends[0].visitor
    form = {"together": _ids(friends[1]), "fewer": "all", "options": "1", "notice": "61"}
    answer = berit.confirm(berit.paste(_link(club)), **form)
    assert answer.status_code == 422
    assert f'value="{friends[1].account.id}" checked>' in answer.text
    assert f'value="{friends[2].account.id}">' in answer.text
    assert '<option selected value="all">' in answer.text


def test_who_has_booked_it_already_is_left_out_and_that_is_said(
    site: Site, club: ClubBeside, friends: Sequence[Friend]
) -> None:
    make_group(site, *friends)
    link = _link(club)
    friends[1].visitor.book(link)
    berit = friends[0].visitor
    shown = words(berit.confirm(berit.paste(link), together=_ids(*friends[1:])))
    assert "Kari is left out: they have booked this session already." in shown
    assert "Together with You Planned Nils Planned" in shown
    berits, karis, nilses = _bookings(site, *friends)
    assert karis.bond is None
    assert berits.bond
    assert nilses.bond
    assert berits.bond.id == nilses.bond.id


def test_where_all_others_have_it_one_goes_alone(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    link = _link(club)
    friends[1].visitor.book(link)
    berit = friends[0].visitor
    shown = words(berit.confirm(berit.paste(link), together=_ids(friends[1])))
    assert "Kari is left out" in shown
    assert "Together with" not in shown
    (mine,) = _bookings(site, friends[0])
    assert mine.bond is None


def test_sent_twice_it_is_asked_for_once(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    berit, link = friends[0].visitor, _link(club)
    preview = berit.paste(link)
    for status in (200, 409):
        answer = berit.confirm(preview, together=_ids(*friends[1:]))
        assert answer.status_code == status
    assert len(_bookings(site, *friends)) == 3


@pytest.mark.parametrize(("turn", "status", "left"), [(0, 409, 0), (1, 200, 2)], ids=["one's own", "a friend's"])
def test_what_was_booked_meanwhile_is_left_out_unless_it_is_ones_own(
    site: Site, club: ClubBeside, friends: Sequence[Friend], tmp_path: Path, turn: int, status: int, left: int
) -> None:
    make_group(site, *friends)
    visitor = where_booked_meanwhile(site, tmp_path, turn).visitor()
    visitor.sign_in(friends[2].email)
    answer = visitor.confirm(visitor.paste(_link(club)), together=_ids(*friends[:2]))
    assert answer.status_code == status
    assert ("Berit is left out" in words(answer)) == (left > 0)
    assert len(_bookings(site, *friends)) == left


@pytest.mark.parametrize(("taken", "free"), [(2, "2 places are"), (3, "1 place is"), (4, "0 places are")])
def test_all_or_nobody_is_refused_where_an_open_session_has_fewer_places(
    site: Site, club: ClubBeside, friends: Sequence[Friend], taken: int, free: str
) -> None:
    make_group(site, *friends)
    link, berit = _link(club, opens_in_s=-60, taken=taken), friends[0].visitor
    form = {"together": _ids(*friends[1:]), "fewer": "all"}
    answer = berit.confirm(berit.paste(link), **form)
    assert answer.status_code == 422
    assert f'id="fewer-error">Just now only {free} free: too few for all of you.' in answer.text
    assert _bookings(site, *friends) == []
    _together(berit, link, _ids(*friends[1:]), fewer="many")
    assert len(_bookings(site, *friends)) == 3


def test_and_is_not_where_there_are_enough(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    _together(friends[0].visitor, _link(club, opens_in_s=-60, taken=1), _ids(*friends[1:]), fewer="all")
    assert len(_bookings(site, *friends)) == 3


def test_who_is_given_up_for_others_is_told_why(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    _together(friends[0].visitor, _link(club), _ids(friends[1]), fewer="all")
    berits, karis = _bookings(site, *friends[:2])
    why, now = LetGo(because=karis.id, reason=LetGoReason.NOT_ALL), site.ports.clock.now()
    claim(site.ports, berits.id)
    win(site.ports, berits.id)
    site.ports.store.change(berits.id, lambda it: it.let_go_for(why, now))
    shown = words(friends[0].visitor.get(f"/bookings/{berits.id}"))
    assert "Being given back Giving your place back at the club… Given up because not all of you got a place." in shown
    site.ports.store.change(karis.id, lambda it: it.let_go_for(why, now))
    shown = words(friends[1].visitor.get(f"/bookings/{karis.id}"))
    assert "Cancelled Given up because not all of you got a place." in shown
    assert "You cancelled this booking." not in shown


# Cancelling


def test_who_asked_for_all_may_cancel_for_all_that_is_not_won(
    site: Site, club: ClubBeside, friends: Sequence[Friend]
) -> None:
    make_group(site, *friends)
    _together(friends[0].visitor, _link(club), _ids(*friends[1:]))
    berits, karis, nilses = _bookings(site, *friends)
    claim(site.ports, karis.id)
    win(site.ports, karis.id)
    find_full(site.ports, nilses.id)
    path = f"/bookings/{berits.id}/cancel"
    assert "For all of us: you asked for the others, too. Who has a place keeps it." in words(
        friends[0].visitor.get(path)
    )
    shown = words(friends[0].visitor.post(path, {"everybody": "1"}))
    assert "The booking is cancelled." in shown
    assert "1 booking of the others is cancelled, too." in shown
    assert [one.state for one in _bookings(site, *friends)] == [State.CANCELLED, State.BOOKED, State.CANCELLED]
    assert site.ports.store.unpublished(nilses.id) == []


def test_without_the_tick_the_others_go_on(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    mine = _together(friends[0].visitor, _link(club), _ids(friends[1]))
    friends[0].visitor.post(f"/bookings/{mine}/cancel", {})
    assert [one.state for one in _bookings(site, *friends[:2])] == [State.CANCELLED, State.REQUESTED]


def test_nobody_else_cancels_for_others(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    make_group(site, *friends)
    _together(friends[0].visitor, _link(club), _ids(friends[1]))
    berits, karis = _bookings(site, *friends[:2])
    path = f"/bookings/{karis.id}/cancel"
    assert "For all of us" not in words(friends[1].visitor.get(path))
    assert "of the others" not in words(friends[1].visitor.post(path, {"everybody": "1"}))
    assert friends[0].visitor.post(path, {"everybody": "1"}).status_code == 404
    assert site.ports.store.booking(berits.id).state is State.REQUESTED
    assert site.ports.store.booking(karis.id).state is State.CANCELLED


def test_for_who_has_left_the_group_nobody_cancels_any_more(
    site: Site, club: ClubBeside, friends: Sequence[Friend]
) -> None:
    """What was booked stays with them: they have taken back that somebody else may act for them."""
    group = make_group(site, *friends)
    _together(friends[0].visitor, _link(club), _ids(*friends[1:]))
    berits, karis, nilses = _bookings(site, *friends)
    friends[1].visitor.post(f"/groups/{group.id}/leave", {})
    path = f"/bookings/{berits.id}/cancel"
    shown = words(friends[0].visitor.post(path, {"everybody": "1"}))
    assert "1 booking of the others is cancelled, too." in shown
    assert site.ports.store.booking(karis.id).state is State.REQUESTED
    assert site.ports.store.booking(nilses.id).state is State.CANCELLED


def test_who_was_removed_from_the_group_cancels_for_nobody(
    site: Site, club: ClubBeside, friends: Sequence[Friend]
) -> None:
    group = make_group(site, *friends[:2])
    _together(friends[1].visitor, _link(club), _ids(friends[0]))
    berits, karis = _bookings(site, *friends[:2])
    friends[0].visitor.post(f"/groups/{group.id}/remove/{friends[1].account.id}", {})
    path = f"/bookings/{karis.id}/cancel"
    assert "For all of us" not in words(friends[1].visitor.get(path))
    friends[1].visitor.post(path, {"everybody": "1"})
    assert site.ports.store.booking(berits.id).state is State.REQUESTED


# What stays among friends


def test_no_address_and_no_invitation_is_logged(
    site: Site, club: ClubBeside, friends: Sequence[Friend], capfd: pytest.CaptureFixture[str]
) -> None:
    group = make_group(site, *friends)
    friends[0].visitor.post(f"/groups/{group.id}/renew", {})
    renewed = site.ports.store.group(group.id)
    friends[1].visitor.get(join_path(group))
    _together(friends[0].visitor, _link(club), _ids(*friends[1:]))
    friends[1].visitor.post(f"/groups/{group.id}/leave", {})
    friends[1].visitor.post(join_path(renewed), {"called": "Kari"})
    said = capfd.readouterr()
    assert "group joined" in said.out + said.err
    for secret in (group.invitation, renewed.invitation, *(one.email for one in friends)):
        assert secret not in said.out + said.err


def test_a_norwegian_page_tells_it_in_norwegian(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    group, berit = make_group(site, *friends), friends[0].visitor
    berit.post("/language", {"language": "nb", "back": "/"})
    assert "Inviter noen" in words(berit.get(f"/groups/{group.id}"))
    mine = _together(berit, _link(club), _ids(friends[1]))
    assert "Sammen med Deg Planlagt Kari Planlagt Du bestilte." in words(berit.get(f"/bookings/{mine}"))
