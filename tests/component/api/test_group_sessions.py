"""Who in a group plays when: seen by the group, of those who share it, and of nobody else."""

from collections.abc import Sequence

import pytest
from support.api_site import ClubBeside, Site, find_full, win, words
from support.friends import Friend, make_friend, make_group
from support.programs import Program, make_token, problem

from autotennis.domain.group import Group
from autotennis.domain.token import Scope
from practice_club.orders import NewSession

NOTHING = "Nobody here shows a session that is still to come."


@pytest.fixture
def group(site: Site, friends: Sequence[Friend]) -> Group:
    """A group of three, who share nothing yet."""
    return make_group(site, *friends)


def _link(club: ClubBeside, opens_in_s: float = 86_370) -> str:
    return club.add_session(NewSession(opens_in_s=opens_in_s))[1]


def _share(friend: Friend, group: Group, shares: str = "yes") -> str:
    return words(friend.visitor.post(f"/groups/{group.id}/share", {"shares": shares}))


def _seen(friend: Friend, group: Group) -> str:
    """What the group's page says of sessions."""
    shown = words(friend.visitor.get(f"/groups/{group.id}"))
    return shown.partition("Who plays when")[2].partition("The others in this group")[0]


def test_nothing_is_seen_until_it_is_shared_and_no_more_when_that_is_over(
    club: ClubBeside, friends: Sequence[Friend], group: Group
) -> None:
    berit, kari, _ = friends
    kari.visitor.book(_link(club))
    assert NOTHING in _seen(berit, group)
    assert "The others in this group see your coming bookings now." in _share(kari, group)
    assert "Kari Planned" in _seen(berit, group)
    assert "Kari (you) Planned" in _seen(kari, group)
    # Sent twice, nothing new is said.
    assert "see your coming bookings now" not in _share(kari, group)
    assert "do not see your bookings any more" in _share(kari, group, "no")
    assert NOTHING in _seen(berit, group)


def test_a_session_tells_who_is_in_and_who_waits_in_the_order_of_the_group(
    site: Site, club: ClubBeside, friends: Sequence[Friend], group: Group
) -> None:
    link = _link(club)
    ids = [one.visitor.book(link) for one in friends]
    for one in friends:
        _share(one, group)
    find_full(site.ports, ids[0])
    find_full(site.ports, ids[1])
    win(site.ports, ids[1])
    assert "Berit Waiting Kari Booked Nils (you) Planned" in _seen(friends[2], group)
    assert f'href="/bookings/{ids[2]}"' in friends[2].visitor.get(f"/groups/{group.id}").text
    assert ids[1] not in friends[2].visitor.get(f"/groups/{group.id}").text


def test_what_is_over_cancelled_or_withheld_is_not_there(
    site: Site, club: ClubBeside, friends: Sequence[Friend], group: Group
) -> None:
    berit, kari, nils = friends
    cancelled, kept = kari.visitor.book(_link(club)), _link(club, 2 * 86_370)
    nils.visitor.book(kept)
    berit.visitor.book(kept)
    kari.visitor.post(f"/bookings/{cancelled}/cancel", {})
    for one in (kari, nils):
        _share(one, group)
    seen = _seen(berit, group)
    assert seen.count("Planned") == 1
    assert "Nils Planned You have a booking of it, too. The others do not see that." in seen
    assert "Berit" not in _seen(kari, group)


def test_from_a_friends_session_it_is_a_step_to_ones_own(
    club: ClubBeside, friends: Sequence[Friend], group: Group
) -> None:
    berit, kari, _ = friends
    kari.visitor.book(_link(club))
    _share(kari, group)
    page = berit.visitor.get(f"/groups/{group.id}").text
    path = page.partition('class="when" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "Is this the session?" in words(berit.visitor.get(path))


def test_who_leaves_shares_no_more(club: ClubBeside, friends: Sequence[Friend], group: Group) -> None:
    berit, kari, _ = friends
    kari.visitor.book(_link(club))
    _share(kari, group)
    kari.visitor.post(f"/groups/{group.id}/leave", {})
    assert NOTHING in _seen(berit, group)


def test_nobody_else_sees_or_changes_anything(
    site: Site, club: ClubBeside, friends: Sequence[Friend], group: Group
) -> None:
    stranger = make_friend(site, club, "Tormod")
    assert stranger.visitor.post(f"/groups/{group.id}/share", {"shares": "yes"}).status_code == 404
    assert site.visitor().post(f"/groups/{group.id}/share", {"shares": "yes"}).request.path == "/sign-in"
    assert not any(one.shares for one in site.ports.store.group(group.id).members)


# Programs


def test_a_program_founds_invites_joins_shares_and_leaves(
    site: Site, club: ClubBeside, friends: Sequence[Friend]
) -> None:
    berit, kari = (Program(site, make_token(site, one.email)) for one in friends[:2])
    founded = berit.post("/groups", {"name": " Tuesday   doubles", "called": "Berit"})
    assert (founded.status_code, founded.get_json()["name"]) == (201, "Tuesday doubles")
    path = f"/groups/{founded.get_json()['id']}"
    assert founded.headers["Location"] == f"/api/v1{path}"
    told = berit.get(f"{path}/invitation").get_json()
    assert told["link"].endswith(f"{path}/join/{told['invitation']}")
    joined = kari.post(f"{path}/join", {"invitation": told["invitation"], "called": "Kari"})
    assert [one["name"] for one in joined.get_json()["members"]] == ["Berit", "Kari"]
    friends[1].visitor.book(_link(club))
    assert berit.get(f"{path}/sessions").get_json() == {"sessions": []}
    assert kari.post(f"{path}/share", {"shares": True}).get_json()["members"][1]["shares"] is True
    (one,) = berit.get(f"{path}/sessions").get_json()["sessions"]
    assert [(goer["name"], goer["state"]) for goer in one["goers"]] == [("Kari", "requested")]
    assert one["booking_id"] is None
    assert kari.post(f"{path}/leave").status_code == 200
    assert kari.get(path).status_code == 404


def test_a_program_is_told_what_cannot_be(site: Site, friends: Sequence[Friend], group: Group) -> None:
    berit, kari = (Program(site, make_token(site, one.email)) for one in friends[:2])
    path = f"/groups/{group.id}"
    assert problem(berit.post("/groups", {"name": "Tues\u202eday", "called": "Berit"})) == "bad-name"
    assert problem(berit.post("/groups", {"name": "  ", "called": "Berit"})) == "bad-name"
    assert problem(kari.get(f"{path}/invitation")) == "not-the-owner"
    assert problem(kari.post(f"{path}/share", {"shares": False})) == "cannot-be-done"
    joining = {"invitation": group.invitation, "called": "Åse"}
    assert problem(kari.post(f"{path}/join", joining)) == "cannot-be-done"
    reader = Program(site, make_token(site, friends[0].email, [Scope.READ]))
    assert problem(reader.get(f"{path}/invitation")) == "not-allowed"


def test_a_taken_name_is_told(site: Site, club: ClubBeside, group: Group) -> None:
    tormod = make_friend(site, club, "Tormod")
    program = Program(site, make_token(site, tormod.email))
    path = f"/groups/{group.id}/join"
    assert problem(program.post(path, {"invitation": group.invitation, "called": "berit"})) == "name-taken"
    assert problem(program.post(path, {"invitation": "a-guess", "called": "Tormod"})) == "not-found"
