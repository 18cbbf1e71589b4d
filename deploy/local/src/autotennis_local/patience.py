"""Waiting for what is to come about, and saying so where it does not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from autotennis.adapters.system import SystemClock
from autotennis.errors import AutotennisError

# How long after an opening everything must be over.
PATIENCE_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.05
_Answer = TypeVar("_Answer")


class NotOver(AutotennisError):
    """It did not come about in time."""


async def comes_about(
    asked: Callable[[], Awaitable[_Answer | None]], what: str, within_s: float = PATIENCE_S
) -> _Answer:
    """The answer, once it is something. Raises NotOver, which says `what` was waited for."""
    clock = SystemClock()
    deadline_s = clock.monotonic_s() + within_s
    while not (answer := await asked()):
        if clock.monotonic_s() > deadline_s:
            raise NotOver(f"It did not come about within {within_s:.0f} s: {what}.")
        await asyncio.sleep(_LOOK_EVERY_S)
    return answer
