"""Why deliveries were refused, in Firestore's emulator."""

from collections.abc import Generator
from contextlib import closing

import pytest
from support.clock import ManualClock
from support.consumers import closed_port
from support.gcp_bus import a_place

from autotennis.adapters.gcp.documents import Documents, Key
from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.refusals import COLLECTION, GcpRefusals
from autotennis.flow import Service

DATA = b'{"kind": "RaceDue"}'
TWO_WEEKS_S = 14 * 24 * 3600.0


@pytest.fixture
def clock() -> ManualClock:
    """Stands until it is told to go on."""
    return ManualClock()


@pytest.fixture
def meter() -> Meter:
    """Has counted nothing yet."""
    return Meter()


@pytest.fixture
def documents(meter: Meter) -> Generator[Documents, None, None]:
    """An empty database."""
    with closing(Documents(a_place(), meter)) as found:
        yield found


@pytest.fixture
def refusals(documents: Documents, clock: ManualClock) -> GcpRefusals:
    """Nothing is noted."""
    return GcpRefusals(documents, clock)


def test_the_last_reason_of_this_consumer_for_this_message_is_remembered(refusals: GcpRefusals) -> None:
    refusals.note(Service.BOOKER, DATA, "503 not now")
    refusals.note(Service.BOOKER, DATA, "500 the racket is broken")
    refusals.note(Service.TIMER, DATA, "400 not mine")
    refusals.note(Service.BOOKER, DATA + b" ", "400 another")
    assert refusals.reason(Service.BOOKER, DATA) == "500 the racket is broken"
    assert refusals.reason(Service.TIMER, DATA) == "400 not mine"


def test_of_what_was_never_refused_no_reason_is_known(refusals: GcpRefusals) -> None:
    assert refusals.reason(Service.BOOKER, DATA) is None


def test_a_reason_is_one_line_of_500_characters_at_most(refusals: GcpRefusals) -> None:
    refusals.note(Service.BOOKER, DATA, "500 The racket\n   is broken. " + "Ø" * 1000)
    reason = refusals.reason(Service.BOOKER, DATA)
    assert reason is not None
    assert reason.startswith("500 The racket is broken. Ø")
    assert len(reason) == 500


def test_a_reason_is_forgotten_after_two_weeks(refusals: GcpRefusals, clock: ManualClock) -> None:
    refusals.note(Service.BOOKER, DATA, "500")
    clock.advance(TWO_WEEKS_S - 1)
    assert refusals.reason(Service.BOOKER, DATA) == "500"
    clock.advance(2)
    assert refusals.reason(Service.BOOKER, DATA) is None


def test_a_note_says_when_it_may_be_deleted_and_shows_nothing_of_the_message(
    refusals: GcpRefusals, documents: Documents, clock: ManualClock
) -> None:
    refusals.note(Service.BOOKER, DATA, "500")
    (found,) = documents.client.collection(COLLECTION).get(timeout=5)
    kept = documents.get(Key(COLLECTION, found.id))
    assert kept is not None
    assert kept.fields["at"] == clock.now()
    assert (kept.fields["expires_at"] - clock.now()).total_seconds() == TWO_WEEKS_S
    assert kept.fields.keys() == {"reason", "at", "expires_at"}
    assert "RaceDue" not in found.id


def test_each_note_costs_one_write(refusals: GcpRefusals, meter: Meter) -> None:
    refusals.note(Service.BOOKER, DATA, "500")
    refusals.note(Service.BOOKER, DATA, "500")
    assert meter.counts() == {Use.DOCUMENT_WRITES: 2, Use.DOCUMENT_DELETES: 0}


@pytest.mark.timeout(60)
def test_while_firestore_is_away_nothing_is_raised(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    place = a_place()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{closed_port()}")
    with closing(Documents(place, Meter())) as documents:
        refusals = GcpRefusals(documents, clock)
        refusals.note(Service.BOOKER, DATA, "500")
        assert refusals.reason(Service.BOOKER, DATA) is None
