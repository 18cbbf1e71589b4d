"""What every Store promises of groups, and of bookings that are bound to each other."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.families import Family
from support.records import CLUB, NOW, OPENING, SESSION, a_group, booked, cancelled, claimed, scheduled

from autotennis.domain.booking import State, Wish, requested
from autotennis.domain.group import Group
from autotennis.errors import NotFound
from autotennis.values import Bond, Choice, Party


def bind(family: Family, booking_id: str, bond: Bond | None) -> None:
    wish = Wish(member_id=f"m-of-{booking_id}", club_id=CLUB, session=SESSION, opening_at=OPENING, bond=bond)
    family.store.create(requested(booking_id, wish, NOW))


def test_those_that_are_bound_to_each_other_are_found_in_their_order(family: Family) -> None:
    for rank in (2, 0, 1):
        bind(family, f"b-{rank}", Party(id="bond-1", rank=rank, asked_by="m-1"))
    bind(family, "other", Choice(id="bond-2", rank=0, trade_up=True))
    bind(family, "alone", None)
    assert [one.id for one in family.store.bound("bond-1")] == ["b-0", "b-1", "b-2"]
    (other,) = family.store.bound("bond-2")
    assert other.bond == Choice(id="bond-2", rank=0, trade_up=True)
    assert family.store.bound("bond-3") == []


def test_they_are_found_as_they_are_now_however_they_ended(family: Family) -> None:
    for rank in range(2):
        bind(family, f"b-{rank}", Choice(id="bond-1", rank=rank))
    for step in (scheduled, claimed, booked):
        family.store.change("b-0", step)
    family.store.change("b-1", cancelled)
    assert [one.state for one in family.store.bound("bond-1")] == [State.BOOKED, State.CANCELLED]


def test_a_group_comes_back_as_it_was(family: Family) -> None:
    group = a_group("g-1", "m-1", "m-2")
    family.store.add_group(group)
    assert family.store.group("g-1") == group
    with family.reopened() as other:
        assert other.store.group("g-1") == group


def test_added_again_a_group_stays_as_it_is(family: Family) -> None:
    family.store.add_group(a_group())
    changed = family.store.change_group("g-1", lambda it: it.joined("m-2", "Kari", NOW))
    family.store.add_group(a_group())
    assert family.store.group("g-1") == changed
    assert family.store.groups_of("m-2") == [changed]


def test_an_unknown_group_is_not_found(family: Family) -> None:
    with pytest.raises(NotFound):
        family.store.group("g-1")
    with pytest.raises(NotFound):
        family.store.change_group("g-1", lambda it: it)


def test_a_member_sees_the_groups_that_they_are_in_now(family: Family) -> None:
    family.store.add_group(a_group("g-1", "m-1", "m-2"))
    family.store.add_group(a_group("g-2", "m-2"))
    assert {one.id for one in family.store.groups_of("m-2")} == {"g-1", "g-2"}
    assert [one.id for one in family.store.groups_of("m-1")] == ["g-1"]
    assert len(family.store.groups_of("m-2", limit=1)) == 1
    family.store.change_group("g-1", lambda it: it.left("m-2", NOW))
    assert [one.id for one in family.store.groups_of("m-2")] == ["g-2"]
    family.store.change_group("g-2", lambda it: it.left("m-2", NOW))
    assert family.store.groups_of("m-2") == []
    assert family.store.group("g-2").members == ()


def test_what_somebody_shares_is_kept(family: Family) -> None:
    family.store.add_group(a_group("g-1", "m-1", "m-2"))
    family.store.change_group("g-1", lambda it: it.shared("m-2", NOW, shares=True))
    (group,) = family.store.groups_of("m-1")
    assert [one.shares for one in group.members] == [False, True]


def test_what_a_change_raises_leaves_a_group_as_it_was(family: Family) -> None:
    family.store.add_group(a_group())

    def fail(_group: Group) -> Group:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        family.store.change_group("g-1", fail)
    assert family.store.group("g-1") == a_group()


def test_who_joins_at_once_all_get_in(family: Family) -> None:
    family.store.add_group(a_group())

    def join(number: int) -> None:
        family.store.change_group("g-1", lambda it: it.joined(f"m-{number}", f"Player {number}", NOW))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(join, range(2, 8)))
    assert {one.member_id for one in family.store.group("g-1").members} == {f"m-{number}" for number in range(1, 8)}
