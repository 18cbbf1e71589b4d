"""Work that is under way when a program is told to stop."""

import asyncio

import pytest

from autotennis.stopping import ANSWER_S, CLOSE_S, FINISH_S, GRACE_S, Stopped, Stopping


async def _answer(after: asyncio.Event) -> str:
    await after.wait()
    return "done"


def test_each_stage_leaves_time_for_the_next() -> None:
    assert 0 < FINISH_S < ANSWER_S < CLOSE_S < GRACE_S
    # What it writes down, a store that is busy for a moment may take this long for.
    assert ANSWER_S - FINISH_S >= 1.0


async def test_work_is_done_as_if_nobody_told_it_anything() -> None:
    stopping, ready = Stopping(), asyncio.Event()
    ready.set()
    assert await stopping.finished(_answer(ready)) == "done"
    assert await stopping.unless_told(_answer(ready)) == "done"
    stopping.check()


async def test_work_that_may_go_on_is_finished() -> None:
    stopping, ready = Stopping(), asyncio.Event()
    asked: list[float] = []

    def may_go_on(left_s: float) -> bool:
        asked.append(left_s)
        ready.set()
        return True

    work = asyncio.create_task(stopping.finished(_answer(ready), may_go_on, within_s=60))
    await asyncio.sleep(0)
    stopping.tell()
    assert await work == "done"
    assert 50 < asked[0] <= 60


@pytest.mark.parametrize("within_s", [0.0, 0.05])
async def test_work_that_is_not_done_in_time_is_cut_off_and_has_ended(within_s: float) -> None:
    stopping, ended = Stopping(), asyncio.Event()

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    work = asyncio.create_task(stopping.finished(long(), within_s=within_s))
    await asyncio.sleep(0)
    stopping.tell()
    with pytest.raises(Stopped) as stopped:
        await work
    assert ended.is_set()
    assert stopped.value.retry_after_s == 1.0


async def test_work_of_which_another_instance_can_do_as_well_ends_at_once() -> None:
    stopping = Stopping()
    stopping.tell()
    with pytest.raises(Stopped):
        stopping.check()
    with pytest.raises(Stopped):
        await stopping.unless_told(_answer(asyncio.Event()))


async def test_what_goes_wrong_with_the_work_is_told() -> None:
    async def wrong() -> None:
        raise ValueError("what went wrong")

    with pytest.raises(ValueError, match="what went wrong"):
        await Stopping().finished(wrong())


async def test_work_ends_with_whoever_waits_for_it() -> None:
    ended = asyncio.Event()

    async def long() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    work = asyncio.create_task(Stopping().finished(long()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert ended.is_set()
