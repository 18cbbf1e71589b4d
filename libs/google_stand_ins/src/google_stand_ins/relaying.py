"""`python -m google_stand_ins.relaying`: the relay as a process of its own, told on its standard input what to do."""

import asyncio
import contextlib
import logging
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Self

from pydantic import BaseModel, SecretBytes, field_serializer

from google_stand_ins.issuer import Issuer
from google_stand_ins.pushing import Sender
from google_stand_ins.relay import Relay
from google_stand_ins.settings import RelaySettings
from google_stand_ins.tied import tied

LOG_FORM = "%(levelname)s %(name)s: %(message)s"


class RelayOrders(BaseModel):
    """What the relay is told. As JSON it holds the key with which the issuer at `issuer_url` signs."""

    pubsub_host: str
    settings: RelaySettings
    issuer_url: str
    key: SecretBytes

    @classmethod
    def of(cls, pubsub_host: str, settings: RelaySettings, issuer: Issuer) -> Self:
        """Orders to push in the name of this issuer."""
        return cls(pubsub_host=pubsub_host, settings=settings, issuer_url=issuer.url, key=issuer.secret_key())

    @field_serializer("key", when_used="json")
    def _shown(self, key: SecretBytes) -> str:
        return key.get_secret_value().decode()

    def relay(self) -> Relay:
        """The relay that does so."""
        sender = Sender(Issuer(self.issuer_url, self.key), self.settings.audience, self.settings.account)
        return Relay(self.pubsub_host, self.settings.project, self.settings.routes, sender, self.settings.trouble)


@contextmanager
def relaying(orders: RelayOrders) -> Generator[subprocess.Popen[bytes], None, None]:
    """Runs the relay beside this process, from its main thread, while the context lasts."""
    command = (sys.executable, "-m", "google_stand_ins.relaying")
    with tied(command, sys.stderr.buffer, orders.model_dump_json().encode()) as process:
        yield process


async def _run(orders: RelayOrders) -> None:
    relay = asyncio.create_task(orders.relay().run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, relay.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await relay


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format=LOG_FORM, stream=sys.stderr)
    asyncio.run(_run(RelayOrders.model_validate_json(sys.stdin.buffer.read())))
