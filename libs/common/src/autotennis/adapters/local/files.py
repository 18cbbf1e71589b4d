"""Files that only their owner may read, made whole or not at all."""

import errno
import fcntl
import os
import pwd
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
def locked(path: Path, *, wait: bool = True) -> Generator[int, None, None]:
    """Holds the lock of this name among all processes of the machine; a process that dies gives it back.

    Gives the lock's file handle: whoever inherits that holds the lock, too.

    Raises Occupied if another holds it and we are not to wait, DiskTrouble if the lock file cannot be made or the file
    system knows no locks.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
    except OSError as error:
        raise DiskTrouble(f"The lock file {path} cannot be opened: {error.strerror}.{_advice(error, path)}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied(f"Another process holds {path}.") from None
        except OSError as error:
            raise DiskTrouble(
                f"The file system of {path} gives no locks ({error.strerror}), and without them two could write at "
                "once. Keep the data on a disk of this machine (AUTOTENNIS_DATA_DIR), not on one of the network."
            ) from error
        yield handle
    finally:
        os.close(handle)


def _advice(error: OSError, path: Path) -> str:
    """What to do about a file that cannot be opened, where that is known."""
    if isinstance(error, PermissionError):
        return f" {path.parent} belongs to {owner_of(path.parent)}: run this as that user."
    if error.errno == errno.EROFS:
        return f" The disk of {path.parent} is mounted read-only: mount it to be written."
    return ""


def owner_of(path: Path) -> str:
    """The name of the user to whom it belongs, or the number of one without a name."""
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


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
