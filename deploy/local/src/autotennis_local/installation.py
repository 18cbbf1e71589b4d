"""What one installation keeps in its data directory besides the database: its secrets, and the lock of who runs it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, SecretStr, ValidationError

from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.local.files import Occupied, locked, make_private_directory, write_private
from autotennis.errors import BadSettings
from autotennis.ports import Ids

_SECRETS: Final = "secrets.json"


class AlreadyRunning(BadSettings):
    """Another system runs on the same data directory."""


class NoInstallation(BadSettings):
    """There is no installation in the data directory."""


class Secrets(BaseModel):
    """Made on the first run: who may push events to services, and what signs the web sessions."""

    push_secret: SecretStr = Field(min_length=32)
    session_secret: SecretStr = Field(min_length=32)


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
    """The installation's secrets, made if there are none. Raises BadSettings if the file cannot be read."""
    path = data_dir / _SECRETS
    if not path.exists():
        write_private(path, _new(ids).encode())
    try:
        return Secrets.model_validate_json(path.read_bytes())
    except (ValidationError, OSError):
        raise BadSettings(
            f"{path} is damaged. Remove it: new secrets are made, and everybody signs in again."
        ) from None


def _new(ids: Ids) -> str:
    push, session = ("".join(ids.new() for _ in range(3)) for _ in range(2))
    return f'{{"push_secret": "{push}", "session_secret": "{session}"}}\n'
