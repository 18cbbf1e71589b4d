"""Runs gcloud, terraform and git, and reads what they answer."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from autotennis.adapters.system import environment
from autotennis_cloud.steps import Step
from autotennis_cloud.trouble import explained, missing

_AT_ONCE: Final = 5


def say(line: str = "") -> None:
    """A line for whoever watches."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Runner:
    """Runs commands in `root`. Without `go`, those that change something are only shown."""

    def __init__(self, root: Path, *, go: bool) -> None:
        self.root = root
        self.go = go

    def ask(self, *argv: str) -> Any:
        """What a command that changes nothing answers, as JSON. Raises CloudTrouble, NotThere."""
        return _parsed(self.read(*argv))

    def rows(self, *argv: str) -> list[dict[str, Any]]:
        """The same, where the answer is a list."""
        return self.ask(*argv) or []

    def read(self, *argv: str) -> str:
        """The same as text."""
        return self._run(Step("", argv))

    def do(self, step: Step) -> Any:
        """Runs it, and gives its answer, read from JSON; None where it was only shown. Raises CloudTrouble."""
        return self.do_all([step])[0]

    def do_all(self, steps: Sequence[Step]) -> list[Any]:
        """Runs steps that do not depend on each other, several at once; their answers, in the same order."""
        for step in steps:
            say(f"# {step.why}\n{step.shown()}" if not self.go else f"  {step.why} ...")
        if not self.go:
            return [None] * len(steps)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [_parsed(said) for said in pool.map(self._run, steps)]

    def _run(self, step: Step) -> str:
        if shutil.which(step.argv[0]) is None:
            raise missing(step.argv[0])
        added = {name: value.get_secret_value() for name, value in step.environment.items()}
        done = subprocess.run(  # noqa: S603 (the commands are made here, and no shell reads them)
            step.argv,
            cwd=self.root,
            env=environment() | added,
            input=step.given.get_secret_value(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise explained(step.shown(), done.stderr or done.stdout)
        return done.stdout


def _parsed(said: str) -> Any:
    """The JSON of an answer; programs that answer in words, or not at all, have none."""
    try:
        return json.loads(said) if said.strip() else None
    except ValueError:
        return None
