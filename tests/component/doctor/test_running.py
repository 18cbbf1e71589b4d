"""A whole system on one machine, looked through by the command while it runs."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from support.booking_desk import running_club
from support.whole_system import whole_system

from autotennis_local.doctor.finding import Level

# What of a machine no test can know, and what a system on loopback lacks.
NOT_FINE = {"python", "memory", "processors", "clock", "disk", "backups", "pages", "e-mail"}
_PROGRAM = "from autotennis_cli.commands import autotennis; autotennis(prog_name='autotennis')"


def looked_through(directory: Path, club_url: str) -> tuple[int, dict[str, set[str]]]:
    """The exit status of the command, and the levels that each check found."""
    club = {"id": "club", "name": "Practice Club", "base_url": f"{club_url}/"}
    told = {"AUTOTENNIS_CLUBS": json.dumps([club]), "AUTOTENNIS_CONTACT": "mailto:ola@example.org"}
    outside = {name: value for name, value in os.environ.items() if not name.startswith("AUTOTENNIS_")}
    command = (sys.executable, "-c", _PROGRAM, "doctor", "--json", "--data-dir", str(directory))
    done = subprocess.run(  # noqa: S603 (our own program)
        command, env={**outside, **told}, capture_output=True, text=True, timeout=120, check=False
    )
    levels: dict[str, set[str]] = {}
    for one in json.loads(done.stdout):
        levels.setdefault(one["about"], set()).add(one["level"])
    return done.returncode, levels


async def test_a_system_that_runs_and_then_does_not(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    async with running_club(empty=False) as club:
        async with whole_system(directory, club):
            status, levels = await asyncio.to_thread(looked_through, directory, club.base_url)
            assert status == 0, levels
            unexpected = {about: found for about, found in levels.items() if about not in NOT_FINE}
            assert {level for found in unexpected.values() for level in found} == {Level.FINE}, unexpected
            assert {"services", "vault", "database", "queues", "outbox", "dead letters"} <= levels.keys()
        _, levels = await asyncio.to_thread(looked_through, directory, club.base_url)
        assert levels["services"] == {Level.WARNING}
