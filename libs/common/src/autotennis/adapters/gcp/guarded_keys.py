"""The vault's keys in Firestore, wrapped by the key in Cloud KMS (envelope encryption).

One call of KMS opens them for a process, however many secrets it then seals and opens.

A key that was retired by a rotation stays for a while: processes that read the keys before go on sealing with it until
they read them again, which is at most `READ_AGAIN_S` later. It is dropped once it seals nothing any more and was
retired more than `KEPT_RETIRED` ago, which is longer by far.
"""

import json
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from autotennis.adapters.gcp.calls import settled
from autotennis.adapters.gcp.documents import Create, Document, Documents, Key, Update
from autotennis.adapters.gcp.kms import MasterKey
from autotennis.adapters.keyring import BadKeyset, KeyRing
from autotennis.errors import VaultLocked
from autotennis.ports import Clock

READ_AGAIN_S: Final = 600.0
KEPT_RETIRED: Final = timedelta(hours=1)

KEYS: Final = Key("vault", "keys")
_BOUND_TO: Final = b"autotennis/vault/keys"


@dataclass(frozen=True, slots=True)
class Guarded:
    """The ring, and when each of its keys was retired that no longer seals."""

    ring: KeyRing
    retired: Mapping[int, datetime]

    def rotated(self, now: datetime) -> "Guarded":
        """With a new key that seals from now on."""
        return Guarded(self.ring.with_new_primary(), {**self.retired, self.ring.primary: now})

    def without(self, numbers: Collection[int]) -> "Guarded":
        """Without these retired keys."""
        kept = {number: at for number, at in self.retired.items() if number not in numbers}
        return Guarded(self.ring.without(numbers), kept)

    def dump(self) -> bytes:
        """All of it, in the clear."""
        retired = {str(number): at.isoformat() for number, at in self.retired.items()}
        return json.dumps({"ring": self.ring.dump().decode(), "retired": retired}).encode()

    @staticmethod
    def load(data: bytes) -> "Guarded":
        """What `dump` gave. Raises VaultLocked."""
        try:
            kept = json.loads(data)
            retired = {int(number): datetime.fromisoformat(at) for number, at in kept["retired"].items()}
            return Guarded(KeyRing.load(kept["ring"].encode()), retired)
        except (BadKeyset, ValueError, KeyError, TypeError, AttributeError):
            raise VaultLocked("What Cloud KMS opened are not the vault's keys: restore them from a backup.") from None


@dataclass(frozen=True, slots=True)
class _Reading:
    document: Document
    guarded: Guarded
    at_s: float


class GuardedKeys:
    """The keys of a vault, made on first use. All methods raise VaultLocked, StoreBusy, StoreRefused."""

    def __init__(self, documents: Documents, master: MasterKey, clock: Clock, may_begin: Callable[[], bool]) -> None:
        """`may_begin` says whether there is nothing yet that keys must have sealed: only then are new ones made."""
        self._documents = documents
        self._master = master
        self._clock = clock
        self._may_begin = may_begin
        self._lock = threading.Lock()
        self._last: _Reading | None = None

    def ring(self) -> KeyRing:
        """The keys as they were less than `READ_AGAIN_S` ago."""
        with self._lock:
            last = self._last
            if last is None or self._clock.monotonic_s() - last.at_s >= READ_AGAIN_S:
                last = self._read()
            return last.guarded.ring

    def ring_with(self, number: int) -> KeyRing:
        """The keys, read again if the one of this number is not among them; it may be missing even then."""
        ring = self.ring()
        if ring.holds(number):
            return ring
        with self._lock:
            return self._read().guarded.ring

    def change(self, fn: Callable[[Guarded], Guarded]) -> Guarded:
        """Commits `fn` of the keys unless others changed them meanwhile; then runs the pure `fn` again.

        They are wrapped anew by the primary version of the key in KMS.
        """

        def change() -> Guarded:
            with self._lock:
                last = self._read()
                changed = fn(last.guarded)
                self._documents.commit(Update(last.document, self._fields(changed)))
                return self._read().guarded

        return settled(change)

    def _read(self) -> _Reading:
        """Under the lock. KMS is asked only for what it did not open before."""
        at_s = self._clock.monotonic_s()
        document = self._documents.get(KEYS) or settled(self._made)
        known = self._last
        if known and known.document.fields["wrapped"] == document.fields["wrapped"]:
            guarded = known.guarded
        else:
            guarded = Guarded.load(self._master.unwrap(document.fields["wrapped"], _BOUND_TO))
        self._last = _Reading(document, guarded, at_s)
        return self._last

    def _made(self) -> Document:
        # Looked at in this order: whoever makes keys seals with them only afterwards.
        may_begin = self._may_begin()
        found = self._documents.get(KEYS)
        if found is not None:
            return found
        if not may_begin:
            raise VaultLocked(
                "The vault's keys (document vault/keys) are missing in Firestore: restore them from a backup. Without "
                "them the members' secrets are lost, and they have to give them again."
            )
        self._documents.commit(Create(KEYS, self._fields(Guarded(KeyRing.new(), {}))))
        return self._made()

    def _fields(self, guarded: Guarded) -> Mapping[str, object]:
        # The number of the sealing key is no secret; it is there for whoever looks after the installation.
        return {"wrapped": self._master.wrap(guarded.dump(), _BOUND_TO), "primary": guarded.ring.primary}
