"""What every Store promises of first accounts, of invitations, and of members who leave for good."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from support.families import Family
from support.records import (
    CLUB,
    NOW,
    OPENING,
    SESSION,
    a_group,
    a_member,
    a_message,
    a_request,
    a_series,
    an_invitation,
    cancelled,
)

from autotennis.domain.booking import Wish, requested
from autotennis.domain.link_secrets import fingerprint
from autotennis.domain.session import next_week
from autotennis.errors import DuplicateBooking, EmailTaken, IllegalMove, NotFound
from autotennis.values import Party


def test_the_first_account_is_the_first(family: Family) -> None:
    assert not family.store.has_members()
    assert family.store.add_first_member(a_member())
    assert family.store.has_members()
    assert family.store.member("m-1") == a_member()
    assert family.store.member_by_email(a_member().email) == a_member()
    assert not family.store.add_first_member(a_member("m-2", "second@example.org"))
    with pytest.raises(NotFound):
        family.store.member("m-2")


def test_no_account_is_the_first_after_another_one(family: Family) -> None:
    family.store.add_member(a_member())
    assert not family.store.add_first_member(a_member("m-2", "second@example.org"))


def test_of_many_first_ones_at_once_one_is_the_first(family: Family) -> None:
    with ThreadPoolExecutor(6) as pool:
        members = [a_member(f"m-{number}", f"{number}@example.org") for number in range(6)]
        assert sum(pool.map(family.store.add_first_member, members)) == 1
    found: Sequence[str] = [one.id for one in members if family.store.member_by_email(one.email)]
    assert len(found) == 1


def test_an_invitation_comes_back_as_it_was(family: Family) -> None:
    family.store.add_invitation(an_invitation())
    family.store.add_invitation(an_invitation())
    with family.reopened() as other:
        assert other.store.invitation(an_invitation().id) == an_invitation()
        assert other.store.invitations() == [an_invitation()]


def test_an_unknown_invitation_is_not_found(family: Family) -> None:
    with pytest.raises(NotFound):
        family.store.invitation("x")
    with pytest.raises(NotFound):
        family.store.change_invitation("x", lambda it: it)
    assert family.store.invitations() == []


def test_the_newest_invitations_come_first(family: Family) -> None:
    for number in range(3):
        made = an_invitation(f"secret {number}").model_copy(update={"made_at": NOW + timedelta(hours=number)})
        family.store.add_invitation(made)
    assert [one.id for one in family.store.invitations(limit=2)] == [fingerprint("secret 2"), fingerprint("secret 1")]


def test_an_invitation_is_used_no_oftener_than_it_may_be(family: Family) -> None:
    family.store.add_invitation(an_invitation(most=3))

    def take(_turn: int) -> bool:
        with suppress(IllegalMove):
            family.store.change_invitation(an_invitation().id, lambda it: it.taken(NOW))
            return True
        return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(take, range(8))) == 3
    assert family.store.invitation(an_invitation().id).used == 3


def test_operators_are_found_as_long_as_they_are(family: Family) -> None:
    chief = a_member("m-2", "two@example.org").model_copy(update={"is_operator": True})
    for member in (a_member(), chief):
        family.store.add_member(member)
    assert family.store.operators() == [chief]
    family.store.change_member("m-1", lambda it: it.model_copy(update={"is_operator": True}))
    family.store.change_member("m-2", lambda it: it.model_copy(update={"is_operator": False}))
    assert [one.id for one in family.store.operators()] == ["m-1"]


def fill(family: Family, member_id: str, email: str) -> None:
    """Everything that may be kept of a member."""
    store = family.store
    store.add_member(a_member(member_id, email))
    store.create(a_request(f"b-of-{member_id}", member_id))
    store.create(a_request(f"old-of-{member_id}", member_id, next_week(SESSION)))
    store.change(f"old-of-{member_id}", cancelled)
    store.add_series(a_series(f"s-of-{member_id}", member_id))
    store.add_group(a_group(f"g-of-{member_id}", member_id))
    store.add_messages([a_message(f"msg-of-{member_id}", member_id)])
    store.add_invitation(an_invitation(f"secret of {member_id}", made_by=member_id))


def test_of_who_leaves_nothing_is_left(family: Family) -> None:
    fill(family, "m-1", "one@example.org")
    family.store.add_group(a_group("shared", "m-1", "m-2"))
    family.store.forget_member("m-1", NOW)
    store = family.store
    with pytest.raises(NotFound):
        store.member("m-1")
    assert store.member_by_email("one@example.org") is None
    assert not store.bookings_of("m-1")
    assert not store.series_of("m-1")
    assert not store.groups_of("m-1")
    assert not store.invitations()
    assert not store.messages_of("m-1")
    assert not store.unpublished()
    with pytest.raises(NotFound):
        store.group("g-of-m-1")
    assert store.group("shared").owner_id == "m-2"
    assert [one.member_id for one in store.group("shared").members] == ["m-2"]
    assert not store.has_open()


def test_what_others_have_stays(family: Family) -> None:
    # One id is the beginning of the other: nobody goes along with somebody else.
    fill(family, "m-1", "one@example.org")
    fill(family, "m-11", "eleven@example.org")
    family.store.forget_member("m-1", NOW)
    assert family.store.member_by_email("eleven@example.org") == a_member("m-11", "eleven@example.org")
    assert {one.id for one in family.store.bookings_of("m-11")} == {"b-of-m-11", "old-of-m-11"}
    assert [one.id for one in family.store.series_of("m-11")] == ["s-of-m-11"]
    assert [one.id for one in family.store.groups_of("m-11")] == ["g-of-m-11"]
    assert [one.id for one in family.store.messages_of("m-11")] == ["msg-of-m-11"]
    assert [one.made_by for one in family.store.invitations()] == ["m-11"]
    assert {one.id for one in family.store.unpublished()} == {
        f"{kind}/{booking_id}"
        for kind, booking_id in [
            ("BookingRequested", "b-of-m-11"),
            ("BookingRequested", "old-of-m-11"),
            ("BookingCancelled", "old-of-m-11"),
        ]
    }
    with pytest.raises(DuplicateBooking):
        family.store.create(a_request("once-more", "m-11"))


def test_forgetting_again_is_harmless_and_the_address_is_free(family: Family) -> None:
    fill(family, "m-1", "one@example.org")
    for _ in range(2):
        family.store.forget_member("m-1", NOW)
    assert family.store.add_first_member(a_member("m-2", "one@example.org"))
    family.store.forget_member("m-1", NOW)
    with pytest.raises(EmailTaken):
        family.store.add_member(a_member("m-3", "one@example.org"))


def test_what_they_asked_for_others_goes_on_without_their_name(family: Family) -> None:
    for rank, member_id in enumerate(("m-1", "m-2")):
        bond = Party(id="bond-1", rank=rank, asked_by="m-1")
        wish = Wish(member_id=member_id, club_id=CLUB, session=SESSION, opening_at=OPENING, bond=bond)
        family.store.create(requested(f"b-{rank}", wish, NOW))
    family.store.forget_member("m-1", NOW)
    (other,) = family.store.bound("bond-1")
    assert other.member_id == "m-2"
    assert "m-1" not in other.model_dump_json()
    assert [one.id for one in family.store.bookings_of("m-2")] == ["b-1"]


def test_more_than_one_commit_takes_is_forgotten(family: Family) -> None:
    family.store.add_member(a_member())
    for number in range(30):
        session = SESSION.model_copy(update={"timeid": 1000 + number})
        family.store.create(a_request(f"b-{number}", "m-1", session))
    family.store.forget_member("m-1", NOW)
    assert not family.store.bookings_of("m-1")
    assert not family.store.unpublished(limit=1000)
