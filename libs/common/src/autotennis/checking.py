"""Has bookings checked: one of them carries the event for all."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from autotennis.domain.booking import Booking, Change
from autotennis.errors import NotFound, Stale
from autotennis.events import CheckDue
from autotennis.outbox import publish_outbox
from autotennis.ports import Ports

# What a check does to a booking; one of those that are checked together is given the event that tells of it.
Noted = Callable[[Booking, CheckDue | None], Change]


def have_checked(ports: Ports, bookings: Sequence[Booking], noted: Noted) -> None:
    """Publishes one CheckDue for these bookings of a club, after it is noted with each of them.

    The event is committed with the first, so that a crash on the way has them checked once more rather than never.
    Does nothing where somebody else was quicker.
    """
    first, *others = bookings
    due = CheckDue(at=ports.clock.now(), club_id=first.club_id, booking_ids=tuple(one.id for one in bookings))
    with suppress(Stale, NotFound):
        ports.store.change(first.id, lambda found: noted(found, due))
        for booking in others:
            with suppress(Stale, NotFound):
                ports.store.change(booking.id, lambda found: noted(found, None))
        publish_outbox(ports, first.id)
