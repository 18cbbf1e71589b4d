"""What becomes of work that is under way when a program is told to stop: it is finished, or left to another instance.

A program is sent SIGTERM, and SIGKILL after `GRACE_S`. In between nothing new is begun, what can be done in time is
done, and what cannot is given up in such a state that whoever takes it up next knows where it stands.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from autotennis.errors import Transient

# Cloud Run kills a program so long after it told it to stop. Whoever else stops one gives it as much.
GRACE_S: Final = 10.0
# What is under way may go on for so long. What then becomes of it is written down until the next instant, by which
# every request is answered; and what is left after the last one is cut off.
FINISH_S: Final = 7.0
ANSWER_S: Final = 8.5
CLOSE_S: Final = 9.0
# Another instance can be there after this, or soon.
_AGAIN_S: Final = 1.0
_T = TypeVar("_T")


class Stopped(Transient):
    """This instance was told to stop: another one is to go on with it, soon."""

    def __init__(self) -> None:
        super().__init__("This instance was told to stop; another one goes on with it.", retry_after_s=_AGAIN_S)


class Stopping:
    """Whether this program was told to stop, and for how long it may go on."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._told_s = math.inf

    def tell(self) -> None:
        """It is told to stop now."""
        if not self.is_told:
            self._told_s = asyncio.get_running_loop().time()
            self._told.set()

    @property
    def is_told(self) -> bool:
        """Whether it was told to stop."""
        return self._told.is_set()

    def check(self) -> None:
        """Raises Stopped if it was told to stop: ask before something new is begun."""
        if self.is_told:
            raise Stopped

    async def unless_told(self, work: Awaitable[_T]) -> _T:
        """Does work that another instance can do as well. Raises Stopped as soon as this one is told to stop."""
        return await self.finished(work, lambda _left_s: False)

    async def finished(
        self,
        work: Awaitable[_T],
        may_go_on: Callable[[float], bool] = lambda _left_s: True,
        within_s: float = FINISH_S,
    ) -> _T:
        """Does the work, and goes on with it for `within_s` seconds after this program was told to stop.

        That is if it `may_go_on`, told how many seconds are left. Raises Stopped where it was not done by then: it is
        cancelled, and has come to its end.
        """
        task, told = asyncio.ensure_future(work), asyncio.ensure_future(self._told.wait())
        try:
            await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
            left_s = self._told_s + within_s - asyncio.get_running_loop().time()
            if not task.done() and left_s > 0 and may_go_on(left_s):
                await asyncio.wait({task}, timeout=left_s)
        finally:
            told.cancel()
            await _ended(task)
        if task.cancelled():
            raise Stopped
        return task.result()


async def _ended(task: "asyncio.Future[Any]") -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
