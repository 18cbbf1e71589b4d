"""What those that a booking is bound to mean for it, as they stand in the store."""

from collections.abc import Sequence
from datetime import datetime

from autotennis.domain.bonds import HasBegun, stopped_by
from autotennis.domain.booking import Booking, LetGo
from autotennis.domain.session import starts_at
from autotennis.ports import Ports


def why_given_up(ports: Ports, booking: Booking, bound: Sequence[Booking] | None = None) -> LetGo | None:
    """Why the booking is to be given up, by those in `bound`, or else as they are now; None if it goes on.

    Where it is bound to nobody, the store is not asked.
    """
    if booking.bond is None:
        return None
    others = ports.store.bound(booking.bond.id) if bound is None else bound
    return stopped_by(booking, others, _has_begun(ports, ports.clock.now()))


def _has_begun(ports: Ports, now: datetime) -> HasBegun:
    def has_begun(booking: Booking) -> bool:
        club = ports.clubs.get(booking.club_id)
        return club is not None and starts_at(booking.session, club.rules.zone) <= now

    return has_begun
