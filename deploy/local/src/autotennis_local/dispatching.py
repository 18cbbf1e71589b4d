"""Starts the dispatcher, which carries events between the services: `python -m autotennis_local.dispatching`."""

from pydantic import HttpUrl

from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.dispatcher import Dispatcher
from autotennis.flow import Service
from autotennis.log import set_up_logs
from autotennis.settings import Settings, read_settings
from autotennis_local.stopping import until_told


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
        until_told(dispatcher.run(), told_to_stop=None)


if __name__ == "__main__":
    main()
