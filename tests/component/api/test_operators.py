"""Operators make others and dismiss them, never themselves; and they let in again who was shut out."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from support.api_site import CLUB_ID, PASSWORD, PIN, ClubBeside, Site, words
from support.friends import Friend
from support.past_races import made_operator
from support.programs import Program, make_token, problem

from autotennis.domain.audit import DeedKind
from autotennis.domain.booking import State
from autotennis.domain.member import Member
from autotennis.errors import Stale
from autotennis_api import operators
from autotennis_api.operators import BothAtOnce, NotFromOneself
from practice_club.orders import NewSession

NEW = "et helt annet passord"


@pytest.fixture
def operator(site: Site, friends: Sequence[Friend]) -> Friend:
    """The first account of all."""
    return friends[0]


def _account(site: Site, friend: Friend) -> Member:
    return site.ports.store.member(friend.account.id)


def _deeds(site: Site) -> list[tuple[DeedKind, str]]:
    found = site.ports.store.deeds(site.ports.clock.now(), 50)
    return [(one.kind, one.about) for one in found if one.kind is not DeedKind.SIGNED_IN]


# Operators


def test_an_operator_makes_another_who_can_be_dismissed(
    site: Site, operator: Friend, friends: Sequence[Friend]
) -> None:
    other = friends[1]
    asked = operator.visitor.post("/operator/operators", {"email": other.email.upper()})
    assert f"Make an operator? {other.email}" in words(asked)
    assert other.email not in asked.request.path
    path = asked.request.path
    assert other.visitor.get("/operator").status_code == 404
    assert "They find the console" in words(operator.visitor.post(f"{path}/appoint", {}))
    assert other.visitor.get("/operator").status_code == 200
    assert "That was so already." in words(operator.visitor.post(f"{path}/appoint", {}))
    assert "An operator no more?" in words(operator.visitor.get(path))
    assert "They are an operator no more." in words(operator.visitor.post(f"{path}/dismiss", {}))
    assert other.visitor.get("/operator").status_code == 404
    about = f"member/{other.account.id}"
    assert _deeds(site) == [(DeedKind.UNMADE_OPERATOR, about), (DeedKind.MADE_OPERATOR, about)]
    shown = words(operator.visitor.get("/operator/deeds"))
    assert f"Took an operator's rights away {other.email} {operator.email}" in shown


def test_all_operators_are_listed(site: Site, operator: Friend, friends: Sequence[Friend]) -> None:
    _, other, third = friends[:3]
    made_operator(site.ports, _account(site, other))
    page = operator.visitor.get("/operator/operators").text
    listed = [friend.email for friend in (operator, other, third) if f">{friend.email}</a>" in page]
    assert listed == [operator.email, other.email]
    assert f'href="/operator/operators/{other.account.id}"' in page


def test_the_only_operator_is_warned_before_leaving(site: Site, operator: Friend, friends: Sequence[Friend]) -> None:
    warning = "You are the only operator"
    assert warning in words(operator.visitor.get("/settings/leave"))
    assert warning not in words(friends[1].visitor.get("/settings/leave"))
    made_operator(site.ports, _account(site, friends[1]))
    assert warning not in words(operator.visitor.get("/settings/leave"))


def test_nobody_dismisses_themselves(site: Site, operator: Friend) -> None:
    path = f"/operator/operators/{operator.account.id}"
    page = operator.visitor.get(path)
    assert "This is you." in words(page)
    assert "/dismiss" not in page.text
    assert "another operator can" in words(operator.visitor.post(f"{path}/dismiss", {}))
    assert _account(site, operator).is_operator
    assert _deeds(site) == []


@pytest.mark.parametrize(("email", "told"), [("", "This is needed."), ("nobody@example.org", "There is no account")])
def test_an_address_that_nobody_has_is_told_at_its_field(operator: Friend, email: str, told: str) -> None:
    for path, field in (("/operator/operators", "email"), ("/operator/let-in", "again-email")):
        answer = operator.visitor.post(path, {field: email})
        assert answer.status_code == 422
        assert told in words(answer)
        assert f'id="{field}-error"' in answer.text
        assert f'value="{email}"' in answer.text


def test_for_members_there_are_no_such_pages(site: Site, operator: Friend, friends: Sequence[Friend]) -> None:
    other = friends[1]
    one = f"/operator/operators/{other.account.id}"
    for path in ("/operator/operators", f"{one}/appoint", f"{one}/dismiss", "/operator/let-in"):
        assert other.visitor.post(path, {"email": other.email, "again-email": other.email}).status_code == 404
    assert not _account(site, other).is_operator
    assert operator.visitor.get("/operator/operators/nobody").status_code == 404
    assert operator.visitor.post("/operator/operators/nobody/appoint", {}).status_code == 404


def test_two_who_dismiss_each_other_leave_one_at_least(site: Site, friends: Sequence[Friend]) -> None:
    both = friends[:2]

    def dismiss(number: int) -> None:
        with suppress(BothAtOnce, Stale):
            operators.dismiss(site.ports, both[number].account, both[1 - number].account.id)

    for _ in range(20):
        for one in both:
            if not _account(site, one).is_operator:
                made_operator(site.ports, one.account)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(dismiss, range(2)))
        assert any(_account(site, one).is_operator for one in both)


def test_who_was_dismissed_meanwhile_takes_back_what_they_did(site: Site, friends: Sequence[Friend]) -> None:
    first, second = (one.account for one in friends[:2])
    made_operator(site.ports, second)
    operators.dismiss(site.ports, first, second.id)
    # As if the second one had been let in a moment before.
    with pytest.raises(BothAtOnce):
        operators.dismiss(site.ports, second, first.id)
    assert _account(site, friends[0]).is_operator
    with pytest.raises(NotFromOneself):
        operators.dismiss(site.ports, first, first.id)


# Sign-in limits


def _shut_out(site: Site, email: str) -> None:
    answers = [site.visitor().sign_in(email, "et langt og galt passord") for _ in range(11)]
    assert answers[-1].status_code == 429


def _locked(operator: Friend) -> str:
    shown = words(operator.visitor.get("/operator"))
    return shown.partition("Shut out from signing in")[2].partition("The member's")[0].strip()


def test_who_is_shut_out_is_counted_and_can_be_let_in_again(
    site: Site, operator: Friend, friends: Sequence[Friend]
) -> None:
    other = friends[1]
    assert "Accounts, from one address of the network each 0" in _locked(operator)
    _shut_out(site, other.email)
    _shut_out(site, other.email)
    shown = _locked(operator)
    assert shown.startswith("Accounts, from everywhere 0 Accounts, from one address of the network each 1 Addresses")
    assert other.email not in operator.visitor.get("/operator").text
    assert site.visitor().sign_in(other.email).status_code == 429

    answer = operator.visitor.post("/operator/let-in", {"again-email": f" {other.email.upper()}"})
    assert "They can try again now." in words(answer)
    assert site.visitor().sign_in(other.email, PASSWORD).request.path == "/"
    assert "each 0" in _locked(operator)
    assert "Nothing kept this account out." in words(
        operator.visitor.post("/operator/let-in", {"again-email": other.email})
    )
    assert _deeds(site) == [(DeedKind.LET_IN_AGAIN, f"member/{other.account.id}")] * 2


def test_an_address_of_the_network_is_counted_apart_and_stays_shut(site: Site, operator: Friend) -> None:
    for number in range(41):
        site.visitor().sign_in(f"nobody{number}@example.org", "et langt og galt passord")
    assert "Addresses of the network, from all accounts 1" in _locked(operator)
    operator.visitor.post("/operator/let-in", {"again-email": operator.email})
    assert "Addresses of the network, from all accounts 1" in _locked(operator)


def test_letting_one_in_leaves_the_others_out(site: Site, operator: Friend, friends: Sequence[Friend]) -> None:
    for one in friends[1:]:
        _shut_out(site, one.email)
    operator.visitor.post("/operator/let-in", {"again-email": friends[1].email})
    assert "each 1" in _locked(operator)
    assert site.visitor().sign_in(friends[2].email).status_code == 429


def test_nobody_becomes_one_or_somebody_else_by_a_field_more(
    site: Site, club: ClubBeside, operator: Friend, friends: Sequence[Friend]
) -> None:
    """A form takes what it asks for, and nothing else of an account or a booking that is written into it."""
    more = {
        "is_operator": "y",
        "id": operator.account.id,
        "member_id": operator.account.id,
        "member": "x",
        "state": "booked",
    }
    visitor, account = friends[1].visitor, friends[1].account
    visitor.post("/language", {"language": "nb", "back": "/settings", **more})
    visitor.post("/settings/password", {"old": PASSWORD, "password": NEW, "again": NEW, **more})
    preview = visitor.paste(club.add_session(NewSession(opens_in_s=86_370))[1])
    booking_id = visitor.confirm(preview, **more).request.path.rsplit("/", 1)[1]
    booking, now = site.ports.store.booking(booking_id), site.ports.store.member(account.id)
    assert (booking.member_id, booking.state) == (account.id, State.REQUESTED)
    assert (now.language, now.is_operator, now.email) == ("nb", False, account.email)
    assert site.ports.store.bookings_of(operator.account.id) == []
    club.add_member("tormod.vassfjell@example.org")
    form = {
        "club": CLUB_ID,
        "email": "tormod.vassfjell@example.org",
        "club_password": PIN,
        "password": NEW,
        "again": NEW,
    }
    site.visitor().post("/register", {**form, **more})
    registered = site.ports.store.member_by_email("tormod.vassfjell@example.org")
    assert registered
    assert not registered.is_operator
    assert registered.id != operator.account.id


def test_nor_does_a_program(site: Site, club: ClubBeside, operator: Friend, friends: Sequence[Friend]) -> None:
    program = Program(site, make_token(site, friends[1].email))
    link = club.add_session(NewSession(opens_in_s=86_370))[1]
    for more in ({"member_id": operator.account.id}, {"state": "booked"}, {"is_operator": True}, {"id": "mine"}):
        answer = program.post("/bookings", {"session": {"link": link}, **more})
        assert (answer.status_code, problem(answer)) == (400, "bad-request"), more
    assert site.ports.store.bookings_of(operator.account.id) == []
