"""What each call of the store uses of Firestore: that is what it costs."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
from support.emulators import fresh_project, need_emulators
from support.lessons import a_lesson
from support.records import (
    CLUB,
    NOTHING_SENT,
    NOW,
    OPENING,
    a_member,
    a_request,
    booked,
    cancelled,
    claimed,
    scheduled,
)

from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.store import GcpStore
from autotennis.domain.booking import Booking, Change, Outcome
from autotennis.errors import DuplicateBooking, Stale


@dataclass(frozen=True)
class Metered:
    """A store, and what it has used."""

    store: GcpStore
    meter: Meter

    def cost(self, deed: Callable[[], object]) -> tuple[int, int, int]:
        """The reads, writes and deletes of one deed."""
        before = self._used()
        deed()
        reads, writes, deletes = (now - then for now, then in zip(self._used(), before, strict=True))
        return reads, writes, deletes

    def _used(self) -> tuple[int, int, int]:
        counts: Mapping[Use, int] = self.meter.counts()
        return (
            counts.get(Use.DOCUMENT_READS, 0),
            counts.get(Use.DOCUMENT_WRITES, 0),
            counts.get(Use.DOCUMENT_DELETES, 0),
        )


@pytest.fixture
def metered() -> Generator[Metered, None, None]:
    """A store with nothing in it."""
    need_emulators()
    meter = Meter()
    documents = Documents(Place(fresh_project(), region="", kms_key=""), meter)
    yield Metered(GcpStore(documents), meter)
    documents.close()


def test_one_bookings_life(metered: Metered) -> None:
    store, cost = metered.store, metered.cost
    # The booking, the claim of its session, the fact that it was asked for.
    assert cost(lambda: store.create(a_request())) == (0, 3, 0)
    (requested,) = store.unpublished("b-1")
    assert cost(lambda: store.unpublished("b-1")) == (1, 0, 0)
    assert cost(lambda: store.strike_off(requested)) == (0, 0, 1)
    assert cost(lambda: store.unpublished("b-1")) == (1, 0, 0)
    assert cost(lambda: store.change("b-1", scheduled)) == (1, 1, 0)
    assert cost(lambda: store.due(CLUB, OPENING, NOW)) == (1, 0, 0)
    assert cost(lambda: store.change("b-1", claimed)) == (1, 1, 0)
    # The booking and the fact.
    assert cost(lambda: store.change("b-1", booked)) == (1, 2, 0)
    assert cost(lambda: store.booking("b-1")) == (1, 0, 0)
    assert cost(lambda: store.bookings_of("m-1")) == (1, 0, 0)


def test_everybody_who_waits_is_read_each_time(metered: Metered) -> None:
    store, cost = metered.store, metered.cost

    def full(booking: Booking) -> Change:
        return booking.found_full(OPENING + timedelta(days=3), NOTHING_SENT, Outcome(), OPENING)

    assert cost(lambda: store.in_line(CLUB)) == (1, 0, 0)
    for number in range(3):
        store.create(a_request(f"b-{number}", f"m-{number}"))
        for step in (scheduled, claimed, full):
            store.change(f"b-{number}", step)
    store.create(a_request("b-3", "m-3"))
    for _ in range(2):
        assert cost(lambda: store.in_line(CLUB)) == (3, 0, 0)


def test_the_end_of_a_booking_gives_its_session_back(metered: Metered) -> None:
    metered.store.create(a_request())
    assert metered.cost(lambda: metered.store.change("b-1", cancelled)) == (1, 2, 1)


def test_what_is_refused_writes_nothing(metered: Metered) -> None:
    metered.store.create(a_request())
    metered.store.change("b-1", scheduled)

    def again() -> None:
        with pytest.raises(Stale):
            metered.store.change("b-1", scheduled)

    def twice() -> None:
        with pytest.raises(DuplicateBooking):
            metered.store.create(a_request("b-2"))

    assert metered.cost(again) == (1, 0, 0)
    assert metered.cost(twice) == (2, 0, 0)


def test_an_account(metered: Metered) -> None:
    store, cost = metered.store, metered.cost
    assert cost(lambda: store.add_member(a_member())) == (0, 2, 0)
    assert cost(lambda: store.member("m-1")) == (1, 0, 0)
    assert cost(lambda: store.member_by_email(a_member().email)) == (2, 0, 0)
    assert cost(lambda: store.member_by_email("ukjent@example.org")) == (1, 0, 0)
    assert cost(lambda: store.change_member("m-1", lambda member: member.known_at(CLUB, 7))) == (1, 1, 0)
    moved = a_member(email="ny@example.org")
    assert cost(lambda: store.change_member("m-1", lambda _member: moved)) == (2, 2, 1)


def test_a_sweep_that_finds_nothing(metered: Metered) -> None:
    store, cost = metered.store, metered.cost
    assert cost(lambda: store.missed(OPENING, NOW)) == (1, 0, 0)
    assert cost(lambda: store.unscheduled(NOW)) == (1, 0, 0)
    assert cost(store.unpublished) == (1, 0, 0)
    assert cost(store.has_open) == (3, 0, 0)


def test_an_instance_that_lives(metered: Metered) -> None:
    store, cost = metered.store, metered.cost
    assert cost(lambda: store.keep_alive("one", NOW + timedelta(seconds=30))) == (0, 1, 0)
    assert cost(lambda: store.alive_until("one")) == (1, 0, 0)


def test_a_club_that_is_learned(metered: Metered) -> None:
    store, cost = metered.store, metered.cost
    assert cost(lambda: store.experience(CLUB)) == (1, 0, 0)
    assert cost(lambda: store.teach(CLUB, a_lesson(1))) == (1, 1, 0)
    assert cost(lambda: store.experience(CLUB)) == (1, 0, 0)
    assert cost(lambda: store.teach(CLUB, a_lesson(2))) == (1, 1, 0)
