"""What every Store promises of a record that cannot be read: it keeps nobody from the others."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from support.families import Family, Kept
from support.records import (
    CLUB,
    NOTHING_SENT,
    NOW,
    OPENING,
    SESSION,
    a_group,
    a_message,
    a_series,
    a_wish,
    claimed,
    scheduled,
)

from autotennis.domain.booking import Booking, Change, Outcome, requested
from autotennis.errors import AutotennisError, NotFound
from autotennis.events import OpeningDue
from autotennis.values import Party

ALL_DAY = OPENING + timedelta(days=1)
RECORDS = 3
DAMAGED, *WELL = range(RECORDS)


def full(booking: Booking) -> Change:
    return booking.found_full(OPENING + timedelta(days=3), NOTHING_SENT, Outcome(), OPENING)


def booked_by_one(family: Family) -> list[Booking]:
    """Bookings of one member, of one party and one opening."""
    made: list[Booking] = []
    for number in range(RECORDS):
        wish = a_wish(session=SESSION.model_copy(update={"timeid": SESSION.timeid + number}))
        bond = Party(id="bond-1", rank=number, asked_by="m-1")
        family.store.create(requested(f"b-{number}", wish.model_copy(update={"bond": bond}), NOW))
        made.append(family.store.change(f"b-{number}", scheduled))
    return made


def ids(found: Sequence[Kept]) -> list[str]:
    return sorted(one.id for one in found)


def test_one_booking_that_cannot_be_read_keeps_nobody_from_the_others(family: Family) -> None:
    store, made = family.store, booked_by_one(family)
    family.damage(made[DAMAGED])
    well = ids([made[number] for number in WELL])
    assert ids(store.bookings_of("m-1")) == well
    assert ids(store.bound("bond-1")) == well
    assert ids(store.opened(NOW, ALL_DAY)) == well
    # Whoever hands these over reads none of them.
    assert sorted(store.due(CLUB, OPENING, OPENING)) == ids(made)
    assert store.missed(ALL_DAY, ALL_DAY) == [OpeningDue(at=ALL_DAY, club_id=CLUB, opening_at=OPENING)]
    for step in (claimed, full):
        for booking_id in well:
            store.change(booking_id, step)
    assert ids(store.in_line(CLUB)) == well
    with pytest.raises(AutotennisError, match="cannot be read") as raised:
        store.change(made[DAMAGED].id, claimed)
    assert not isinstance(raised.value, NotFound)


def test_one_series_that_cannot_be_read_keeps_nobody_from_the_others(family: Family) -> None:
    made = [a_series(f"s-{number}") for number in range(RECORDS)]
    for series in made:
        family.store.add_series(series)
    family.damage(made[DAMAGED])
    well = ids([made[number] for number in WELL])
    assert ids(family.store.series_of("m-1")) == well
    assert ids(family.store.series_due(ALL_DAY)) == well


def test_one_group_that_cannot_be_read_keeps_nobody_from_the_others(family: Family) -> None:
    made = [a_group(f"g-{number}", "m-1", f"m-of-{number}") for number in range(RECORDS)]
    for group in made:
        family.store.add_group(group)
    family.damage(made[DAMAGED])
    assert ids(family.store.groups_of("m-1")) == ids([made[number] for number in WELL])


def test_one_message_that_cannot_be_read_keeps_nobody_from_the_others(family: Family) -> None:
    made = [a_message(f"msg-{number}") for number in range(RECORDS)]
    family.store.add_messages(made)
    family.damage(made[DAMAGED])
    well = ids([made[number] for number in WELL])
    assert ids(family.store.messages_of("m-1")) == well
    assert ids(family.store.messages_due(ALL_DAY)) == well
    assert ids(family.store.messages_due(ALL_DAY, channel_id="c-1")) == well
