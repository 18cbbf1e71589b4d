"""Groups: founded, joined by a link that only friends have, looked after; and booked for with one form."""

from collections.abc import Mapping, Sequence

import pytest
from support.api_site import CLUB_ID, ClubBeside, Site, Visitor, words
from support.friends import Friend, found_group, join_path, make_group

from autotennis.domain.group import Group
from autotennis.values import LARGEST_PARTY
from autotennis_api.groups import MOST_GROUPS

NOWHERE = "This invitation leads nowhere"


def _names(site: Site, group: Group) -> list[str]:
    return [one.name for one in site.ports.store.group(group.id).members]


# Founding and joining


def test_who_is_in_none_is_taught_what_they_are_for(member: Visitor) -> None:
    shown = words(member.get("/groups"))
    assert "You are in no group yet." in shown
    assert "Whoever joins agrees that each of you may book for all" in shown
    assert 'href="/groups"' in member.get("/").text


def test_a_group_is_founded_and_listed(site: Site, friends: Sequence[Friend]) -> None:
    group = found_group(site, friends[0], "  Tuesday   doubles ")
    assert (group.name, group.owner_id, _names(site, group)) == (
        "Tuesday doubles",
        friends[0].account.id,
        ["Berit"],
    )
    assert "Tuesday doubles Berit" in words(friends[0].visitor.get("/groups"))
    page = friends[0].visitor.get(f"/groups/{group.id}")
    assert f"http://localhost{join_path(group)}" in page.text
    assert "Who comes first goes first when there are fewer places." in words(page)


@pytest.mark.parametrize(
    ("form", "field", "problem"),
    [
        ({"name": "", "called": "Berit"}, "name", "This is needed."),
        ({"name": "   ", "called": "Berit"}, "name", "This is needed."),
        ({"name": "x" * 61, "called": "Berit"}, "name", "Use at most 60 characters."),
        ({"name": "Tuesday"}, "called", "This is needed."),
        ({"name": "Tuesday", "called": "x" * 41}, "called", "Use at most 40 characters."),
        ({"name": "Tuesday", "called": "Berit\u202e"}, "called", "Use letters, digits and blanks."),
        ({"name": "Tues\x00day", "called": "Berit"}, "name", "Use letters, digits and blanks."),
    ],
)
def test_a_bad_name_is_refused_at_its_field(member: Visitor, form: Mapping[str, str], field: str, problem: str) -> None:
    answer = member.post("/groups", form)
    assert answer.status_code == 422
    assert f'<small class="error" id="{field}-error">{problem}</small>' in answer.text
    assert "You are in no group yet." in words(answer)


def test_names_are_shown_as_text_and_never_as_markup(site: Site, friends: Sequence[Friend]) -> None:
    group = found_group(site, friends[0], "<b>bold</b>")
    assert "<b>bold</b>" not in friends[0].visitor.get(f"/groups/{group.id}").text
    assert "<b>bold</b>" not in friends[1].visitor.get(join_path(group)).text


def test_nobody_is_in_more_groups_than_are_good_for_them(site: Site, friends: Sequence[Friend]) -> None:
    for number in range(MOST_GROUPS):
        found_group(site, friends[0], f"Group {number}")
    answer = friends[0].visitor.post("/groups", {"name": "One more", "called": "Berit"})
    assert answer.status_code == 422
    assert f"You are in {MOST_GROUPS} groups: leave one first." in words(answer)
    other = found_group(site, friends[1])
    assert friends[0].visitor.post(join_path(other), {"called": "Berit"}).status_code == 422
    assert _names(site, other) == ["Kari"]


def test_joining_asks_first_and_says_what_one_agrees_to(site: Site, friends: Sequence[Friend]) -> None:
    group = found_group(site, friends[0])
    asked = words(friends[1].visitor.get(join_path(group)))
    for told in (
        "Join “Tuesday doubles”?",
        "In it are: Berit",
        "everybody in this group may book sessions for you, with your own login at the club",
        "Yes, I agree and join",
    ):
        assert told in asked
    assert _names(site, group) == ["Berit"]
    joined = words(friends[1].visitor.post(join_path(group), {"called": "Kari"}))
    assert "You are in the group now." in joined
    assert _names(site, group) == ["Berit", "Kari"]
    companion = site.ports.store.group(group.id).companion(friends[1].account.id)
    assert companion is not None


def test_joining_twice_is_harmless(site: Site, friends: Sequence[Friend]) -> None:
    group = make_group(site, *friends[:2])
    for answer in (
        friends[1].visitor.get(join_path(group)),
        friends[1].visitor.post(join_path(group), {"called": "Kari again"}),
    ):
        assert "You are in this group already." in words(answer)
    assert _names(site, group) == ["Berit", "Kari"]


def test_two_of_one_name_would_be_one_too_many(site: Site, friends: Sequence[Friend]) -> None:
    group = found_group(site, friends[0])
    answer = friends[1].visitor.post(join_path(group), {"called": "bERIT"})
    assert answer.status_code == 422
    assert "Somebody in the group is called so already: choose another name." in words(answer)
    assert _names(site, group) == ["Berit"]


def test_a_full_group_takes_nobody(site: Site, friends: Sequence[Friend]) -> None:
    group, now = found_group(site, friends[0]), site.ports.clock.now()
    for number in range(LARGEST_PARTY - 1):
        site.ports.store.change_group(group.id, lambda it, number=number: it.joined(f"m-{number}", f"M {number}", now))
    answer = friends[1].visitor.post(join_path(group), {"called": "Kari"})
    assert answer.status_code == 409
    assert f"The group is full: it has {LARGEST_PARTY} members." in words(answer)
    assert "Kari" not in _names(site, group)


def test_a_wrong_invitation_tells_nothing(site: Site, friends: Sequence[Friend]) -> None:
    group, stranger = found_group(site, friends[0]), friends[1].visitor
    told = set[str]()
    for path in (
        f"/groups/{group.id}/join/{group.invitation[:-1]}",
        f"/groups/{group.id}/join/æøå",
        f"/groups/{group.id}/join/{group.id}",
        f"/groups/no-such-group/join/{group.invitation}",
    ):
        for answer in (stranger.get(path), stranger.post(path, {"called": "Kari"})):
            assert answer.status_code == 404
            shown = words(answer)
            assert NOWHERE in shown
            assert "Tuesday" not in answer.text
            assert "Berit" not in answer.text
            told.add(shown)
    assert len(told) == 1
    assert _names(site, group) == ["Berit"]


def test_a_renewed_invitation_makes_earlier_ones_lead_nowhere(site: Site, friends: Sequence[Friend]) -> None:
    group, owner = found_group(site, friends[0]), friends[0].visitor
    assert "Make a new link?" in words(owner.get(f"/groups/{group.id}/renew"))
    assert "There is a new link." in words(owner.post(f"/groups/{group.id}/renew", {}))
    assert NOWHERE in words(friends[1].visitor.get(join_path(group)))
    renewed = site.ports.store.group(group.id)
    assert "Join “Tuesday doubles”?" in words(friends[1].visitor.get(join_path(renewed)))


def test_a_group_that_everybody_left_is_nobodys(site: Site, friends: Sequence[Friend]) -> None:
    group = found_group(site, friends[0])
    assert "You are the last one in it: the group ends." in words(friends[0].visitor.get(f"/groups/{group.id}/leave"))
    friends[0].visitor.post(f"/groups/{group.id}/leave", {})
    assert "You are in no group yet." in words(friends[0].visitor.get("/groups"))
    assert NOWHERE in words(friends[1].visitor.get(join_path(group)))


def test_who_is_not_signed_in_signs_in_and_comes_back(site: Site, friends: Sequence[Friend]) -> None:
    group, visitor = found_group(site, friends[0]), site.visitor()
    sent = visitor.get(join_path(group))
    assert sent.request.path == "/sign-in"
    assert "Berit" not in sent.text
    back = visitor.sign_in(friends[1].email, wanted=join_path(group))
    assert "Join “Tuesday doubles”?" in words(back)


def test_who_has_no_account_registers_and_comes_back(site: Site, club: ClubBeside, friends: Sequence[Friend]) -> None:
    group, visitor = found_group(site, friends[0]), site.visitor()
    club.add_member("ny@example.org")
    sent = visitor.get(join_path(group))
    to_register = f"/register?next={join_path(group)}"
    assert f'href="{to_register}"' in sent.text
    page = visitor.get(to_register)
    assert f'name="next" value="{join_path(group)}"' in page.text
    form = {"club": CLUB_ID, "email": "ny@example.org", "club_password": "4711", "next": join_path(group)}
    password = {"password": "et langt og godt passord", "again": "et langt og godt passord"}
    assert "Join “Tuesday doubles”?" in words(visitor.post("/register", {**form, **password}))


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_and_is_led_to_no_other_site(site: Site, club: ClubBeside, wanted: str) -> None:
    club.add_member("ny@example.org")
    form = {"club": CLUB_ID, "email": "ny@example.org", "club_password": "4711", "next": wanted}
    password = {"password": "et langt og godt passord", "again": "et langt og godt passord"}
    answer = site.visitor().post("/register", {**form, **password}, follow=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


# Looking after it


def test_its_owner_puts_it_in_order_and_removes_somebody(site: Site, friends: Sequence[Friend]) -> None:
    group, owner = make_group(site, *friends), friends[0].visitor
    third = friends[2].account.id
    owner.post(f"/groups/{group.id}/up", {"member": third})
    assert _names(site, group) == ["Berit", "Nils", "Kari"]
    for _ in range(3):
        owner.post(f"/groups/{group.id}/up", {"member": third})
    assert _names(site, group) == ["Nils", "Berit", "Kari"]
    asked = words(owner.get(f"/groups/{group.id}/remove/{third}"))
    assert "Remove Nils?" in asked
    assert "What is booked already stays." in asked
    assert "Nils is not in the group any more." in words(owner.post(f"/groups/{group.id}/remove/{third}", {}))
    assert _names(site, group) == ["Berit", "Kari"]
    assert owner.post(f"/groups/{group.id}/remove/{third}", {}).status_code == 404
    assert friends[2].visitor.get(f"/groups/{group.id}").status_code == 404


@pytest.mark.parametrize("forged", ["", "nobody", "../..", "<b>"])
def test_nobody_is_moved_by_a_forged_id(site: Site, friends: Sequence[Friend], forged: str) -> None:
    group = make_group(site, *friends)
    assert friends[0].visitor.post(f"/groups/{group.id}/up", {"member": forged}).status_code == 200
    assert friends[0].visitor.post(f"/groups/{group.id}/remove/nobody", {}).status_code == 404
    assert _names(site, group) == ["Berit", "Kari", "Nils"]


def test_who_owns_it_not_may_only_look_and_leave(site: Site, friends: Sequence[Friend]) -> None:
    group, second = make_group(site, *friends), friends[1].visitor
    page = second.get(f"/groups/{group.id}")
    assert group.invitation not in page.text
    assert "Remove" not in words(page)
    assert "Berit (looks after the group)" in words(page)
    third = friends[2].account.id
    for path in (f"remove/{third}", "renew", "up"):
        assert second.post(f"/groups/{group.id}/{path}", {"member": third}).status_code == 403
    for path in (f"remove/{third}", "renew"):
        assert second.get(f"/groups/{group.id}/{path}").status_code == 403
    assert site.ports.store.group(group.id) == group
    assert "Leave “Tuesday doubles”?" in words(second.get(f"/groups/{group.id}/leave"))
    assert "You have left the group" in words(second.post(f"/groups/{group.id}/leave", {}))
    assert second.post(f"/groups/{group.id}/leave", {}).status_code == 404
    assert _names(site, group) == ["Berit", "Nils"]


def test_where_its_owner_leaves_it_is_the_next_ones(site: Site, friends: Sequence[Friend]) -> None:
    group = make_group(site, *friends)
    asked = words(friends[0].visitor.get(f"/groups/{group.id}/leave"))
    assert "Kari looks after the group then." in asked
    friends[0].visitor.post(f"/groups/{group.id}/leave", {})
    assert "Invite somebody" in words(friends[1].visitor.get(f"/groups/{group.id}"))


def test_for_everybody_else_it_does_not_exist(site: Site, friends: Sequence[Friend]) -> None:
    group, stranger = make_group(site, *friends[:2]), friends[2].visitor
    member_id = friends[1].account.id
    for path in ("", "/leave", "/renew", f"/remove/{member_id}"):
        assert stranger.get(f"/groups/{group.id}{path}").status_code == 404
    for path in ("/leave", "/renew", "/up", f"/remove/{member_id}"):
        assert stranger.post(f"/groups/{group.id}{path}", {"member": member_id}).status_code == 404
    assert "Tuesday" not in stranger.get("/groups").text
    assert site.ports.store.group(group.id) == group


def test_a_form_without_its_token_does_nothing(site: Site, friends: Sequence[Friend]) -> None:
    group = make_group(site, *friends[:2])
    owner, member_id = friends[0].visitor, friends[1].account.id
    for path in ("/leave", "/renew", "/up", f"/remove/{member_id}"):
        assert owner.post(f"/groups/{group.id}{path}", {"member": member_id}, token=False).status_code == 400
    assert friends[2].visitor.post(join_path(group), {"called": "Nils"}, token=False).status_code == 400
    assert owner.post("/groups", {"name": "New", "called": "Berit"}, token=False).status_code == 400
    assert site.ports.store.group(group.id) == group
