"""The timer's HTTP face."""

from aiohttp import web

from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import service_app
from autotennis.settings import Settings
from autotennis_timer.handlers import Timer
from autotennis_timer.sampling import sample_by


def create_app(ports: Ports, settings: Settings) -> web.Application:
    """The application that receives the timer's events."""
    sample_by(ports)
    return service_app(Service.TIMER, Timer(ports).handlers(), ports, settings.metrics_secret)
