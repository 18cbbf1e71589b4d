# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# (tink ships no types; this is the only file that touches it)
"""The vault's keys: tink's authenticated encryption, and the file that holds the keyset."""

import json
import stat
from pathlib import Path
from typing import Any, Final, Self

import tink
from tink import aead, json_proto_keyset_format, secret_key_access

from autotennis.adapters.local.files import write_private
from autotennis.errors import VaultLocked

FILE_NAME: Final = "vault.key"


class KeyRing:
    """Keys in memory: the primary one seals, all of them open what they sealed. Shows nothing of itself."""

    def __init__(self, keyset: dict[str, Any]) -> None:
        aead.register()
        handle = json_proto_keyset_format.parse(json.dumps(keyset), secret_key_access.TOKEN)
        self._keyset = keyset
        self._aead = handle.primitive(aead.Aead)

    @classmethod
    def new(cls) -> Self:
        """A ring with one new key."""
        return cls(_new_keyset())

    @property
    def primary(self) -> int:
        """The number of the key that seals; no secret."""
        return int(self._keyset["primaryKeyId"])

    def holds(self, number: int) -> bool:
        """Whether the key of this number is here."""
        return any(key["keyId"] == number for key in self._keyset["key"])

    def with_new_primary(self) -> "KeyRing":
        """A ring with all these keys and a new one that seals from now on."""
        new = _new_keyset()
        while self.holds(new["primaryKeyId"]):
            new = _new_keyset()
        return KeyRing({**new, "key": [*self._keyset["key"], *new["key"]]})

    def only_primary(self) -> "KeyRing":
        """A ring without the keys that no longer seal."""
        kept = [key for key in self._keyset["key"] if key["keyId"] == self.primary]
        return KeyRing({**self._keyset, "key": kept})

    def seal(self, secret: bytes, bound_to: bytes) -> bytes:
        """Encrypts; only who names the same `bound_to` can open it."""
        return self._aead.encrypt(secret, bound_to)

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes | None:
        """What was sealed, or None if no key here opens it or it was bound to something else."""
        try:
            return self._aead.decrypt(sealed, bound_to)
        except tink.TinkError:
            return None

    def save(self, path: Path) -> None:
        """Writes the keys where only the owner reads them, in place of what is there. Call it under a lock."""
        write_private(path, json.dumps(self._keyset).encode())


def read_keys(path: Path) -> KeyRing:
    """The keys in this file. Raises VaultLocked if it is missing, open to others, or no keyset."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & 0o077:
                raise VaultLocked(f"The vault's key {path} can be read by others (mode {mode:04o}): chmod 600 {path}")
            return KeyRing(json.loads(file.read()))
    except FileNotFoundError:
        raise VaultLocked(
            f"The vault's key {path} is missing: put it back from a backup. Without it the members' secrets are lost, "
            "and they have to give them again."
        ) from None
    except OSError as error:
        raise VaultLocked(f"The vault's key {path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, tink.TinkError):
        # What is in the file stays out of the error.
        raise VaultLocked(f"The vault's key {path} is damaged: put it back from a backup.") from None


def _new_keyset() -> dict[str, Any]:
    aead.register()
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    return json.loads(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
