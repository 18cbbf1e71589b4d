"""From committed to published: the second half of every change."""

from autotennis.ports import Ports


def publish_outbox(ports: Ports, booking_id: str | None = None) -> int:
    """Publishes what was committed and not yet struck off, of one booking or of all; gives how many facts.

    A fact is struck off only after the bus took it, so a crash in between publishes it again: at least once.
    """
    published = 0
    while facts := ports.store.unpublished(booking_id):
        for fact in facts:
            ports.bus.publish(fact)
            ports.store.strike_off(fact)
        published += len(facts)
    return published
