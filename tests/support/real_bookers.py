"""Bookers as processes of their own, which can be told to stop."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.booking_desk import PUSH_SECRET, Desk
from support.waiting import eventually_beside, serves

from autotennis_local.network import any_port

# Of a machine that is several times slower than usual.
_UP_S: Final = 60.0
_HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Booker:
    """A booker that runs."""

    name: str
    url: str
    process: asyncio.subprocess.Process

    def tell_to_stop(self) -> None:
        """SIGTERM, and nothing more."""
        self.process.send_signal(signal.SIGTERM)

    async def ended(self) -> int:
        """Its exit status, once it has ended by itself."""
        return await asyncio.wait_for(self.process.wait(), _UP_S)


@asynccontextmanager
async def booker_beside(desk: Desk, name: str) -> AsyncGenerator[Booker]:
    """A booker on the desk's data, under a name of its own."""
    port = any_port(_HOST)
    given = {
        "CLUBS": json.dumps([desk.rules.model_dump(mode="json", exclude_defaults=True)]),
        "DATA_DIR": str(desk.directory),
        "INSTANCE": name,
        "PORT": str(port),
        "PUSH_SECRET": PUSH_SECRET.get_secret_value(),
    }
    environment = {**os.environ, **{f"AUTOTENNIS_{key}": value for key, value in given.items()}}
    with (Path(desk.directory) / f"{name}.log").open("wb") as log:
        command = (sys.executable, "-m", "autotennis_booker")
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
    booker = Booker(name, f"http://{_HOST}:{port}", process)
    try:
        await eventually_beside(lambda: serves(booker.url), f"the booker {name} serves", _UP_S)
        yield booker
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
