"""The commit that is released: all images are built from one, and every revision bears its name."""

import re
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autotennis_cloud.running import Runner
from autotennis_cloud.trouble import CloudTrouble

_SHORT: Final = 12
_LONGEST_LABEL: Final = 63


@dataclass(frozen=True, slots=True)
class Source:
    """What is built. `commit` is 12 digits; `version` is what `git describe` calls it."""

    commit: str
    version: str

    def labels(self) -> dict[str, str]:
        """In the letters that Google allows in labels."""
        return {"commit": self.commit, "version": re.sub(r"[^a-z0-9_-]", "-", self.version.lower())[:_LONGEST_LABEL]}


def source_of(runner: Runner, *, dirty: bool) -> Source:
    """The commit of the work tree; with `dirty`, what is changed there as a commit of its own.

    Raises CloudTrouble where something is changed and `dirty` does not allow it.
    """
    if not runner.read("git", "status", "--porcelain").strip():
        return _named(runner, runner.read("git", "rev-parse", "HEAD").strip(), "")
    if not dirty:
        raise CloudTrouble(
            "The work tree has changes that no commit holds, so nobody could tell later what runs. "
            "Commit them, or give DIRTY=1 to release them all the same."
        )
    # A commit of what is changed that no branch knows. Files that git does not follow are not in it.
    return _named(runner, runner.read("git", "stash", "create").strip() or "HEAD", "-dirty")


def _named(runner: Runner, commit: str, suffix: str) -> Source:
    full = runner.read("git", "rev-parse", commit).strip()
    described = runner.read("git", "describe", "--tags", "--always", "--abbrev=12", "HEAD").strip()
    return Source(full[:_SHORT], described + suffix)


@contextmanager
def archived(runner: Runner, source: Source) -> Generator[Path]:
    """The files of that commit, and nothing else, packed; gone when the context ends."""
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / f"{source.commit}.tgz"
        runner.read("git", "archive", "--format=tar.gz", f"--output={packed}", source.commit)
        yield packed
