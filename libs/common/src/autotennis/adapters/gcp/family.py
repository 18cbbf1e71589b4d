"""The Google Cloud family as a whole."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from autotennis.adapters.gcp.bus import GcpBus
from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.refusals import GcpRefusals
from autotennis.adapters.gcp.store import GcpStore
from autotennis.adapters.gcp.vault import GcpVault
from autotennis.adapters.gcp.wake import GcpWakeScheduler
from autotennis.ports import Clock


@dataclass(frozen=True, slots=True)
class GcpFamily:
    """All adapters of one installation on Google Cloud, and what they have used of it."""

    store: GcpStore
    bus: GcpBus
    wake: GcpWakeScheduler
    vault: GcpVault
    refusals: GcpRefusals
    meter: Meter


@contextmanager
def open_gcp(place: Place, clock: Clock) -> Generator[GcpFamily, None, None]:
    """The adapters of this place. Nothing is asked of Google before something is needed of it."""
    meter = Meter()
    documents = Documents(place, meter)
    refusals = GcpRefusals(documents, clock)
    bus = GcpBus(place, refusals, meter)
    wake = GcpWakeScheduler(place, bus, clock, meter)
    vault = GcpVault(documents, place, clock, meter)
    with closing(documents), closing(bus), closing(wake), closing(vault):
        yield GcpFamily(GcpStore(documents), bus, wake, vault, refusals, meter)
