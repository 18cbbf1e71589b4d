"""What states, verdicts, reasons and errors are called, for members."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from autotennis.domain.booking import Booking, State
from autotennis.errors import LinkProblem
from autotennis.values import Action, ClockDoubt, FailureReason, PlanBasis, VerdictKind
from autotennis_api.texts import lazy_gettext

STATES: Final[Mapping[State, str]] = {
    State.REQUESTED: lazy_gettext("Planned"),
    State.SCHEDULED: lazy_gettext("Planned"),
    State.SIGNING_UP: lazy_gettext("Signing up"),
    State.WAITING: lazy_gettext("Waiting"),
    State.BOOKED: lazy_gettext("Booked"),
    State.FAILED: lazy_gettext("Failed"),
    State.CANCELLED: lazy_gettext("Cancelled"),
    State.WITHDRAWN: lazy_gettext("Withdrawn"),
}

ACTIONS: Final[Mapping[Action, str]] = {
    Action.LOG_IN: lazy_gettext("Log-in"),
    Action.LOOK: lazy_gettext("Look at the page"),
    Action.SIGN_UP: lazy_gettext("Sign-up"),
    Action.WITHDRAW: lazy_gettext("Withdrawal"),
    Action.CONFIRM: lazy_gettext("Confirming the fixed place"),
    Action.DECLINE: lazy_gettext("Declining the fixed place"),
}

VERDICTS: Final[Mapping[VerdictKind, str]] = {
    VerdictKind.SIGNED_UP: lazy_gettext("You are signed up"),
    VerdictKind.FREE: lazy_gettext("A place is free"),
    VerdictKind.FULL: lazy_gettext("No place is left"),
    VerdictKind.NOT_OPEN: lazy_gettext("Not open yet"),
    VerdictKind.LOGGED_IN: lazy_gettext("Logged in"),
    VerdictKind.LOGGED_OUT: lazy_gettext("Not logged in"),
    VerdictKind.REFUSED: lazy_gettext("Refused"),
    VerdictKind.CANCELLED: lazy_gettext("The session is cancelled"),
    VerdictKind.NO_SESSION: lazy_gettext("No such session"),
    VerdictKind.BUSY: lazy_gettext("The club asked us to wait"),
    VerdictKind.NO_ANSWER: lazy_gettext("No answer"),
    VerdictKind.UNKNOWN: lazy_gettext("A page that we do not understand"),
}

DOUBTS: Final[Mapping[ClockDoubt, str]] = {
    ClockDoubt.NO_DATE: lazy_gettext("Some answers did not tell the time."),
    ClockDoubt.SECOND_HAND: lazy_gettext("Some answers came from a cache on the way: their times do not count."),
    ClockDoubt.STUCK: lazy_gettext("In some answers the time stood still."),
    ClockDoubt.STEPPED: lazy_gettext("It jumped between two of our readings."),
    ClockDoubt.SEVERAL_SERVERS: lazy_gettext("Several servers answered, and their clocks differ."),
    ClockDoubt.IMPLAUSIBLE: lazy_gettext("Some answers told a time that cannot be right."),
}

BASES: Final[Mapping[PlanBasis, str]] = {
    PlanBasis.ASSUMED: lazy_gettext("It rests on an assumption: the club's clock could not be read this time."),
    PlanBasis.MEASURED: lazy_gettext("It rests on what was measured just before the opening."),
    PlanBasis.LEARNED: lazy_gettext("It rests on what earlier openings of this club taught us."),
    PlanBasis.RUSH: lazy_gettext("It was made for a rush: the club answered slowly just before the opening."),
    PlanBasis.AT_ONCE: lazy_gettext("At once: there was nothing to wait for."),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a booking failed, and what the member can do about it."""

    what: str
    advice: str


FAILURES: Final[Mapping[FailureReason, Reason]] = {
    FailureReason.FULL: Reason(
        lazy_gettext("the session was full"),
        lazy_gettext("Look at the club's page now and then: somebody may give a place back."),
    ),
    FailureReason.NOT_OPENED: Reason(
        lazy_gettext("the club did not open the sign-up"),
        lazy_gettext("Look at the session's page at the club: it may open at another time than usual."),
    ),
    FailureReason.LOGIN_REFUSED: Reason(
        lazy_gettext("the club refused your e-mail and password"),
        lazy_gettext("Enter your club password anew under Settings, then book again."),
    ),
    FailureReason.CLUB_GONE: Reason(
        lazy_gettext("this service does not work with the club any more"),
        lazy_gettext("Ask whoever runs this service."),
    ),
    FailureReason.NO_CREDENTIALS: Reason(
        lazy_gettext("your club password was missing"),
        lazy_gettext("Enter your club password anew under Settings, then book again."),
    ),
    FailureReason.SESSION_CANCELLED: Reason(
        lazy_gettext("the club cancelled the session"),
        lazy_gettext("Choose another session in the club's timetable."),
    ),
    FailureReason.NO_SESSION: Reason(
        lazy_gettext("the club does not know this session"),
        lazy_gettext("The timetable may have changed. Choose a session there and paste its link."),
    ),
    FailureReason.SESSION_STARTED: Reason(
        lazy_gettext("the session had started"),
        lazy_gettext("Choose another session in the club's timetable."),
    ),
    FailureReason.CLUB_UNREACHABLE: Reason(
        lazy_gettext("the club did not answer"),
        lazy_gettext("Look at the session's page at the club; if a place is free, book again."),
    ),
    FailureReason.REQUEST_CAP: Reason(
        lazy_gettext("we had asked the club as often as we allow ourselves"),
        lazy_gettext("Look at the session's page at the club: it may have taken you all the same. If not, book again."),
    ),
    FailureReason.PAGE_NOT_UNDERSTOOD: Reason(
        lazy_gettext("the club's page was not as we know it"),
        lazy_gettext("Look at the session's page at the club, and tell whoever runs this service."),
    ),
}

LINK_PROBLEMS: Final[Mapping[LinkProblem, str]] = {
    LinkProblem.EMPTY: lazy_gettext("Paste the link of a session."),
    LinkProblem.NOT_A_LINK: lazy_gettext("This is not a link."),
    LinkProblem.OTHER_SITE: lazy_gettext("This link leads to another site than the club's."),
    LinkProblem.NOT_A_SESSION: lazy_gettext("This is a page of the club, but not that of one session."),
    LinkProblem.NO_TIMEID: lazy_gettext("The link lacks “timeid”, the number of the session."),
    LinkProblem.BAD_TIMEID: lazy_gettext("The “timeid” in the link is not a number."),
    LinkProblem.NO_START: lazy_gettext("The link lacks “spilletid”, the start of the session."),
    LinkProblem.BAD_START: lazy_gettext("The “spilletid” in the link is not a date and a time."),
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """What happens next, and the instant that is counted down to after the text, if there is one."""

    text: str
    until: datetime | None = None


# A race that has ended is told at once; one that is silent for longer than this is in doubt.
_DOUBTFUL_AFTER: Final = timedelta(seconds=15)

_AFTERWARDS: Final[Mapping[State, str]] = {
    State.SIGNING_UP: lazy_gettext("Signing you up now."),
    State.WAITING: lazy_gettext("The session is full. Waits for a place to be given back."),
    State.BOOKED: lazy_gettext("You have a place: the club's own page shows it."),
    State.CANCELLED: lazy_gettext("You cancelled this booking."),
    State.WITHDRAWN: lazy_gettext("You gave your place back."),
}


def next_step(booking: Booking, now: datetime) -> NextStep:
    """What happens next with a booking, or how it ended."""
    ahead = booking.opening_at > now
    match booking.state:
        case State.REQUESTED | State.SCHEDULED if ahead:
            return NextStep(lazy_gettext("Signs you up when it opens:"), booking.opening_at)
        case State.REQUESTED | State.SCHEDULED:
            return NextStep(lazy_gettext("It is open: signs you up in a moment."))
        case State.SIGNING_UP if ahead:
            return NextStep(lazy_gettext("Getting ready at the club. It opens:"), booking.opening_at)
        case State.SIGNING_UP if now - max(booking.opening_at, booking.changed_at) > _DOUBTFUL_AFTER:
            return NextStep(lazy_gettext("Checking with the club whether you have the place."))
        case State.FAILED if booking.failure:
            return NextStep(lazy_gettext("Failed: %(reason)s.", reason=FAILURES[booking.failure.reason].what))
        case _:
            return NextStep(_AFTERWARDS[booking.state])
