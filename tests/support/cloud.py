"""A Google Cloud on loopback with an installation in it, and the commands that a person gives."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.api_site import api_settings, club_beside, open_site
from support.serving_pages import serving

from google_stand_ins.fake_apis.server import FakeGoogle, running_google

PROJECT: Final = "club-of-the-test"
REGION: Final = "europe-north1"
BUCKET: Final = f"{PROJECT}-autotennis-deploy"
FIRST: Final = "0123456789ab"
SERVICES: Final = ("api", "booker", "notifier", "timer", "waitlist")
SOURCES: Final = f"{PROJECT}-autotennis-sources"
REPOSITORY: Final = Path(__file__).resolve().parents[2]
SETTINGS: Final = f'project = "{PROJECT}"\ncontact = "mailto:who@example.org"\n'
# Whoever has logged in to gcloud has such a token; here it stands in a file.
TOKEN: Final = "ya29.token-of-the-test"
# No test waits for what is well at once.
PATIENCE: Final = ("--smoke-s=0", "--watch-s=0")
_LONGEST_S: Final = 600
_GIT: Final = shutil.which("git") or "git"


@dataclass(frozen=True)
class Desk:
    """A person's machine: a work tree, gcloud's folder, and a Google that it reaches."""

    google: FakeGoogle
    root: Path
    environment: Mapping[str, str]

    def cloud(self, *words: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs one of the commands, patient for no longer than a test needs."""
        command = (sys.executable, "-m", "autotennis_cloud", *words, *PATIENCE)
        return self.run(*command, given=given, **environment)

    def begun(self, *words: str) -> subprocess.Popen[bytes]:
        """The same, left to itself in a group of processes of its own."""
        return subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", "autotennis_cloud", *words, *PATIENCE],
            cwd=self.root,
            env=dict(self.environment),
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def run(self, *argv: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs any program there."""
        return subprocess.run(  # noqa: S603 (our own programs)
            argv,
            cwd=self.root,
            env={**self.environment, **environment},
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=_LONGEST_S,
        )

    def commit(self, message: str) -> str:
        """A change of the program, committed; its name in 12 digits."""
        (self.root / "change.txt").write_text(message, "utf-8")
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)
        return self.run("git", "rev-parse", "--short=12", "HEAD").stdout.strip()

    def believe_terraform(self) -> None:
        """From now on, what Terraform says in its state that it has made is there."""
        self.google.buckets.on_written.append(self._read_state)

    def _read_state(self, _bucket: str, name: str, content: bytes) -> None:
        if not name.endswith(".tfstate"):
            return
        for resource in json.loads(content)["resources"]:
            for instance in resource["instances"] if resource["mode"] == "managed" else ():
                self._made(resource["type"], instance["attributes"])

    def _made(self, kind: str, said: dict[str, Any]) -> None:
        google = self.google
        if kind == "google_storage_bucket" and said["name"] not in google.buckets.objects:
            google.buckets.add(said["name"])
        if kind == "google_secret_manager_secret":
            google.secrets.values.setdefault(said["secret_id"], [])
        if kind == "google_cloud_run_v2_service" and said["name"] not in google.run.services:
            google.run.create(said["name"], said["template"][0]["containers"][0]["image"], said["location"])

    def serving(self) -> dict[str, str]:
        """The revision of each service that has its traffic."""
        return {name: self.google.run.services[f"autotennis-{name}"].serving for name in SERVICES}

    def install(self) -> None:
        """What a first deployment has left that releases need: the buckets, the services, and that it is noted down."""
        for bucket in (BUCKET, SOURCES):
            self.google.buckets.add(bucket)
        for name in SERVICES:
            self.google.run.create(f"autotennis-{name}", f"{REGION}-docker.pkg.dev/{name}@sha256:{'0' * 64}", REGION)
        about = {"at": "2026-11-01T12:00:00Z", "move": "release", "commit": FIRST, "version": "v1"}
        first = about | {"revisions": self.serving()}
        self.google.buckets.write(BUCKET, "releases/20261101T120000Z.json", json.dumps(first).encode() + b"\n")

    def touched(self) -> list[str]:
        """The services that were changed, in order."""
        found = [re.search(r"PUT run .*/services/autotennis-(\w+)", one) for one in self.google.changes]
        return [one[1] for one in found if one]

    def releases(self) -> list[dict[str, Any]]:
        """What is noted down, oldest first."""
        kept = sorted(self.google.buckets.objects[BUCKET].items())
        return [json.loads(content) for name, content in kept if name.startswith("releases/")]


@contextmanager
def pages_behind_tls(folder: Path) -> Generator[str]:
    """Real pages, as Cloud Run has them served; their address."""
    with (
        club_beside() as club,
        open_site(api_settings(folder, club.rules(), plain_http=False)) as site,
        serving(site) as address,
    ):
        yield address


@contextmanager
def installed_desk(folder: Path, pages: str) -> Generator[Desk]:
    """A desk with an installation that runs well, of which these are the pages."""
    with desk(folder) as made:
        made.install()
        made.google.run.program = pages
        yield made


@contextmanager
def desk(folder: Path, *, whole: bool = False) -> Generator[Desk]:
    """A desk in this folder, logged in to gcloud."""
    root = folder / "autotennis"
    _work_tree(root, whole=whole)
    token = folder / "token"
    token.write_text(TOKEN, "utf-8")
    with running_google(PROJECT) as google:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDSDK_", "AUTOTENNIS_"))}
        own = {
            "CLOUDSDK_CONFIG": str(folder / "gcloud"),
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "GIT_CONFIG_GLOBAL": "/dev/null",
        }
        yield Desk(google, root, kept | google.variables() | own)


def _work_tree(root: Path, *, whole: bool) -> None:
    """A repository of one commit with what is here now, whether it is committed or not.

    If it is not the `whole` program, it has what a release needs, and of Terraform nothing but the state.
    """
    listed = subprocess.run(  # noqa: S603 (git)
        [_GIT, "ls-files", "-co", "--exclude-standard"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (whole or name.startswith("deploy/") or name == ".gitignore") and (REPOSITORY / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(REPOSITORY / name, root / name)
    for one in ("foundation", "system") if not whole else ():
        shutil.rmtree(root / "deploy/terraform" / one, ignore_errors=True)
        (root / "deploy/terraform" / one).mkdir(parents=True)
        (root / "deploy/terraform" / one / "main.tf").write_text('terraform {\n  backend "gcs" {}\n}\n', "utf-8")
    (root / "deploy/cloud/installation.toml").write_text(SETTINGS, "utf-8")
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "Somebody"),
        ("config", "user.email", "who@example.org"),
        ("add", "--all"),
        ("commit", "--quiet", "--message=As it is"),
    ):
        subprocess.run([_GIT, *words], cwd=root, check=True)  # noqa: S603 (git)
