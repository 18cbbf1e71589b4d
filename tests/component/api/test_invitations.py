"""Who may register: the first one, whoever has an invitation, and nobody else."""

import logging
import re
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from support.api_site import PASSWORD, PIN, ClubBeside, Site, Visitor, api_settings, open_site, words

from autotennis.domain.link_secrets import fingerprint

OPERATOR = "driver@example.org"


@pytest.fixture
def closed(club: ClubBeside, tmp_path: Path) -> Generator[Site, None, None]:
    """The pages as an operator starts them: by invitation only."""
    with open_site(api_settings(tmp_path, club.rules(), open_registration=False)) as site:
        yield site


@pytest.fixture
def operator(closed: Site, club: ClubBeside) -> Visitor:
    """Whoever registered first."""
    club.add_member(OPERATOR)
    visitor = closed.visitor()
    assert visitor.register(OPERATOR).request.path == "/"
    return visitor


def _newcomer(site: Site, club: ClubBeside, email: str = "ny@example.org") -> Visitor:
    club.add_member(email)
    return site.visitor()


def _register(visitor: Visitor, email: str, link: str) -> int:
    page = visitor.get(link)
    found = re.search(r'name="invitation" value="([^"]*)"', page.text)
    form = {"club": "practice", "email": email, "club_password": PIN, "password": PASSWORD, "again": PASSWORD}
    return visitor.post("/register", {**form, "invitation": found[1] if found else ""}).status_code


def _make(operator: Visitor, most: int = 1, days: int = 7) -> str:
    answer = operator.post("/operator/invitations", {"most": most, "days": days})
    found = re.search(r'value="http://localhost(/register/[0-9a-f]+)"', answer.text)
    assert found, words(answer)
    return found[1]


def _account(site: Site, email: str) -> bool:
    return site.ports.store.member_by_email(email) is not None


def test_the_first_account_is_the_operators_and_no_later_one(site: Site, club: ClubBeside) -> None:
    for email in (OPERATOR, "andre@example.org"):
        assert _newcomer(site, club, email).register(email).status_code == 200
    found = [site.ports.store.member_by_email(email) for email in (OPERATOR, "andre@example.org")]
    assert [one and one.is_operator for one in found] == [True, False]


def test_of_two_first_ones_at_once_one_is_the_operator_and_the_other_is_not_let_in(
    closed: Site, club: ClubBeside
) -> None:
    emails = ["en@example.org", "to@example.org"]
    visitors = [_newcomer(closed, club, email) for email in emails]
    both, codes = threading.Barrier(2), dict[str, int]()

    def register(visitor: Visitor, email: str) -> None:
        visitor.get("/register")
        both.wait(20)
        codes[email] = visitor.register(email).status_code

    threads = [threading.Thread(target=register, args=pair) for pair in zip(visitors, emails, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(codes.values()) == [200, 403]
    found = [closed.ports.store.member_by_email(email) for email in emails]
    assert [one.is_operator for one in found if one] == [True]


def test_who_comes_without_an_invitation_is_told_so_and_the_club_is_not_asked(
    closed: Site, club: ClubBeside, operator: Visitor
) -> None:
    visitor = _newcomer(closed, club)
    asked = len(club.actions())
    answer = visitor.get("/register")
    assert answer.status_code == 403
    assert "Registering here takes an invitation." in words(answer)
    assert visitor.register("ny@example.org").status_code == 403
    assert len(club.actions()) == asked
    assert not _account(closed, "ny@example.org")


def test_an_invitation_lets_in_as_many_as_it_says(closed: Site, club: ClubBeside, operator: Visitor) -> None:
    link = _make(operator, most=2)
    for number in range(2):
        assert _register(_newcomer(closed, club, f"{number}@example.org"), f"{number}@example.org", link) == 200
    answer = _newcomer(closed, club).get(link)
    assert answer.status_code == 403
    assert "This invitation leads nowhere" in words(answer)
    assert "2 of 2 used Used up" in words(operator.get("/operator/invitations"))


def test_a_mistake_in_the_form_does_not_use_an_invitation_up(closed: Site, club: ClubBeside, operator: Visitor) -> None:
    link = _make(operator)
    visitor = _newcomer(closed, club)
    secret = link.rsplit("/", 1)[1]
    form = {"club": "practice", "email": "ny@example.org", "club_password": "0000", "invitation": secret}
    for passwords in ({"password": "short", "again": "short"}, {"password": PASSWORD, "again": PASSWORD}):
        answer = visitor.post("/register", {**form, **passwords})
        assert answer.status_code == 422
        assert f'name="invitation" value="{secret}"' in answer.text
    assert closed.ports.store.invitation(fingerprint(secret)).used == 0
    # Somebody who has an account already gives it back.
    assert _register(closed.visitor(), OPERATOR, link) == 409
    assert closed.ports.store.invitation(fingerprint(secret)).used == 0
    assert _register(visitor, "ny@example.org", link) == 200


def test_a_revoked_one_leads_nowhere_even_for_who_has_its_form_open(
    closed: Site, club: ClubBeside, operator: Visitor
) -> None:
    link = _make(operator)
    visitor = _newcomer(closed, club)
    assert visitor.get(link).status_code == 200
    kept = fingerprint(link.rsplit("/", 1)[1])
    assert "Revoked" in words(operator.post(f"/operator/invitations/{kept}/revoke", {}))
    assert operator.post(f"/operator/invitations/{kept}/revoke", {}).status_code == 200
    form = {"club": "practice", "email": "ny@example.org", "club_password": PIN, "password": PASSWORD}
    sent = {**form, "again": PASSWORD, "invitation": link.rsplit("/", 1)[1]}
    assert visitor.post("/register", sent).status_code == 403
    assert not _account(closed, "ny@example.org")
    assert operator.post("/operator/invitations/no-such-one/revoke", {}).status_code == 404


@pytest.mark.parametrize("secret", ["x", "%00", "æ" * 30, "..", "x" * 5000, "' OR 1=1 --"])
def test_a_forged_one_leads_nowhere(closed: Site, operator: Visitor, secret: str) -> None:
    assert closed.visitor().get(f"/register/{secret}").status_code in {403, 404}
    assert closed.visitor().post("/register", {"invitation": secret}).status_code == 403


def test_the_hash_that_is_kept_is_no_invitation(closed: Site, operator: Visitor) -> None:
    link = _make(operator)
    assert closed.visitor().get(f"/register/{fingerprint(link.rsplit('/', 1)[1])}").status_code == 403


def test_the_link_is_shown_once_and_neither_kept_nor_logged(
    closed: Site,
    club: ClubBeside,
    operator: Visitor,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    link = _make(operator)
    secret = link.rsplit("/", 1)[1]
    assert _register(_newcomer(closed, club), "ny@example.org", link) == 200
    assert secret not in operator.get("/operator/invitations").text
    (kept,) = closed.ports.store.invitations()
    assert secret not in kept.model_dump_json()
    said = capfd.readouterr()
    assert secret not in caplog.text + said.out + said.err


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"most": "0", "days": "7"}, "most"),
        ({"most": "101", "days": "7"}, "most"),
        ({"most": "1", "days": "91"}, "days"),
        ({"most": "many", "days": "7"}, "most"),
        ({"days": "7"}, "most"),
    ],
)
def test_a_bad_number_is_refused_at_its_field(
    operator: Visitor, closed: Site, form: dict[str, str], field: str
) -> None:
    answer = operator.post("/operator/invitations", form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert closed.ports.store.invitations() == []


def test_only_operators_invite(closed: Site, club: ClubBeside, operator: Visitor) -> None:
    link = _make(operator)
    visitor = _newcomer(closed, club)
    assert _register(visitor, "ny@example.org", link) == 200
    assert visitor.get("/operator/invitations").status_code == 404
    assert visitor.post("/operator/invitations", {"most": 1, "days": 1}).status_code == 404
    assert visitor.post(f"/operator/invitations/{fingerprint(link)}/revoke", {}).status_code == 404
    assert "/operator/invitations" not in visitor.get("/settings").text
    assert "/operator/invitations" in operator.get("/settings").text
    assert len(closed.ports.store.invitations()) == 1


def test_a_groups_invitation_is_one_too_and_a_wrong_one_is_not(
    closed: Site, club: ClubBeside, operator: Visitor
) -> None:
    operator.post("/groups", {"name": "Tuesday", "called": "Kari"})
    account = closed.ports.store.member_by_email(OPERATOR)
    assert account is not None
    (group,) = closed.ports.store.groups_of(account.id)
    visitor = _newcomer(closed, club)
    form = {"club": "practice", "email": "ny@example.org", "club_password": PIN, "password": PASSWORD}
    form["again"] = PASSWORD
    for wrong in (f"/groups/{group.id}/join/wrong", f"/groups/nobody/join/{group.invitation}", f"/groups/{group.id}"):
        assert visitor.post("/register", {**form, "next": wrong}).status_code == 403
    wanted = f"/groups/{group.id}/join/{group.invitation}"
    assert visitor.get("/register?next=" + wanted).status_code == 200
    answer = visitor.post("/register", {**form, "next": wanted})
    assert answer.request.path == wanted
    assert _account(closed, "ny@example.org")
