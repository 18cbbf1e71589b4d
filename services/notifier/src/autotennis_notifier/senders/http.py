"""Asks receivers over HTTP: only public ones by TLS, and nowhere else than where it was told."""

import asyncio
import socket
from collections.abc import Mapping
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import ResolveResult
from yarl import URL

from autotennis.domain.channel import ChannelTrouble
from autotennis.names import Names
from autotennis_notifier.letter import Refusal
from autotennis_notifier.senders.addresses import is_public

_GONE = frozenset({404, 410})
_LATER = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_LOOK_UPS = 16


class NotAllowed(Exception):
    """A name leads to an address that is not public."""


class _Names(Names):
    """What it gives is what is connected to: only public addresses, mostly."""

    def __init__(self, *, private: bool) -> None:
        super().__init__(_LOOK_UPS)
        self._private = private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = [one for one in await super().resolve(host, port, family) if self._private or is_public(one["host"])]
        if not found:
            raise NotAllowed
        return found


class Receivers:
    """Posts to receivers. `private` ones, and those without TLS, are only for a machine that serves nobody but itself.

    No redirect is followed, no cookie is kept, and no connection is used again for somebody else's receiver.
    """

    def __init__(self, *, private: bool = False) -> None:
        self._private = private
        self._names = _Names(private=private)
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()

    async def post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Refusal | None:
        """Posts the body; gives why it was not taken, or None if the answer was one of 2xx."""
        url = URL(address)
        if not self._may_ask(url):
            return Refusal(ChannelTrouble.NOT_ALLOWED, final=True)
        session = await self._open()
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return _judged(answer.status)
        except NotAllowed:
            return Refusal(ChannelTrouble.NOT_ALLOWED, final=True)
        except (aiohttp.ClientError, OSError) as error:
            return Refusal(ChannelTrouble.NO_ANSWER, type(error).__name__)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
        await self._names.close()

    def _may_ask(self, url: URL) -> bool:
        if self._private:
            return url.scheme in ("http", "https") and bool(url.host)
        if url.scheme != "https" or not url.host:
            return False
        # A name is judged when it is looked up; an address never is.
        return is_public(url.host) if _is_address(url.host) else True

    async def _open(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._session is None:
                connector = aiohttp.TCPConnector(resolver=self._names, use_dns_cache=False, force_close=True, limit=0)
                self._session = aiohttp.ClientSession(
                    connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "Autotennis/0.1"}
                )
            return self._session


def _judged(status: int) -> Refusal | None:
    if 200 <= status < 300:
        return None
    said = f"status {status}"
    if status in _GONE:
        return Refusal(ChannelTrouble.GONE, said, final=True)
    if status >= _SERVER_ERROR or status in _LATER:
        return Refusal(ChannelTrouble.BUSY, said)
    return Refusal(ChannelTrouble.REFUSED, said, final=True)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
