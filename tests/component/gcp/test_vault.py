# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's clients are typed by halves)
"""Sealed secrets in the Firestore emulator, under a key in the stand-in for Cloud KMS."""

import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.cloud.kms_v1 import KeyManagementServiceClient
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceGrpcTransport
from pydantic import SecretStr
from support.clock import ManualClock
from support.consumers import closed_port
from support.emulators import fresh_project, need_emulators

from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.guarded_keys import KEPT_RETIRED, KEYS, READ_AGAIN_S, GuardedKeys
from autotennis.adapters.gcp.kms import MasterKey
from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.vault import GcpVault
from autotennis.errors import StoreBusy, VaultLocked
from google_stand_ins.kms import running_kms

SECRET = "fjellrype-under-snødekket"
NAME = "club-login/ntnui-tennis"
RING = "projects/test/locations/europe-north1/keyRings/tennis/cryptoKeys"
KEY, OTHER_KEY = f"{RING}/vault", f"{RING}/other"


@dataclass(frozen=True)
class Process:
    """One process's vault, and what it uses."""

    vault: GcpVault
    documents: Documents
    meter: Meter
    place: Place
    clock: ManualClock

    def put(self, member_id: str, text: str = SECRET, name: str = NAME) -> None:
        self.vault.put(member_id, name, SecretStr(text))

    def told(self, member_id: str, name: str = NAME) -> str | None:
        secret = self.vault.get(member_id, name)
        return None if secret is None else secret.get_secret_value()

    @contextmanager
    def keys(self) -> Generator[GuardedKeys, None, None]:
        """The keys as they lie there now."""
        master = MasterKey(self.place, Meter())
        yield GuardedKeys(self.documents, master, self.clock, may_begin=lambda: False)
        master.close()

    def used(self, use: Use) -> int:
        return self.meter.counts().get(use, 0)


@dataclass
class Site:
    """An installation, its clock, and its KMS as its owner sees it."""

    place: Place
    kms: KeyManagementServiceClient
    clock: ManualClock = field(default_factory=ManualClock)

    @contextmanager
    def process(self, **elsewhere: Any) -> Generator[Process, None, None]:
        place, meter = replace(self.place, **elsewhere), Meter()
        documents = Documents(place, meter)
        vault = GcpVault(documents, place, self.clock, meter)
        yield Process(vault, documents, meter, place, self.clock)
        vault.close()
        documents.close()

    def new_version(self) -> None:
        """The key's next version becomes primary, and the one before is disabled."""
        version = self.kms.create_crypto_key_version(request={"parent": KEY, "crypto_key_version": {}})
        number = version.name.rpartition("/")[2]
        self.kms.update_crypto_key_primary_version(name=KEY, crypto_key_version_id=number)

    def disable(self, number: int) -> None:
        version = {"name": f"{KEY}/cryptoKeyVersions/{number}", "state": "DISABLED"}
        self.kms.update_crypto_key_version(request={"crypto_key_version": version, "update_mask": {"paths": ["state"]}})


@pytest.fixture
def site() -> Generator[Site, None, None]:
    need_emulators()
    with running_kms([KEY, OTHER_KEY]) as host:
        channel = grpc.insecure_channel(host)
        kms = KeyManagementServiceClient(transport=KeyManagementServiceGrpcTransport(channel=channel))
        yield Site(Place(fresh_project(), "europe-north1", KEY, kms_host=host), kms)
        channel.close()


@pytest.fixture
def process(site: Site) -> Generator[Process, None, None]:
    with site.process() as process:
        yield process


def secrets_in(process: Process) -> list[Any]:
    return list(process.documents.client.collection("secrets").limit(1000).stream())


def keys_used(process: Process) -> set[int]:
    return {secret.get("key") for secret in secrets_in(process)}


def test_nothing_in_firestore_shows_a_secret_or_a_key(process: Process) -> None:
    process.put("m-1")
    (secret,) = secrets_in(process)
    keys = process.documents.get(KEYS)
    assert keys
    assert SECRET.encode() not in secret.get("sealed")
    assert b"AesGcmKey" not in keys.fields["wrapped"]
    assert set(keys.fields) == {"wrapped", "primary"}


def test_a_name_of_a_document_tells_nothing_and_holds_any_member_and_name(process: Process) -> None:
    for member, name in (("m-1", "a/b"), ("m-1/a", "b"), ("__m__", ".."), ('m"1', "ø" * 500)):
        process.put(member, f"{member} {name}", name)
    for member, name in (("m-1", "a/b"), ("m-1/a", "b"), ("__m__", ".."), ('m"1', "ø" * 500)):
        assert process.told(member, name) == f"{member} {name}"


def test_one_call_of_kms_opens_the_keys_however_many_secrets_there_are(site: Site, process: Process) -> None:
    for number in range(5):
        process.put(f"m-{number}")
    with site.process() as other:
        for number in range(5):
            assert other.told(f"m-{number}") == SECRET
        assert other.used(Use.KEY_CALLS) == 1
        # The keys and five secrets.
        assert other.used(Use.DOCUMENT_READS) == 6


def test_keys_that_did_not_change_are_read_again_and_not_unwrapped_again(site: Site, process: Process) -> None:
    process.put("m-1")
    calls, reads = process.used(Use.KEY_CALLS), process.used(Use.DOCUMENT_READS)
    site.clock.advance(READ_AGAIN_S)
    process.put("m-1")
    assert process.used(Use.KEY_CALLS) == calls
    assert process.used(Use.DOCUMENT_READS) == reads + 1


def test_processes_that_start_at_once_make_one_ring(site: Site) -> None:
    def put(number: int) -> None:
        with site.process() as one:
            one.put(f"m-{number}")

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(put, number) for number in range(8)]:
            done.result()
    with site.process() as process:
        assert [process.told(f"m-{number}") for number in range(8)] == [SECRET] * 8
        assert len(keys_used(process)) == 1


@pytest.mark.parametrize("tampering", [{"sealed": b""}, {"sealed": b"\x01" * 60}, {"key": 7}])
def test_a_secret_that_was_changed_stays_closed(process: Process, tampering: dict[str, Any]) -> None:
    process.put("m-1")
    (secret,) = secrets_in(process)
    if "key" in tampering:
        tampering = {**tampering, "sealed": b"\x01\0\0\0\x07" + secret.get("sealed")[5:]}
    secret.reference.update(tampering)
    with pytest.raises(VaultLocked) as raised:
        process.told("m-1")
    assert SECRET not in str(raised.value)


def test_a_secret_that_was_moved_to_another_member_stays_closed(process: Process) -> None:
    process.put("m-1")
    process.put("m-2", "other")
    by_member = {secret.get("member_id"): secret for secret in secrets_in(process)}
    by_member["m-2"].reference.update({"sealed": by_member["m-1"].get("sealed")})
    with pytest.raises(VaultLocked):
        process.told("m-2")


def test_lost_keys_are_told_and_never_replaced(site: Site, process: Process) -> None:
    process.put("m-1")
    keys = process.documents.client.collection(KEYS.collection).document(KEYS.name)
    kept = keys.get().to_dict()
    assert kept
    keys.delete()
    with site.process() as other:
        for call in (lambda: other.told("m-1"), lambda: other.put("m-2"), other.vault.rotate):
            with pytest.raises(VaultLocked, match="missing"):
                call()
        keys.set(kept)
        assert other.told("m-1") == SECRET


def test_damaged_keys_are_told(site: Site, process: Process) -> None:
    process.put("m-1")
    keys = process.documents.client.collection(KEYS.collection).document(KEYS.name)
    keys.update({"wrapped": b"\0\0\0\x01" + bytes(60)})
    with site.process() as other, pytest.raises(VaultLocked, match="changed"):
        other.told("m-1")


def test_a_key_that_kms_does_not_know_or_that_is_not_ours_locks_the_vault(site: Site, process: Process) -> None:
    process.put("m-1")
    with site.process(kms_key=f"{RING}/unknown") as other, pytest.raises(VaultLocked, match="knows no key"):
        other.told("m-1")
    with site.process(kms_key=OTHER_KEY) as other, pytest.raises(VaultLocked, match="another key"):
        other.told("m-1")


def test_a_disabled_version_locks_the_vault_until_it_is_enabled_again(site: Site, process: Process) -> None:
    process.put("m-1")
    site.disable(1)
    with site.process() as other, pytest.raises(VaultLocked, match="enable it again"):
        other.told("m-1")


def test_a_kms_that_is_away_is_trouble_that_passes(site: Site, process: Process) -> None:
    process.put("m-1")
    began = time.monotonic()
    with site.process(kms_host=f"127.0.0.1:{closed_port()}") as other, pytest.raises(StoreBusy, match="KMS"):
        other.told("m-1")
    assert time.monotonic() - began < 25


def test_rotation_wraps_the_keys_anew_so_that_the_old_version_can_go(site: Site, process: Process) -> None:
    process.put("m-1")
    site.new_version()
    assert process.vault.rotate() == 1
    site.disable(1)
    with site.process() as other:
        assert other.told("m-1") == SECRET


def test_rotation_leaves_no_secret_under_the_old_key(process: Process) -> None:
    for number in range(130):
        process.put(f"m-{number}", f"{SECRET}{number}")
    (old,) = keys_used(process)
    assert process.vault.rotate() == 130
    (new,) = keys_used(process)
    assert new != old
    assert process.told("m-129") == f"{SECRET}129"


def test_a_process_that_slept_through_rotations_goes_on_until_it_reads_the_keys_again(site: Site) -> None:
    with site.process() as operator, site.process() as sleeper:
        sleeper.put("m-1")
        operator.vault.rotate()
        site.clock.advance(READ_AGAIN_S - 1)
        sleeper.put("m-2")
        assert len(keys_used(operator)) == 2
        site.clock.advance(1)
        sleeper.put("m-3")
        assert [operator.told(f"m-{number}") for number in (1, 2, 3)] == [SECRET] * 3
        # Only the one that was sealed under the old key meanwhile, and the new key's two.
        assert operator.vault.rotate() == 3
        assert len(keys_used(operator)) == 1


def test_a_retired_key_is_dropped_once_nobody_can_need_it(site: Site) -> None:
    with site.process() as operator, site.process() as sleeper:
        sleeper.put("m-1")
        (first,) = keys_used(operator)
        operator.vault.rotate()
        site.clock.advance(KEPT_RETIRED.total_seconds() / 2)
        operator.vault.rotate()
        assert holds(operator, first)
        site.clock.advance(KEPT_RETIRED.total_seconds() / 2 + 1)
        operator.vault.rotate()
        assert not holds(operator, first)
        assert sleeper.told("m-1") == SECRET
        sleeper.put("m-2")
        assert operator.told("m-2") == SECRET


def holds(process: Process, number: int) -> bool:
    with process.keys() as keys:
        return keys.ring().holds(number)


def test_a_rotation_that_was_killed_before_it_resealed_is_completed_by_the_next(site: Site, process: Process) -> None:
    process.put("m-1")
    now = site.clock.now()
    # This is how far it came: the new key is there, nothing is sealed with it.
    with process.keys() as keys:
        keys.change(lambda guarded: guarded.rotated(now))
    assert process.told("m-1") == SECRET
    site.clock.advance(timedelta(days=1).total_seconds())
    assert process.vault.rotate() == 1
    assert len(keys_used(process)) == 1


def test_a_secret_that_cannot_be_opened_stops_the_rotation_before_a_key_is_dropped(
    site: Site, process: Process
) -> None:
    process.put("m-1")
    process.put("m-2")
    (first,) = keys_used(process)
    by_member = {secret.get("member_id"): secret for secret in secrets_in(process)}
    by_member["m-2"].reference.update({"sealed": b"\0"})
    for _ in range(2):
        with pytest.raises(VaultLocked, match="m-2"):
            process.vault.rotate()
        site.clock.advance(2 * KEPT_RETIRED.total_seconds())
    assert holds(process, first)
    process.vault.forget("m-2")
    assert process.told("m-1") == SECRET
    assert process.vault.rotate() == 1


def test_rotations_and_writes_at_the_same_time_lose_nothing(site: Site) -> None:
    with site.process() as one, site.process() as two, site.process() as writer:
        for number in range(20):
            one.put(f"m-{number}", "before")

        def write(number: int) -> None:
            writer.put(f"m-{number}", f"after-{number}")

        with ThreadPoolExecutor(8) as pool:
            working = [pool.submit(one.vault.rotate), pool.submit(two.vault.rotate)]
            working += [pool.submit(write, number) for number in range(20)]
            for done in working:
                done.result()
        for process in (one, two, writer):
            assert [process.told(f"m-{number}") for number in range(20)] == [f"after-{number}" for number in range(20)]


def test_forgetting_destroys_more_than_one_page(process: Process) -> None:
    for number in range(120):
        process.put("m-1", name=f"door-code/b-{number}")
    process.put("m-2")
    process.vault.forget("m-1")
    assert [secret.get("member_id") for secret in secrets_in(process)] == ["m-2"]


def test_the_vault_shows_nothing_of_itself(process: Process) -> None:
    process.put("m-1")
    with process.keys() as keys:
        ring = keys.ring()
        assert "AesGcmKey" in ring.dump().decode()
        for shown in (repr(process.vault), repr(keys), repr(ring), str(ring)):
            assert "AesGcmKey" not in shown
