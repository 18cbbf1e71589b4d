"""The lines of those who wait for a freed place: who is where."""

from collections.abc import Iterable, Mapping

from autotennis.domain.booking import Booking, State
from autotennis.ports import PlaceInLine, Ports


def places_in_line(ports: Ports, bookings: Iterable[Booking]) -> Mapping[str, PlaceInLine]:
    """Where each of these bookings that waits stands in its line, by its id."""
    waiting = [one for one in bookings if one.state is State.WAITING]
    found = {one.id: ports.store.place_in_line(one) for one in waiting}
    return {booking_id: place for booking_id, place in found.items() if place}
