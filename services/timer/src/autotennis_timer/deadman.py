"""A dead-man's switch: an address outside is pinged while all goes well here, and tells somebody once it is not.

Whoever is dead cannot say so. The ping says nothing but that a sweep ran on time and found nothing overdue.
"""

import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
import structlog
from aiohttp import web
from pydantic import SecretStr

from autotennis.ports import Clock, Ports

# At most so often, and no longer than that.
_EVERY_S: Final = 60.0
_LIMIT_S: Final = 10.0
# A sweep that takes so long, or a fact that is so old and not published, is told by silence.
LONG_S: Final = 45.0
OVERDUE: Final = timedelta(minutes=10)
_log = structlog.get_logger()


def is_well(ports: Ports, took_s: float, missed: int) -> bool:
    """Whether a sweep was done in time, found no opening that was missed, and left no old fact behind."""
    if missed or took_s > LONG_S:
        return False
    now = ports.clock.now()
    return all(now - fact.at <= OVERDUE for fact in ports.store.unpublished(limit=1))


class DeadMan:
    """Pings the address, beside whatever else is done. Without an address it does nothing."""

    def __init__(self, clock: Clock, url: SecretStr) -> None:
        self._clock = clock
        self._url = url
        self._next_s = float("-inf")
        self._pinging: asyncio.Task[None] | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is an address."""
        return bool(self._url)

    def ping(self) -> None:
        """Begins a ping, unless there was one a moment ago; nobody waits for it."""
        now_s = self._clock.monotonic_s()
        if not self.is_set or now_s < self._next_s or (self._pinging and not self._pinging.done()):
            return
        self._next_s = now_s + _EVERY_S
        self._pinging = asyncio.create_task(self._ping())

    async def _ping(self) -> None:
        """The address is a secret: whoever has it can feign that all is well. So only the error's kind is logged."""
        try:
            limit = aiohttp.ClientTimeout(total=_LIMIT_S)
            url = self._url.get_secret_value()
            async with (
                aiohttp.ClientSession(timeout=limit) as http,
                http.get(url, allow_redirects=False) as answer,
            ):
                if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
                    _log.warning("the dead-man's switch did not take the ping", status=answer.status)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            _log.warning("the dead-man's switch could not be pinged", reason=type(error).__name__)

    async def closed(self, _app: web.Application) -> None:
        """Gives up a ping that is under way: the program ends."""
        if self._pinging:
            self._pinging.cancel()
            await asyncio.gather(self._pinging, return_exceptions=True)
