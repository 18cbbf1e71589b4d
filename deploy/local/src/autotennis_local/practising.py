"""The system with a practice club: for a person who stays, and as a demonstration that ends with its proof."""

import json
import tempfile
from pathlib import Path
from typing import Final

from autotennis.adapters.system import SystemIds
from autotennis_local.choices import Backing, Scenario
from autotennis_local.practice import practice_desk
from autotennis_local.rehearsal import Result, person, rehearsed
from autotennis_local.scenarios import Played, Stage, played
from autotennis_local.serving_here import Shown, shown, until_it_dies
from autotennis_local.stopping import until_told
from autotennis_local.system import Wanted
from autotennis_local.telling import say

_INTERRUPTED: Final = 130


def practised(wanted: Wanted, opens_in_s: float) -> int:
    """Books a practice session and stays up until Ctrl-C or SIGTERM; gives the exit status."""

    async def serving() -> int:
        async with shown(wanted) as here:
            await _rehearsed(here, opens_in_s)
            club, pages = here.system.practice_url, here.system.api_url
            say(
                f"Make yourself a member of the practice club at {club}/nybruker.php, then register at {pages}/register"
            )
            say("Everything stays up. Stop it with Ctrl-C.")
            return await until_it_dies(here.system)

    return until_told(serving(), told_to_stop=0)


def demonstrated(scenario: Scenario, backing: Backing, opens_in_s: float, *, apart: bool) -> int:
    """Plays a scenario on fresh data, and tells its result as JSON; gives the exit status."""

    async def demonstrating() -> int:
        with tempfile.TemporaryDirectory(prefix="autotennis-demo-") as data_dir:
            wanted = Wanted(Path(data_dir), api_port=0, practice_port=0, backing=backing, apart=apart)
            async with shown(wanted) as here:
                result = await _tried(here, scenario, opens_in_s)
        say(json.dumps(result.as_json()))
        return 0 if result.is_proven else 1

    return until_told(demonstrating(), told_to_stop=_INTERRUPTED)


async def _tried(here: Shown, scenario: Scenario, opens_in_s: float) -> Result | Played:
    if scenario is Scenario.OPENING:
        return await _rehearsed(here, opens_in_s)
    async with practice_desk(here.system) as desk:
        who = person(SystemIds())
        stage = Stage(here.system, desk, here.insight.store, here.watcher, who, opens_in_s)
        return await played(scenario, stage)


async def _rehearsed(here: Shown, opens_in_s: float) -> Result:
    who = person(SystemIds())
    say(f"A practice member books a practice session that opens in {opens_in_s:.0f} s:")
    async with practice_desk(here.system) as desk:
        result = await rehearsed(here.system, desk, here.insight.store, here.watcher, who, opens_in_s)
    if result.is_proven:
        say(f"Booked, {result.first_accept_ms:.1f} ms after the opening by the club's own record.")
    else:
        say(f"Not booked: {result.state}.")
    say(f"See it on {here.system.api_url}/ as {who.email}, password {who.password.get_secret_value()}")
    return result
