"""The timer's HTTP face."""

from aiohttp import web

from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import service_app
from autotennis_timer.deadman import DeadMan
from autotennis_timer.handlers import Timer
from autotennis_timer.sampling import sample_by
from autotennis_timer.settings import TimerSettings


def create_app(ports: Ports, settings: TimerSettings) -> web.Application:
    """The application that receives the timer's events."""
    sample_by(ports)
    deadman = DeadMan(ports.clock, settings.deadman_url)
    timer = Timer(ports, settings.checks, deadman, canary=settings.canary)
    app = service_app(Service.TIMER, timer.handlers(), ports, settings.metrics_secret)
    app.on_cleanup.append(deadman.closed)
    return app
