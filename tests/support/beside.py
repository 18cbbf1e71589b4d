"""What runs in a thread of its own beside a test, for those that block the test's."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TypeVar

_T = TypeVar("_T")


@contextmanager
def open_beside(context: AbstractAsyncContextManager[_T], within_s: float = 30) -> Generator[_T, None, None]:
    """Opens it on an event loop in another thread, which runs while the context lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        opened = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(within_s)
        try:
            yield opened
        finally:
            asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(within_s)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
