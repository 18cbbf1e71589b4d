"""Why a session cannot be booked, in words."""

from http import HTTPStatus

from autotennis.errors import (
    AutotennisError,
    BadLink,
    ClubBusy,
    ClubUnreachable,
    ClubUntrusted,
    DuplicateBooking,
    PageNotUnderstood,
    Transient,
)
from autotennis_api.alternatives import SameSession
from autotennis_api.club_logins import NoClubLogin
from autotennis_api.companions import NoLogin, NotOfMyGroups, SeveralGroups, TooFewPlaces
from autotennis_api.dates import waiting_time
from autotennis_api.error_pages import too_often
from autotennis_api.handlers import SessionCancelled, SessionStarted
from autotennis_api.texts import gettext, ngettext
from autotennis_api.tries import TooManyTries
from autotennis_api.words import LINK_PROBLEMS


def why_not(error: AutotennisError) -> str:
    """Why a session cannot be booked."""
    match error:
        case BadLink():
            return LINK_PROBLEMS[error.problem]
        case SessionStarted():
            return gettext("This session has already started, so nobody can be signed up for it any more.")
        case SessionCancelled():
            return gettext("The club has cancelled this session.")
        case DuplicateBooking():
            return gettext("You have booked this session already.")
        case NoClubLogin():
            return gettext(
                "You have entered no login for %(club)s yet: do that under Settings first.", club=error.club.name
            )
        case SameSession():
            return gettext("This session is named above already.")
        case TooManyTries():
            return too_often(error)
        case ClubBusy() | ClubUnreachable() | PageNotUnderstood():
            return _why_not_told(error)
        case _:
            return gettext(
                "The club does not know this session. The timetable may have changed: copy the link once more."
            )


def status_of(error: AutotennisError) -> int:
    """The status of a page that says why a link leads to nothing."""
    match error:
        case TooManyTries():
            return HTTPStatus.TOO_MANY_REQUESTS
        case Transient():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case PageNotUnderstood():
            return HTTPStatus.BAD_GATEWAY
        case _:
            return HTTPStatus.UNPROCESSABLE_ENTITY


def _why_not_told(error: ClubBusy | ClubUnreachable | PageNotUnderstood) -> str:
    """Why a club did not tell which session a link leads to."""
    match error:
        case ClubBusy(retry_after_s=float(wait_s)):
            return gettext(
                "The club is busy and asked to be left alone, so we could not look which session this is. "
                "Try again %(when)s.",
                when=waiting_time(wait_s),
            )
        case ClubBusy():
            return gettext("The club is too busy to say which session this is. Try again in some minutes.")
        case ClubUntrusted():
            return gettext("We cannot be sure that it is the club that answers, so we asked it nothing.")
        case ClubUnreachable():
            return gettext("The club did not say in time which session this is. Try again in a minute.")
        case PageNotUnderstood():
            return gettext(
                "The page that this link leads to is not as we know it, so we cannot say which session it is. "
                "Tell whoever runs this service."
            )


def why_not_together(error: NotOfMyGroups | SeveralGroups | NoLogin | TooFewPlaces) -> str:
    """Why those who were ticked cannot go together."""
    match error:
        case NotOfMyGroups():
            return gettext("Somebody whom you chose is in no group with you any more.")
        case SeveralGroups():
            return gettext("Choose members of one group only.")
        case NoLogin():
            return ngettext(
                "%(names)s has no login for this club here that works.",
                "%(names)s have no login for this club here that works.",
                len(error.names),
                names=", ".join(error.names),
            )
        case TooFewPlaces():
            return ngettext(
                "Just now only %(num)s place is free: too few for all of you.",
                "Just now only %(num)s places are free: too few for all of you.",
                error.free,
            )
