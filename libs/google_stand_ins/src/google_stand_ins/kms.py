# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's messages are typed by halves)
"""A stand-in for Cloud KMS: symmetric keys that never leave it, spoken to by the real client.

What a version of a key has encrypted can be decrypted for as long as that version is enabled, whichever is primary.
"""

from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from google.cloud.kms_v1 import types

from google_stand_ins.checksum import crc32c
from google_stand_ins.crypto_keys import KeyBook, Version
from google_stand_ins.speaking_grpc import Method, invalid, serving

_SERVICE: Final = "google.cloud.kms.v1.KeyManagementService"
_LARGEST: Final = 64 * 1024
_BOUND_TO: Final = "additional_authenticated_data"
_STATES: Final = {
    types.CryptoKeyVersion.CryptoKeyVersionState.ENABLED: True,
    types.CryptoKeyVersion.CryptoKeyVersionState.DISABLED: False,
}


@contextmanager
def running_kms(keys: Collection[str], keep_in: Path | None = None, port: int = 0) -> Generator[str, None, None]:
    """Runs it while the context lasts; gives its `host:port` (port 0: any free one).

    `keys` are the full names (`projects/P/locations/L/keyRings/R/cryptoKeys/K`) of keys that are to exist: those that
    do not are made. With `keep_in`, all keys outlive it in that file, which only its owner can read.
    """
    service = _KeyManagementService(KeyBook(keys, keep_in))
    with serving(_SERVICE, service.methods(), port) as host:
        yield host


class _KeyManagementService:
    def __init__(self, book: KeyBook) -> None:
        self._book = book

    def methods(self) -> dict[str, Method]:
        """What can be called."""
        return {
            "Encrypt": Method(types.EncryptRequest, self._encrypt),
            "Decrypt": Method(types.DecryptRequest, self._decrypt),
            "GetCryptoKey": Method(types.GetCryptoKeyRequest, lambda request: self._key(request.name)),
            "CreateCryptoKeyVersion": Method(types.CreateCryptoKeyVersionRequest, self._create_version),
            "UpdateCryptoKeyVersion": Method(types.UpdateCryptoKeyVersionRequest, self._update_version),
            "UpdateCryptoKeyPrimaryVersion": Method(types.UpdateCryptoKeyPrimaryVersionRequest, self._update_primary),
        }

    def _encrypt(self, request: types.EncryptRequest) -> types.EncryptResponse:
        verified = {f"verified_{field}_crc32c": _verified(request, field) for field in ("plaintext", _BOUND_TO)}
        bound_to = request.additional_authenticated_data
        version, ciphertext = self._book.encrypt(request.name, request.plaintext, bound_to)
        return types.EncryptResponse(
            name=version.name,
            ciphertext=ciphertext,
            ciphertext_crc32c=crc32c(ciphertext),
            protection_level=types.ProtectionLevel.SOFTWARE,
            **verified,
        )

    def _decrypt(self, request: types.DecryptRequest) -> types.DecryptResponse:
        for field in ("ciphertext", _BOUND_TO):
            _verified(request, field)
        bound_to = request.additional_authenticated_data
        plaintext, by_primary = self._book.decrypt(request.name, request.ciphertext, bound_to)
        return types.DecryptResponse(
            plaintext=plaintext,
            plaintext_crc32c=crc32c(plaintext),
            used_primary=by_primary,
            protection_level=types.ProtectionLevel.SOFTWARE,
        )

    def _create_version(self, request: types.CreateCryptoKeyVersionRequest) -> types.CryptoKeyVersion:
        return _shown(self._book.add_version(request.parent))

    def _update_version(self, request: types.UpdateCryptoKeyVersionRequest) -> types.CryptoKeyVersion:
        version = request.crypto_key_version
        if list(request.update_mask.paths) != ["state"] or version.state not in _STATES:
            raise invalid("Only a version's state can be updated, to ENABLED or DISABLED.")
        return _shown(self._book.enable(version.name, _STATES[version.state]))

    def _update_primary(self, request: types.UpdateCryptoKeyPrimaryVersionRequest) -> types.CryptoKey:
        self._book.make_primary(request.name, request.crypto_key_version_id)
        return self._key(request.name)

    def _key(self, name: str) -> types.CryptoKey:
        return types.CryptoKey(
            name=name,
            primary=_shown(self._book.primary(name)),
            purpose=types.CryptoKey.CryptoKeyPurpose.ENCRYPT_DECRYPT,
        )


def _verified(request: Any, field: str) -> bool:
    """Whether the request brought a checksum of this field. Refuses it if that is wrong, or the field too large."""
    data, checksum = getattr(request, field), getattr(request, f"{field}_crc32c")
    if len(data) > _LARGEST:
        raise invalid(f"The field {field} is too large.")
    if checksum is not None and checksum != crc32c(data):
        raise invalid(f"The checksum in field {field}_crc32c did not match the data in field {field}.")
    return checksum is not None


def _shown(version: Version) -> types.CryptoKeyVersion:
    states = types.CryptoKeyVersion.CryptoKeyVersionState
    return types.CryptoKeyVersion(
        name=version.name,
        state=states.ENABLED if version.enabled else states.DISABLED,
        algorithm=types.CryptoKeyVersion.CryptoKeyVersionAlgorithm.GOOGLE_SYMMETRIC_ENCRYPTION,
    )
