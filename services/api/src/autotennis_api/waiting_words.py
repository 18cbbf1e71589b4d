"""What happens next with a booking that waits, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from autotennis.domain.booking import Booking
from autotennis.domain.waiting import Objection, Offer, Wait, objection
from autotennis_api import standing
from autotennis_api.dates import inside
from autotennis_api.texts import lazy_gettext


@dataclass(frozen=True, slots=True)
class NextStep:
    """What happens next, and the instant that is counted down to after the text, if there is one."""

    text: str
    until: datetime | None = None


_LEFT_TO_OTHERS: Final = lazy_gettext(
    "You left the free place to the next one in line. We ask you again when another place is free."
)
_NOT_ANSWERED: Final = lazy_gettext(
    "You did not answer in time, so the free place was left to the next one in line. We ask you again when another "
    "place is free."
)


def while_waiting(booking: Booking, wait: Wait, zone: ZoneInfo, now: datetime) -> NextStep:
    """What happens next with a booking that waits so at a club in this zone."""
    if booking.claim and booking.claim.until > now:
        return NextStep(lazy_gettext("A place seems to be free: trying to get it for you."))
    if booking.claim:
        return NextStep(lazy_gettext("Checking with the club whether you have the place."))
    if booking.offer and standing.is_asked(booking, now):
        asked = lazy_gettext("A place is free: do you want it? Your time to answer ends")
        return NextStep(asked, booking.offer.until)
    if booking.offer and booking.offer.accepted:
        return NextStep(lazy_gettext("You said that you want the free place: trying to get it for you."))
    return NextStep(_in_line(booking, wait, zone, now))


def _in_line(booking: Booking, wait: Wait, zone: ZoneInfo, now: datetime) -> str:
    match objection(booking.waiting, wait, zone, now):
        case Objection.TOO_LATE:
            return lazy_gettext("The session is full, and it is too late now to take a freed place.")
        case Objection.QUIET:
            return lazy_gettext("The session is full. In your quiet hours, a freed place is left to others.")
        case None if booking.offer:
            return _left_to_others(booking.offer)
        case None:
            last = wait.until - timedelta(minutes=booking.waiting.notice_min)
            return lazy_gettext(
                "The session is full. We look for a freed place until %(when)s.", when=inside(last.astimezone(zone))
            )


def _left_to_others(offer: Offer) -> str:
    return _NOT_ANSWERED if offer.accepted is None else _LEFT_TO_OTHERS
