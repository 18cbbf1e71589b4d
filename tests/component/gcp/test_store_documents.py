"""How the store keeps and finds things in Firestore's documents."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from support.emulators import fresh_project, need_emulators
from support.records import CLUB, NOW, OPENING, a_member, a_request, booked, claimed, scheduled

from autotennis.adapters.gcp import queries, shelf, store
from autotennis.adapters.gcp.documents import Documents, Key, Set
from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.rows import DocumentUnreadable, alive
from autotennis.adapters.gcp.store import GcpStore
from autotennis.domain.booking import Booking, Change
from autotennis.errors import NotFound, Stale

ALL_DAY = OPENING + timedelta(days=1)


@pytest.fixture
def place() -> Place:
    """A project with nothing in it."""
    need_emulators()
    return Place(fresh_project(), region="", kms_key="")


@pytest.fixture
def documents(place: Place) -> Generator[Documents, None, None]:
    """Its documents."""
    opened = Documents(place, Meter())
    yield opened
    opened.close()


def fill(kept: GcpStore, count: int, minutes: int = 0) -> list[str]:
    """So many scheduled bookings of the opening at that minute, in the order in which they were asked for."""
    names = [f"b-{minutes}-{number}" for number in range(count)]
    for number, name in enumerate(names):
        asked_at = NOW + timedelta(seconds=number)
        opening_at = OPENING + timedelta(minutes=minutes)
        kept.create(a_request(name, member_id=f"m-{name}", opening_at=opening_at, now=asked_at))
        kept.change(name, scheduled)
    return names


def test_all_that_are_due_are_found_page_by_page(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_PAGE", 2)
    kept = GcpStore(documents)
    names = fill(kept, 6)
    assert kept.due(CLUB, OPENING, NOW) == names
    assert kept.due(CLUB, OPENING, NOW, limit=3) == names[:3]
    # Whole pages of claimed ones are passed over.
    for name in names[:5]:
        kept.change(name, claimed)
    assert kept.due(CLUB, OPENING, NOW) == names[5:]


def test_a_missed_opening_is_known_by_one_page_of_its_bookings(
    documents: Documents, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_SKIPPED", 2)
    kept = GcpStore(documents)
    fill(kept, 7)
    for name in fill(kept, 5, minutes=1):
        kept.change(name, claimed)
    fill(kept, 1, minutes=2)
    meter = Meter()
    counted = Documents(place, meter)
    found = GcpStore(counted).missed(ALL_DAY, NOW)
    counted.close()
    assert [one.opening_at - OPENING for one in found] == [timedelta(minutes=0), timedelta(minutes=2)]
    # Two of the seven, all of the five that are being raced for, the last one; and that nothing comes after it.
    assert meter.counts()[Use.DOCUMENT_READS] == 2 + 5 + 1 + 1


def test_changes_from_two_programs_each_count_once(documents: Documents, place: Place) -> None:
    other = Documents(place, Meter())
    kept = [GcpStore(documents), GcpStore(other)]
    fill(kept[0], 1)

    def claim(number: int) -> None:
        kept[number % 2].change("b-0-0", claimed)

    def report(number: int) -> bool:
        try:
            kept[number % 2].change("b-0-0", booked)
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(claim, range(50)))
        assert sum(pool.map(report, range(50))) == 1
    assert kept[1].booking("b-0-0").runs == 50
    assert [fact.id for fact in kept[1].unpublished()] == ["BookingRequested/b-0-0", "Booked/b-0-0"]
    other.close()


def test_facts_come_in_the_order_of_their_commits_whatever_their_own_times(documents: Documents) -> None:
    kept = GcpStore(documents)
    for number in range(30):
        kept.create(a_request(f"b-{number}", member_id=f"m-{number}", now=NOW - timedelta(seconds=number)))
    assert [fact.id for fact in kept.unpublished()] == [f"BookingRequested/b-{number}" for number in range(30)]


@pytest.mark.parametrize("odd", ["__x__", "a/b", "", ".", "..", "æ", "x" * 1000, "~"])
def test_an_odd_id_is_merely_not_found(documents: Documents, odd: str) -> None:
    kept = GcpStore(documents)
    with pytest.raises(NotFound):
        kept.booking(odd)
    with pytest.raises(NotFound):
        kept.member(odd)
    assert kept.alive_until(odd) is None
    assert kept.bookings_of(odd) == kept.unpublished(odd) == []


def test_ids_that_firestore_keeps_for_itself_can_be_used(documents: Documents) -> None:
    kept = GcpStore(documents)
    kept.create(a_request("__b__"))
    kept.change("__b__", scheduled)
    assert kept.due(CLUB, OPENING, NOW) == ["__b__"]
    assert kept.booking("__b__").id == "__b__"


def test_what_a_newer_version_wrote_is_refused_and_left_alone(documents: Documents) -> None:
    kept = GcpStore(documents)
    kept.create(a_request())
    reference = documents.client.collection(queries.BOOKINGS).document("b-1")
    body = kept.booking("b-1").model_dump_json().replace('"id"', '"door":"1234-very-secret","id"')
    reference.update({"body": body})
    for deed in (lambda: kept.booking("b-1"), lambda: kept.change("b-1", scheduled)):
        with pytest.raises(DocumentUnreadable, match=r"Booking b-1 .*\(door\)") as raised:
            deed()
        assert "1234" not in str(raised.value)
    read = documents.get(Key(queries.BOOKINGS, "b-1"))
    assert read is not None
    assert read.fields["body"] == body


def test_a_body_that_is_missing_or_no_json_is_refused(documents: Documents) -> None:
    kept = GcpStore(documents)
    kept.add_member(a_member())
    damaged: list[dict[str, str]] = [{"body": "{"}, {}]
    for fields in damaged:
        documents.commit(Set(Key(queries.MEMBERS, "m-1"), fields))
        with pytest.raises(DocumentUnreadable, match="Member m-1"):
            kept.member("m-1")


def test_fields_of_a_newer_version_outlive_a_change(documents: Documents) -> None:
    kept = GcpStore(documents)
    kept.create(a_request())
    documents.client.collection(queries.BOOKINGS).document("b-1").update({"added_later": 1})
    kept.change("b-1", scheduled)
    read = documents.get(Key(queries.BOOKINGS, "b-1"))
    assert read is not None
    assert read.fields["added_later"] == 1
    assert read.fields["state"] == "scheduled"


def test_no_documents_name_tells_an_address(documents: Documents) -> None:
    kept = GcpStore(documents)
    kept.add_member(a_member(email="noen@example.org"))
    names = [one.id for one in documents.client.collection(queries.EMAILS).list_documents()]
    assert len(names) == 1
    assert "noen" not in names[0]


def test_what_an_instance_said_is_to_be_forgotten_a_day_later(documents: Documents) -> None:
    said = alive("one", NOW)
    documents.commit(said)
    read = documents.get(said.key)
    assert read is not None
    assert read.fields["expires_at"] == NOW + timedelta(days=1)


def test_a_change_without_effect_costs_no_facts(documents: Documents) -> None:
    kept = GcpStore(documents)
    fill(kept, 1)

    def same(booking: Booking) -> Change:
        return booking, ()

    before = kept.booking("b-0-0")
    assert kept.change("b-0-0", same) == before == kept.booking("b-0-0")


def test_marks_of_commits_do_not_pile_up(documents: Documents) -> None:
    kept = GcpStore(documents)
    fill(kept, 1)
    for _number in range(20):
        kept.change("b-0-0", claimed)
    read = documents.get(Key(queries.BOOKINGS, "b-0-0"))
    assert read is not None
    assert len(read.fields["commits"]) == 16
