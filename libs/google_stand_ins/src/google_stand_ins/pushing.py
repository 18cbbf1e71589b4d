"""Pushing as Pub/Sub does: a POST of an envelope, with a token; the answer's status says whether it was accepted."""

import asyncio
import base64
import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, cast

import aiohttp
from google.pubsub_v1.types import ReceivedMessage
from pydantic import JsonValue

from google_stand_ins.issuer import Issuer

# A token is used for this long, so that a rush of messages is not held up by signatures.
_TOKEN_USED_S: Final = 60.0
# How often to look whether an instance listens by now.
_LOOK_S: Final = 0.1
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """Where the messages of a subscription go.

    `addresses` are full URLs, one for each instance of the consumer: they take turns, and one where nobody listens is
    passed over. Where nobody listens at all, the push waits for up to `start_s`, as Cloud Run lets it wait for an
    instance to start. A push that is not answered within `ack_deadline_s` has failed.
    """

    addresses: tuple[str, ...]
    ack_deadline_s: float
    start_s: float = 10.0

    def __post_init__(self) -> None:
        if not self.addresses:
            raise ValueError("A route leads to at least one address.")


@dataclass(slots=True)
class Sender:
    """Who pushes: the service account `account`, whose tokens `issuer` makes for `audience`."""

    issuer: Issuer
    audience: str
    account: str
    _token: str = field(default="", init=False, repr=False)
    _made: float = field(default=0.0, init=False, repr=False)

    def authorization(self) -> str:
        """The header's value. A secret."""
        now = time.monotonic()
        if not self._token or now - self._made > _TOKEN_USED_S:
            self._token, self._made = self.issuer.token(self.audience, self.account), now
        return f"Bearer {self._token}"


def envelope(received: ReceivedMessage, subscription: str) -> dict[str, JsonValue]:
    """The JSON that Pub/Sub pushes for this message of the subscription `projects/P/subscriptions/S`."""
    message = received.message
    at = cast("datetime", message.publish_time)  # Google's types name the one of the wire
    published = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body: dict[str, JsonValue] = {
        "data": base64.b64encode(message.data).decode(),
        "messageId": message.message_id,
        "publishTime": published,
        # Google sends these two under both names.
        "message_id": message.message_id,
        "publish_time": published,
    }
    if message.attributes:
        body["attributes"] = dict(message.attributes)
    if message.ordering_key:
        body["orderingKey"] = message.ordering_key
    whole: dict[str, JsonValue] = {"message": body, "subscription": subscription}
    if received.delivery_attempt:  # counted only where there is a dead letter policy
        whole["deliveryAttempt"] = received.delivery_attempt
    return whole


class Pusher:
    """Pushes to the instances of one consumer."""

    def __init__(self, session: aiohttp.ClientSession, route: Route, sender: Sender) -> None:
        self._session = session
        self._route = route
        self._sender = sender
        self._turn = 0

    async def push(self, body: dict[str, JsonValue], what: str) -> bool:
        """Whether one of them accepted it in time. `what` names the message in the log."""
        try:
            status = await self._answered(body)
        except TimeoutError:
            _LOG.warning("%s was not answered within %g s", what, self._route.ack_deadline_s)
        except aiohttp.ClientError as error:
            _LOG.warning("%s was broken off: %s", what, type(error).__name__)
        else:
            if status is not None and 200 <= status < 300:
                return True
            why = "found nobody listening" if status is None else f"was refused: status {status}"
            _LOG.info("%s %s", what, why)
        return False

    async def _answered(self, body: dict[str, JsonValue]) -> int | None:
        """The status of the first instance that listens; None if nobody does in time."""
        until = time.monotonic() + self._route.start_s
        while True:
            for address in self._in_turn():
                with contextlib.suppress(aiohttp.ClientConnectorError):
                    return await self._post(address, body)
            if time.monotonic() > until:
                return None
            await asyncio.sleep(_LOOK_S)

    def _in_turn(self) -> Iterator[str]:
        """All addresses, beginning with the next one in turn."""
        addresses = self._route.addresses
        first, self._turn = self._turn, (self._turn + 1) % len(addresses)
        return iter(addresses[first:] + addresses[:first])

    async def _post(self, address: str, body: dict[str, JsonValue]) -> int:
        headers = {"Authorization": self._sender.authorization()}
        timeout = aiohttp.ClientTimeout(total=self._route.ack_deadline_s)
        async with self._session.post(
            address, json=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            return answer.status
