"""What the commands of one machine refuse, and which directory `make` gives them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def ended(*command: str, **environment: str) -> tuple[int, str]:
    """The status of a command, and all that it printed."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATA", "MAKEFLAGS", "MAKELEVEL"}}
    done = subprocess.run(  # noqa: S603 (our own programs)
        command, cwd=ROOT, env={**inherited, **environment}, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("port", ["-5", "70000", "http", ""])
def test_what_is_no_port_is_named(tmp_path: Path, port: str) -> None:
    arguments = ("up", "--data-dir", str(tmp_path), f"--port={port}")
    status, printed = ended(sys.executable, "-m", "autotennis_local", *arguments)
    assert status == 2
    assert f"{port!r} is not a port" in printed


@pytest.mark.parametrize("command", [("dead-letters",), ("replay", "17"), ("rotate-key",)])
def test_looking_after_an_installation_does_not_make_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    status, printed = ended(sys.executable, "-m", "autotennis_local", *command, "--data-dir", str(tmp_path / "typo"))
    assert status == 1
    assert "There is no installation in" in printed
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(
    ("target", "environment", "expected"),
    [
        ("run", {}, "var/practice"),
        ("serve", {}, "var/club"),
        ("run", {"DATA": "/elsewhere"}, "/elsewhere"),
        ("serve", {"DATA": "/elsewhere"}, "/elsewhere"),
    ],
)
def test_make_keeps_data_where_it_is_told_to(target: str, environment: dict[str, str], expected: str) -> None:
    make = shutil.which("make")
    assert make
    status, printed = ended(make, "--dry-run", target, **environment)
    assert status == 0
    assert f"--data-dir {expected} " in printed
