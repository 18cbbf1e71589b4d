"""A group: who is in it, in which order, and whose it is."""

from datetime import timedelta

import pytest
from pydantic import ValidationError
from support.records import NOW, a_group

from autotennis.domain.group import Group
from autotennis.errors import IllegalMove, Stale
from autotennis.values import LARGEST_PARTY


def members(group: Group) -> list[str]:
    return [one.member_id for one in group.members]


def test_who_joins_comes_last_and_joins_once() -> None:
    group = a_group("g-1", "m-1").joined("m-2", "Kari", NOW)
    assert members(group) == ["m-1", "m-2"]
    companion = group.companion("m-2")
    assert companion
    assert companion.name == "Kari"
    with pytest.raises(Stale):
        group.joined("m-2", "Kari again", NOW)


def test_a_full_group_and_one_that_nobody_is_left_in_cannot_be_joined() -> None:
    full = a_group("g-1", *(f"m-{number}" for number in range(LARGEST_PARTY)))
    with pytest.raises(IllegalMove):
        full.joined("m-99", "Ola", NOW)
    with pytest.raises(IllegalMove):
        a_group().left("m-1", NOW).joined("m-2", "Ola", NOW)


def test_where_the_owner_leaves_the_first_one_inherits() -> None:
    group = a_group("g-1", "m-1", "m-2", "m-3")
    assert group.left("m-1", NOW).owner_id == "m-2"
    assert group.left("m-2", NOW).owner_id == "m-1"
    with pytest.raises(Stale):
        group.left("m-9", NOW)


def test_the_order_is_put_right_one_step_at_a_time() -> None:
    group = a_group("g-1", "m-1", "m-2", "m-3")
    assert members(group.moved_up("m-3", NOW)) == ["m-1", "m-3", "m-2"]
    assert members(group.moved_up("m-3", NOW).moved_up("m-3", NOW)) == ["m-3", "m-1", "m-2"]
    for nowhere in ("m-1", "m-9"):
        with pytest.raises(Stale):
            group.moved_up(nowhere, NOW)


def test_nobody_sees_what_somebody_goes_to_before_they_share_it() -> None:
    group = a_group("g-1", "m-1", "m-2")
    assert [one.shares for one in group.members] == [False, False]
    later = NOW + timedelta(hours=1)
    shared = group.shared("m-2", later, shares=True)
    assert [one.shares for one in shared.members] == [False, True]
    assert (members(shared), shared.changed_at) == (members(group), later)
    assert not any(one.shares for one in shared.shared("m-2", later, shares=False).members)
    for nothing_new in (("m-2", True), ("m-1", False), ("m-9", True)):
        with pytest.raises(Stale):
            shared.shared(nothing_new[0], later, shares=nothing_new[1])


def test_a_group_of_an_earlier_version_shares_nothing() -> None:
    kept = a_group("g-1", "m-1").model_dump(mode="json")
    del kept["members"][0]["shares"]
    assert not Group.model_validate(kept).members[0].shares


def test_an_invitation_is_not_shown_by_accident() -> None:
    group = a_group().invited_anew("a-new-secret", NOW)
    assert group.invitation == "a-new-secret"
    assert "a-new-secret" not in repr(group)


@pytest.mark.parametrize("name", ["", "x" * 41])
def test_a_companion_has_a_name_that_can_be_shown(name: str) -> None:
    with pytest.raises(ValidationError):
        a_group().joined("m-2", name, NOW)
