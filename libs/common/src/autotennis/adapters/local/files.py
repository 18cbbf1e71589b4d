"""Files that only their owner may read, made whole or not at all."""

import fcntl
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from autotennis.errors import Transient

_PRIVATE_FILE: Final = 0o600
_PRIVATE_DIRECTORY: Final = 0o700


class DiskTrouble(Transient):
    """The disk is full, read-only or gone: the same call succeeds once somebody has mended that."""


class Occupied(Transient):
    """Another process holds a lock that only one may hold."""


def make_private_directory(path: Path) -> None:
    """Makes the directory, closed to others; one that exists stays as it is. Raises DiskTrouble."""
    try:
        path.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    except OSError as error:
        raise DiskTrouble(f"The directory {path} cannot be made: {error.strerror}.") from error


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Generator[None, None, None]:
    """Holds the lock of this name among all processes of the machine; a process that dies gives it back.

    Raises Occupied if another holds it and we are not to wait, DiskTrouble if the lock file cannot be made.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
    except OSError as error:
        raise DiskTrouble(f"The lock file {path} cannot be opened: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied(f"Another process holds {path}.") from None
        yield
    finally:
        os.close(handle)


def write_private(path: Path, data: bytes) -> None:
    """Puts a file with this content in place, whole even if we are killed meanwhile. Call it under a lock."""

    def fill(draft: Path) -> None:
        draft.write_bytes(data)

    put_in_place(path, fill)


def put_in_place(path: Path, fill: Callable[[Path], None]) -> None:
    """Lets `fill` write a private draft, syncs that to the disk and gives it its name. Call it under a lock.

    Raises DiskTrouble.
    """
    draft = path.with_name(path.name + ".draft")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE_FILE))
        fill(draft)
        _sync(draft)
        draft.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise DiskTrouble(f"The file {path} cannot be written: {error.strerror}.") from error


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
