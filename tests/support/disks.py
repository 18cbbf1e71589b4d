"""Disks that are full, and disks that may only be read: real ones, where this is root."""

import ctypes
import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

# From Linux's mount.h.
_MS_RDONLY: Final = 1
_MS_REMOUNT: Final = 32
_MNT_DETACH: Final = 2
_CHUNK: Final = b"\xff" * 4096


class Disk:
    """A small disk of its own, mounted at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Leaves no room for another page."""
        with self._ballast.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(_CHUNK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def make_room(self) -> None:
        """Takes away what filled it."""
        self._ballast.unlink()

    @contextmanager
    def only_to_be_read(self) -> Generator[None]:
        """Mounted read-only meanwhile, which nobody may be who writes just then."""
        _mount(b"none", self.path, _MS_REMOUNT | _MS_RDONLY)
        try:
            yield
        finally:
            _mount(b"none", self.path, _MS_REMOUNT)


@contextmanager
def small_disk(path: Path, size_kb: int = 4096) -> Generator[Disk]:
    """A disk of that size, in memory; skips the test, loudly, where nobody may mount one."""
    path.mkdir(mode=0o700, exist_ok=True)
    try:
        _mount(b"tmpfs", path, 0, f"size={size_kb}k,mode=700")
    except PermissionError:
        pytest.skip("!!! MAY NOT MOUNT (not root?): what becomes of a full or read-only disk is NOT SHOWN")
    try:
        yield Disk(path)
    finally:
        _called(ctypes.CDLL(None, use_errno=True).umount2(os.fsencode(path), _MNT_DETACH))


def _mount(kind: bytes, path: Path, flags: int, options: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    _called(libc.mount(kind, os.fsencode(path), kind, ctypes.c_ulong(flags), options.encode()))


def _called(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
