"""The walk of docs/google-cloud.md from an empty project, by the letter: the page's own commands are run.

What Google would do is done by a Google Cloud on loopback, and what Terraform's provider would make there is made of
what Terraform says that it has made.
"""

import re
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from support.cloud import BUCKET, PROJECT, REPOSITORY, SERVICES, SOURCES, Desk, desk, pages_behind_tls
from support.terraform import Terraform
from support.tools import needed

# Each call of gcloud takes a second, and many on a busy machine.
pytestmark = [needed("gcloud", "terraform", "git", "make"), pytest.mark.timeout(1200)]

_PAGE: Final = REPOSITORY / "docs" / "google-cloud.md"
# Needs a browser and a person.
_BY_HAND: Final = frozenset({"gcloud auth login"})
# Nothing here takes the time that it takes Google.
_AT_ONCE: Final = {"WATCH_S": "0", "TF_VAR_new_metrics_wait_s": "0"}
_PASSWORD: Final = "smtps://us:a-password-of-the-test@mail.example.org:465"


def _commands(section: str) -> list[str]:
    """The commands under this heading of the page, in order."""
    text = _PAGE.read_text("utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [line.strip() for line in text.splitlines() if re.match(r"    \S", line)]


@pytest.fixture
def pages(tmp_path: Path) -> Generator[str]:
    """What members will see."""
    with pages_behind_tls(tmp_path / "pages") as address:
        yield address


@pytest.fixture
def empty(tmp_path: Path) -> Generator[Desk]:
    """A person with an empty project."""
    with desk(tmp_path, whole=True) as made:
        made.google.projects.is_billed = False
        made.believe_terraform()
        Terraform(tmp_path).begin("foundation")  # skips where there is no provider
        yield made


def _editor(folder: Path) -> str:
    """What a person does in the file of settings."""
    editor = folder / "editor"
    editor.write_text(f'#!/bin/sh\nsed -i "s/my-tennis-project/{PROJECT}/" "$1"\n', "utf-8")
    editor.chmod(0o700)
    return str(editor)


def _walk(empty: Desk, folder: Path, commands: list[str], given: str = "") -> str:
    """Runs the commands one after another in one shell; what they said."""
    done = subprocess.run(  # noqa: S603 (the page's own commands)
        ["/bin/bash", "-euc", "\n".join(commands)],
        cwd=folder,
        env={**empty.environment, "EDITOR": _editor(empty.root.parent), **_AT_ONCE},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_from_an_empty_project_to_pages_that_are_served(empty: Desk, tmp_path: Path, pages: str) -> None:
    """All commands under "From nothing", then those by which a secret of one's own is given."""
    google, folder = empty.google, tmp_path / "person"
    folder.mkdir()
    google.run.program = pages
    commands = _commands("From nothing, in ten minutes")
    at = commands.index("make deploy")

    said = _walk(empty, folder, [*_ready(commands[:at], empty), "make deploy"])
    assert "Nothing was changed" in said
    assert not google.buckets.objects

    said = _walk(empty, folder / "autotennis", commands[at + 1 :])
    assert "Autotennis runs at http://autotennis-api-" in said
    assert set(google.run.services) == {f"autotennis-{name}" for name in SERVICES}
    assert not google.buckets.objects.keys() - {BUCKET, SOURCES}
    for name in ("session-secret", "link-secret", "vapid-private-key"):
        (value,) = google.secrets.values[f"autotennis-{name}"]
        assert re.fullmatch(rb"[A-Za-z0-9_-]{43}", value)
        assert value.decode() not in said

    (give, _deploy) = _commands("Secrets")
    said = _walk(empty, folder / "autotennis", [give], _PASSWORD + "\n")
    assert google.secrets.values["autotennis-smtp-url"] == [_PASSWORD.encode()]
    assert _PASSWORD not in said
    assert not any(_PASSWORD.encode() in one for one in google.buckets.objects[BUCKET].values())


def _ready(commands: list[str], empty: Desk) -> list[str]:
    """The commands with the repository's address, and with what `make setup` installs already there."""
    installed = [str(REPOSITORY / ".venv" / one) for one in ("bin", "lib", "pyvenv.cfg")]
    known = [one.replace("<this repository>", str(empty.root)) for one in commands if one not in _BY_HAND]
    known = [one.replace("my-tennis-project", PROJECT) for one in known]
    at = known.index("cd autotennis") + 1
    return [*known[:at], f"mkdir .venv && ln -s {' '.join(installed)} .venv && touch .venv/installed", *known[at:]]
