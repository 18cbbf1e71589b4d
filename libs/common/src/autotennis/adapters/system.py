"""The machine itself: the only place that reads a clock or makes randomness."""

import asyncio
import os
import secrets
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

# The event loop's sleep comes back up to a millisecond late, so the last stretch is spun.
_SPIN_S: Final = 0.0008
_FAR_S: Final = 0.05


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds on a clock that never steps."""
        return time.monotonic()

    async def sleep_until(self, monotonic_s: float) -> None:
        """Returns at that reading of `monotonic_s`; at once if it has passed."""
        while (left_s := monotonic_s - time.monotonic()) > _SPIN_S:
            await asyncio.sleep(left_s - _SPIN_S if left_s < _FAR_S else left_s - _FAR_S / 2)
        while time.monotonic() < monotonic_s:
            await asyncio.sleep(0)


class SystemIds:
    """Ids of 96 random bits."""

    def new(self) -> str:
        """An id that nobody ever had and nobody can guess."""
        return secrets.token_hex(12)


def environment() -> dict[str, str]:
    """A copy of this process's environment, to start another program with."""
    return dict(os.environ)


@contextmanager
def in_environment(values: Mapping[str, str]) -> Generator[None]:
    """Adds to this process's own environment while the context lasts, for libraries that are told in no other way."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
