"""What is said of a booking whose check before the opening complained, and how it is mended."""

from collections.abc import Mapping
from typing import Final

from autotennis.domain.booking import Booking
from autotennis.domain.checks import Checked
from autotennis.values import FailureReason
from autotennis_api.agenda import MENDS, Mend
from autotennis_api.dates import inside
from autotennis_api.texts import gettext, lazy_gettext
from autotennis_api.words import FAILURES

_PASSWORD: Final = lazy_gettext("Enter it anew under Settings: we check again at once, and sign you up when it opens.")
_ANOTHER: Final = lazy_gettext("Choose another session in the club's timetable. We try this one all the same.")
_TRY: Final = lazy_gettext("We try all the same. Be ready to sign up yourself, on the session's page at the club.")
_ADVICE: Final[Mapping[FailureReason, str]] = {
    FailureReason.LOGIN_REFUSED: _PASSWORD,
    FailureReason.NO_CREDENTIALS: _PASSWORD,
    FailureReason.SESSION_CANCELLED: _ANOTHER,
    FailureReason.NO_SESSION: _ANOTHER,
    FailureReason.ALREADY_IN: FAILURES[FailureReason.ALREADY_IN].advice,
    FailureReason.CLUB_GONE: FAILURES[FailureReason.CLUB_GONE].advice,
}


def complaint_of(booking: Booking) -> Checked | None:
    """The last check of a booking that is still to be raced for, if it complained."""
    checked = booking.checked
    return checked if checked and checked.failure and booking.is_checkable else None


def what(checked: Checked) -> str:
    """What it found."""
    if checked.failure is None:
        return ""
    return gettext("The check before the opening found: %(reason)s.", reason=str(FAILURES[checked.failure.reason].what))


def advice(checked: Checked) -> str:
    """What to do about it."""
    if checked.moved_to:
        moved = inside(checked.moved_to.start)
        return gettext("It is now %(time)s. Book it there, and cancel this booking.", time=moved)
    return str(_ADVICE.get(checked.failure.reason, _TRY)) if checked.failure else ""


def mends(checked: Checked) -> tuple[Mend, ...]:
    """What can be done about it, the best first: a booking that is still to come is not booked again."""
    ways = MENDS[checked.failure.reason] if checked.failure else ()
    return tuple(one for one in ways if one is not Mend.AGAIN and not (one is Mend.PICK and checked.moved_to))
