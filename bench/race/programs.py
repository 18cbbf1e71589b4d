"""Programs of their own, so that no contestant shares an event loop with the clubs or with another one."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

_STOP_S: Final = 20.0
# A list of some hundred clubs is one line.
_LONGEST_LINE: Final = 2**22


class Program:
    """A running program that is spoken to in lines of JSON."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def tell(self, order: Mapping[str, Any] | Sequence[Any]) -> None:
        """Gives it an order."""
        if self._process.stdin is None:
            raise RuntimeError("the program has no standard input")
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def hear(self) -> Any:
        """Its next line. Raises RuntimeError if there is none any more."""
        if self._process.stdout is None:
            raise RuntimeError("the program has no standard output")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("a program of the race ended too early")
        return json.loads(line)

    async def finish(self) -> None:
        """Gives no more orders, and waits for the program to end."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()


@asynccontextmanager
async def started(module: str) -> AsyncGenerator[Program]:
    """A module of ours that runs as a program while the context lasts, at most."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE
    )
    program = Program(process)
    try:
        yield program
        async with asyncio.timeout(_STOP_S):
            await program.finish()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def orders() -> AsyncGenerator[Any]:
    """What this program is told on its standard input, until there is no more."""
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)
