"""The vault's key file and what it opens."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from autotennis.adapters.local.family import open_local
from autotennis.adapters.local.keys import read_keys, write_keys
from autotennis.adapters.system import SystemClock
from autotennis.errors import VaultLocked

SECRET = "rognebær-i-måneskinn"
NAME = "club-login/ntnui-tennis"
CLOCK = SystemClock()


def sealed(directory: Path, *members: str) -> Path:
    """A closed vault with a secret of each member; gives its key file."""
    with open_local(directory, CLOCK) as family:
        for member in members:
            family.vault.put(member, NAME, SecretStr(SECRET))
    return directory / "vault.key"


def opened(directory: Path, member: str = "m-1", name: str = NAME) -> str | None:
    with open_local(directory, CLOCK) as family:
        secret = family.vault.get(member, name)
    return secret.get_secret_value() if secret else None


def open_everything(directory: Path) -> None:
    for member in ("m-1", "m-2"):
        for name in (NAME, "door-code/b-1"):
            opened(directory, member, name)


def sql(directory: Path, statement: str) -> None:
    with closing(sqlite3.connect(directory / "autotennis.db", isolation_level=None)) as connection:
        connection.execute(statement)


def test_nothing_on_the_disk_shows_the_secret(tmp_path: Path) -> None:
    sealed(tmp_path, "m-1")
    assert not any(SECRET.encode() in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE secrets SET member_id = 'm-2'",
        "UPDATE secrets SET name = 'door-code/b-1'",
        "UPDATE secrets SET sealed = CAST(sealed || x'00' AS BLOB)",
        "UPDATE secrets SET sealed = x''",
    ],
)
def test_a_secret_that_was_moved_or_changed_stays_closed(tmp_path: Path, tampering: str) -> None:
    sealed(tmp_path, "m-1")
    sql(tmp_path, tampering)
    with pytest.raises(VaultLocked) as raised:
        open_everything(tmp_path)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    sealed(tmp_path, "m-1").chmod(mode)
    with pytest.raises(VaultLocked, match="chmod 600"):
        opened(tmp_path)


def remove(key: Path) -> None:
    key.unlink()


def empty(key: Path) -> None:
    key.write_bytes(b"")


def overwrite(key: Path) -> None:
    key.write_text('{"primaryKeyId": 1, "key": [{"keyId": 1}]}', encoding="utf-8")


def garble(key: Path) -> None:
    key.write_bytes(b"\xff\xfe" * 100)


@pytest.mark.parametrize(
    ("damage", "words"), [(remove, "is missing"), (empty, "damaged"), (overwrite, "damaged"), (garble, "damaged")]
)
def test_a_lost_or_damaged_key_is_told_and_never_replaced(
    tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    key = sealed(tmp_path, "m-1")
    kept = key.read_bytes()
    damage(key)
    with pytest.raises(VaultLocked, match=words) as raised:
        opened(tmp_path)
    assert "backup" in str(raised.value)
    key.write_bytes(kept)
    key.chmod(0o600)
    assert opened(tmp_path) == SECRET


def test_the_key_of_another_database_is_told(tmp_path: Path) -> None:
    ours, theirs = sealed(tmp_path / "ours", "m-1"), sealed(tmp_path / "theirs", "m-1")
    ours.write_bytes(theirs.read_bytes())
    with pytest.raises(VaultLocked, match="not the one of"):
        opened(tmp_path / "ours")


def test_rotation_drops_the_old_key(tmp_path: Path) -> None:
    key = sealed(tmp_path, "m-1", "m-2")
    before, number = key.read_bytes(), read_keys(key).primary
    with open_local(tmp_path, CLOCK) as family:
        assert family.vault.rotate() == 2
    assert not read_keys(key).holds(number)
    assert opened(tmp_path, "m-2") == SECRET
    key.write_bytes(before)
    with pytest.raises(VaultLocked):
        opened(tmp_path)


def test_a_rotation_that_was_killed_after_writing_both_keys_loses_nothing(tmp_path: Path) -> None:
    key = sealed(tmp_path, "m-1")
    # This is how far it came: the new key is in the file, nothing is sealed with it.
    write_keys(key, read_keys(key).with_new_primary())
    with open_local(tmp_path, CLOCK) as family:
        family.vault.put("m-2", NAME, SecretStr("after"))
    assert opened(tmp_path) == SECRET
    assert opened(tmp_path, "m-2") == "after"
    with open_local(tmp_path, CLOCK) as family:
        assert family.vault.rotate() == 2
    assert opened(tmp_path) == SECRET
    assert opened(tmp_path, "m-2") == "after"


def test_a_rotation_stops_before_it_drops_a_key_if_a_secret_cannot_be_opened(tmp_path: Path) -> None:
    sealed(tmp_path, "m-1", "m-2")
    sql(tmp_path, "UPDATE secrets SET sealed = x'00' WHERE member_id = 'm-2'")
    with open_local(tmp_path, CLOCK) as family:
        with pytest.raises(VaultLocked, match="m-2"):
            family.vault.rotate()
        family.vault.forget("m-2")
    assert opened(tmp_path) == SECRET


CHILD = """
import pathlib, sys
from pydantic import SecretStr
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
with open_local(pathlib.Path(sys.argv[1]), SystemClock()) as family:
    family.vault.put(sys.argv[2], "club-login/ntnui-tennis", SecretStr("rognebær-i-måneskinn"))
"""


def test_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    members = ["m-1", "m-2", "m-3"]
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(directory), member])  # noqa: S603 (our own program)
        for member in members
    ]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert [opened(directory, member) for member in members] == [SECRET] * 3
