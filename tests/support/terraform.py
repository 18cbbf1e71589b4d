"""The real Terraform on a copy of our configuration, with whatever provider it finds."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from support.terraform_plan import Plan

HERE: Final = Path(__file__).parents[2] / "deploy/terraform"
ROOTS: Final = ("foundation", "system")
# The state of a copy lies beside it.
_LOCAL_STATE: Final = 'terraform {\n  backend "local" {}\n}\n'
# Long enough for a machine that is several times slower than usual.
_LONGEST_S: Final = 300
DIGEST: Final = "sha256:" + "0" * 64
IMAGES: Final = {
    service: f"europe-north1-docker.pkg.dev/our-club-123456/autotennis/{service}@{DIGEST}"
    for service in ("api", "timer", "booker", "waitlist", "notifier")
}
# As little as may be said, and as much.
SMALL: Final[Mapping[str, Any]] = {"project": "our-club-123456", "contact": "mailto:you@example.org", "images": IMAGES}
BIG: Final[Mapping[str, Any]] = {
    **SMALL,
    "prefix": "padel",
    "database": "padel-bookings",
    "region": "europe-west4",
    "clubs": json.dumps(
        [
            {"id": "ntnui-tennis", "name": "NTNUI Tennis", "base_url": "https://www.ntnuitennis.no/"},
            {"id": "other_club", "name": "The other", "base_url": "https://other.example.org/"},
        ]
    ),
    "public_url": "https://book.example.org",
    "mail_from": "Autotennis <booking@example.org>",
    "vapid_public_key": "B" * 87,
    "optional_secrets": ["smtp-url", "vapid-private-key", "deadman-url"],
    "log_level": "DEBUG",
    "more_settings": {"AUTOTENNIS_CANARY": "false", "AUTOTENNIS_CLUB_LOGINS_PER_HOUR": "240"},
    "streams": 40,
    "warm_pages": 1,
    "warm_bookers": 2,
    "most_bookers": 100,
    "alert_email": "you@example.org",
    "billing_account": "012345-6789AB-CDEF01",
    "monthly_budget": 50,
}


class Terraform:
    """A copy of both roots, ready to be planned. Raises AssertionError with Terraform's own words."""

    def __init__(self, where: Path) -> None:
        self.where = where / "terraform"
        shutil.copytree(HERE, self.where, ignore=shutil.ignore_patterns(".terraform*"))

    def run(self, root: str, *words: str) -> str:
        """What Terraform says of one root."""
        done = self._done(root, *words)
        assert done.returncode == 0, f"terraform {' '.join(words)} in {root}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, root: str, *words: str) -> str:
        """What it says where it is to refuse."""
        done = self._done(root, *words)
        assert done.returncode != 0, f"terraform {' '.join(words)} in {root} refused nothing:\n{done.stdout}"
        return " ".join((done.stdout + done.stderr).replace("│", " ").split())

    def begin(self, *roots: str) -> None:
        """Has each root find its provider; skips the test, and says so, where there is none."""
        for root in roots or ROOTS:
            (self.where / root / "backend_override.tf").write_text(_LOCAL_STATE)
            done = self._done(root, "init", "-input=false", "-no-color")
            if done.returncode != 0:
                assert "provider" in done.stderr, done.stderr
                pytest.skip("terraform finds no provider hashicorp/google on this machine: nothing of it is checked")

    def plan(self, root: str, said: Mapping[str, Any]) -> Plan:
        """What would be made in a project that has nothing yet."""
        self._write(root, said)
        self.run(root, "plan", "-input=false", "-no-color", "-lock=false", "-var-file=said.json", "-out=made.tfplan")
        return Plan(json.loads(self.run(root, "show", "-json", "made.tfplan")))

    def refused(self, root: str, said: Mapping[str, Any]) -> str:
        """What it says to settings that it does not plan for."""
        self._write(root, said)
        return self.fails(root, "plan", "-input=false", "-no-color", "-lock=false", "-var-file=said.json")

    def _write(self, root: str, said: Mapping[str, Any]) -> None:
        known = (self.where / root / "variables.tf").read_text()
        told = {name: value for name, value in said.items() if f'variable "{name}"' in known}
        (self.where / root / "said.json").write_text(json.dumps(told))

    def _done(self, root: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 (our own words)
            ["terraform", f"-chdir={self.where / root}", *words],  # noqa: S607 (found as by whoever deploys)
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
