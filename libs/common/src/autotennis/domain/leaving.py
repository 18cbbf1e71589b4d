"""A member leaves for good: what others keep that would still name them."""

from autotennis.domain.booking import Booking
from autotennis.values import NOBODY, Party


def without(booking: Booking, member_id: str) -> Booking | None:
    """Somebody else's booking that this member had asked for, as it is without their name; None if it is not theirs."""
    bond = booking.bond
    if not isinstance(bond, Party) or bond.asked_by != member_id:
        return None
    return booking.model_copy(update={"bond": bond.model_copy(update={"asked_by": NOBODY})})
