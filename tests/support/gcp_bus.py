"""The bus on Pub/Sub's emulator, and what pushes its messages to services."""

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace

from support.emulators import fresh_project, need_emulators
from support.running import while_running
from support.tokens import ACCOUNT, AUDIENCE, GOOGLE

from autotennis.adapters.gcp.bus import GcpBus
from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.refusals import GcpRefusals
from autotennis.adapters.gcp.replays import deliveries
from autotennis.adapters.gcp.setting_up import ON_EMULATOR, set_up, tear_down
from autotennis.adapters.system import SystemClock
from autotennis.flow import Service
from google_stand_ins.issuer import Issuer
from google_stand_ins.pushing import Route, Sender
from google_stand_ins.relay import Relay

# Pub/Sub's least number of attempts; refused messages come again at once.
ATTEMPTS = 5
QUICK = replace(ON_EMULATOR, attempts=ATTEMPTS, first_retry_s=0.0)


@dataclass(frozen=True)
class OnEmulators:
    """A place with all topics and subscriptions, empty, and the adapters on it."""

    place: Place
    bus: GcpBus
    refusals: GcpRefusals
    meter: Meter

    def delivering(
        self, endpoints: Mapping[Service, str], ack_deadline_s: float | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Has the events pushed to these services while the context lasts."""
        return relaying(self.place, Sender(Issuer(GOOGLE), AUDIENCE, ACCOUNT), endpoints, ack_deadline_s)


@asynccontextmanager
async def relaying(
    place: Place, sender: Sender, endpoints: Mapping[Service, str], ack_deadline_s: float | None
) -> AsyncGenerator[None, None]:
    """Has this sender push the events of this place while the context lasts; without a deadline, each by its own."""
    routes = {
        one.id: Route((f"{endpoints[one.service]}/events",), ack_deadline_s or one.ack_deadline_s)
        for one in deliveries(place.prefix)
        if one.service in endpoints
    }
    async with while_running(Relay(need_emulators().pubsub_host, place.project, routes, sender).run()):
        yield


def a_place() -> Place:
    """A project that nobody used before."""
    need_emulators()
    return Place(project=fresh_project(), region="europe-north1", kms_key="")


@contextmanager
def topics_of(place: Place) -> Generator[None, None, None]:
    """All topics and subscriptions of a place, there while the context lasts.

    The emulator looks after each subscription that it has, all the time: hundreds that nobody uses any more would take
    it as much processor time as all tests on it.
    """
    set_up(place, QUICK)
    try:
        yield
    finally:
        tear_down(place)


@contextmanager
def on_emulators() -> Generator[OnEmulators, None, None]:
    """The bus on a place of its own."""
    place = a_place()
    meter = Meter()
    with topics_of(place), closing(Documents(place, meter)) as documents:
        refusals = GcpRefusals(documents, SystemClock())
        with closing(GcpBus(place, refusals, meter)) as bus:
            yield OnEmulators(place, bus, refusals, meter)
