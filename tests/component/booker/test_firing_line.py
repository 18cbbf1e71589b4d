"""The firing line with the machine's own clock: the order of the shots, and the calm between them."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from support.waiting import eventually

from autotennis.adapters.system import SystemClock
from autotennis_booker import firing
from autotennis_booker.firing import FiringLine, Shot

CLOCK = SystemClock()
# Ahead of now: so long that everything can be added before the first one is due, however slow the machine is.
SOON_S = 0.4


def nothing() -> None:
    """What is left to do after a shot, where nothing is."""


class Range:
    """A firing line, and what was fired from it: names, in order, with the instants of firing."""

    def __init__(self) -> None:
        self.line = FiringLine(CLOCK)
        self.fired: list[tuple[str, float]] = []
        self._due_s: dict[str, float] = {}

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.fired]

    def add(self, name: str, at_s: float, rank: float = 0.0) -> None:
        self._due_s[name] = at_s
        self.line.add(Shot(at_s, rank, partial(self._fire, name)))

    def _fire(self, name: str) -> Callable[[], None]:
        self.fired.append((name, CLOCK.monotonic_s()))
        return nothing

    async def emptied(self) -> None:
        await eventually(lambda: len(self.fired) == len(self._due_s), "all were fired")
        assert [name for name, at_s in self.fired if at_s < self._due_s[name]] == [], "never before its instant"


async def test_shots_are_fired_by_their_instants_and_not_as_they_were_added() -> None:
    at, now_s = Range(), CLOCK.monotonic_s()
    for number in (3, 1, 4, 0, 2):
        at.add(str(number), now_s + SOON_S + number * 0.02)
    await at.emptied()
    assert at.names == ["0", "1", "2", "3", "4"]


async def test_of_shots_at_the_same_instant_the_lower_rank_goes_first() -> None:
    at, at_s = Range(), CLOCK.monotonic_s() + SOON_S
    for rank in (2.0, 0.0, 3.0, 1.0):
        at.add(f"{rank:g}", at_s, rank)
    at.add("before all", at_s - 0.001, 9.0)
    await at.emptied()
    assert at.names == ["before all", "0", "1", "2", "3"]


async def test_a_shot_that_is_added_later_and_due_earlier_goes_first() -> None:
    at, now_s = Range(), CLOCK.monotonic_s()
    at.add("late", now_s + 2 * SOON_S)
    # The line is waiting for that one when the other comes.
    await CLOCK.sleep_until(now_s + SOON_S / 4)
    at.add("early", now_s + SOON_S)
    await eventually(lambda: at.fired, "one was fired")
    assert at.names == ["early"]
    await at.emptied()
    assert at.names == ["early", "late"]


async def test_a_shot_whose_instant_has_passed_is_fired_at_once() -> None:
    at, now_s = Range(), CLOCK.monotonic_s()
    at.add("far ahead", now_s + 60)
    at.add("passed", now_s - 1)
    await eventually(lambda: at.fired, "one was fired")
    assert at.names == ["passed"]


async def test_a_shot_that_is_asked_for_by_a_shot_is_fired_too() -> None:
    at, at_s = Range(), CLOCK.monotonic_s() + SOON_S
    at.line.add(Shot(at_s, 0.0, lambda: partial(at.add, "second", at_s + 0.01)))
    await eventually(lambda: at.fired, "the second was fired")
    await at.emptied()


async def test_what_is_left_to_do_is_done_when_all_shots_of_an_instant_are_fired() -> None:
    line, done = FiringLine(CLOCK), list[str]()

    def fire(name: str) -> Callable[[], None]:
        done.append(f"{name} fired")
        return partial(done.append, f"{name} finished")

    at_s = CLOCK.monotonic_s() + SOON_S
    for rank, name in enumerate(("first", "second")):
        line.add(Shot(at_s, rank, partial(fire, name)))
    await eventually(lambda: len(done) == 4, "both were finished")
    assert done == ["first fired", "second fired", "first finished", "second finished"]


async def test_the_line_serves_again_after_it_was_empty() -> None:
    at = Range()
    for name in ("first", "second"):
        at.add(name, CLOCK.monotonic_s())
        await at.emptied()
    assert at.names == ["first", "second"]


async def test_calm_is_there_while_nothing_is_to_be_fired() -> None:
    await asyncio.wait_for(Range().line.calm(), 1.0)


async def test_calm_is_there_while_the_next_shot_is_far() -> None:
    at = Range()
    at.add("far ahead", CLOCK.monotonic_s() + 60)
    await asyncio.wait_for(at.line.calm(), 1.0)


async def test_there_is_no_calm_between_shots_that_come_close_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for calm between shots that are due within a few ms gets it when all have been fired."""
    # A machine may stand still for longer than it is waited otherwise.
    monkeypatch.setattr(firing, "_LONGEST_S", 10.0)
    at, now_s = Range(), CLOCK.monotonic_s()
    seen: list[int] = []

    async def read() -> None:
        await at.line.calm()
        seen.append(len(at.fired))

    reading: list[asyncio.Task[None]] = []

    def fire() -> Callable[[], None]:
        reading.append(asyncio.create_task(read()))
        return nothing

    at.line.add(Shot(now_s + SOON_S, 0.0, fire))
    for number in range(1, 5):
        at.add(str(number), now_s + SOON_S + number * 0.001)
    await at.emptied()
    await reading[0]
    assert seen == [4]
