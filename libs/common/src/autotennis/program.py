"""A service of events as a program."""

import asyncio
import sys
from collections.abc import Callable

from aiohttp import web

from autotennis.errors import AutotennisError
from autotennis.log import set_up_logs
from autotennis.ports import Ports
from autotennis.serving import serve
from autotennis.settings import Settings, read_settings
from autotennis.tracing import set_up_traces
from autotennis.wiring import open_ports


def run_service(name: str, create_app: Callable[[Ports, Settings], web.Application]) -> int:
    """Serves until SIGTERM or SIGINT; gives the exit status. What keeps it from starting is told in plain words."""
    try:
        settings = read_settings(Settings)
        set_up_logs(name, settings.log_level, settings.gcp_project)
        set_up_traces(name, settings.otlp_endpoint)
        with open_ports(settings) as ports:
            asyncio.run(serve(create_app(ports, settings), settings.host, settings.port))
    except AutotennisError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
