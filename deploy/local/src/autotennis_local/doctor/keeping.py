"""What one machine keeps: the directory, the disk, the database, the vault and the backups."""

import os
import shutil
import stat
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from autotennis.adapters.local.database import FILE_NAME, SCHEMA_VERSION, check_header, check_writable, quick_check
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.local.files import DiskTrouble
from autotennis.adapters.local.keys import FILE_NAME as KEY_NAME
from autotennis.adapters.local.keys import read_keys
from autotennis.errors import Transient
from autotennis_local.doctor.finding import Finding, broken, fine, warning
from autotennis_local.doctor.patient import Patient
from autotennis_local.installation import SECRETS_FILE

_LEAST_FREE_MB: Final = 200
_LITTLE_FREE_MB: Final = 1000
_MB: Final = 1_000_000
_PROBE: Final = b"the doctor's probe"
_OPEN_TO_OTHERS: Final = 0o077
_BACKUPS: Final = "autotennis-*.tar"
_OLD: Final = timedelta(days=8)


class NotOurs(Transient):
    """What is asked for is not to be opened by this process."""


def directory(data_dir: Path) -> Sequence[Finding]:
    """Whether there is an installation, and whether it is closed to others."""
    if not data_dir.is_dir():
        return [warning(f"there is no directory {data_dir}", "It is made at the first start. Is it the right name?")]
    if not (data_dir / FILE_NAME).exists():
        return [warning(f"there is no installation in {data_dir}", "It is made at the first start: `autotennis up`.")]
    names = (".", FILE_NAME, KEY_NAME, SECRETS_FILE)
    there = [path for path in (data_dir / name for name in names) if path.exists()]
    found = [one for path in there if (one := _privacy(path))]
    return found or [fine(f"{data_dir} is closed to others")]


def _privacy(path: Path) -> Finding | None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & _OPEN_TO_OTHERS:
        return None
    right = "700" if path.is_dir() else "600"
    said = f"{path} is open to others (mode {mode:04o})"
    mend = f"chmod {right} {path}"
    # The directory keeps others out of a file that is open to them, but not out of its backups.
    return warning(said, mend) if path.name == FILE_NAME or path.is_dir() else broken(said, mend)


def disk(data_dir: Path) -> Sequence[Finding]:
    """Whether there is room."""
    there = next(path for path in (data_dir.absolute(), *data_dir.absolute().parents) if path.exists())
    free_mb = shutil.disk_usage(there).free // _MB
    said = f"{free_mb} MB of the disk are free"
    if free_mb < _LEAST_FREE_MB:
        return [broken(said, "Make room: when the disk is full nothing can be booked.")]
    return [warning(said, "Make room before it is full.") if free_mb < _LITTLE_FREE_MB else fine(said)]


def database(data_dir: Path) -> Sequence[Finding]:
    """Whether the database can be read from end to end, and written."""
    _must_be_ours(data_dir)
    try:
        quick_check(data_dir)
        check_writable(data_dir)
    except DiskTrouble as error:
        return [broken(str(error), "Until then nothing starts, and what runs can keep nothing.")]
    version = check_header(data_dir / FILE_NAME)
    if version < SCHEMA_VERSION:
        return [fine(f"the database is whole; the next start brings it from version {version} to {SCHEMA_VERSION}")]
    return [fine(f"the database is whole, version {version}")]


def vault(patient: Patient) -> Sequence[Finding]:
    """Whether the key is there, belongs to the database, and opens what it has sealed."""
    with opened(patient) as family:
        keys = read_keys(patient.data_dir / KEY_NAME)
        if keys.unseal(keys.seal(_PROBE, _PROBE), _PROBE) != _PROBE:
            return [broken("the vault does not give back what was put in", "Put vault.key back from a backup.")]
        with family.database.reading() as connection:
            row = connection.execute("SELECT member_id, name FROM secrets LIMIT 1").fetchone()
        if row is None:
            return [fine("the vault's key seals and opens; no member has a secret yet")]
        family.vault.get(*row)
    return [fine("the vault's key opens the members' secrets")]


def backups(patient: Patient) -> Sequence[Finding]:
    """Whether there is a fresh one where they are looked for."""
    found = sorted(patient.backups.glob(_BACKUPS)) if patient.backups.is_dir() else []
    how = f"`autotennis backup {patient.backups}` makes one; keep copies on another machine."
    if not found:
        return [warning(f"there is no backup in {patient.backups}", f"{how} (--backups says where yours are.)")]
    age = patient.clock.now() - datetime.fromtimestamp(found[-1].stat().st_mtime, UTC)
    said = f"the last backup is {age.days} day(s) old: {found[-1].name}"
    return [warning(said, how) if age > _OLD else fine(said)]


@contextmanager
def opened(patient: Patient) -> Generator[LocalFamily]:
    """The installation as it is, neither made nor brought up to date. Raises NotOurs, and as `open_local`."""
    _must_be_ours(patient.data_dir)
    version = check_header(patient.data_dir / FILE_NAME)
    if version < SCHEMA_VERSION:
        raise NotOurs(f"the database has version {version}: start the system once, and look again")
    # To open a vault without a key is to be told so, and never to make one.
    read_keys(patient.data_dir / KEY_NAME)
    with open_local(patient.data_dir, patient.clock) as family:
        yield family


def _must_be_ours(data_dir: Path) -> None:
    """Files that somebody else makes beside the database would keep its owner out."""
    if not (data_dir / FILE_NAME).exists():
        raise NotOurs(f"there is no installation in {data_dir} yet")
    owner = (data_dir / FILE_NAME).stat().st_uid
    if owner != os.geteuid():
        raise NotOurs(f"{data_dir} belongs to another user: run this as that one (`sudo -u USER autotennis doctor`)")
