"""A service of events as a program."""

import asyncio
import sys
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from autotennis.errors import AutotennisError
from autotennis.lasting import keep_for_good
from autotennis.log import set_up_logs
from autotennis.ports import Ports
from autotennis.serving import serve
from autotennis.settings import Settings, read_settings
from autotennis.tracing import set_up_traces
from autotennis.undumped import keep_out_of_dumps
from autotennis.unknown_settings import warn_of_unknown
from autotennis.wiring import open_ports

_Settings = TypeVar("_Settings", bound=Settings)


def run_service(name: str, kind: type[_Settings], create_app: Callable[[Ports, _Settings], web.Application]) -> int:
    """Serves until SIGTERM or SIGINT; gives the exit status. What keeps it from starting is told in plain words."""
    keep_out_of_dumps()
    try:
        settings = read_settings(kind)
        set_up_logs(name, settings.log_level, settings.gcp_project)
        warn_of_unknown(kind)
        set_up_traces(name, settings.otlp_endpoint)
        with open_ports(settings) as ports:
            app = create_app(ports, settings)
            keep_for_good()
            asyncio.run(serve(app, settings.host, settings.port))
    except AutotennisError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0
