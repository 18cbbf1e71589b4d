"""An installation for the doctor to look through, and what it says of it."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.api_site import ClubBeside
from support.records import a_member

from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis_local.doctor.diagnosing import diagnosed
from autotennis_local.doctor.finding import Finding, Level
from autotennis_local.installation import secrets_of

# What of a machine no test can know.
OF_THE_MACHINE = frozenset({"python", "memory", "processors", "clock", "disk"})


def installed(directory: Path) -> Path:
    """An installation that was started once, with a member and a secret of theirs."""
    directory.mkdir(mode=0o700, exist_ok=True)
    secrets_of(directory, SystemIds())
    with open_local(directory, SystemClock()) as family:
        member = a_member()
        family.store.add_member(member)
        family.vault.put(member.id, "club", SecretStr("a club password"))
    return directory


class Doctor:
    """Looks through installations with these settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, club: ClubBeside) -> None:
        for name in [name for name in os.environ if name.startswith("AUTOTENNIS_")]:
            monkeypatch.delenv(name)
        self._monkeypatch = monkeypatch
        self.tell({"CLUBS": f"[{club.rules().model_dump_json()}]", "CONTACT": "mailto:ola@example.org"})

    def tell(self, settings: Mapping[str, str]) -> None:
        """Settings, without their prefix."""
        for name, value in settings.items():
            self._monkeypatch.setenv(f"AUTOTENNIS_{name}", value)

    def looks(self, directory: Path, *, is_cloud: bool = False) -> dict[str, list[Finding]]:
        """The findings by what they are about."""
        found = asyncio.run(diagnosed(directory, directory / "backups", is_cloud=is_cloud))
        return {
            about: [one for one in found if one.about == about] for about in dict.fromkeys(one.about for one in found)
        }


def worst(findings: list[Finding]) -> Finding:
    """The finding that matters most."""
    order = (Level.BROKEN, Level.UNKNOWN, Level.WARNING, Level.FINE)
    return min(findings, key=lambda one: order.index(one.level))
