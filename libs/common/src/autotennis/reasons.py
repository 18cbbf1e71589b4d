"""Why something failed, and what to do about it: words that pages and messages share.

They are texts to be translated, in English: whoever says one looks it up in the catalogue beside this module
(`translations`), in the language of whoever reads it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autotennis.domain.series import TroubleKind
from autotennis.values import Failure, FailureReason

TRANSLATIONS: Final = Path(__file__).with_name("translations")


def _said(text: str) -> str:
    """Marks a text that is to be translated."""
    return text


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a booking failed, or why a place could not be given back; what to do about a booking that failed."""

    what: str
    advice: str


REASONS: Final[Mapping[FailureReason, Reason]] = {
    FailureReason.FULL: Reason(
        _said("the session was full"),
        _said("Nobody waited for a freed place. Book the session again to have us wait for one."),
    ),
    FailureReason.NOT_OPENED: Reason(
        _said("the club did not open the sign-up"),
        _said("Look at the session's page at the club: it may open at another time than usual."),
    ),
    FailureReason.LOGIN_REFUSED: Reason(
        _said("the club refused your e-mail and password"),
        _said("Enter your club password anew under Settings, then book again."),
    ),
    FailureReason.CLUB_GONE: Reason(
        _said("this service does not work with the club any more"),
        _said("Ask whoever runs this service."),
    ),
    FailureReason.NO_CREDENTIALS: Reason(
        _said("your club password was missing"),
        _said("Enter your club password anew under Settings, then book again."),
    ),
    FailureReason.SESSION_CANCELLED: Reason(
        _said("the club cancelled the session"),
        _said("Choose another session in the club's timetable."),
    ),
    FailureReason.NO_SESSION: Reason(
        _said("the club does not know this session"),
        _said("The timetable may have changed. Choose a session there and paste its link."),
    ),
    FailureReason.SESSION_STARTED: Reason(
        _said("the session had started"),
        _said("Choose another session in the club's timetable."),
    ),
    FailureReason.TOO_LATE: Reason(
        _said("a place became free, but later than you wished"),
        _said("Choose another session in the club's timetable."),
    ),
    FailureReason.STILL_SIGNED_UP: Reason(
        _said("the club still shows you as signed up"),
        _said("Look at the session's page at the club."),
    ),
    FailureReason.CLUB_UNREACHABLE: Reason(
        _said("the club did not answer"),
        _said("Look at the session's page at the club; if a place is free, book again."),
    ),
    FailureReason.CLUB_BUSY: Reason(
        _said("the club was too busy, or turned us away"),
        _said("Look at the session's page at the club; if a place is free, sign up there, or book again later."),
    ),
    FailureReason.CLUB_UNTRUSTED: Reason(
        _said("we could not be sure that it was the club that answered"),
        _said(
            "Its certificate is wrong or has run out, or somebody is in between, so we sent nothing there. Look at the "
            "session's page at the club, and tell whoever runs this service."
        ),
    ),
    FailureReason.REQUEST_CAP: Reason(
        _said("we had asked the club as often as we allow ourselves"),
        _said("Look at the session's page at the club: it may have taken you all the same. If not, book again."),
    ),
    FailureReason.PAGE_NOT_UNDERSTOOD: Reason(
        _said("the club's page was not as we know it"),
        _said("Look at the session's page at the club, and tell whoever runs this service."),
    ),
    FailureReason.NOT_COMPLETED: Reason(
        _said("the club held a place for you, but the steps that make it yours did not go through"),
        _said("Sign up on the session's page at the club: it may ask for something that only you can answer."),
    ),
    FailureReason.PAUSED: Reason(
        _said("whoever runs this service had paused it when the session opened"),
        _said("Look at the session's page at the club; if a place is free, sign up there, or book again later."),
    ),
    FailureReason.SESSION_MOVED: Reason(
        _said("the club moved the session to another time"),
        _said("Book the session at its new time."),
    ),
    FailureReason.ALREADY_IN: Reason(
        _said("you are signed up already"),
        _said("There is nothing to do: the club's own page shows you."),
    ),
}

AFTER_WAITING: Final = _said(
    "We waited for a freed place until the session started. Choose another session in the club's timetable."
)

# What to do when a place could not be given back, where there is something better than to look and to try again.
WITHDRAWAL_ADVICE: Final[Mapping[FailureReason, str]] = {
    FailureReason.LOGIN_REFUSED: _said("Enter your club password anew under Settings, then give the place back again."),
    FailureReason.NO_CREDENTIALS: _said(
        "Enter your club password anew under Settings, then give the place back again."
    ),
    FailureReason.CLUB_GONE: _said("Give the place back on the club's own pages."),
}
LOOK_AND_TRY_AGAIN: Final = _said(
    "Look at the session's page at the club. If it still shows you, give the place back there, or try again here."
)

# What a week of a series met with on the club's timetable.
TROUBLES: Final[Mapping[TroubleKind, str]] = {
    TroubleKind.GONE: _said("%(day)s was not booked: the club's timetable does not show the session."),
    TroubleKind.MOVED: _said("%(day)s was not booked: the club has moved the session to %(time)s."),
    TroubleKind.OTHER_GROUP: _said("%(day)s was not booked: the club has given the hour to another group (%(level)s)."),
}


def advice_about(failure: Failure, *, waited: bool) -> str:
    """What the member can do about a booking that failed; `waited` tells whether it was in the line."""
    return AFTER_WAITING if waited and failure.reason is FailureReason.FULL else REASONS[failure.reason].advice


def withdrawal_advice(failure: Failure) -> str:
    """What the member can do about a place that could not be given back."""
    return WITHDRAWAL_ADVICE.get(failure.reason, LOOK_AND_TRY_AGAIN)
