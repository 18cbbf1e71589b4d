"""Backups of one machine: made beside whoever writes, checked, and put back only when nobody runs."""

import gzip
import os
import sqlite3
import stat
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from autotennis.adapters.local.database import SCHEMA_VERSION
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis_local.backups import BadBackup, back_up, put_back
from autotennis_local.installation import AlreadyRunning, NoInstallation, held, secrets_of

PIN = SecretStr("4711-and-more")


def an_installation(data_dir: Path, pin: SecretStr = PIN) -> None:
    with open_local(data_dir, SystemClock()) as family:
        family.vault.put("member", "pin", pin)
    secrets_of(data_dir, SystemIds())


def kept_pin(data_dir: Path) -> SecretStr | None:
    with open_local(data_dir, SystemClock()) as family:
        return family.vault.get("member", "pin")


def test_a_backup_beside_a_running_system_has_all_that_was_committed(tmp_path: Path) -> None:
    an_installation(tmp_path / "data")
    with open_local(tmp_path / "data", SystemClock()) as family, held(tmp_path / "data"):
        family.vault.put("member", "pin", SecretStr("changed a moment ago"))
        path = back_up(tmp_path / "data", tmp_path / "backup.tar", keep=0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    put_back(tmp_path / "other", path)
    assert kept_pin(tmp_path / "other") == SecretStr("changed a moment ago")
    assert secrets_of(tmp_path / "other", SystemIds()) == secrets_of(tmp_path / "data", SystemIds())
    for name in ("autotennis.db", "vault.key", "secrets.json"):
        assert stat.S_IMODE((tmp_path / "other" / name).stat().st_mode) == 0o600


def test_what_was_there_is_set_aside(tmp_path: Path) -> None:
    an_installation(tmp_path / "data")
    path = back_up(tmp_path / "data", tmp_path / "backup.tar", keep=0)
    with open_local(tmp_path / "data", SystemClock()) as family:
        family.vault.rotate()
        family.vault.put("member", "pin", SecretStr("a later one"))
    put_back(tmp_path / "data", path)
    assert kept_pin(tmp_path / "data") == PIN
    (aside,) = (tmp_path / "data").glob("replaced-*")
    assert kept_pin(aside) == SecretStr("a later one")


def test_nothing_is_put_back_while_the_system_runs(tmp_path: Path) -> None:
    an_installation(tmp_path / "data")
    path = back_up(tmp_path / "data", tmp_path / "backup.tar", keep=0)
    with held(tmp_path / "data"), pytest.raises(AlreadyRunning):
        put_back(tmp_path / "data", path)


def test_a_directory_keeps_the_latest(tmp_path: Path) -> None:
    an_installation(tmp_path / "data")
    backups = tmp_path / "backups"
    backups.mkdir()
    for day in (1, 2, 3):
        (backups / f"autotennis-2026010{day}T030000Z.tar").touch()
    (backups / "something else").touch()
    path = back_up(tmp_path / "data", backups, keep=2)
    assert {one.name for one in backups.iterdir()} == {path.name, "autotennis-20260103T030000Z.tar", "something else"}


DAMAGES = {
    "cut": "cannot be read as a backup",
    "no key": "is no backup of Autotennis: it has no vault.key",
    "another key": "the vault's key in it does not belong to the database in it",
    "broken database": "the database in it is damaged",
    "a photograph": "cannot be read as a backup",
    "of another program": "is no backup of Autotennis: it has no vault.key",
    "of a newer program": "of a newer version of the program. Put it back with that one",
    "packed": "cannot be read as a backup",
    "holes": "has holes",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_changes_nothing(tmp_path: Path, damage: str) -> None:
    an_installation(tmp_path / "data")
    path = back_up(tmp_path / "data", tmp_path / "backup.tar", keep=0)
    damaged(path, damage, tmp_path)
    with pytest.raises(BadBackup, match=DAMAGES[damage]):
        put_back(tmp_path / "data", path)
    assert kept_pin(tmp_path / "data") == PIN
    assert not list((tmp_path / "data").glob("replaced-*"))


def damaged(path: Path, damage: str, work: Path) -> None:
    if damage == "cut":
        os.truncate(path, path.stat().st_size // 2)
        return
    if damage == "a photograph":
        path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 100)
        return
    if damage == "packed":
        path.write_bytes(gzip.compress(path.read_bytes()))
        return
    parts = work / "parts"
    with tarfile.open(path) as tar:
        tar.extractall(parts, filter="data")
    if damage == "no key":
        (parts / "vault.key").unlink()
    elif damage == "of another program":
        for part in parts.iterdir():
            part.rename(parts / f"their-{part.name}")
    elif damage == "of a newer program":
        with closing(sqlite3.connect(parts / "autotennis.db", isolation_level=None)) as newer:
            newer.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    elif damage == "another key":
        an_installation(work / "another")
        (work / "another" / "vault.key").replace(parts / "vault.key")
    else:
        content = (parts / "autotennis.db").read_bytes()
        (parts / "autotennis.db").write_bytes(content[:4096] + b"\x55" * 4096 + content[8192:])
    with tarfile.open(path, "w") as tar:
        for part in parts.iterdir():
            tar.add(part, arcname=part.name, filter=_with_a_hole if damage == "holes" else None)


def _with_a_hole(part: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same part as one with a hole at its end, which may be as long as one likes."""
    if part.name == "secrets.json":
        part.pax_headers = {"GNU.sparse.map": f"0,{part.size}", "GNU.sparse.size": str(part.size)}
    return part


def test_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(NoInstallation):
        back_up(tmp_path / "typo", tmp_path / "backup.tar", keep=0)
    assert not (tmp_path / "typo").exists()
