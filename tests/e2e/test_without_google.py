"""Life without Google's packages: the embedded family needs none of them, and the other one says what it lacks."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

REFUSED = (
    "google.api_core",
    "google.auth",
    "google.cloud",
    "google.pubsub_v1",
    "google_stand_ins",
    "grpc",
    "jwt",
    "opentelemetry",
    "proto",
    "testcontainers",
)
# Python itself reads this before anything else, in each process. It also notes that it did.
_WITHOUT = f"""
import os, pathlib, sys

REFUSED = {REFUSED!r}


class NotThere:
    def find_spec(self, name, path=None, target=None):
        if any(f"{{name}}.".startswith(f"{{one}}.") for one in REFUSED):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)


sys.meta_path.insert(0, NotThere())
pathlib.Path(os.environ["STARTED_IN"], str(os.getpid())).write_text(" ".join(sys.orig_argv))
"""
_LOCK = Path(__file__).parents[2] / "requirements" / "autotennis-local.txt"


@pytest.fixture
def without(tmp_path: Path) -> Mapping[str, str]:
    """An environment in which these packages are not installed."""
    started_in = tmp_path / "started"
    started_in.mkdir()
    (tmp_path / "sitecustomize.py").write_text(_WITHOUT)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AUTOTENNIS_")}
    return {**kept, "PYTHONPATH": str(tmp_path), "STARTED_IN": str(started_in)}


def run(environment: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 (our own interpreter and programs)
        [sys.executable, *command], env=environment, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.mark.parametrize("name", REFUSED)
def test_here_they_are_not_installed(without: Mapping[str, str], name: str) -> None:
    assert f"No module named '{name}'" in run(without, "-c", f"import {name}").stderr


def test_a_booking_is_made_and_proven(without: Mapping[str, str]) -> None:
    demo = run(without, "-m", "autotennis_local", "demo", "--opens-in", "8")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert json.loads(demo.stdout.splitlines()[-1])["state"] == "booked"
    started = "\n".join(file.read_text() for file in Path(without["STARTED_IN"]).iterdir())
    for program in (
        "autotennis_api",
        "autotennis_booker",
        "autotennis_local.together",
    ):
        assert program in started


@pytest.mark.parametrize("service", ["api", "booker", "notifier", "timer", "waitlist"])
def test_a_service_on_google_cloud_says_what_to_install(without: Mapping[str, str], service: str) -> None:
    settings = {
        "AUTOTENNIS_BACKEND": "gcp",
        "AUTOTENNIS_GCP_PROJECT": "a-project",
        "AUTOTENNIS_GCP_REGION": "europe-north1",
        "AUTOTENNIS_GCP_KMS_KEY": "projects/a-project/locations/europe-north1/keyRings/tennis/cryptoKeys/vault",
        "AUTOTENNIS_GCP_PUSH_AUDIENCE": "autotennis",
        "AUTOTENNIS_GCP_PUSH_ACCOUNT": "pusher@a-project.iam.gserviceaccount.com",
        "AUTOTENNIS_SESSION_SECRET": "a secret of the sessions, long enough",
        "AUTOTENNIS_LINK_SECRET": "a secret of the links, long enough too",
        "AUTOTENNIS_PORT": "0",
    }
    program = run({**without, **settings}, "-m", f"autotennis_{service}")
    assert program.returncode == 2, program.stderr
    # The lines before are about what is of other services in this environment.
    assert "not installed: pip install 'autotennis[gcp]'" in program.stderr.splitlines()[-1]
    assert "Traceback" not in program.stderr


def test_what_is_installed_for_one_machine_holds_nothing_of_googles_cloud() -> None:
    names = set(re.findall(r"^([a-z0-9-]+)==", _LOCK.read_text(), re.MULTILINE))
    assert "aiohttp" in names
    foreign = re.compile(r"google|grpc|opentelemetry|proto-plus|pyjwt|testcontainers")
    assert not [name for name in names if foreign.match(name)]
