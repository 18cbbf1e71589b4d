"""From committed to published: the second half of every change."""

from collections.abc import Sequence
from typing import Final

import structlog

from autotennis.events import Event
from autotennis.ports import Ports

# What keeps one fact from being published is about that one; what keeps so many in a row from it is about the bus.
_IN_A_ROW: Final = 3
_log = structlog.get_logger()


def publish_outbox(ports: Ports, booking_id: str) -> int:
    """Publishes what was committed of a booking and not yet struck off; gives how many facts.

    A fact is struck off only after the bus took it, so a crash in between publishes it again: at least once.
    """
    published = 0
    while facts := ports.store.unpublished(booking_id):
        for fact in facts:
            _publish(ports, fact)
        published += len(facts)
    return published


def publish_left(ports: Ports, found: Sequence[Event]) -> None:
    """Publishes what was left behind of all bookings. `found` is what the store has just given of it.

    One fact that cannot be published keeps no other from it; what went wrong with the first is raised at the end.
    """
    failed: dict[str, Exception] = {}
    in_a_row, facts = 0, found
    while facts := [fact for fact in facts if fact.id not in failed]:
        for fact in facts:
            try:
                _publish(ports, fact)
                in_a_row = 0
            except Exception as error:
                _log.exception("a fact cannot be published now", event_id=fact.id)
                failed[fact.id], in_a_row = error, in_a_row + 1
                if in_a_row == _IN_A_ROW:
                    raise
        facts = ports.store.unpublished()
    for error in failed.values():
        raise error


def _publish(ports: Ports, fact: Event) -> None:
    ports.bus.publish(fact)
    ports.store.strike_off(fact)
