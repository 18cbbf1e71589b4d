"""Copies of the project to break: whoever runs tests in one imports what is in that copy."""

import os
import queue
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from mutations.listed import ROOT, Mutation

_SOURCES: Final = ("libs/*/src", "services/*/src", "deploy/*/src")
_REPORT: Final = "mutation-report.xml"
_WHERE: Final = (
    "import autotennis as a, autotennis_api as b, practice_club as c; print(*(m.__file__ for m in (a, b, c)))"
)


@dataclass(frozen=True)
class Ran:
    """How pytest ended: its exit code, its report in the form of JUnit, and what it printed."""

    exit_code: int
    report: str
    printed: str


@dataclass(frozen=True)
class Copy:
    """What is in the working tree, in a directory of its own; the installed packages are those of the project."""

    root: Path

    def run(self, tests: Sequence[str], within_s: float) -> Ran:
        """Runs tests on it; whoever takes longer than `within_s` is ended, with all that it started."""
        report = self.root / _REPORT
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={_REPORT}", *tests]
        process = subprocess.Popen(  # noqa: S603 (our own tests)
            command,
            cwd=self.root,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            printed, _ = process.communicate(timeout=within_s)
        except BaseException as end:
            os.killpg(process.pid, signal.SIGKILL)
            printed, _ = process.communicate()
            if not isinstance(end, subprocess.TimeoutExpired):
                raise
        return Ran(process.returncode, report.read_text() if report.exists() else "<none/>", printed)

    @contextmanager
    def broken_by(self, mutation: Mutation) -> Generator[None, None, None]:
        """The copy with one defence taken out. Raises SyntaxError if that is no Python any more."""
        file = self.root / mutation.file
        whole = file.read_text()
        broken = whole.replace(mutation.old, mutation.new)
        if file.suffix == ".py":
            compile(broken, mutation.file, "exec")
        file.write_text(broken)
        try:
            yield
        finally:
            file.write_text(whole)

    def is_what_is_imported(self) -> bool:
        """Whether programs that run here import what is here, and not what is installed from elsewhere."""
        command = [sys.executable, "-c", _WHERE]
        done = subprocess.run(  # noqa: S603 (our own)
            command, cwd=self.root, env=self._environment(), capture_output=True, text=True, check=True
        )
        return all(Path(one).is_relative_to(self.root) for one in done.stdout.split())

    def _environment(self) -> Mapping[str, str]:
        sources = [str(path) for pattern in _SOURCES for path in sorted(self.root.glob(pattern))]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(sources)}


class Copies:
    """Several of them, each for one at a time."""

    def __init__(self, copies: Sequence[Copy]) -> None:
        self._all = copies
        self._free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        for one in copies:
            self._free.put(one)

    @contextmanager
    def one(self) -> Generator[Copy, None, None]:
        """A copy that nobody else has meanwhile: waits for one."""
        copy = self._free.get()
        try:
            yield copy
        finally:
            self._free.put(copy)

    def are_what_is_imported(self) -> bool:
        """Whether each of them is what its own programs import."""
        return all(one.is_what_is_imported() for one in self._all)


def by_file(tests: Sequence[str]) -> Sequence[Sequence[str]]:
    """The tests of each file, in their order."""
    return [list(found) for _, found in groupby(sorted(tests), key=lambda one: one.partition("::")[0])]


def copied(to: Path) -> Copy:
    """A copy of all that is in the working tree, committed or not."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 (git)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    (to / ".venv").symlink_to(ROOT / ".venv")
    return Copy(to.resolve())
