"""What one installation keeps in its data directory besides the database: its secrets, and the lock of who runs it."""

import base64
import hashlib
import json
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, SecretStr, TypeAdapter, ValidationError

from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.local.files import Occupied, locked, make_private_directory, write_private
from autotennis.errors import BadSettings
from autotennis.ports import Ids

SECRETS_FILE: Final = "secrets.json"
# Whoever runs the system on the directory holds it.
LOCK_FILE: Final = "lock"
# As many as Linux's largest process id has, so that a shorter one overwrites a longer.
_PID_DIGITS: Final = 7
_ADDRESSES: Final = "addresses.json"
_KEPT: Final = TypeAdapter(dict[str, str])


class AlreadyRunning(BadSettings):
    """Another system runs on the same data directory."""


class NoInstallation(BadSettings):
    """There is no installation in the data directory."""


class Secrets(BaseModel):
    """Made on the first run.

    Who may push events to services, what signs web sessions and the links of messages, and the key by which browsers'
    push services know us.
    """

    push_secret: SecretStr = Field(min_length=32)
    session_secret: SecretStr = Field(min_length=32)
    link_secret: SecretStr = Field(min_length=32)
    vapid_private_key: SecretStr = Field(min_length=43, max_length=43)


@contextmanager
def held(data_dir: Path) -> Generator[int]:
    """Holds the data directory while the context lasts, and gives the lock's file handle.

    Raises AlreadyRunning, DiskTrouble.
    """
    make_private_directory(data_dir)
    path = data_dir / LOCK_FILE
    try:
        with locked(path, wait=False) as handle:
            # For whoever comes while we are here; what stands there later is not believed without the lock.
            with suppress(OSError):
                # A full disk keeps nobody from looking after what is there.
                os.pwrite(handle, f"{os.getpid():<{_PID_DIGITS}}\n".encode(), 0)
            yield handle
    except Occupied:
        raise AlreadyRunning(
            f"Another Autotennis runs on {data_dir}{_holder(path)}. Stop it first, or give this one a directory of its "
            "own (DATA=/another/directory)."
        ) from None


def _holder(path: Path) -> str:
    """Who has said to hold the lock; nothing if that is not known."""
    try:
        number = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return f" (process {number})" if number else ""


def must_exist(data_dir: Path) -> None:
    """Raises NoInstallation for a directory without a database: to look after one must not make a new one."""
    if not (data_dir / FILE_NAME).exists():
        raise NoInstallation(
            f"There is no installation in {data_dir}: it has no {FILE_NAME}. Name the directory of one (DATA=...)."
        )


def secrets_of(data_dir: Path, ids: Ids) -> Secrets:
    """The installation's secrets: made if there are none, completed if an earlier version made fewer.

    Raises BadSettings if the file cannot be read.
    """
    path = data_dir / SECRETS_FILE
    try:
        kept: dict[str, str] = _KEPT.validate_json(path.read_bytes()) if path.exists() else {}
        complete = {**{name: _new(ids, name) for name in Secrets.model_fields if name not in kept}, **kept}
        secrets = Secrets.model_validate(complete)
    except (ValidationError, OSError):
        raise BadSettings(
            f"{path} is damaged. Remove it: new secrets are made, and everybody signs in again."
        ) from None
    if complete != kept:
        write_private(path, (json.dumps(complete) + "\n").encode())
    return secrets


def note_addresses(data_dir: Path, addresses: Mapping[str, str]) -> None:
    """Writes down where each program that runs answers, for who looks after the installation. Call it while held."""
    write_private(data_dir / _ADDRESSES, (json.dumps(dict(addresses)) + "\n").encode())


def addresses_of(data_dir: Path) -> Mapping[str, str]:
    """Where the programs answered that were started last; nothing if that is not known."""
    try:
        return _KEPT.validate_json((data_dir / _ADDRESSES).read_bytes())
    except (ValidationError, OSError):
        return {}


def _new(ids: Ids, name: str) -> str:
    chance = "".join(ids.new() for _ in range(3))
    return _as_key(chance) if name == "vapid_private_key" else chance


def _as_key(chance: str) -> str:
    """A private key of the curve P-256, as it is written for Web Push. Of 4,000 million such numbers one is none."""
    return base64.urlsafe_b64encode(hashlib.sha256(chance.encode()).digest()).rstrip(b"=").decode()
