"""The booker's HTTP face."""

from aiohttp import web

from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import service_app
from autotennis.stopping import Stopping
from autotennis_booker.handlers import Booker
from autotennis_booker.settings import BookerSettings


def create_app(ports: Ports, settings: BookerSettings) -> web.Application:
    """The application that receives the booker's events.

    An instance without a name of its own in the settings gets one that nobody had before.
    """
    stopping = Stopping()
    booker = Booker(ports, settings.instance or ports.ids.new(), checks=settings.checks, stopping=stopping)
    return service_app(Service.BOOKER, booker.handlers(), ports, settings.metrics_secret, stopping)
