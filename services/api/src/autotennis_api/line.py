"""The lines of those who wait for a freed place: who is where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autotennis.domain.booking import Booking, State
from autotennis.ports import Ports


@dataclass(frozen=True, slots=True)
class PlaceInLine:
    """The `number`-th of `all` who wait for a session; the first one's number is 1."""

    number: int
    all: int


def places_in_line(ports: Ports, bookings: Iterable[Booking]) -> Mapping[str, PlaceInLine]:
    """Where each of these bookings that waits stands in its line, by its id. Reads one line for each club."""
    waiting = [one for one in bookings if one.state is State.WAITING]
    places: dict[str, PlaceInLine] = {}
    for club_id in {one.club_id for one in waiting}:
        in_line = [one for one in ports.store.in_line(club_id) if one.state is State.WAITING]
        for booking in waiting:
            ids = [one.id for one in in_line if one.session == booking.session]
            if booking.club_id == club_id and booking.id in ids:
                places[booking.id] = PlaceInLine(ids.index(booking.id) + 1, len(ids))
    return places
