"""Looking on at what is published on the SQLite file."""

from collections.abc import Sequence

from autotennis.adapters.local.bus import LocalBus
from autotennis.events import Event


class LocalFeed:
    """The port EventFeed."""

    def __init__(self, bus: LocalBus) -> None:
        self._bus = bus
        self._seen = bus.last_seq()

    def new(self) -> Sequence[Event]:
        """What was published since this was last asked, in order."""
        found: list[Event] = []
        while page := self._bus.events_since(self._seen):
            self._seen = page[-1][0]
            found += [event for _, event in page]
        return found
