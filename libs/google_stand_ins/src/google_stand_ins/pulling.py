# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (grpc ships no types; this is the only file of the relay that speaks it)
"""Pulling the messages of one subscription, and keeping them leased until each has its answer."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import grpc
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport
from google.pubsub_v1.types import (
    AcknowledgeRequest,
    ModifyAckDeadlineRequest,
    ReceivedMessage,
    StreamingPullRequest,
)

# A lease is renewed as long as a message is held. It is the shortest that Pub/Sub knows, so that what a killed process
# held comes again soon.
_LEASE_S: Final = 10
_RENEW_S: Final = 2.5
_CALL_S: Final = 5.0
_AGAIN_S: Final = 0.2
_GOODBYE_S: Final = 1.0
_IDS_A_CALL: Final = 1000
_LOG = logging.getLogger(__name__)


@asynccontextmanager
async def speaking_to(pubsub_host: str) -> AsyncGenerator[SubscriberGrpcAsyncIOTransport, None]:
    """A connection to the emulator at this `host:port`."""
    async with grpc.aio.insecure_channel(pubsub_host) as channel:
        yield SubscriberGrpcAsyncIOTransport(channel=channel)


class Pull:
    """One subscription's messages. `path` is `projects/P/subscriptions/S`; it may be made later than this.

    `keep_leases` has to run all the while.
    """

    def __init__(self, google: SubscriberGrpcAsyncIOTransport, path: str) -> None:
        # Google's asynchronous client leaves tasks behind when a stream is broken off, so this speaks to its transport,
        # whose types know of no timeouts.
        self._google: Any = google
        self._path = path
        self._held: set[str] = set()
        self._acknowledged: list[str] = []
        self._refused: list[str] = []
        self._answered = asyncio.Event()
        self._stopping = False

    async def run(self, take: Callable[[ReceivedMessage], None]) -> None:
        """Gives every message to `take`, until it is cancelled, with no limit on how many are held.

        It waits for the emulator and for the subscription.
        """
        told: object = None
        while True:
            try:
                await self._stream(take)
                told = None
            except grpc.aio.AioRpcError as error:
                if error.code() != told:
                    _LOG.info("%s cannot be pulled: %s", self._path, error.code().name)
                told = error.code()
            await asyncio.sleep(_AGAIN_S)

    def answer(self, ack_id: str, *, accepted: bool) -> None:
        """Acknowledges the message, or gives it back to come again."""
        self._held.discard(ack_id)
        (self._acknowledged if accepted else self._refused).append(ack_id)
        self._answered.set()

    async def keep_leases(self) -> None:
        """Sends answers as they come, and renews the leases of what is held; for ever."""
        loop = asyncio.get_running_loop()
        renewal = loop.time() + _RENEW_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(renewal):
                    await self._answered.wait()
            # By the clock: while answers keep coming, nothing is waited for and no timeout comes.
            if loop.time() >= renewal:
                renewal = loop.time() + _RENEW_S
                await self._postpone(list(self._held), _LEASE_S)
            self._answered.clear()
            await self._send_answers()

    async def give_all_back(self) -> None:
        """Has every message that is still held come again at once."""
        for ack_id in list(self._held):
            self.answer(ack_id, accepted=False)
        await self._send_answers()

    async def _stream(self, take: Callable[[ReceivedMessage], None]) -> None:
        stream = self._google.streaming_pull()
        reader = asyncio.create_task(self._read(stream, take))
        try:
            await asyncio.shield(reader)
        except asyncio.CancelledError:
            # A stream that is merely broken off lives on in the emulator and swallows what is given back. So it is
            # ended in due form, and what comes until then is given back as well.
            self._stopping = True
            with contextlib.suppress(TimeoutError, grpc.aio.AioRpcError):
                async with asyncio.timeout(_GOODBYE_S):
                    await stream.done_writing()
                    await reader
            raise
        finally:
            reader.cancel()
            stream.cancel()

    async def _read(self, stream: Any, take: Callable[[ReceivedMessage], None]) -> None:
        await stream.write(StreamingPullRequest(subscription=self._path, stream_ack_deadline_seconds=_LEASE_S))
        async for response in stream:
            for message in response.received_messages:
                self._held.add(message.ack_id)
                if not self._stopping:
                    take(message)

    async def _send_answers(self) -> None:
        # They are forgotten only when they have been sent: a stop may come in between.
        acknowledged, refused = list(self._acknowledged), list(self._refused)
        for ids in _portions(acknowledged):
            request = AcknowledgeRequest(subscription=self._path, ack_ids=ids)
            await self._tell(self._google.acknowledge(request, timeout=_CALL_S))
        del self._acknowledged[: len(acknowledged)]
        await self._postpone(refused, 0)
        del self._refused[: len(refused)]

    async def _postpone(self, ack_ids: list[str], by_s: int) -> None:
        for ids in _portions(ack_ids):
            request = ModifyAckDeadlineRequest(subscription=self._path, ack_ids=ids, ack_deadline_seconds=by_s)
            await self._tell(self._google.modify_ack_deadline(request, timeout=_CALL_S))

    async def _tell(self, call: Awaitable[object]) -> None:
        """What does not get through is no loss: those messages come again."""
        try:
            await call
        except grpc.aio.AioRpcError as error:
            _LOG.warning("%s does not take answers: %s", self._path, error.code().name)


def _portions(ack_ids: list[str]) -> Iterator[list[str]]:
    return (ack_ids[start : start + _IDS_A_CALL] for start in range(0, len(ack_ids), _IDS_A_CALL))
