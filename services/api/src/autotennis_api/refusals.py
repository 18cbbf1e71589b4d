"""Why a session cannot be booked, in words."""

from autotennis.errors import AutotennisError, BadLink, DuplicateBooking
from autotennis_api.alternatives import SameSession
from autotennis_api.companions import NoLogin, NotOfMyGroups, SeveralGroups, TooFewPlaces
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
        case SameSession():
            return gettext("This session is named above already.")
        case TooManyTries():
            return too_often(error)
        case _:
            return gettext(
                "The club does not know this session. The timetable may have changed: copy the link once more."
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
