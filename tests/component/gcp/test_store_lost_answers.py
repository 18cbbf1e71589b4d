"""Whatever becomes of a request or its answer, each change of the store happens once."""

import itertools
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from support.emulators import fresh_project
from support.lessons import a_lesson, known_from
from support.records import (
    CLUB,
    NOW,
    a_group,
    a_member,
    a_request,
    an_invitation,
    booked,
    cancelled,
    claimed,
    scheduled,
)
from support.unsteady_firestore import LATE_REQUEST, LOST_ANSWER, Script, Trouble, UnsteadyFirestore, unsteady_firestore

from autotennis.adapters.gcp import calls
from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.store import GcpStore
from autotennis.domain.booking import State
from autotennis.errors import DuplicateBooking, EmailTaken, StoreBusy

LOST_REQUEST = Trouble()
ONCE_LOST = pytest.mark.parametrize(
    "trouble", [LOST_ANSWER, LOST_REQUEST, LATE_REQUEST], ids=["answer", "request", "late"]
)


@pytest.fixture
def server() -> Generator[UnsteadyFirestore, None, None]:
    """A Firestore that does as its script says."""
    with unsteady_firestore() as opened:
        yield opened


@pytest.fixture
def store(server: UnsteadyFirestore) -> Generator[GcpStore, None, None]:
    """A store on it, with nothing in it."""
    documents = Documents(Place(fresh_project(), region="", kms_key=""), Meter())
    yield GcpStore(documents)
    documents.close()


def on_call(name: str, *numbers: int, trouble: Trouble) -> Script:
    """This trouble at the calls of this name with these numbers, from 0 on."""
    counter = itertools.count()
    return lambda called: trouble if called == name and next(counter) in numbers else None


@ONCE_LOST
def test_a_repeatable_change_counts_once(server: UnsteadyFirestore, store: GcpStore, trouble: Trouble) -> None:
    store.create(a_request())
    store.change("b-1", scheduled)
    server.script = on_call("Commit", 0, trouble=trouble)
    # The same holder may claim again, so only the store can tell a second time from the first.
    assert store.change("b-1", claimed).runs == 1
    assert store.booking("b-1").runs == 1
    assert server.held_arrived == (trouble is LATE_REQUEST)


def test_a_change_counts_once_though_others_came_after_it(server: UnsteadyFirestore, store: GcpStore) -> None:
    store.create(a_request())
    store.change("b-1", scheduled)
    # The first reading is of the change that loses its answer; before its second, three others come and go.
    troubles, overtakers = iter([LOST_ANSWER]), iter([False, True])

    def script(name: str) -> Trouble | None:
        if name == "Commit":
            return next(troubles, None)
        if next(overtakers, False):
            for _number in range(3):
                store.change("b-1", claimed)
        return None

    server.script = script
    assert store.change("b-1", claimed).runs == 4
    assert store.booking("b-1").runs == 4


@ONCE_LOST
def test_a_booking_is_created_once(server: UnsteadyFirestore, store: GcpStore, trouble: Trouble) -> None:
    server.script = on_call("Commit", 0, trouble=trouble)
    store.create(a_request())
    assert store.booking("b-1").state is State.REQUESTED
    assert [fact.id for fact in store.unpublished()] == ["BookingRequested/b-1"]
    with pytest.raises(DuplicateBooking) as raised:
        store.create(a_request("b-2"))
    assert raised.value.booking_id == "b-1"


@ONCE_LOST
def test_an_account_is_added_once(server: UnsteadyFirestore, store: GcpStore, trouble: Trouble) -> None:
    server.script = on_call("Commit", 0, trouble=trouble)
    store.add_member(a_member())
    assert store.member_by_email(a_member().email) == a_member()
    with pytest.raises(EmailTaken):
        store.add_member(a_member("m-2"))


@ONCE_LOST
def test_the_first_account_is_the_first_though_its_answer_was_lost(
    server: UnsteadyFirestore, store: GcpStore, trouble: Trouble
) -> None:
    server.script = on_call("Commit", 0, trouble=trouble)
    assert store.add_first_member(a_member())
    assert store.member_by_email(a_member().email) == a_member()
    assert not store.add_first_member(a_member("m-2", "to@example.org"))


@ONCE_LOST
def test_an_invitation_is_counted_once(server: UnsteadyFirestore, store: GcpStore, trouble: Trouble) -> None:
    store.add_invitation(an_invitation(most=2))
    server.script = on_call("Commit", 0, trouble=trouble)
    store.change_invitation(an_invitation().id, lambda it: it.taken(NOW))
    assert store.invitation(an_invitation().id).used == 1


@ONCE_LOST
@pytest.mark.parametrize("turn", [1, 2, 4])
def test_who_leaves_is_gone_whichever_answer_was_lost(
    server: UnsteadyFirestore, store: GcpStore, trouble: Trouble, turn: int
) -> None:
    store.add_member(a_member())
    store.create(a_request())
    store.add_group(a_group())
    server.script = on_call("Commit", turn, trouble=trouble)
    store.forget_member("m-1", NOW)
    assert not store.has_members()
    assert not store.bookings_of("m-1")
    assert not store.groups_of("m-1")
    assert not store.has_open()
    store.add_member(a_member("m-2"))


@pytest.mark.parametrize("turn", range(5))
def test_who_is_stopped_in_the_middle_of_leaving_has_an_account_still_and_leaves_again(
    server: UnsteadyFirestore, store: GcpStore, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    monkeypatch.setattr(calls, "REPEAT_S", 0.5)
    store.add_member(a_member())
    store.create(a_request())
    store.add_group(a_group())
    server.script = on_call("Commit", *range(turn, 1000), trouble=LOST_REQUEST)
    with pytest.raises(StoreBusy):
        store.forget_member("m-1", NOW)
    server.script = lambda _called: None
    assert store.member("m-1") == a_member()
    store.forget_member("m-1", NOW)
    assert not store.has_members()
    assert not store.bookings_of("m-1")
    assert not store.groups_of("m-1")
    assert not store.has_open()


@ONCE_LOST
def test_an_account_moves_to_another_address_once(server: UnsteadyFirestore, store: GcpStore, trouble: Trouble) -> None:
    store.add_member(a_member())
    server.script = on_call("Commit", 0, trouble=trouble)
    store.change_member("m-1", lambda member: member.model_copy(update={"email": "ny@example.org"}))
    found = store.member_by_email("ny@example.org")
    assert found is not None
    assert found.id == "m-1"
    assert store.member_by_email(a_member().email) is None


@ONCE_LOST
def test_a_fact_is_struck_off(server: UnsteadyFirestore, store: GcpStore, trouble: Trouble) -> None:
    store.create(a_request())
    server.script = on_call("Commit", 0, trouble=trouble)
    store.strike_off(store.unpublished()[0])
    assert store.unpublished() == []


@ONCE_LOST
@pytest.mark.parametrize("before", [(), (1,)], ids=["the first", "another"])
def test_a_lesson_is_added_once(
    server: UnsteadyFirestore, store: GcpStore, before: tuple[int, ...], trouble: Trouble
) -> None:
    for number in before:
        store.teach(CLUB, a_lesson(number))
    server.script = on_call("Commit", 0, trouble=trouble)
    # The same may be learned again, so only the store can tell a second time from the first.
    assert store.teach(CLUB, a_lesson(2)) == known_from(*before, 2)
    assert store.experience(CLUB) == known_from(*before, 2)
    assert server.held_arrived == (trouble is LATE_REQUEST)


def test_racing_changes_count_once_each_while_answers_are_lost(server: UnsteadyFirestore, store: GcpStore) -> None:
    store.create(a_request())
    store.change("b-1", scheduled)
    troubles = itertools.cycle([None, LOST_ANSWER, None, LOST_REQUEST, None])
    server.script = lambda name: next(troubles) if name == "Commit" else None
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(store.change, ["b-1"] * 20, [claimed] * 20))
    assert store.booking("b-1").runs == 20


def test_what_is_settled_already_is_settled_once(server: UnsteadyFirestore, store: GcpStore) -> None:
    store.create(a_request())
    for step in (scheduled, claimed):
        store.change("b-1", step)
    server.script = on_call("Commit", 0, 1, trouble=LOST_ANSWER)
    assert store.change("b-1", booked).state is State.BOOKED
    assert [fact.id for fact in store.unpublished("b-1")] == ["BookingRequested/b-1", "Booked/b-1"]


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.ABORTED, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INTERNAL]
)
@pytest.mark.parametrize("name", ["Commit", "BatchGetDocuments", "RunQuery"])
def test_a_server_that_is_busy_for_a_while_is_asked_again(
    server: UnsteadyFirestore, store: GcpStore, code: grpc.StatusCode, name: str
) -> None:
    store.create(a_request())
    server.script = on_call(name, 0, 1, trouble=Trouble(code))
    store.change("b-1", cancelled)
    assert len(store.unpublished()) == 2


def test_a_server_that_stays_busy_is_reported(
    server: UnsteadyFirestore, store: GcpStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "SETTLE_S", 0.3)
    store.create(a_request())
    server.script = lambda name: Trouble(grpc.StatusCode.ABORTED) if name == "Commit" else None
    with pytest.raises(StoreBusy, match=r"0\.3 s"):
        store.change("b-1", cancelled)
    server.script = lambda _name: None
    assert store.booking("b-1").state is State.REQUESTED


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("BatchGetDocuments", grpc.StatusCode.PERMISSION_DENIED, r"roles/datastore\.user"),
        ("BatchGetDocuments", grpc.StatusCode.UNAUTHENTICATED, r"roles/datastore\.user"),
        ("Commit", grpc.StatusCode.PERMISSION_DENIED, r"roles/datastore\.user"),
        ("BatchGetDocuments", grpc.StatusCode.NOT_FOUND, "default database"),
        ("RunQuery", grpc.StatusCode.FAILED_PRECONDITION, r"firestore\.indexes\.json"),
        ("Commit", grpc.StatusCode.INVALID_ARGUMENT, "InvalidArgument"),
    ],
)
def test_what_will_never_succeed_is_not_tried_again(
    server: UnsteadyFirestore, store: GcpStore, name: str, code: grpc.StatusCode, said: str
) -> None:
    asked = itertools.count()
    server.script = lambda called: Trouble(code) if called == name and next(asked) >= 0 else None
    deeds: dict[str, Callable[[], object]] = {
        "BatchGetDocuments": lambda: store.booking("b-1"),
        "RunQuery": store.unpublished,
        "Commit": lambda: store.create(a_request()),
    }
    with pytest.raises(calls.StoreRefused, match=said):
        deeds[name]()
    assert next(asked) == 1
