"""Serves the whole system in front of a person, or for a service manager."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

from autotennis.adapters.system import environment
from autotennis_local.backbone import HOST, Insight
from autotennis_local.network import must_be_free
from autotennis_local.rehearsal import Watcher
from autotennis_local.stopping import STOPPING, until_told
from autotennis_local.supervision import module
from autotennis_local.system import LocalSystem, Wanted, running
from autotennis_local.telling import say

_LOOK_EVERY_S: Final = 0.5
_HEARD_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Shown:
    """A running system that somebody looks on."""

    system: LocalSystem
    insight: Insight
    watcher: Watcher


@asynccontextmanager
async def shown(wanted: Wanted) -> AsyncGenerator[Shown]:
    """Runs the system, and tells each event as it happens, while the context lasts."""
    async with running(wanted, say) as system:
        _introduce(system)
        with system.looked_into() as insight:
            watcher = Watcher(insight.feed, say)
            watching = asyncio.create_task(watcher.run())
            try:
                yield Shown(system, insight, watcher)
            finally:
                watching.cancel()
                say("Stopping...")


def _introduce(system: LocalSystem) -> None:
    say(f"Autotennis      {system.api_url}/")
    if system.practice_url:
        say(f"Practice club   {system.practice_url}/")
    say(f"Logs            {system.data_dir / 'log'}/")
    if system.memory:
        say("The emulators keep everything in memory: accounts and bookings are gone when this stops.")


def serve(wanted: Wanted) -> int:
    """Serves until Ctrl-C or SIGTERM; gives the exit status."""

    async def serving() -> int:
        async with shown(wanted) as here:
            say("Stop it with Ctrl-C.")
            return await until_it_dies(here.system)

    return until_told(serving(), told_to_stop=0)


async def until_it_dies(system: LocalSystem) -> int:
    """Returns 1 once a program has died that nobody starts again."""
    while not (dead := await asyncio.to_thread(system.died)):  # noqa: ASYNC110 (a process tells nobody that it died)
        await asyncio.sleep(_LOOK_EVERY_S)
    gone = ", and all that it held is gone" if dead in system.memory else ""
    say(f"The {dead} has died{gone}. Its log: {system.data_dir / 'log' / f'{dead}.log'}")
    return 1


def keep_up(wanted: Wanted) -> int:
    """Serves for a service manager, which is told once everything answers; gives the exit status.

    This process then becomes one that only waits, in a tenth of the memory. It gives a status only if it was told to
    stop before that.
    """

    # Whoever leads members to this port, a proxy for example, learns of no other.
    must_be_free(HOST, wanted.api_port)

    async def serving() -> int:
        async with running(wanted, say) as system:
            _introduce(system)
            _tell_manager("READY=1")
            await _until_a_signal_would_wait()
            _become_keeper(system)

    return until_told(serving(), told_to_stop=0)


def _tell_manager(state: str) -> None:
    """Says it to systemd, if that has started us: see sd_notify(3)."""
    address = environment().get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            # An address in the abstract namespace is written with @ for its first byte, which is 0.
            manager.connect(f"\0{address[1:]}" if address.startswith("@") else address)
            manager.send(state.encode())


async def _until_a_signal_would_wait() -> None:
    """From here on what tells us to stop waits for whom this process becomes: in between, nobody would hear it.

    The first process of a container would then never stop, and any other at once, with all that it has started.
    """
    # A signal goes to any thread that lets it through.
    await asyncio.get_running_loop().shutdown_default_executor()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    # What came before is heard here.
    await asyncio.sleep(_HEARD_S)


def _become_keeper(system: LocalSystem) -> NoReturn:
    os.set_inheritable(system.lock, True)
    sys.stdout.flush()
    supervisor = system.supervisor
    command = module("autotennis_local.keeper", str(supervisor.own_pid), str(supervisor.run_dir))
    os.execv(command[0], command)  # noqa: S606 (no shell is wanted)
