"""The example of a program of others: it prints each fact of a booking once, in both families."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from support.running import while_running
from support.waiting import eventually
from support.whole_system import Whole, Wish, available, is_about, whole_system_with_club

from autotennis.domain.booking import State
from autotennis.events import Event
from autotennis_local.choices import Backing

FACTS = ["Booked", "BookingRequested"]
ANOTHER = "another-booking"
PROGRAM = Path(__file__).parents[2] / "docs" / "examples" / "follow_bookings.py"


@dataclass
class Follower:
    """The running example, and what it has printed so far."""

    process: Process
    lines: list[str] = field(default_factory=list[str])

    def told(self, wish: Wish) -> list[str]:
        """The kinds that it told of a booking, in their order."""
        words = [line.split() for line in self.lines]
        return [kind for _, kind, booking_id, *_ in words if booking_id == wish.booking_id]

    async def has_told(self, wish: Wish, *kinds: str) -> None:
        """Returns once it has told at least these."""
        await eventually(lambda: set(kinds) <= set(self.told(wish)), f"it told of {kinds}", within_s=60)

    async def read(self) -> None:
        """Takes note of what it prints."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode())


@asynccontextmanager
async def following(where: Sequence[str], known: Path) -> AsyncGenerator[Follower]:
    """The example, from when it follows until it is interrupted."""
    errors = known.with_suffix(".err")
    command = (sys.executable, str(PROGRAM), *where, "--known", str(known))
    with errors.open("wb") as said:
        process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=said)
    follower = Follower(process)
    async with while_running(follower.read()):
        try:
            await eventually(lambda: "Following" in errors.read_text(), "it follows", within_s=120)
            yield follower
            process.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(process.wait(), 60) == 0, errors.read_text()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def place(data_dir: Path, backing: Backing) -> Sequence[str]:
    """Where the example finds the installation."""
    if backing is Backing.LOCAL:
        return ("--data-dir", str(data_dir))
    told = json.loads((data_dir / "stand-ins.json").read_text())
    return ("--project", told["relay"]["project"])


def facts_of(whole: Whole, wish: Wish) -> Sequence[Event]:
    """All that was published of a booking."""
    return [event for event in whole.seen if is_about(event, wish.booking_id)]


def publish_again(whole: Whole, wish: Wish) -> None:
    """As a service does that died before it had noted that these were published."""
    for event in facts_of(whole, wish):
        whole.insight.bus.publish(event)


def publish_another(whole: Whole, wish: Wish) -> Wish:
    """The same facts, of a booking of another id: whoever tells of these has had what was published before."""
    for event in facts_of(whole, wish):
        whole.insight.bus.publish(event.model_copy(update={"booking_id": ANOTHER}))
    return replace(wish, booking_id=ANOTHER)


@pytest.mark.parametrize("backing", Backing)
async def test_each_fact_is_printed_once(tmp_path: Path, backing: Backing) -> None:
    data_dir, known = tmp_path / "data", tmp_path / "known"
    async with whole_system_with_club(data_dir, available(backing)) as whole:
        where = place(data_dir, backing)
        async with following(where, known) as follower:
            wish = await whole.wish(5)
            assert (await whole.ended(wish)).state is State.BOOKED
            await whole.all_told(wish)
            publish_again(whole, wish)
            await follower.has_told(wish, *FACTS)
        # Meanwhile nobody follows. What comes then was told before, and what was published meanwhile was not.
        publish_again(whole, wish)
        other = publish_another(whole, wish)
        async with following(where, known) as later:
            await later.has_told(other, *FACTS)
    assert sorted(follower.told(wish)) == FACTS
    assert sorted(later.told(other)) == FACTS
    assert later.told(wish) == []
