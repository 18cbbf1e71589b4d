"""Starts the dispatcher, which carries events between the services: `python -m autotennis_local.dispatching`."""

import asyncio
import contextlib
import signal

from pydantic import HttpUrl

from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.dispatcher import Dispatcher
from autotennis.flow import Service
from autotennis.log import set_up_logs
from autotennis.settings import Settings, read_settings


class DispatcherSettings(Settings):
    """Where each service listens, besides what every program is told."""

    endpoints: dict[Service, HttpUrl]


def main() -> None:
    """Carries events until it is told to stop."""
    settings = read_settings(DispatcherSettings)
    set_up_logs("dispatcher", settings.log_level)
    endpoints = {service: str(url).rstrip("/") for service, url in settings.endpoints.items()}
    clock = SystemClock()
    with open_local(settings.data_dir, clock) as family:
        dispatcher = Dispatcher(family, clock, endpoints, settings.push_secret)
        asyncio.run(_until_told(dispatcher))


async def _until_told(dispatcher: Dispatcher) -> None:
    work = asyncio.ensure_future(dispatcher.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


if __name__ == "__main__":
    main()
