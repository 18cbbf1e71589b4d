"""Starts the timer: `python -m autotennis_timer`."""

import asyncio

from autotennis.log import set_up_logs
from autotennis.serving import serve
from autotennis.settings import Settings, read_settings
from autotennis.wiring import open_ports
from autotennis_timer.app import create_app


def main() -> None:
    """Serves until it is told to stop."""
    settings = read_settings(Settings)
    set_up_logs("timer", settings.log_level)
    with open_ports(settings) as ports:
        asyncio.run(serve(create_app(ports, settings), settings.host, settings.port))


if __name__ == "__main__":
    main()
