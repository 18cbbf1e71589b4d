"""Services that receive pushed events and answer as a test wants."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

from aiohttp import web

from autotennis.events import Event
from autotennis.flow import Service
from autotennis.ports import Refusals
from autotennis.push import Envelope, open_envelope

Answerer = Callable[[Envelope], Awaitable[web.Response]]
# Is told of each refusal: the message's bytes, and why.
OnRefusal = Callable[[bytes, str], None]
PUSH_SECRET = "a-push-secret-of-tests"


async def accept(_envelope: Envelope) -> web.Response:
    """It is done."""
    return web.Response(status=204)


async def refuse(_envelope: Envelope) -> web.Response:
    """It never works."""
    return web.Response(status=500, text="The racket\nis broken.")


@dataclass
class Consumer:
    """What a service received, in the order of arrival, and where it listens."""

    url: str
    envelopes: list[Envelope] = field(default_factory=list[Envelope])
    events: list[Event] = field(default_factory=list[Event])
    authorizations: list[str | None] = field(default_factory=list[str | None])

    def times(self, event: Event) -> int:
        """How often this event arrived."""
        return sum(one.id == event.id for one in self.events)


def noting(refusals: Refusals | None, service: Service) -> OnRefusal | None:
    """Has this service's refusals noted, as our services do, where the family of adapters wants that."""
    return None if refusals is None else partial(refusals.note, service)


@asynccontextmanager
async def consuming(
    answer: Answerer = accept, port: int = 0, on_refusal: OnRefusal | None = None
) -> AsyncGenerator[Consumer, None]:
    """A service that answers pushes like this. It leaves as abruptly as a process that is killed."""

    connections: list[asyncio.BaseTransport | None] = []

    async def on_push(request: web.Request) -> web.Response:
        envelope = open_envelope(await request.read())
        consumer.envelopes.append(envelope)
        consumer.events.append(envelope.event())
        consumer.authorizations.append(request.headers.get("Authorization"))
        connections.append(request.transport)
        response = await answer(envelope)
        if on_refusal and response.status >= HTTPStatus.BAD_REQUEST:
            await asyncio.to_thread(on_refusal, envelope.data(), f"{response.status} {response.text}")
        return response

    app = web.Application()
    app.router.add_post("/events", on_push)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
        await site.start()
        consumer = Consumer(f"http://127.0.0.1:{runner.addresses[0][1]}")
        yield consumer
    finally:
        for connection in connections:
            if isinstance(connection, asyncio.WriteTransport):
                connection.abort()
        await runner.cleanup()


def refusing(times: int) -> Answerer:
    """Refuses that often and accepts from then on."""
    left = [times]

    async def answer(envelope: Envelope) -> web.Response:
        left[0] -= 1
        return await (refuse(envelope) if left[0] >= 0 else accept(envelope))

    return answer


def held_until(release: asyncio.Event) -> Answerer:
    """Holds every request until it is released, then accepts."""

    async def answer(envelope: Envelope) -> web.Response:
        await release.wait()
        return await accept(envelope)

    return answer


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
