"""Against a server that is not there, or never answers, every call of the store fails within seconds."""

import socket
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.records import CLUB, NOW, OPENING, a_member, a_request, an_invitation, asked_for, scheduled

from autotennis.adapters.gcp import calls
from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.store import GcpStore
from autotennis.errors import StoreBusy

DEEDS: Mapping[str, Callable[[GcpStore], object]] = {
    "add_member": lambda store: store.add_member(a_member()),
    "add_first_member": lambda store: store.add_first_member(a_member()),
    "forget_member": lambda store: store.forget_member("m-1", NOW),
    "add_invitation": lambda store: store.add_invitation(an_invitation()),
    "invitations": lambda store: store.invitations(),
    "member": lambda store: store.member("m-1"),
    "member_by_email": lambda store: store.member_by_email("noen@example.org"),
    "change_member": lambda store: store.change_member("m-1", lambda member: member),
    "create": lambda store: store.create(a_request()),
    "booking": lambda store: store.booking("b-1"),
    "bookings_of": lambda store: store.bookings_of("m-1"),
    "change": lambda store: store.change("b-1", scheduled),
    "due": lambda store: store.due(CLUB, OPENING, NOW),
    "missed": lambda store: store.missed(OPENING, NOW),
    "unscheduled": lambda store: store.unscheduled(NOW),
    "unpublished": lambda store: store.unpublished(),
    "strike_off": lambda store: store.strike_off(asked_for()),
    "has_open": lambda store: store.has_open(),
    "keep_alive": lambda store: store.keep_alive("one", NOW),
    "alive_until": lambda store: store.alive_until("one"),
}


@pytest.fixture
def listener() -> Generator[socket.socket, None, None]:
    """A port of this machine that takes connections once it listens, and never says anything."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one


@pytest.mark.parametrize("listens", [False, True], ids=["closed", "mute"])
def test_every_call_fails_within_seconds(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch, listens: bool
) -> None:
    if listens:
        listener.listen(100)
        monkeypatch.setattr(calls, "ATTEMPT_S", 1.0)
    monkeypatch.setattr(calls, "REPEAT_S", 2.0)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{listener.getsockname()[1]}")
    documents = Documents(Place("nowhere", region="", kms_key=""), Meter())
    store = GcpStore(documents)

    def fails_after_s(deed: Callable[[GcpStore], object]) -> float:
        began = time.monotonic()
        with pytest.raises(StoreBusy):
            deed(store)
        return time.monotonic() - began

    with ThreadPoolExecutor(len(DEEDS)) as pool:
        took_s = dict(zip(DEEDS, pool.map(fails_after_s, DEEDS.values()), strict=True))
    documents.close()
    assert {name: took for name, took in took_s.items() if took > 8.0} == {}
