"""The timer's HTTP face."""

from aiohttp import web

from autotennis.ports import Ports
from autotennis.serving import create_events_app
from autotennis.settings import Settings
from autotennis_timer.handlers import Timer


def create_app(ports: Ports, settings: Settings) -> web.Application:
    """The application that receives the timer's events."""
    return create_events_app(Timer(ports).handlers(), settings.push_secret)
