"""The timer's HTTP face."""

from aiohttp import web

from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import service_app
from autotennis.settings import Settings
from autotennis_timer.handlers import Timer


def create_app(ports: Ports, _settings: Settings) -> web.Application:
    """The application that receives the timer's events."""
    return service_app(Service.TIMER, Timer(ports).handlers(), ports)
