"""The one door to a club: so many inside at once, and who waits is woken once."""

import asyncio
from contextlib import suppress

import pytest
from support.clock import ManualClock

from autotennis.values import Verdict, VerdictKind
from autotennis.visiting.gate import Gate


class CountingClock(ManualClock):
    """Counts how often it is looked at, which the gate does whenever somebody is at it."""

    looks = 0

    def monotonic_s(self) -> float:
        """The reading."""
        self.looks += 1
        return super().monotonic_s()


async def visitors(gate: Gate, count: int, inside: list[int]) -> None:
    """So many who pass through, each for a moment."""

    async def visit(number: int) -> None:
        async with gate.passing():
            inside.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(visit(number) for number in range(count)))


async def everybody_waits() -> None:
    """Lets everybody come as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def looks_of(count: int) -> int:
    """How often the gate looks at the clock while so many pass, four at once."""
    clock = CountingClock()
    await visitors(Gate(clock, 4), count, [])
    return clock.looks


async def test_who_waits_is_let_in_in_turn() -> None:
    inside: list[int] = []
    await visitors(Gate(ManualClock(), 4), 50, inside)
    assert inside == list(range(50))


async def test_no_more_are_inside_than_may_be() -> None:
    gate, now_inside, most = Gate(ManualClock(), 4), 0, 0

    async def visit() -> None:
        nonlocal now_inside, most
        async with gate.passing():
            now_inside += 1
            most = max(most, now_inside)
            await asyncio.sleep(0)
            now_inside -= 1

    await asyncio.gather(*(visit() for _ in range(50)))
    assert most == 4


async def test_many_who_wait_do_not_wake_each_other() -> None:
    """A thousand members of an opening wait at once: were all woken by each who leaves, that were a million."""
    few, many = await looks_of(100), await looks_of(800)
    assert many <= 8.5 * few


async def test_who_gives_up_while_they_wait_keeps_nobody_out() -> None:
    gate = Gate(ManualClock(), 1)
    gate.enter()
    gone, next_one = (asyncio.create_task(visitors(gate, 1, [])) for _ in range(2))
    await everybody_waits()
    # A place is taken for the one at the very moment at which they give up.
    gate.leave()
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    async with asyncio.timeout(10):
        await next_one
    assert gate.lets_pass


async def test_a_place_that_is_given_when_the_club_closes_is_given_back() -> None:
    clock = ManualClock()
    gate, inside = Gate(clock, 1), list[int]()
    gate.enter()
    waiting = asyncio.create_task(visitors(gate, 2, inside))
    await everybody_waits()
    gate.leave()
    gate.heard(Verdict(kind=VerdictKind.BUSY, retry_after_s=5))
    await everybody_waits()
    assert inside == []
    clock.advance(200)
    async with asyncio.timeout(10):
        await waiting
    assert inside == [0, 1]


@pytest.mark.parametrize("waiting", [0, 3])
async def test_a_sign_up_that_waits_comes_before_all_others(waiting: int) -> None:
    gate, order = Gate(ManualClock(), 1), list[int]()
    gate.enter()
    others = asyncio.create_task(visitors(gate, waiting, order))
    await everybody_waits()

    def shoot() -> None:
        gate.enter()
        order.append(-1)

    gate.when_left(shoot)
    gate.leave()
    assert order == [-1]
    gate.leave()
    async with asyncio.timeout(10):
        await others
    assert order == [-1, *range(waiting)]
