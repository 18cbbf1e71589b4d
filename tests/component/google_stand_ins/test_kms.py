# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's client is typed by halves)
"""The stand-in for Cloud KMS, asked by Google's own client."""

import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud.kms_v1 import KeyManagementServiceClient
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcTransport

from google_stand_ins.checksum import crc32c
from google_stand_ins.kms import running_kms

RING = "projects/test/locations/europe-north1/keyRings/tennis/cryptoKeys"
KEY, OTHER_KEY = f"{RING}/vault", f"{RING}/other"
PLAIN = "revebjelle-i-grøfta".encode()


@contextmanager
def connected(host: str) -> Generator[KeyManagementServiceClient, None, None]:
    channel = grpc.insecure_channel(host)
    yield KeyManagementServiceClient(transport=KeyManagementServiceGrpcTransport(channel=channel))
    channel.close()


@pytest.fixture
def kms() -> Generator[KeyManagementServiceClient, None, None]:
    with running_kms([KEY, OTHER_KEY]) as host, connected(host) as client:
        yield client


def sealed(kms: KeyManagementServiceClient, bound_to: bytes = b"", key: str = KEY) -> bytes:
    request = {"name": key, "plaintext": PLAIN, "additional_authenticated_data": bound_to}
    return kms.encrypt(request=request).ciphertext


def opened(kms: KeyManagementServiceClient, ciphertext: bytes, bound_to: bytes = b"", key: str = KEY) -> Any:
    request = {"name": key, "ciphertext": ciphertext, "additional_authenticated_data": bound_to}
    return kms.decrypt(request=request)


def disable(kms: KeyManagementServiceClient, version: str) -> None:
    kms.update_crypto_key_version(
        request={"crypto_key_version": {"name": version, "state": "DISABLED"}, "update_mask": {"paths": ["state"]}}
    )


def test_what_was_encrypted_can_be_decrypted(kms: KeyManagementServiceClient) -> None:
    ciphertext = sealed(kms, b"bound")
    assert PLAIN not in ciphertext
    answer = opened(kms, ciphertext, b"bound")
    assert answer.plaintext == PLAIN
    assert answer.used_primary
    assert sealed(kms, b"bound") != ciphertext


def changed(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])


def emptied(_sealed: bytes) -> bytes:
    return b""


def of_no_version(sealed: bytes) -> bytes:
    return b"\0\0\0\x09" + sealed[4:]


@pytest.mark.parametrize(("bound_to", "key"), [(b"other", KEY), (b"", KEY), (b"bound", OTHER_KEY)])
def test_only_who_names_the_same_key_and_binding_decrypts(
    kms: KeyManagementServiceClient, bound_to: bytes, key: str
) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="Decryption failed"):
        opened(kms, sealed(kms, b"bound"), bound_to, key)


@pytest.mark.parametrize("tamper", [changed, of_no_version, emptied])
def test_a_ciphertext_that_was_tampered_with_is_not_decrypted(
    kms: KeyManagementServiceClient, tamper: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="Decryption failed"):
        opened(kms, tamper(sealed(kms)))


def test_an_unknown_key_is_not_found(kms: KeyManagementServiceClient) -> None:
    with pytest.raises(exceptions.NotFound):
        sealed(kms, key=f"{RING}/unknown")
    with pytest.raises(exceptions.NotFound):
        opened(kms, b"whatever", key=f"{RING}/unknown")


@pytest.mark.parametrize("name", ["vault", f"{RING}/a b", f"{RING}/vault/cryptoKeyVersions/none", ""])
def test_a_bad_name_is_invalid(kms: KeyManagementServiceClient, name: str) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        sealed(kms, key=name)


def test_too_large_a_plaintext_is_invalid(kms: KeyManagementServiceClient) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="too large"):
        kms.encrypt(request={"name": KEY, "plaintext": bytes(64 * 1024 + 1)})


def test_crc32c_is_that_of_castagnoli() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(b"") == 0


def test_checksums_are_verified_and_answered(kms: KeyManagementServiceClient) -> None:
    checksums = {"plaintext_crc32c": crc32c(PLAIN), "additional_authenticated_data_crc32c": crc32c(b"bound")}
    request = {"name": KEY, "plaintext": PLAIN, "additional_authenticated_data": b"bound", **checksums}
    encrypted = kms.encrypt(request=request)
    assert encrypted.ciphertext_crc32c == crc32c(encrypted.ciphertext)
    assert encrypted.verified_plaintext_crc32c
    assert encrypted.verified_additional_authenticated_data_crc32c
    assert opened(kms, encrypted.ciphertext, b"bound").plaintext_crc32c == crc32c(PLAIN)
    without = kms.encrypt(request={"name": KEY, "plaintext": PLAIN})
    assert not without.verified_plaintext_crc32c


@pytest.mark.parametrize("field", ["plaintext", "additional_authenticated_data"])
def test_a_wrong_checksum_is_refused(kms: KeyManagementServiceClient, field: str) -> None:
    request = {"name": KEY, "plaintext": PLAIN, "additional_authenticated_data": b"bound", f"{field}_crc32c": 0}
    with pytest.raises(exceptions.InvalidArgument, match=f"{field}_crc32c did not match"):
        kms.encrypt(request=request)


def test_a_wrong_checksum_of_a_ciphertext_is_refused(kms: KeyManagementServiceClient) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="ciphertext_crc32c did not match"):
        kms.decrypt(request={"name": KEY, "ciphertext": sealed(kms), "ciphertext_crc32c": 1})


def test_a_new_version_encrypts_once_it_is_primary_and_the_old_one_still_decrypts(
    kms: KeyManagementServiceClient,
) -> None:
    before = sealed(kms)
    version = kms.create_crypto_key_version(request={"parent": KEY, "crypto_key_version": {}})
    assert kms.encrypt(request={"name": KEY, "plaintext": PLAIN}).name == f"{KEY}/cryptoKeyVersions/1"
    updated = kms.update_crypto_key_primary_version(name=KEY, crypto_key_version_id="2")
    assert updated.primary.name == version.name == kms.get_crypto_key(name=KEY).primary.name
    assert kms.encrypt(request={"name": KEY, "plaintext": PLAIN}).name == version.name
    answer = opened(kms, before)
    assert (answer.plaintext, answer.used_primary) == (PLAIN, False)


def test_a_disabled_version_refuses_to_work(kms: KeyManagementServiceClient) -> None:
    ciphertext = sealed(kms)
    disable(kms, f"{KEY}/cryptoKeyVersions/1")
    with pytest.raises(exceptions.FailedPrecondition, match="current state is: DISABLED"):
        opened(kms, ciphertext)
    with pytest.raises(exceptions.FailedPrecondition):
        sealed(kms)


def test_a_version_that_does_not_exist_cannot_be_primary(kms: KeyManagementServiceClient) -> None:
    with pytest.raises(exceptions.NotFound):
        kms.update_crypto_key_primary_version(name=KEY, crypto_key_version_id="7")


def test_keys_outlive_the_service_in_a_file_of_the_owner(tmp_path: Path) -> None:
    file = tmp_path / "kms.json"
    with running_kms([KEY], file) as host, connected(host) as client:
        ciphertext = sealed(client)
        client.create_crypto_key_version(request={"parent": KEY, "crypto_key_version": {}})
        client.update_crypto_key_primary_version(name=KEY, crypto_key_version_id="2")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with running_kms([KEY], file) as host, connected(host) as client:
        assert opened(client, ciphertext).plaintext == PLAIN
        assert client.get_crypto_key(name=KEY).primary.name.endswith("/2")
