"""Looking on at what is published."""

from collections.abc import Sequence

from autotennis.events import Event
from autotennis.ports import EventFeed


def seen(feed: EventFeed, count: int) -> Sequence[Event]:
    """That many new events, asked for a few times at most."""
    found: list[Event] = []
    for _ in range(20):
        found += feed.new()
        if len(found) >= count:
            break
    return found
