"""What every Store promises operators: pauses, what was done, and bookings by their openings; and every bus, queues."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from support.families import Family
from support.records import CLUB, NOW, OPENING, SESSION, a_deed, a_request, asked_for, cancelled, claimed, scheduled

from autotennis.domain.pause import MOST_PAUSES, Pause, PauseScope, TooManyPauses
from autotennis.flow import Service
from autotennis.ports import OpeningCount

MINUTE = timedelta(minutes=1)


def a_pause(member_id: str = "m-1", reason: str = "Their server smokes.") -> Pause:
    return Pause(scope=PauseScope.MEMBER, about=member_id, reason=reason, at=NOW, by="m-9")


def opens(family: Family, number: int, minutes: int, *, club: str = CLUB) -> str:
    """A booking that opens so long after the first one, scheduled."""
    booking, facts = a_request(f"b-{number}", f"m-{number}", SESSION, OPENING + minutes * MINUTE)
    booking = booking.model_copy(update={"club_id": club})
    family.store.create((booking, facts))
    family.store.change(booking.id, scheduled)
    return booking.id


def test_at_first_nothing_is_paused(family: Family) -> None:
    assert family.store.pauses().pauses == ()


def test_pauses_come_back_as_they_were_and_end(family: Family) -> None:
    family.store.change_pauses(lambda it: it.begun(a_pause()))
    changed = family.store.change_pauses(lambda it: it.begun(a_pause("m-2")))
    assert family.store.pauses() == changed
    with family.reopened() as other:
        assert other.store.pauses().of(CLUB, "m-2") == a_pause("m-2")
    family.store.change_pauses(lambda it: it.ended(a_pause().key))
    assert family.store.pauses().pauses == (a_pause("m-2"),)


def test_what_a_change_of_pauses_raises_leaves_them_as_they_were(family: Family) -> None:
    for number in range(MOST_PAUSES):
        family.store.change_pauses(lambda it, number=number: it.begun(a_pause(f"m-{number}")))
    with pytest.raises(TooManyPauses):
        family.store.change_pauses(lambda it: it.begun(a_pause("one-more")))
    assert len(family.store.pauses().pauses) == MOST_PAUSES


def test_pauses_that_begin_at_once_are_all_kept(family: Family) -> None:
    def begin(number: int) -> None:
        family.store.change_pauses(lambda it: it.begun(a_pause(f"m-{number}")))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(begin, range(4)))
    assert {one.about for one in family.store.pauses().pauses} == {f"m-{number}" for number in range(4)}


def test_deeds_come_newest_first_and_page_by_page(family: Family) -> None:
    for number in (2, 0, 1, 3):
        family.store.write_down(a_deed(number, NOW + number * MINUTE))
    family.store.write_down(a_deed(3, NOW + 3 * MINUTE))
    first = family.store.deeds(NOW + 4 * MINUTE, limit=3)
    assert [one.id for one in first] == ["d-3", "d-2", "d-1"]
    assert family.store.deeds(first[-1].at) == [a_deed(0, NOW)]


def test_bookings_are_found_by_their_openings_the_latest_first_however_they_stand(family: Family) -> None:
    ids = [opens(family, number, minutes) for number, minutes in enumerate([0, 1, 2, 3])]
    family.store.change(ids[1], cancelled)
    found = family.store.opened(OPENING, OPENING + 3 * MINUTE)
    assert [one.id for one in found] == [ids[2], ids[1], ids[0]]
    assert [one.id for one in family.store.opened(OPENING + MINUTE, OPENING + 9 * MINUTE, limit=2)] == [ids[3], ids[2]]
    assert family.store.opened(OPENING - MINUTE, OPENING) == []


def test_openings_are_counted_with_those_that_are_raced_for(family: Family) -> None:
    for number, minutes in enumerate([0, 0, 0, 2, 5]):
        opens(family, number, minutes)
    opens(family, 7, 0, club="another-club")
    family.store.change("b-0", claimed)
    family.store.change("b-1", cancelled)
    assert family.store.openings(OPENING, OPENING + 5 * MINUTE, NOW) == [
        OpeningCount(club_id="another-club", opening_at=OPENING, bookings=1, in_flight=0),
        OpeningCount(club_id=CLUB, opening_at=OPENING, bookings=2, in_flight=1),
        OpeningCount(club_id=CLUB, opening_at=OPENING + 2 * MINUTE, bookings=1, in_flight=0),
    ]
    (first, second) = family.store.openings(OPENING, OPENING + 5 * MINUTE, NOW, limit=2)
    assert first.bookings + second.bookings == 2
    assert family.store.openings(OPENING + MINUTE, OPENING + 2 * MINUTE, NOW) == []


def test_a_claim_that_ran_out_is_no_race(family: Family) -> None:
    opens(family, 0, 0)
    family.store.change("b-0", claimed)
    (found,) = family.store.openings(OPENING, OPENING + MINUTE, OPENING + timedelta(hours=1))
    assert found.in_flight == 0


def test_what_waits_for_a_service_is_told_or_said_to_be_unknown(family: Family) -> None:
    family.bus.publish(asked_for())
    queues = family.bus.queues()
    if queues is None:
        return
    waiting = {one.consumer: one for one in queues}
    assert waiting[Service.TIMER].waiting == 1
    assert waiting[Service.TIMER].oldest_at
    assert waiting[Service.BOOKER].waiting == 0
    assert waiting[Service.BOOKER].oldest_at is None
