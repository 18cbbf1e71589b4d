"""Backups of an installation on one machine: a tar file that holds the database, the vault's key and the secrets."""

import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from autotennis.adapters.local import keys
from autotennis.adapters.local.database import (
    FILE_NAME,
    SIDECARS,
    DatabaseTooNew,
    connect,
    quick_check,
    translated,
)
from autotennis.adapters.local.family import open_local
from autotennis.adapters.local.files import DiskTrouble, locked, make_private_directory, put_in_place
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.errors import AutotennisError, DatabaseDamaged, VaultLocked
from autotennis_local.installation import SECRETS_FILE, held, must_exist, secrets_of
from autotennis_local.telling import say

# The database last: while it is not there, nothing that is half put back is taken for an installation.
_PARTS: Final = (keys.FILE_NAME, SECRETS_FILE, FILE_NAME)
_PATTERN: Final = "autotennis-*.tar"


class BadBackup(AutotennisError):
    """The file is no backup that could be put back; the text says why."""


def back_up(data_dir: Path, target: Path, keep: int) -> Path:
    """Writes a backup while the system may be running; gives its file, which only its owner may read.

    Where `target` is a directory, the file is named after the time, and of those named so the latest `keep` stay (0:
    all do). Raises NoInstallation, DatabaseDamaged, VaultLocked, DiskTrouble.
    """
    must_exist(data_dir)
    is_series = target.is_dir()
    path = target / f"autotennis-{SystemClock().now():%Y%m%dT%H%M%SZ}.tar" if is_series else target
    with _room(path.parent) as room:
        _copy(data_dir, room)
        _check(room)
        put_in_place(path, lambda draft: _pack(room, draft))
    if is_series and keep:
        for old in sorted(target.glob(_PATTERN))[:-keep]:
            old.unlink()
    say(f"Backed up to {path}. Whoever has it has the members' club passwords.")
    return path


def put_back(data_dir: Path, source: Path) -> None:
    """Puts a backup in place of what is there, which is set aside in the same directory.

    Nothing is changed unless the backup is whole. Raises AlreadyRunning, BadBackup, DiskTrouble.
    """
    with held(data_dir), _room(data_dir) as room:
        _unpack(source, room)
        try:
            _check(room)
        except DiskTrouble:
            raise
        except AutotennisError as error:
            raise BadBackup(f"{source} cannot be put back: {_why(error)} Nothing was changed.") from None
        aside = _set_aside(data_dir, SystemClock().now())
        for name in _PARTS:
            (room / name).replace(data_dir / name)
    say(f"Put back {source}." + (f" What was there before is in {aside}." if aside else ""))
    say("What members did since it was made is not in it: who cancelled or gave a place back has to do it once more.")


def _why(error: AutotennisError) -> str:
    """The errors themselves speak of an installation, and what to do there."""
    match error:
        case DatabaseDamaged():
            return "the database in it is damaged."
        case DatabaseTooNew():
            return "its database is of a newer version of the program. Put it back with that one."
        case VaultLocked():
            return "the vault's key in it does not belong to the database in it."
        case _:
            return str(error)


@contextmanager
def _room(beside: Path) -> Generator[Path]:
    """A private directory on the same disk, gone at the end."""
    make_private_directory(beside)
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=beside) as room:
            yield Path(room)
    except OSError as error:
        raise DiskTrouble(f"{beside} cannot be written to: {error.strerror}.") from error


def _copy(data_dir: Path, room: Path) -> None:
    """The three as they belong together: a rotation of the key takes the same lock."""
    path = data_dir / FILE_NAME
    secrets_of(data_dir, SystemIds())
    with locked(data_dir / "setup.lock"), translated(path):
        with (
            closing(connect(path, busy_timeout_s=10.0, mode="ro")) as source,
            closing(sqlite3.connect(room / FILE_NAME)) as copy,
        ):
            source.backup(copy)
        for name in (keys.FILE_NAME, SECRETS_FILE):
            shutil.copy2(data_dir / name, room / name)


def _check(room: Path) -> None:
    """Raises DatabaseDamaged, DatabaseTooNew, VaultLocked or BadSettings if the parts are no installation."""
    quick_check(room)
    secrets_of(room, SystemIds())
    # Opening finds out whether the key belongs to the database.
    with open_local(room, SystemClock()):
        pass


def _pack(room: Path, draft: Path) -> None:
    with tarfile.open(draft, "w") as tar:
        for name in _PARTS:
            tar.add(room / name, arcname=name)


def _unpack(source: Path, room: Path) -> None:
    try:
        # Ours are not packed: what is read takes no more room than the file does.
        with tarfile.open(source, "r:") as tar:
            found = {member.name: member for member in tar.getmembers() if member.isfile()}
            missing = [name for name in _PARTS if name not in found]
            if missing:
                raise BadBackup(f"{source} is no backup of Autotennis: it has no {missing[0]}.")
            for name in _PARTS:
                _write(tar, found[name], room / name)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadBackup(f"{source} cannot be read as a backup: {error}.") from None


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Its bytes and nothing else: neither owner nor name come from the file."""
    if member.sparse is not None:
        raise BadBackup(f"{member.name} in the backup has holes, which none of ours has.")
    content = tar.extractfile(member)
    if content is None:
        raise BadBackup(f"{member.name} in the backup is no file.")
    path.touch(mode=0o600)
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file)


def _set_aside(data_dir: Path, now: datetime) -> Path | None:
    there = [data_dir / name for name in (FILE_NAME, *(FILE_NAME + one for one in SIDECARS), *_PARTS[:-1])]
    there = [path for path in there if path.exists()]
    if not there:
        return None
    aside = data_dir / f"replaced-{now:%Y%m%dT%H%M%SZ}"
    make_private_directory(aside)
    for path in there:
        path.replace(aside / path.name)
    return aside
