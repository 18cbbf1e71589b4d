"""The notifier's HTTP face."""

from typing import Final

from aiohttp import web

from autotennis.flow import Service
from autotennis.ports import Ports
from autotennis.serving import service_app
from autotennis.stopping import Stopping
from autotennis.turns import Turns
from autotennis_notifier.handlers import Notifier
from autotennis_notifier.outgoing import Outgoing, Pace
from autotennis_notifier.senders import senders_of
from autotennis_notifier.sending import Couriers
from autotennis_notifier.settings import NotifierSettings
from autotennis_notifier.writing import Writer

USUAL: Final = Pace()


def create_app(ports: Ports, settings: NotifierSettings, pace: Pace = USUAL) -> web.Application:
    """The application that receives the notifier's events. The receivers' connections close with it."""
    senders = senders_of(settings, ports.clock.now)
    couriers = Couriers(senders, ports.vault, pace.answer_s)
    stopping = Stopping()
    turns = Turns(ports.store, ports.ids, settings.instance)
    outgoing = Outgoing(ports, couriers, Writer(ports, settings), pace, stopping, turns)
    app = service_app(Service.NOTIFIER, Notifier(ports, outgoing).handlers(), ports, settings.metrics_secret, stopping)

    async def close(_app: web.Application) -> None:
        for sender in senders.values():
            await sender.close()

    app.on_cleanup.append(close)
    return app
