"""Starts what may share a process, each service at its own port: `python -m autotennis_local.together`.

The timer, the waitlist, the notifier and the dispatcher are mostly idle, and most of their memory is the same program.
The booker is not among them: nothing else is to take its time at an opening.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import structlog
from aiohttp import web

from autotennis.adapters.system import SystemClock
from autotennis.flow import Service
from autotennis.log import set_up_logs
from autotennis.ports import Ports
from autotennis.serving import listening
from autotennis.settings import read_settings
from autotennis.tracing import set_up_traces
from autotennis.undumped import keep_out_of_dumps
from autotennis.wiring import open_ports
from autotennis_local.dispatching import DispatcherSettings, dispatching
from autotennis_local.embedded import HOUSED, TOGETHER
from autotennis_local.every_settings import KINDS
from autotennis_local.holders import instance_of
from autotennis_local.stopping import until_told
from autotennis_notifier.app import create_app as notifier_app
from autotennis_timer.app import create_app as timer_app
from autotennis_waitlist.app import create_app as waitlist_app

# Each is given the settings of its own kind.
_APPS: Final[dict[Service, Callable[[Ports, Any], web.Application]]] = {
    Service.TIMER: timer_app,
    Service.WAITLIST: waitlist_app,
    Service.NOTIFIER: notifier_app,
}
_log = structlog.get_logger()


def main() -> None:
    """Serves and carries events until it is told to stop."""
    keep_out_of_dumps()
    settings = read_settings(DispatcherSettings)
    set_up_logs(TOGETHER, settings.log_level)
    set_up_traces(TOGETHER, settings.otlp_endpoint)
    until_told(_work(settings), told_to_stop=None)


async def _work(settings: DispatcherSettings) -> None:
    told = asyncio.Event()
    # All end at once, as if each had its own process: each has the whole grace for what it has under way.
    async with asyncio.TaskGroup() as services:
        up = [asyncio.Event() for _ in HOUSED]
        for service, is_up in zip(HOUSED, up, strict=True):
            port = settings.endpoints[service].port or 0
            services.create_task(_serve(service, port, is_up, told))
        try:
            for is_up in up:
                await is_up.wait()
            # Who carries events ends first, so that none comes to a service that is about to end.
            with dispatching(settings, SystemClock()) as dispatcher:
                await dispatcher.run()
        finally:
            told.set()


async def _serve(service: Service, port: int, is_up: asyncio.Event, told: asyncio.Event) -> None:
    async with _served(service, port):
        is_up.set()
        await told.wait()


@asynccontextmanager
async def _served(service: Service, port: int) -> AsyncGenerator[None]:
    """One service while the context lasts; its log lines say that they are its own."""
    settings = read_settings(KINDS[service], port=port, instance=instance_of(service))
    async with AsyncExitStack() as serving:
        app = _APPS[service](serving.enter_context(open_ports(settings)), settings)
        # What serves its requests begins here, and so says the same in all its lines.
        with structlog.contextvars.bound_contextvars(service=service.value):
            address = await serving.enter_async_context(listening(app, settings.host, settings.port))
            _log.info("serving", address=address)
        yield


if __name__ == "__main__":
    main()
