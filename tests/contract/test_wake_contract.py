"""What every WakeScheduler promises."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.clock import ManualClock
from support.consumers import Consumer, consuming
from support.families import FAMILIES, Family
from support.records import an_opening
from support.waiting import eventually, never

from autotennis.events import WatchDue
from autotennis.flow import Service


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_wake_up_of_the_past_comes_at_once(family: Family) -> None:
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        family.wake.wake(an_opening(), soon(-3600))
        await eventually(lambda: timer.times(an_opening()), "the wake-up arrived")
    (woken,) = [event for event in timer.events if event.id == an_opening().id]
    assert woken == an_opening()


async def test_a_wake_up_comes_by_the_minute_that_was_asked(family: Family) -> None:
    at = soon(0.3)
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        family.wake.wake(an_opening(), at)
        await eventually(lambda: timer.times(an_opening()), "the wake-up arrived")
    assert datetime.now(UTC) < at + timedelta(minutes=1)


async def test_a_far_wake_up_does_not_come_now(family: Family) -> None:
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        family.wake.wake(an_opening(1), soon(3600))
        family.wake.wake(an_opening(2), soon(0))
        await eventually(lambda: timer.times(an_opening(2)), "the near wake-up arrived")
        await never(lambda: timer.times(an_opening(1)), "the far wake-up arrived", for_s=0.1)


async def test_asking_again_for_the_same_opening_is_harmless(family: Family) -> None:
    at, far = soon(0.2), soon(3600)
    for _ in range(3):
        family.wake.wake(an_opening(1), at)
        family.wake.wake(an_opening(2), far)
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        await eventually(lambda: timer.times(an_opening(1)), "the near wake-up arrived")
        await never(lambda: timer.times(an_opening(2)), "the far wake-up arrived", for_s=0.1)


async def test_a_wake_up_that_another_process_asked_for_too_comes(family: Family) -> None:
    family.wake.wake(an_opening(), soon(3600))
    with family.reopened() as other:
        other.wake.wake(an_opening(), soon(3600))
        other.wake.wake(an_opening(), soon(0))
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        await eventually(lambda: timer.times(an_opening()), "the wake-up arrived")


async def test_of_two_times_for_one_opening_the_earlier_counts(family: Family) -> None:
    family.wake.wake(an_opening(), soon(3600))
    family.wake.wake(an_opening(), soon(0))
    family.wake.wake(an_opening(), soon(3600))
    family.wake.wake(an_opening(1), soon(0.2))
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        await eventually(lambda: timer.times(an_opening(1)), "a later wake-up of another opening arrived")
    assert timer.times(an_opening()) == 1


async def test_a_wake_up_asked_for_again_after_it_came_comes_again(family: Family) -> None:
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        for times in (1, 2):
            family.wake.wake(an_opening(), soon(-1))
            await eventually(lambda times=times: timer.times(an_opening()) == times, f"it arrived {times} times")


async def test_wake_ups_outlive_the_process(family: Family) -> None:
    with family.reopened() as other:
        other.wake.wake(an_opening(), soon(0))
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        await eventually(lambda: timer.times(an_opening()), "the wake-up arrived")


async def test_a_wake_up_that_was_acted_on_can_be_asked_for_again(family: Family) -> None:
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        for times in (1, 2):
            family.wake.wake(an_opening(), soon(0))
            await eventually(lambda times=times: timer.times(an_opening()) >= times, f"it arrived {times} times")
            family.wake.woken(an_opening())
            family.wake.woken(an_opening())


async def test_acting_on_one_opening_leaves_the_others(family: Family) -> None:
    family.wake.woken(an_opening(2))
    family.wake.wake(an_opening(1), soon(0.2))
    family.wake.woken(an_opening(2))
    async with consuming() as timer, family.delivering({Service.TIMER: timer.url}, None):
        await eventually(lambda: timer.times(an_opening(1)), "the wake-up of the other opening arrived")


def test_wanting_a_sweep_or_a_watch_or_not_is_harmless_in_any_order(family: Family) -> None:
    with family.reopened() as other:
        for wanted in (False, False, True, True, False, True):
            for wake in (family.wake, other.wake):
                wake.sweep(wanted=wanted)
                wake.watch("ntnui-tennis", wanted=wanted)
        other.wake.watch("another-club", wanted=True)
        family.wake.watch("another-club", wanted=False)


@dataclass
class Watched:
    """A waitlist that hears when clubs are to be looked at, while the clock moves by whole minutes only."""

    waitlist: Consumer
    clock: ManualClock
    minutes: int = 0

    def times(self, club_id: str) -> int:
        """How often the watch of this club fell due."""
        return sum(isinstance(event, WatchDue) and event.club_id == club_id for event in self.waitlist.events)

    async def is_due_again(self, club_id: str, times: int = 1) -> None:
        """Lets minutes pass until it fell due so many times more."""
        wanted = self.times(club_id) + times

        def passed() -> bool:
            self.clock.advance(60)
            self.minutes += 1
            return self.times(club_id) >= wanted

        # One that still waits to be heard is not published again, so a minute may go by without.
        await eventually(passed, f"the watch of {club_id} fell due", every_s=0.2)


@pytest.mark.parametrize("backing", FAMILIES)
async def test_while_it_is_wanted_the_waitlist_is_told_each_minute_to_watch_a_club(
    backing: str, tmp_path: Path
) -> None:
    clock = ManualClock()
    with FAMILIES[backing](tmp_path / "data", clock) as family:
        async with consuming() as waitlist, family.delivering({Service.WAITLIST: waitlist.url}, None):
            watched = Watched(waitlist, clock)
            for club_id in ("one", "other"):
                family.wake.watch(club_id, wanted=True)
            await watched.is_due_again("one", times=2)
            await watched.is_due_again("other")
            family.wake.watch("one", wanted=False)
            await watched.is_due_again("other", times=2)
            heard = watched.times("one")
            await watched.is_due_again("other", times=2)
            assert watched.times("one") == heard
            with family.reopened() as restarted:
                restarted.wake.watch("one", wanted=True)
            await watched.is_due_again("one")
    # One at once, where that costs nothing.
    assert watched.times("other") <= watched.minutes + 1
