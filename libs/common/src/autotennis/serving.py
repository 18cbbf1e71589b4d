"""The HTTP face that the services of events share: `POST /events`, and `GET /healthz`.

The answer's status is the acknowledgement: 204 done (also when it was done before), 503 not now, 400 not an event,
500 a mistake of ours. Everything but 204 is delivered again, until the bus gives it to its dead letters with our text.

When the program is told to stop, requests that are under way are finished or answered with 503 (`autotennis.stopping`).
"""

import asyncio
import math
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web
from pydantic import SecretStr

from autotennis import metrics as counting
from autotennis.errors import AutotennisError, BadEvent, Stale, Transient
from autotennis.events import Event
from autotennis.flow import Service
from autotennis.metrics import Metrics
from autotennis.ports import Door, Ports
from autotennis.push import LARGEST_ENVELOPE_BYTES, open_envelope
from autotennis.signals import EVENT_FAILED
from autotennis.stopping import ANSWER_S, CLOSE_S, Stopping
from autotennis.tracing import parent_in, span

# A handler is registered under the name of the kind it consumes.
Handler = Callable[[Any], Awaitable[None]]
# Is told the bytes of an event that was refused, and why.
OnRefusal = Callable[[bytes, str], None]
_NO_SECRET: Final = SecretStr("")
_log = structlog.get_logger()


def service_app(
    service: Service,
    handlers: Mapping[str, Handler],
    ports: Ports,
    metrics_secret: SecretStr = _NO_SECRET,
    stopping: Stopping | None = None,
) -> web.Application:
    """The application of a service of events: behind the ports' door, and noting refusals where the bus needs that.

    Whoever has the `metrics_secret` may read its metrics; without one nobody may. The handlers go by `stopping`, too.
    """
    note = ports.refusals.note if ports.refusals else None
    app = create_events_app(handlers, ports.door, partial(note, service) if note else None, ports.metrics, stopping)
    if metrics_secret:
        _add_metrics(app, ports.metrics, metrics_secret)
    return app


def _add_metrics(app: web.Application, metrics: Metrics, secret: SecretStr) -> None:
    async def on_scrape(request: web.Request) -> web.Response:
        if not counting.admits(secret, request.headers.get("Authorization", "")):
            return web.Response(status=401, text="The bearer token is missing or wrong.")
        body = await asyncio.to_thread(metrics.exposition)
        return web.Response(body=body, headers={"Content-Type": counting.CONTENT_TYPE})

    app.router.add_get(counting.PATH, on_scrape)


def create_events_app(
    handlers: Mapping[str, Handler],
    door: Door,
    on_refusal: OnRefusal | None = None,
    metrics: Metrics | None = None,
    stopping: Stopping | None = None,
) -> web.Application:
    """An application that hands each pushed event to its kind's handler. Only whom the door admits may push."""
    metrics, stopping = metrics or Metrics(), stopping or Stopping()
    ending = {kind: _ending_in_time(handler, stopping) for kind, handler in handlers.items()}
    app = web.Application(client_max_size=LARGEST_ENVELOPE_BYTES)

    async def on_push(request: web.Request) -> web.Response:
        if not await asyncio.to_thread(door.admits, request.headers.get("Authorization", "")):
            return web.Response(status=401, text="This door is for the bus: its bearer token is missing or wrong.")
        body = await request.read()
        answer = await _delivered(body, ending, metrics)
        if on_refusal and answer.status != HTTPStatus.NO_CONTENT:
            await asyncio.to_thread(_noted, on_refusal, body, f"{answer.status} {answer.text}")
        return answer

    async def on_health(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def on_stop(_app: web.Application) -> None:
        stopping.tell()

    app.on_shutdown.append(on_stop)
    app.router.add_post("/events", on_push)
    app.router.add_get("/healthz", on_health)
    return app


def _ending_in_time(handler: Handler, stopping: Stopping) -> Handler:
    """The handler, but that nothing is begun or goes on that could not be answered before the program has to end."""

    async def handle(event: Any) -> None:
        stopping.check()
        await stopping.finished(handler(event), within_s=ANSWER_S)

    return handle


def _noted(on_refusal: OnRefusal, body: bytes, reason: str) -> None:
    with suppress(BadEvent):
        # What is no envelope at all did not come by the bus, and can never be one of its dead letters.
        on_refusal(open_envelope(body).data(), reason)


async def _delivered(body: bytes, handlers: Mapping[str, Handler], metrics: Metrics) -> web.Response:
    try:
        envelope = open_envelope(body)
        event = envelope.event()
        handler = _handler_of(event, handlers)
    except BadEvent as error:
        _log.warning("event refused", reason=str(error))
        metrics.events.labels("unknown", "refused").observe(0.0)
        return web.Response(status=400, text=str(error))
    with structlog.contextvars.bound_contextvars(**_about(event)):
        begun_s = asyncio.get_running_loop().time()
        answer, outcome = await _handled(handler, event, parent_in(envelope.message.attributes))
        metrics.events.labels(event.kind, outcome).observe(asyncio.get_running_loop().time() - begun_s)
        return answer


def _about(event: Event) -> dict[str, str]:
    """What every log line of this event's handling says."""
    booking_id = getattr(event, "booking_id", "")
    return {"event_id": event.id, **({"booking_id": booking_id} if booking_id else {})}


def _handler_of(event: Event, handlers: Mapping[str, Handler]) -> Handler:
    handler = handlers.get(event.kind)
    if handler is None:
        raise BadEvent(f"This service does not consume {event.kind}; it consumes {', '.join(sorted(handlers))}.")
    return handler


async def _handled(handler: Handler, event: Event, parent: str) -> tuple[web.Response, str]:
    """The answer, and in one word how it went."""
    outcome = "done"
    try:
        with span(event.kind, parent, event_id=event.id):
            await handler(event)
    except Stale as error:
        _log.info("event was handled before", reason=str(error))
        outcome = "stale"
    except Transient as error:
        _log.info("event is for later", reason=str(error))
        return web.Response(status=503, text=str(error), headers=_patience(error)), "later"
    except AutotennisError as error:
        _log.exception(EVENT_FAILED)
        return web.Response(status=500, text=f"{type(error).__name__}: {error}"), "failed"
    except Exception as error:  # noqa: BLE001 (whatever it is, the delivery failed; its type is all that is told)
        _log.exception(EVENT_FAILED)
        return web.Response(status=500, text=type(error).__name__), "failed"
    return web.Response(status=204), outcome


def _patience(error: Transient) -> dict[str, str]:
    """Tells the bus how long to wait, where that is known. The embedded one heeds it, Pub/Sub goes by its policy."""
    return {} if error.retry_after_s is None else {"Retry-After": str(math.ceil(error.retry_after_s))}


async def serve(app: web.Application, host: str, port: int) -> None:
    """Serves until SIGTERM or SIGINT; then requests that are under way end in time, and nothing new is begun."""
    async with listening(app, host, port) as address:
        _log.info("serving", address=address)
        await _told_to_stop()


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncGenerator[str]:
    """Serves the application while the context lasts; gives its address, `http://host:port`."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1] if port == 0 else port
        yield f"http://{host}:{bound}"
    finally:
        await runner.cleanup()


async def _told_to_stop() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
