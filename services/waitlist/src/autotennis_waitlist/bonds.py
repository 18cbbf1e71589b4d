"""What the end of one booking means for those that it is bound to."""

from contextlib import suppress

import structlog

from autotennis.bound import why_given_up
from autotennis.domain.booking import Booking, Change
from autotennis.errors import Stale
from autotennis.outbox import publish_outbox
from autotennis.ports import Ports

_log = structlog.get_logger()


def settle(ports: Ports, bond_id: str) -> None:
    """Gives up those that others have made needless: cancels them, or has their places given back.

    Doing it again is harmless. What is not published here is found by a sweep.
    """
    now, bound = ports.clock.now(), ports.store.bound(bond_id)

    def give_up(found: Booking) -> Change:
        # By the newest of itself: it may have got its place in between.
        why = why_given_up(ports, found, bound)
        if why is None:
            raise Stale(f"Booking {found.id} goes on.")
        return found.let_go_for(why, now)

    for booking in bound:
        if why_given_up(ports, booking, bound) is None:
            continue
        with structlog.contextvars.bound_contextvars(booking_id=booking.id), suppress(Stale):
            given_up = ports.store.change(booking.id, give_up)
            _log.info("given up for another one", state=given_up.state.value)
        publish_outbox(ports, booking.id)
