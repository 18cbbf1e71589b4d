"""Releases by the real gcloud and the real Terraform, against a Google Cloud on loopback that keeps what it is told."""

import re
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from support.cloud import FIRST, SERVICES, TOKEN, Desk, installed_desk, pages_behind_tls
from support.tools import needed

# Each call of gcloud takes a second, and many on a busy machine.
pytestmark = [needed("gcloud", "terraform", "git"), pytest.mark.timeout(1200)]

_ORDER: Final = ["notifier", "timer", "booker", "waitlist", "api"]


@pytest.fixture
def installed(tmp_path: Path) -> Generator[Desk]:
    """An installation that no release has touched yet."""
    with pages_behind_tls(tmp_path / "pages") as pages, installed_desk(tmp_path, pages) as made:
        yield made


def _first_words(said: str) -> list[str]:
    """What each command of a dry run is about, each once."""
    commands = [line for line in said.splitlines() if line.startswith(("gcloud", "terraform"))]
    words = [re.match(r"gcloud \w+ \w+( update-traffic| update)?|terraform -chdir=\S+ \w+", one) for one in commands]
    return list(dict.fromkeys(one[0] for one in words if one))


def test_without_go_every_command_is_shown_in_order_and_none_is_run(installed: Desk) -> None:
    """A dry run asks, and changes nothing; nothing that it shows is secret."""
    said = installed.cloud("release")
    assert said.returncode == 0, said.stderr
    assert installed.google.changes == []
    assert _first_words(said.stdout) == [
        "gcloud builds submit",
        "terraform -chdir=deploy/terraform/foundation init",
        "terraform -chdir=deploy/terraform/foundation apply",
        "terraform -chdir=deploy/terraform/system init",
        "terraform -chdir=deploy/terraform/system apply",
        "gcloud run services update",
        "gcloud run services update-traffic",
        "gcloud storage cp",
    ]
    assert TOKEN not in said.stdout + said.stderr
    assert "Nothing was changed" in said.stdout


def test_a_release_gets_the_traffic_and_can_be_taken_back(installed: Desk) -> None:
    """Consumers first on the way there, publishers first on the way back; what was released when is known."""
    google, before = installed.google, installed.serving()
    commit = installed.commit("something new")
    said = installed.cloud("release", "--go")
    assert said.returncode == 0, said.stderr
    assert installed.touched()[len(SERVICES) :] == _ORDER
    _named_by_digest_and_commit(installed, commit)

    touched = len(installed.touched())
    back = installed.cloud("rollback", "--go")
    assert back.returncode == 0, back.stderr
    assert installed.serving() == before
    assert installed.touched()[touched:] == _ORDER[::-1]
    assert [(one["move"], one["commit"]) for one in installed.releases()] == [
        ("release", FIRST),
        ("release", commit),
        ("rollback", FIRST),
    ]
    listed = installed.cloud("releases").stdout
    assert listed.count(FIRST) == len(SERVICES) + 2  # it runs, was released, and was gone back to
    assert "no release before" in installed.cloud("rollback", "--go").stderr
    assert not any(one.tagged("next") for one in google.run.services.values())


def _named_by_digest_and_commit(installed: Desk, commit: str) -> None:
    """All images come from one build, and each revision says of which commit it is."""
    (build,) = installed.google.building.builds
    digests = {one["name"].rpartition(":")[0] + "@" + one["digest"] for one in build["results"]["images"]}
    assert {installed.google.run.serving(f"autotennis-{name}") for name in SERVICES} == digests
    for name in SERVICES:
        service = installed.google.run.services[f"autotennis-{name}"]
        assert service.revisions[service.serving]["metadata"]["labels"]["commit"] == commit


def test_refusals_say_what_to_do(installed: Desk, tmp_path: Path) -> None:
    """Without gcloud, without a login, without rights, with changes that no commit holds, and with nothing deployed."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for program in ("git", "terraform"):
        (bare / program).symlink_to(str(shutil.which(program)))
    assert "gcloud is not installed" in installed.cloud("rollback", PATH=str(bare)).stderr
    assert "gcloud auth login" in installed.cloud("release", CLOUDSDK_AUTH_ACCESS_TOKEN_FILE="").stderr
    installed.google.refuse["GET run"] = (403, "Permission 'run.services.list' denied on resource.")
    assert "This account may not do that" in installed.cloud("releases").stderr
    installed.google.refuse.clear()
    installed.google.run.services.clear()
    assert "make deploy GO=1" in installed.cloud("release").stderr
    (installed.root / "deploy/cloud/cloudbuild.yaml").write_text("steps: []\n", "utf-8")
    assert "DIRTY=1" in installed.cloud("release").stderr
    (installed.root / "deploy/cloud/installation.toml").write_text('project = "UPPER"\n', "utf-8")
    wrong = installed.cloud("releases").stderr
    assert "project:" in wrong
    assert "contact: Field required" in wrong
    assert installed.google.changes == []
