"""What Cloud Pub/Sub's push gives and its emulator's does not: the whole envelope, a token, many requests at once.

It pulls from the emulator and pushes over HTTP. A push that is refused is given back, and the emulator delivers it
again as the subscription's retry and dead letter policies say.
"""

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
from google.pubsub_v1.types import ReceivedMessage

from google_stand_ins.pulling import Pull, speaking_to
from google_stand_ins.pushing import Pusher, Route, Sender, envelope

_GOODBYE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """Trouble for tests: this share (0 to 1) of messages is pushed twice at once; each push waits up to `delay_s`."""

    duplicate: float = 0.0
    delay_s: float = 0.0


class Relay:
    """Pushes the messages of these subscriptions (by their ids, in `project`) of the emulator at `pubsub_host`."""

    def __init__(
        self,
        pubsub_host: str,
        project: str,
        routes: Mapping[str, Route],
        sender: Sender,
        options: RelayOptions | None = None,
    ) -> None:
        self._pubsub_host = pubsub_host
        self._paths = {f"projects/{project}/subscriptions/{name}": route for name, route in routes.items()}
        self._sender = sender
        self._options = options or RelayOptions()

    async def run(self) -> None:
        """Pushes until it is cancelled; requests that are held then are dropped, and their messages come again soon.

        It waits for the emulator and for subscriptions that are not there yet.
        """
        # Each push has a connection of its own: none that was kept open can break when an instance ends.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with (
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
            speaking_to(self._pubsub_host) as google,
            asyncio.TaskGroup() as group,
        ):
            for path, route in self._paths.items():
                pusher = Pusher(session, route, self._sender)
                group.create_task(_Delivery(path, Pull(google, path), pusher, self._options).run())


class _Delivery:
    """From one subscription to its consumer."""

    def __init__(self, path: str, pull: Pull, pusher: Pusher, options: RelayOptions) -> None:
        self._path = path
        self._pull = pull
        self._pusher = pusher
        self._options = options
        self._lines: dict[str, deque[ReceivedMessage]] = {}

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pull.keep_leases())
                await self._pull.run(lambda message: self._take(message, group))
        finally:
            with contextlib.suppress(TimeoutError):  # they come again all the same, when their leases have run out
                async with asyncio.timeout(_GOODBYE_S):
                    await self._pull.give_all_back()

    def _take(self, message: ReceivedMessage, group: asyncio.TaskGroup) -> None:
        key = message.message.ordering_key
        if not key:
            group.create_task(self._deliver(message))
        elif key in self._lines:
            self._lines[key].append(message)
        else:
            self._lines[key] = deque([message])
            group.create_task(self._deliver_line(key))

    async def _deliver_line(self, key: str) -> None:
        """One after another. The one that is refused comes again after those behind it."""
        line = self._lines[key]
        while line:
            await self._deliver(line.popleft())
        del self._lines[key]

    async def _deliver(self, message: ReceivedMessage) -> None:
        twice = random.random() < self._options.duplicate  # noqa: S311 - trouble needs no secrecy
        pushes = [self._push(message) for _ in range(2 if twice else 1)]
        self._pull.answer(message.ack_id, accepted=any(await asyncio.gather(*pushes)))

    async def _push(self, message: ReceivedMessage) -> bool:
        if self._options.delay_s:
            await asyncio.sleep(random.uniform(0, self._options.delay_s))  # noqa: S311 - as above
        what = f"message {message.message.message_id} of {self._path}"
        return await self._pusher.push(envelope(message, self._path), what)
