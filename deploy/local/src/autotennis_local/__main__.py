"""The whole system on one machine: `python -m autotennis_local COMMAND`."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.errors import AutotennisError
from autotennis.ports import DeadLetters, Vault
from autotennis.settings import Backend, Settings, read_settings
from autotennis.wiring import open_ports
from autotennis_local.backbone import Backing, Insight
from autotennis_local.installation import must_exist
from autotennis_local.practice import practice_desk
from autotennis_local.rehearsal import Result, Watcher, person, rehearsed
from autotennis_local.scenarios import Played, Scenario, Stage, played
from autotennis_local.stopping import until_told
from autotennis_local.system import LocalSystem, Wanted, running
from autotennis_local.telling import say

_LOOK_EVERY_S: Final = 0.5
_INTERRUPTED: Final = 130
_LAST_PORT: Final = 65535
_Arguments = argparse.Namespace


def main() -> int:
    """Runs the command; gives its exit status."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.command(arguments))
    except AutotennisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autotennis_local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[_Arguments], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        if name != "demo":
            added.add_argument("--data-dir", type=Path, required=True, help="where everything is kept")
        return added

    run = add("run", _run, "serve everything with a practice club, book a practice session, stay up")
    serve = add("serve", _serve, "serve everything for the clubs of the settings")
    demo = add("demo", _demo, "book a practice session on fresh data; the last line printed is JSON")
    demo.add_argument(
        "--scenario", type=Scenario, choices=tuple(Scenario), default=Scenario.OPENING, help="what is tried"
    )
    dead_letters = add("dead-letters", _dead_letters, "list the deliveries that were given up")
    replay = add("replay", _replay, "deliver a given-up delivery again")
    replay.add_argument("id", help="as dead-letters lists it")
    rotate_key = add("rotate-key", _rotate_key, "give the vault a new key")
    for command in (dead_letters, replay, rotate_key):
        command.add_argument("--gcp", action="store_true", help="of the installation on Google Cloud in the settings")
    for command in (run, serve):
        command.add_argument("--port", type=_port, required=True, help="of the web pages; the next free one if taken")
    run.add_argument("--practice-port", type=_port, required=True, help="of the practice club, likewise")
    for command in (run, demo):
        command.add_argument("--opens-in", type=float, required=True, help="seconds until the session opens")
        command.add_argument(
            "--backend", type=Backing, choices=tuple(Backing), default=Backing.LOCAL, help="the family"
        )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 (any free one) to {_LAST_PORT}")
    return int(text)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A running system that somebody looks on."""

    system: LocalSystem
    insight: Insight
    watcher: Watcher


@asynccontextmanager
async def _shown(wanted: Wanted) -> AsyncGenerator[_Shown]:
    """Runs the system, and tells each event as it happens, while the context lasts."""
    async with running(wanted, say) as system:
        say(f"Autotennis      {system.api_url}/")
        if system.practice_url:
            say(f"Practice club   {system.practice_url}/")
        say(f"Logs            {system.data_dir / 'log'}/")
        if system.memory:
            say("The emulators keep everything in memory: accounts and bookings are gone when this stops.")
        with system.looked_into() as insight:
            watcher = Watcher(insight.feed, say)
            watching = asyncio.create_task(watcher.run())
            try:
                yield _Shown(system, insight, watcher)
            finally:
                watching.cancel()
                say("Stopping...")


def _run(arguments: _Arguments) -> int:
    ports = {"api_port": arguments.port, "practice_port": arguments.practice_port}
    wanted = Wanted(arguments.data_dir, **ports, backing=arguments.backend)

    async def serve() -> int:
        async with _shown(wanted) as shown:
            await _rehearsed(shown, arguments.opens_in)
            club, pages = shown.system.practice_url, shown.system.api_url
            say(
                f"Make yourself a member of the practice club at {club}/nybruker.php, then register at {pages}/register"
            )
            say("Everything stays up. Stop it with Ctrl-C.")
            return await _until_it_dies(shown.system)

    return until_told(serve(), told_to_stop=0)


def _serve(arguments: _Arguments) -> int:
    async def serve() -> int:
        async with _shown(Wanted(arguments.data_dir, api_port=arguments.port)) as shown:
            say("Stop it with Ctrl-C.")
            return await _until_it_dies(shown.system)

    return until_told(serve(), told_to_stop=0)


def _demo(arguments: _Arguments) -> int:
    async def demonstrate() -> int:
        with tempfile.TemporaryDirectory(prefix="autotennis-demo-") as data_dir:
            wanted = Wanted(Path(data_dir), api_port=0, practice_port=0, backing=arguments.backend)
            async with _shown(wanted) as shown:
                result = await _tried(shown, arguments)
        say(json.dumps(result.as_json()))
        return 0 if result.is_proven else 1

    return until_told(demonstrate(), told_to_stop=_INTERRUPTED)


async def _tried(shown: _Shown, arguments: _Arguments) -> Result | Played:
    if arguments.scenario is Scenario.OPENING:
        return await _rehearsed(shown, arguments.opens_in)
    async with practice_desk(shown.system) as desk:
        who = person(SystemIds())
        stage = Stage(shown.system, desk, shown.insight.store, shown.watcher, who, arguments.opens_in)
        return await played(arguments.scenario, stage)


async def _rehearsed(shown: _Shown, opens_in_s: float) -> Result:
    who = person(SystemIds())
    say(f"A practice member books a practice session that opens in {opens_in_s:.0f} s:")
    async with practice_desk(shown.system) as desk:
        result = await rehearsed(shown.system, desk, shown.insight.store, shown.watcher, who, opens_in_s)
    if result.is_proven:
        say(f"Booked, {result.first_accept_ms:.1f} ms after the opening by the club's own record.")
    else:
        say(f"Not booked: {result.state}.")
    say(f"See it on {shown.system.api_url}/ as {who.email}, password {who.password.get_secret_value()}")
    return result


async def _until_it_dies(system: LocalSystem) -> int:
    while not (dead := await asyncio.to_thread(system.died)):  # noqa: ASYNC110 (a process tells nobody that it died)
        await asyncio.sleep(_LOOK_EVERY_S)
    gone = ", and all that it held is gone" if dead in system.memory else ""
    say(f"The {dead} has died{gone}. Its log: {system.data_dir / 'log' / f'{dead}.log'}")
    return 1


@dataclass(frozen=True, slots=True)
class _Kept:
    """What an installation keeps that operators look after."""

    dead_letters: DeadLetters
    vault: Vault


@contextmanager
def _installed(arguments: _Arguments) -> Generator[_Kept]:
    """The installation of the data directory, or the one on Google Cloud that the settings describe."""
    if arguments.gcp:
        with open_ports(read_settings(Settings, backend=Backend.GCP)) as ports:
            yield _Kept(ports.bus, ports.vault)
        return
    must_exist(arguments.data_dir)
    with open_local(arguments.data_dir, SystemClock()) as family:
        yield _Kept(family.bus, family.vault)


def _dead_letters(arguments: _Arguments) -> int:
    with _installed(arguments) as kept:
        letters = kept.dead_letters.dead_letters()
    for letter in letters:
        say(f"{letter.id}  {letter.at:%Y-%m-%d %H:%M:%S}Z  {letter.kind} for {letter.consumer}: {letter.reason}")
    say(f"{len(letters)} given-up deliveries." if letters else "No delivery was given up.")
    return 0


def _replay(arguments: _Arguments) -> int:
    with _installed(arguments) as kept:
        kept.dead_letters.replay(arguments.id)
    say(f"Delivery {arguments.id} is made again.")
    return 0


def _rotate_key(arguments: _Arguments) -> int:
    with _installed(arguments) as kept:
        kept.vault.rotate()
    say("The vault has a new key, and all secrets are sealed with it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
