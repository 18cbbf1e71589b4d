"""Something that runs beside a test."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def while_running(program: Coroutine[Any, Any, None]) -> AsyncGenerator[asyncio.Task[None], None]:
    """Runs the program while the context lasts, then cancels it; what it raised by itself comes out of here."""
    task = asyncio.create_task(program)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
