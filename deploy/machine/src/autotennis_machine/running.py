"""Running other programs, and telling of it."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from autotennis_machine.place import USER, Place, Trouble


def say(text: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Runs a program; gives what it printed. Raises Trouble with the end of that if it fails."""
    status, printed = tried(*command, cwd=cwd)
    if status:
        tail = "\n".join(printed.splitlines()[-20:])
        raise Trouble(f"{' '.join(map(str, command))} failed with status {status}:\n{tail}")
    return printed


def tried(*command: str | Path, cwd: Path | None = None) -> tuple[int, str]:
    """Runs a program; gives its status and what it printed."""
    words: Sequence[str] = [str(word) for word in command]
    try:
        done = subprocess.run(  # noqa: S603 (programs of the machine and our own, without a shell)
            words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    except FileNotFoundError:
        raise Trouble(f"{words[0]} is not installed.") from None
    return done.returncode, done.stdout


def of_release(place: Place, release: Path, *arguments: str | Path) -> tuple[int, str]:
    """Runs `autotennis` of a release, as the user to whom the data belongs; gives its status and what it printed."""
    as_user = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups")
    return tried(*as_user, release / "bin" / "autotennis", *arguments, "--data-dir", place.data, cwd=place.data)
