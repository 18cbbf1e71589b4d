"""What every Store promises of checks before an opening."""

from datetime import datetime, timedelta

from support.families import Family
from support.records import NOW, OPENING, a_member, a_request, claimed

from autotennis.domain.checks import CheckRules

HOUR = timedelta(hours=1)
RULES = CheckRules(spread_min=0)


def a_booking(family: Family, booking_id: str, opening_at: datetime) -> datetime:
    """A scheduled booking; gives when it is to be checked."""
    family.store.create(a_request(booking_id, member_id=f"m-{booking_id}", opening_at=opening_at))
    check_at = family.store.change(booking_id, lambda it: it.wake_planned(NOW, RULES)).check_at
    assert check_at
    return check_at


def due(family: Family, before: datetime, limit: int = 1000) -> list[str]:
    return [one.id for one in family.store.checks_due(before, limit)]


def test_what_is_to_be_checked_is_found_the_earliest_first(family: Family) -> None:
    late = a_booking(family, "b-late", OPENING + 40 * HOUR)
    early = a_booking(family, "b-early", OPENING + 30 * HOUR)
    assert due(family, early) == [], "the instant itself does not count"
    assert due(family, late) == ["b-early"]
    assert due(family, late + HOUR) == ["b-early", "b-late"]
    assert due(family, late + HOUR, limit=1) == ["b-early"]
    assert family.store.checks_due(late)[0] == family.store.booking("b-early")


def test_what_was_checked_or_is_raced_for_or_never_to_be_checked_is_not_found(family: Family) -> None:
    at = a_booking(family, "b-1", OPENING + 30 * HOUR)
    a_booking(family, "b-2", OPENING + 30 * HOUR)
    family.store.create(a_request("b-3", member_id="m-3", opening_at=OPENING + 30 * HOUR))
    family.store.change("b-3", lambda it: it.wake_planned(NOW))
    family.store.change("b-1", lambda it: it.check_handed_over(None, at, RULES, at))
    assert due(family, at + HOUR) == ["b-2"]
    assert due(family, OPENING + 29 * HOUR) == ["b-2", "b-1"], "the next check of the first one"
    family.store.change("b-2", claimed)
    assert due(family, at + HOUR) == []


def test_operators_are_found_the_oldest_first(family: Family) -> None:
    assert family.store.operators() == []
    family.store.add_member(a_member("m-1"))
    for number in (3, 2):
        operator = a_member(f"m-{number}", f"operator-{number}@example.org")
        at = NOW + timedelta(days=number)
        family.store.add_member(operator.model_copy(update={"is_operator": True, "created_at": at}))
    assert [one.id for one in family.store.operators()] == ["m-2", "m-3"]
    assert len(family.store.operators(limit=1)) == 1
    family.store.change_member("m-2", lambda it: it.model_copy(update={"is_operator": False}))
    family.store.change_member("m-1", lambda it: it.model_copy(update={"is_operator": True}))
    assert [one.id for one in family.store.operators()] == ["m-1", "m-3"]
