# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false
# (tink ships no types; this is the only file that touches it)
"""The vaults' keys: tink's authenticated encryption.

Tink is imported on first use: it takes a tenth of a second, and most services open no secret.
"""

import json
from collections.abc import Collection
from typing import Any, Final, Self

_PRIMARY: Final = "primaryKeyId"
_KEYS: Final = "key"
_NUMBER: Final = "keyId"


class BadKeyset(Exception):
    """What should be a ring of keys is none. Nothing of it is told."""


class KeyRing:
    """Keys in memory: the primary one seals, all of them open what they sealed. Shows nothing of itself."""

    def __init__(self, keyset: dict[str, Any]) -> None:
        from tink import aead, json_proto_keyset_format, secret_key_access

        aead.register()
        handle = json_proto_keyset_format.parse(json.dumps(keyset), secret_key_access.TOKEN)
        self._keyset = keyset
        self._aead = handle.primitive(aead.Aead)

    @classmethod
    def new(cls) -> Self:
        """A ring with one new key."""
        return cls(_new_keyset())

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The ring that `dump` gave. Raises BadKeyset."""
        from tink import TinkError

        try:
            return cls(json.loads(data))
        except (ValueError, KeyError, TypeError, TinkError):
            raise BadKeyset("This is no ring of keys.") from None

    def dump(self) -> bytes:
        """All keys in the clear: for whoever keeps them safe."""
        return json.dumps(self._keyset).encode()

    @property
    def primary(self) -> int:
        """The number of the key that seals; no secret."""
        return int(self._keyset[_PRIMARY])

    def holds(self, number: int) -> bool:
        """Whether the key of this number is here."""
        return any(key[_NUMBER] == number for key in self._keyset[_KEYS])

    def with_new_primary(self) -> "KeyRing":
        """A ring with all these keys and a new one that seals from now on."""
        new = _new_keyset()
        while self.holds(new[_PRIMARY]):
            new = _new_keyset()
        return KeyRing({**new, _KEYS: [*self._keyset[_KEYS], *new[_KEYS]]})

    def only_primary(self) -> "KeyRing":
        """A ring without the keys that no longer seal."""
        return self.without([key[_NUMBER] for key in self._keyset[_KEYS] if key[_NUMBER] != self.primary])

    def without(self, numbers: Collection[int]) -> "KeyRing":
        """A ring without the keys of these numbers. The primary one must not be among them."""
        kept = [key for key in self._keyset[_KEYS] if key[_NUMBER] not in numbers]
        return KeyRing({**self._keyset, _KEYS: kept})

    def seal(self, secret: bytes, bound_to: bytes) -> bytes:
        """Encrypts; only who names the same `bound_to` can open it."""
        return self._aead.encrypt(secret, bound_to)

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes | None:
        """What was sealed, or None if no key here opens it or it was bound to something else."""
        from tink import TinkError

        try:
            return self._aead.decrypt(sealed, bound_to)
        except TinkError:
            return None


def bound_to(member_id: str, name: str) -> bytes:
    """What a member's secret is bound to: nothing else opens it."""
    return json.dumps([member_id, name]).encode()


def _new_keyset() -> dict[str, Any]:
    from tink import aead, json_proto_keyset_format, new_keyset_handle, secret_key_access

    aead.register()
    handle = new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    return json.loads(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
