"""Members' secrets in Firestore, each sealed for its member under keys that only the installation's KMS key opens."""

from collections.abc import Sequence
from typing import Final

from pydantic import SecretStr

from autotennis.adapters.gcp.calls import Conflict
from autotennis.adapters.gcp.documents import Delete, Document, Documents, Key, Set, Update, hashed
from autotennis.adapters.gcp.guarded_keys import KEPT_RETIRED, GuardedKeys
from autotennis.adapters.gcp.kms import MasterKey
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.queries import ANY_SECRET, SECRETS, SECRETS_OF_KEY, SECRETS_OF_MEMBER
from autotennis.adapters.keyring import KeyRing, bound_to
from autotennis.errors import VaultLocked
from autotennis.ports import Clock

_PAGE: Final = 100


class GcpVault:
    """The port Vault. Nothing is asked of Google, or imported, before the first call.

    All methods raise StoreBusy and StoreRefused, and VaultLocked if KMS does not open the keys.
    """

    def __init__(self, documents: Documents, place: Place, clock: Clock, meter: Meter) -> None:
        self._documents = documents
        self._clock = clock
        self._master = MasterKey(place, meter)
        self._keys = GuardedKeys(documents, self._master, clock, may_begin=self._is_empty)

    def put(self, member_id: str, name: str, secret: SecretStr) -> None:
        """Seals a secret under the member's id and a name, in place of an earlier one."""
        ring = self._keys.ring()
        sealed = ring.seal(secret.get_secret_value().encode(), bound_to(member_id, name))
        fields = {"member_id": member_id, "name": name, "sealed": sealed, "key": ring.primary}
        self._documents.commit(Set(_key(member_id, name), fields))

    def get(self, member_id: str, name: str) -> SecretStr | None:
        """The secret, or None. Raises VaultLocked if it cannot be opened."""
        document = self._documents.get(_key(member_id, name))
        if document is None:
            return None
        secret = _unsealed(document, self._keys.ring_with(int(document.fields["key"])), member_id, name)
        if secret is None:
            raise VaultLocked(
                f"The secret {name} of member {member_id} cannot be opened with the vault's keys: it was sealed for "
                "somebody else, or it was changed since."
            )
        return SecretStr(secret.decode())

    def discard(self, member_id: str, name: str) -> None:
        """Destroys one secret. Harmless when there is none."""
        self._documents.commit(Delete(_key(member_id, name)))

    def forget(self, member_id: str) -> None:
        """Destroys all secrets of a member."""
        while found := self._documents.find(SECRETS_OF_MEMBER, {"member_id": member_id}, _PAGE):
            self._documents.commit(*(Delete(document.key) for document in found))

    def rotate(self) -> int:
        """Seals everything under a new key, and the keys under KMS's primary version; gives how many secrets that were.

        Others may go on meanwhile: what they seal with the old key is opened all the same, and sealed anew by the next
        rotation. If it is killed in between, everything can still be opened; run it again. Raises VaultLocked, before
        anything was dropped, if there is a secret that cannot be opened.
        """
        now = self._clock.now()
        guarded = self._keys.change(lambda before: before.rotated(now))
        count = sum(self._resealed(number, guarded.ring) for number in guarded.retired)
        old = [number for number, at in guarded.retired.items() if now - at > KEPT_RETIRED]
        unused = [number for number in old if not self._sealed_with(number, 1)]
        if unused:
            self._keys.change(lambda before: before.without(unused))
        return count

    def close(self) -> None:
        """Closes the connection to KMS. Harmless when there is none."""
        self._master.close()

    def _is_empty(self) -> bool:
        return not self._documents.find(ANY_SECRET, {}, 1)

    def _sealed_with(self, number: int, limit: int) -> Sequence[Document]:
        return self._documents.find(SECRETS_OF_KEY, {"key": number}, limit)

    def _resealed(self, number: int, ring: KeyRing) -> int:
        """Seals anew what this key has sealed; gives how many secrets that were."""
        count = 0
        while found := self._sealed_with(number, _PAGE):
            count += sum(self._reseal(document, ring) for document in found)
        return count

    def _reseal(self, document: Document, ring: KeyRing) -> bool:
        """False if the secret was changed meanwhile: it is looked at again."""
        member_id, name = str(document.fields["member_id"]), str(document.fields["name"])
        secret = _unsealed(document, ring, member_id, name)
        if secret is None:
            raise VaultLocked(f"The secret {name} of member {member_id} cannot be opened: no key was dropped.")
        sealed = ring.seal(secret, bound_to(member_id, name))
        try:
            self._documents.commit(Update(document, {"sealed": sealed, "key": ring.primary}))
        except Conflict:
            return False
        return True


def _key(member_id: str, name: str) -> Key:
    return Key(SECRETS, hashed(bound_to(member_id, name).decode()))


def _unsealed(document: Document, ring: KeyRing, member_id: str, name: str) -> bytes | None:
    return ring.unseal(document.fields["sealed"], bound_to(member_id, name))
