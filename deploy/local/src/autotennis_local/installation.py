"""What one installation keeps in its data directory besides the database: its secrets, and the lock of who runs it."""

import base64
import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, SecretStr, TypeAdapter, ValidationError

from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.local.files import Occupied, locked, make_private_directory, write_private
from autotennis.errors import BadSettings
from autotennis.ports import Ids

_SECRETS: Final = "secrets.json"
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
def held(data_dir: Path) -> Generator[None]:
    """Holds the data directory while the context lasts. Raises AlreadyRunning, DiskTrouble."""
    make_private_directory(data_dir)
    try:
        with locked(data_dir / "lock", wait=False):
            yield
    except Occupied:
        raise AlreadyRunning(
            f"Another Autotennis runs on {data_dir}. Stop it first, or give this one a directory of its own "
            "(DATA=/another/directory)."
        ) from None


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
    path = data_dir / _SECRETS
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


def _new(ids: Ids, name: str) -> str:
    chance = "".join(ids.new() for _ in range(3))
    return _as_key(chance) if name == "vapid_private_key" else chance


def _as_key(chance: str) -> str:
    """A private key of the curve P-256, as it is written for Web Push. Of 4,000 million such numbers one is none."""
    return base64.urlsafe_b64encode(hashlib.sha256(chance.encode()).digest()).rstrip(b"=").decode()
