"""Processes killed with SIGKILL in the middle of their work: nothing that was said to be done is lost."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from support.consumers import PUSH_SECRET, consuming
from support.families import local
from support.records import a_request, an_opening, to_race
from support.waiting import eventually

from autotennis.adapters.local.database import quick_check
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.system import SystemClock
from autotennis.flow import Service
from autotennis.values import Session
from autotennis_local.backups import back_up, put_back

SEED = 20261122
SRC = Path(__file__).parents[2]

# It says each thing once it is done; what it was killed in the middle of, it never says.
WRITER = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from datetime import timedelta
from pydantic import SecretStr
from support.records import OPENING, a_request, an_opening, scheduled
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock

def say(*words):
    print(*words, flush=True)

with open_local(pathlib.Path(sys.argv[2]), SystemClock()) as family:
    say("ready")
    for number in range(100_000):
        name = f"{sys.argv[3]}-{number}"
        family.vault.put(name, "club-login/c", SecretStr(name)); say("sealed", name)
        family.store.create(a_request(name, member_id=name)); say("created", name)
        for fact in family.store.unpublished(name):
            family.bus.publish(fact); say("published", name)
            family.store.strike_off(fact)
        family.store.change(name, scheduled); say("scheduled", name)
        family.wake.wake(an_opening(number), OPENING - timedelta(days=365)); say("planned", number)
        if number % 5 == 4:
            family.vault.rotate()
        if number % 3 == 2:
            family.wake.fire_due()
"""

# So many things it says of these.
FIVE_BOOKINGS = 25

DISPATCHER = """
import asyncio, pathlib, sys
from pydantic import SecretStr
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.dispatcher import Dispatcher
from autotennis.flow import Service

with open_local(pathlib.Path(sys.argv[1]), SystemClock()) as family:
    print("ready", flush=True)
    endpoints = {Service.BOOKER: sys.argv[2]}
    asyncio.run(Dispatcher(family, SystemClock(), endpoints, SecretStr(sys.argv[3])).run())
"""


def seeded(number: int) -> random.Random:
    """Moments to kill at, the same each time."""
    return random.Random(SEED + number)  # noqa: S311 (repeatable on purpose)


class Victim:
    """A process that is killed at the end of its context, wherever it stands. It starts once it says `ready`."""

    def __init__(self, program: str, *arguments: str) -> None:
        command = [sys.executable, "-c", program, *arguments]
        self._child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 (our own program)
        self.said: list[list[str]] = []

    def __enter__(self) -> Self:
        assert self._child.stdout is not None
        assert self._child.stdout.readline() == "ready\n"
        return self

    def says(self, lines: int) -> list[list[str]]:
        """So many of the things that it says, as soon as it has said them."""
        assert self._child.stdout is not None
        return [self._child.stdout.readline().split() for _ in range(lines)]

    def __exit__(self, *_error: object) -> None:
        """Kills it; `said` is what it had said by then."""
        self._child.send_signal(signal.SIGKILL)
        rest, _ = self._child.communicate()
        # The last line may have been cut off.
        self.said = [line.split() for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        assert self._child.returncode == -signal.SIGKILL, "it ended by itself"


async def after(seconds: float) -> None:
    """A random moment of the child's work cannot be waited for in any other way than by letting time pass."""
    await asyncio.sleep(seconds)


def outbox_or_bus(family: LocalFamily) -> set[str]:
    """Bookings whose first fact is still to be published or was."""
    kept = [*family.store.unpublished(limit=100_000), *(event for _, event in family.bus.events_since(0, 100_000))]
    return {event.id for event in kept}


def check_what_was_said(family: LocalFamily, said: list[list[str]]) -> None:
    """Each thing that the killed process said is true, and each booking has its fact."""
    facts = outbox_or_bus(family)
    checks: dict[str, Callable[[str], bool]] = {
        "sealed": lambda name: str(family.vault.get(name, "club-login/c").get_secret_value()) == name,  # pyright: ignore[reportOptionalMemberAccess] (a lost secret fails the test too)
        "created": lambda name: family.store.booking(name).id == name and f"BookingRequested/{name}" in facts,
        "published": lambda name: f"BookingRequested/{name}" in facts,
        "scheduled": lambda name: family.store.booking(name).state == "scheduled",
        "planned": lambda _number: True,
    }
    for word, thing in said:
        assert checks[word](thing), (word, thing)


def check_nothing_is_half_done(family: LocalFamily) -> None:
    """What the process was killed in is either done or has never been."""
    facts = outbox_or_bus(family)
    with family.database.reading() as connection:
        bookings = [row[0] for row in connection.execute("SELECT id FROM bookings")]
        sealed = [row[0] for row in connection.execute("SELECT member_id FROM secrets")]
    assert all(f"BookingRequested/{name}" in facts for name in bookings)
    assert all(family.vault.get(name, "club-login/c") is not None for name in sealed)


async def test_a_writer_killed_at_any_moment_loses_nothing_that_it_said(tmp_path: Path) -> None:
    moments = seeded(0)
    planned: set[str] = set()
    # The last is killed after it has got somewhere, however slow the machine is; the others at any moment at all.
    for run, at_least in enumerate((0, 0, FIVE_BOOKINGS)):
        with Victim(WRITER, str(SRC), str(tmp_path / "data"), f"run{run}") as writer:
            before = writer.says(at_least)
            await after(moments.uniform(0.0, 0.3))
        said = [*before, *writer.said]
        quick_check(tmp_path / "data")
        with open_local(tmp_path / "data", SystemClock()) as family:
            check_what_was_said(family, said)
            check_nothing_is_half_done(family)
            planned |= {an_opening(int(thing)).id for word, thing in said if word == "planned"}
            while family.wake.fire_due():
                pass
            assert planned <= {event.id for _, event in family.bus.events_since(0, 100_000)}
    assert len(planned) > 4, "the killed processes got nothing done: the test shows nothing"


async def test_a_backup_made_beside_a_writer_has_all_that_it_had_said(tmp_path: Path) -> None:
    """It goes on writing meanwhile, and renews the vault's key now and then."""
    backup = tmp_path / "backup.tar"
    with Victim(WRITER, str(SRC), str(tmp_path / "data"), "run") as writer:
        before = writer.says(40)
        back_up(tmp_path / "data", backup, keep=0)
        during = writer.says(1)
    assert during, "it stood still during the backup: the test shows nothing"
    put_back(tmp_path / "restored", backup)
    quick_check(tmp_path / "restored")
    with open_local(tmp_path / "restored", SystemClock()) as family:
        check_what_was_said(family, before)
        check_nothing_is_half_done(family)


async def test_what_a_killed_writer_published_is_delivered(tmp_path: Path) -> None:
    with Victim(WRITER, str(SRC), str(tmp_path / "data"), "run") as writer:
        await after(seeded(1).uniform(0.1, 0.3))
    published = {f"BookingRequested/{thing}" for word, thing in writer.said if word == "published"}
    assert published
    with local(tmp_path / "data") as family:
        async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
            await eventually(lambda: published <= {event.id for event in timer.events}, "all that it published came")


async def test_a_dispatcher_killed_at_any_moment_loses_no_event(tmp_path: Path) -> None:
    moments = seeded(2)
    sent: set[str] = set()
    with local(tmp_path / "data") as family:
        async with consuming() as booker:
            for run in range(2):
                events = [to_race(f"b-{run}-{number}") for number in range(150)]
                for event in events:
                    family.bus.publish(event)
                sent |= {event.id for event in events}
                with Victim(DISPATCHER, str(tmp_path / "data"), booker.url, PUSH_SECRET):
                    await eventually(lambda first=events[0]: booker.times(first), "it delivers")
                    await after(moments.uniform(0.0, 0.05))
            async with family.delivering({Service.BOOKER: booker.url}, None):
                await eventually(lambda: sent == {event.id for event in booker.events}, "all came at least once")
        assert family.bus.dead_letters() == []


def test_a_killed_maker_of_the_database_leaves_nothing_that_hinders(tmp_path: Path) -> None:
    moments = seeded(3)
    for run in range(2):
        directory = tmp_path / f"data{run}"
        command = [sys.executable, "-c", WRITER, str(SRC), str(directory), "run"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 (our own program)
        while not directory.exists():
            assert child.poll() is None
            time.sleep(0.001)
        try:
            child.wait(moments.uniform(0.0, 0.01))
        except subprocess.TimeoutExpired:
            child.kill()
        child.communicate()
        with open_local(directory, SystemClock()) as family:
            family.store.create(a_request("after", session=Session(timeid=1, start=a_request()[0].session.start)))
        quick_check(directory)
