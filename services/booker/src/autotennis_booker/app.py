"""The booker's HTTP face."""

from aiohttp import web

from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import service_app
from autotennis.settings import Settings
from autotennis_booker.handlers import Booker


def create_app(ports: Ports, settings: Settings) -> web.Application:
    """The application that receives the booker's events.

    An instance without a name of its own in the settings gets one that nobody had before.
    """
    booker = Booker(ports, settings.instance or ports.ids.new(), checks=settings.checks)
    return service_app(Service.BOOKER, booker.handlers(), ports, settings.metrics_secret)
