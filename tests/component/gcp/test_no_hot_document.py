"""Bookings of different members share no document, so that a thousand of one opening never wait for each other.

Firestore takes about one write a second of a document.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.families import Family, gcp
from support.records import CLUB, OPENING, a_member, a_request, booked, claimed, scheduled

from autotennis.adapters.gcp.documents import Documents, Key, Update, Write
from autotennis.domain.member import Credentials
from autotennis.member_secrets import keep_credentials, keep_door_code

OF_A_BOOKING = {"members", "emails", "bookings", "live_bookings", "outbox", "secrets"}
# What a process says of itself, whatever it does for whom.
OF_A_PROCESS = {"instances"}


def a_life(family: Family, number: int) -> None:
    """A member registers, books a session that others book too, and is booked: all that is written on the way."""
    member_id, booking_id, email = f"m-{number}", f"b-{number}", f"member-{number}@example.org"
    store = family.store
    store.add_member(a_member(member_id, email))
    keep_credentials(family.vault, member_id, CLUB, Credentials(email=email, password=SecretStr("a PIN")))
    store.create(a_request(booking_id, member_id))
    store.change(booking_id, scheduled)
    store.keep_alive("one", OPENING)
    store.change(booking_id, claimed)
    keep_door_code(family.vault, member_id, booking_id, SecretStr("a code"))
    store.change(booking_id, booked)
    facts = store.unpublished(booking_id)
    assert len(facts) == 2
    for fact in facts:
        store.strike_off(fact)


def written_by(deed: Callable[[], None]) -> set[Key]:
    """The documents that are written or deleted meanwhile."""
    keys: set[Key] = set()
    commit = Documents.commit

    def noted(self: Documents, *writes: Write) -> None:
        keys.update(write.document.key if isinstance(write, Update) else write.key for write in writes)
        commit(self, *writes)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Documents, "commit", noted)
        deed()
    return keys


def test_bookings_of_different_members_write_different_documents(tmp_path: Path) -> None:
    with gcp(tmp_path) as family:
        first, second = (written_by(lambda number=number: a_life(family, number)) for number in (1, 2))
    for keys in (first, second):
        assert {key.collection for key in keys} >= OF_A_BOOKING | OF_A_PROCESS
    assert {key.collection for key in first & second} == OF_A_PROCESS
