"""Symmetric keys and their versions, as Cloud KMS keeps them."""

import base64
import json
import os
import re
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from google_stand_ins.speaking_grpc import Refused, invalid, not_found, wrong_state

_NAME: Final = re.compile(
    r"(?P<key>projects/[A-Za-z0-9:.-]+/locations/[a-z0-9-]+/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63})"
    r"(/cryptoKeyVersions/(?P<number>[1-9][0-9]{0,8}))?"
)
_NONCE: Final = 12
# A ciphertext begins with the number of the version that made it.
_NUMBER: Final = 4
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a key, without its secret."""

    name: str
    enabled: bool


class _CryptoKey:
    def __init__(self, name: str, kept: dict[str, Any] | None = None) -> None:
        self.name = name
        kept = kept or {"primary": 1, "materials": [_new_material()], "disabled": []}
        self.primary = int(kept["primary"])
        self.materials: list[bytes] = [base64.b64decode(one) for one in kept["materials"]]
        self.disabled: set[int] = set(kept["disabled"])

    def version(self, number: int) -> Version:
        if not 1 <= number <= len(self.materials):
            raise not_found(f"CryptoKeyVersion {self.name}/cryptoKeyVersions/{number} not found.")
        return Version(f"{self.name}/cryptoKeyVersions/{number}", number not in self.disabled)

    def add_version(self) -> Version:
        self.materials.append(base64.b64decode(_new_material()))
        return self.version(len(self.materials))

    def cipher(self, number: int) -> AESGCM:
        version = self.version(number)
        if not version.enabled:
            raise wrong_state(f"{version.name} is not enabled, current state is: DISABLED.")
        return AESGCM(self.materials[number - 1])

    def kept(self) -> dict[str, Any]:
        materials = [base64.b64encode(one).decode() for one in self.materials]
        return {"primary": self.primary, "materials": materials, "disabled": sorted(self.disabled)}


class KeyBook:
    """All keys, from any thread. It shows nothing of their secrets. Raises Refused as Google's service would."""

    def __init__(self, names: Collection[str], keep_in: Path | None) -> None:
        """Makes the keys of these names, unless `keep_in` has them. Raises Refused for a name that no key may have."""
        self._lock = threading.Lock()
        self._keep_in = keep_in
        self._keys = _read(keep_in) if keep_in else {}
        for name in names:
            key_name, number = _parts(name)
            if number is not None:
                raise invalid(f"{name} is the name of a version, not of a key.")
            self._keys.setdefault(key_name, _CryptoKey(key_name))
        self._save()

    def encrypt(self, name: str, plaintext: bytes, bound_to: bytes) -> tuple[Version, bytes]:
        """Encrypts with the named version, or with the primary one of the named key; gives that and the ciphertext."""
        with self._lock:
            key, number = self._find(name)
            number = key.primary if number is None else number
            cipher, version = key.cipher(number), key.version(number)
        nonce = os.urandom(_NONCE)
        return version, number.to_bytes(_NUMBER) + nonce + cipher.encrypt(nonce, plaintext, _bound(version, bound_to))

    def decrypt(self, name: str, ciphertext: bytes, bound_to: bytes) -> tuple[bytes, bool]:
        """The plaintext, and whether it was the primary version that encrypted it."""
        number = int.from_bytes(ciphertext[:_NUMBER])
        nonce, sealed = ciphertext[_NUMBER : _NUMBER + _NONCE], ciphertext[_NUMBER + _NONCE :]
        with self._lock:
            key = self._key(name)
            if not 1 <= number <= len(key.materials) or len(nonce) < _NONCE:
                raise _not_ours()
            cipher, version, primary = key.cipher(number), key.version(number), key.primary
        try:
            return cipher.decrypt(nonce, sealed, _bound(version, bound_to)), number == primary
        except InvalidTag:
            raise _not_ours() from None

    def primary(self, name: str) -> Version:
        """The version of this key that encrypts."""
        with self._lock:
            key = self._key(name)
            return key.version(key.primary)

    def add_version(self, name: str) -> Version:
        """A new version of this key. It encrypts nothing until it is made primary."""
        with self._lock:
            version = self._key(name).add_version()
            self._save()
            return version

    def make_primary(self, name: str, version_id: str) -> None:
        """From now on this version encrypts."""
        with self._lock:
            key, number = self._find(f"{name}/cryptoKeyVersions/{version_id}")
            if number is None or not key.version(number).enabled:
                raise wrong_state(f"Version {version_id} of {name} is not enabled.")
            key.primary = number
            self._save()

    def enable(self, version_name: str, enabled: bool) -> Version:
        """Lets a version be used, or not."""
        with self._lock:
            key, number = self._find(version_name)
            if number is None:
                raise invalid(f"{version_name} is not the name of a version.")
            key.version(number)
            (key.disabled.discard if enabled else key.disabled.add)(number)
            self._save()
            return key.version(number)

    def _key(self, name: str) -> _CryptoKey:
        key, number = self._find(name)
        if number is not None:
            raise invalid(f"{name} is the name of a version, not of a key.")
        return key

    def _find(self, name: str) -> tuple[_CryptoKey, int | None]:
        key_name, number = _parts(name)
        if key_name not in self._keys:
            raise not_found(f"CryptoKey {key_name} not found.")
        return self._keys[key_name], number

    def _save(self) -> None:
        if self._keep_in:
            draft = self._keep_in.with_name(self._keep_in.name + ".draft")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE), "w") as file:
                json.dump({name: key.kept() for name, key in self._keys.items()}, file)
            draft.replace(self._keep_in)


def _read(path: Path) -> dict[str, _CryptoKey]:
    if not path.exists():
        return {}
    return {name: _CryptoKey(name, kept) for name, kept in json.loads(path.read_text(encoding="utf-8")).items()}


def _parts(name: str) -> tuple[str, int | None]:
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise invalid(f"{name} is not the name of a CryptoKey.")
    return parts["key"], int(parts["number"]) if parts["number"] else None


def _bound(version: Version, bound_to: bytes) -> bytes:
    return version.name.encode() + b"\0" + bound_to


def _not_ours() -> Refused:
    return invalid("Decryption failed: verify that 'name' refers to the correct CryptoKey.")


def _new_material() -> str:
    return base64.b64encode(AESGCM.generate_key(256)).decode()
