"""The waitlist's HTTP face."""

from aiohttp import web

from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import service_app
from autotennis.stopping import Stopping
from autotennis_waitlist.handlers import Waitlist
from autotennis_waitlist.settings import WaitlistSettings


def create_app(ports: Ports, settings: WaitlistSettings) -> web.Application:
    """The application that receives the waitlist's events.

    An instance without a name of its own in the settings gets one that nobody had before.
    """
    stopping = Stopping()
    waitlist = Waitlist(ports, settings.instance or ports.ids.new(), stopping)
    return service_app(Service.WAITLIST, waitlist.handlers(), ports, settings.metrics_secret, stopping)
