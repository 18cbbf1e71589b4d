"""Programs that work until somebody tells them to stop."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
_T = TypeVar("_T")


def until_told(work: Coroutine[Any, Any, _T], told_to_stop: _T) -> _T:
    """Runs it until it ends, or until Ctrl-C or SIGTERM: then it gives `told_to_stop`. It cleans up either way."""

    async def run() -> _T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in STOPPING:
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return told_to_stop

    return asyncio.run(run())
