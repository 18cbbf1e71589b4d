"""Starts the dispatcher, which carries events between the services: `python -m autotennis_local.dispatching`."""

from collections.abc import Generator
from contextlib import contextmanager

from pydantic import HttpUrl

from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.dispatcher import Dispatcher
from autotennis.flow import Service
from autotennis.lasting import keep_for_good
from autotennis.log import set_up_logs
from autotennis.ports import Clock
from autotennis.settings import Settings, read_settings
from autotennis.undumped import keep_out_of_dumps
from autotennis_local.stopping import until_told


class DispatcherSettings(Settings):
    """Where each service listens, besides what every program is told."""

    endpoints: dict[Service, HttpUrl]


def main() -> None:
    """Carries events until it is told to stop."""
    keep_out_of_dumps()
    settings = read_settings(DispatcherSettings)
    set_up_logs("dispatcher", settings.log_level)
    with dispatching(settings, SystemClock()) as dispatcher:
        keep_for_good()
        until_told(dispatcher.run(), told_to_stop=None)


@contextmanager
def dispatching(settings: DispatcherSettings, clock: Clock) -> Generator[Dispatcher]:
    """The dispatcher of the settings' database, which is open while the context lasts."""
    endpoints = {service: str(url).rstrip("/") for service, url in settings.endpoints.items()}
    with open_local(settings.data_dir, clock) as family:
        yield Dispatcher(family, clock, endpoints, settings.push_secret)


if __name__ == "__main__":
    main()
