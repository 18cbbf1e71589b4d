"""Waiting for something to become true, without guessing how long that takes."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.request import urlopen


async def eventually(
    condition: Callable[[], object], what: str, within_s: float = 30.0, every_s: float = 0.005
) -> None:
    """Returns as soon as the condition holds, which is asked every so often; fails after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Within {within_s:g} s it did not come about: {what}")
        await asyncio.sleep(every_s)


async def eventually_beside(condition: Callable[[], object], what: str, within_s: float = 30.0) -> None:
    """The same for a condition that takes its time: it is asked in a thread, so that nothing here waits for it."""
    deadline = time.monotonic() + within_s
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"Within {within_s:g} s it did not come about: {what}")
        await asyncio.sleep(0.05)


async def never(condition: Callable[[], object], what: str, for_s: float) -> None:
    """Fails as soon as the condition holds; returns after `for_s` seconds. For what nothing else could show."""
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        if condition():
            raise AssertionError(f"It came about: {what}")
        await asyncio.sleep(0.005)


def serves(url: str) -> bool:
    """Whether a service of ours at this address says that it is well."""
    try:
        with urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310 (a service of the test's own)
            return answer.status == HTTPStatus.OK
    except OSError:
        return False
