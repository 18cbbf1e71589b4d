"""What the pages do with a freed place that a member is asked about, free of Flask."""

from autotennis.domain.booking import Booking
from autotennis.domain.member import Member
from autotennis.errors import Stale
from autotennis.ports import Ports
from autotennis_api import handlers


def answer(ports: Ports, member: Member, booking_id: str, *, wants_it: bool) -> Booking:
    """The member wants the place, or leaves it to the next in line. Saying the same again is harmless.

    Raises NotFound if the booking is not the member's, Stale if nothing is asked, or not any more.
    """
    handlers.booking_of(ports, member, booking_id)
    now = ports.clock.now()
    try:
        booking = ports.store.change(booking_id, lambda it: it.answered(now, wants_it=wants_it))
    except Stale:
        booking = ports.store.booking(booking_id)
        if booking.offer is None or booking.offer.accepted is not wants_it:
            raise
    handlers.publish(ports, booking_id)
    return booking
