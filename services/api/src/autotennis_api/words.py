"""What states, verdicts, reasons and errors are called, for members."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from autotennis import reasons
from autotennis.domain.booking import Booking, State
from autotennis.domain.runs import LetGo, LetGoReason
from autotennis.domain.series import SeriesState, Trouble, TroubleKind
from autotennis.errors import LinkProblem
from autotennis.reasons import Reason
from autotennis.values import Action, ClockDoubt, Failure, FailureReason, PlanBasis, VerdictKind
from autotennis_api import standing
from autotennis_api.dates import day, inside
from autotennis_api.texts import gettext, lazy_gettext
from autotennis_api.waiting_words import NextStep, while_waiting

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

# What a member is asked before cancelling: what that does in each state.
CANCELLING: Final[Mapping[State, str]] = {
    State.REQUESTED: lazy_gettext(
        "Then you are not signed up when the session opens. You can book it again with its link."
    ),
    State.SCHEDULED: lazy_gettext(
        "Then you are not signed up when the session opens. You can book it again with its link."
    ),
    State.SIGNING_UP: lazy_gettext(
        "You are being signed up just now. Then we stop; if the club has taken you already, we give the place back."
    ),
    State.WAITING: lazy_gettext("Then you leave the line, and lose your place in it."),
}

ACTIONS: Final[Mapping[Action, str]] = {
    Action.LOG_IN: lazy_gettext("Log-in"),
    Action.LOOK: lazy_gettext("Look at the page"),
    Action.SIGN_UP: lazy_gettext("Sign-up"),
    Action.WITHDRAW: lazy_gettext("Withdrawal"),
    Action.CONFIRM: lazy_gettext("Confirming the fixed place"),
    Action.DECLINE: lazy_gettext("Declining the fixed place"),
    Action.COMPLETE: lazy_gettext("Completing the sign-up"),
    Action.RELEASE: lazy_gettext("Letting go of the held place"),
    Action.JOIN_LIST: lazy_gettext("Asking for a turn on the club's own list"),
}

VERDICTS: Final[Mapping[VerdictKind, str]] = {
    VerdictKind.SIGNED_UP: lazy_gettext("You are signed up"),
    VerdictKind.HELD: lazy_gettext("A place is held for you"),
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
    VerdictKind.UNTRUSTED: lazy_gettext("Not proven to be the club, and asked nothing"),
    VerdictKind.ON_LIST: lazy_gettext("You are on the club's own list"),
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


# What the words that messages share with us are in the reader's language.
FAILURES: Final[Mapping[FailureReason, Reason]] = {
    reason: Reason(lazy_gettext(it.what), lazy_gettext(it.advice)) for reason, it in reasons.REASONS.items()
}

SERIES_STATES: Final[Mapping[SeriesState, str]] = {
    SeriesState.ACTIVE: lazy_gettext("Goes on"),
    SeriesState.PAUSED: lazy_gettext("Paused"),
    SeriesState.ENDED: lazy_gettext("Ended"),
}

LINK_PROBLEMS: Final[Mapping[LinkProblem, str]] = {
    LinkProblem.EMPTY: lazy_gettext("Paste the link of a session."),
    LinkProblem.NOT_A_LINK: lazy_gettext("This is not a link."),
    LinkProblem.OTHER_SITE: lazy_gettext("This link leads to no club that is known here."),
    LinkProblem.NOT_A_SESSION: lazy_gettext("This is a page of the club, but not that of one session."),
    LinkProblem.NO_TIMEID: lazy_gettext("The link lacks “timeid”, the number of the session."),
    LinkProblem.BAD_TIMEID: lazy_gettext("The “timeid” in the link is not a number."),
    LinkProblem.NO_START: lazy_gettext("The link lacks “spilletid”, the start of the session."),
    LinkProblem.BAD_START: lazy_gettext("The “spilletid” in the link is not a date and a time."),
}


def is_on_list(booking: Booking) -> bool:
    """Whether the club has said that the member stands on its own waiting list."""
    return any(attempt.verdict.kind is VerdictKind.ON_LIST for attempt in booking.timeline)


# A race that has ended is told at once; one that is silent for longer than this is in doubt.
_DOUBTFUL_AFTER: Final = timedelta(seconds=15)

_AFTERWARDS: Final[Mapping[State, str]] = {
    State.SIGNING_UP: lazy_gettext("Signing you up now."),
    State.BOOKED: lazy_gettext("You have a place: the club's own page shows it."),
    State.CANCELLED: lazy_gettext("You cancelled this booking."),
    State.WITHDRAWN: lazy_gettext("You gave your place back: the club's own page does not show you any more."),
}


_LET_GO: Final[Mapping[tuple[LetGoReason, State], str]] = {
    (LetGoReason.OUTDONE, State.CANCELLED): lazy_gettext("Given up because you got another of your choices."),
    (LetGoReason.OUTDONE, State.WITHDRAWN): lazy_gettext(
        "Given back because you got another of your choices: the club's own page does not show you here any more."
    ),
    (LetGoReason.NOT_ALL, State.CANCELLED): lazy_gettext("Given up because not all of you got a place."),
    (LetGoReason.NOT_ALL, State.WITHDRAWN): lazy_gettext(
        "Given back because not all of you got a place: the club's own page does not show you any more."
    ),
}


def why_let_go(let_go: LetGo) -> str:
    """Why a booking was given up that the member did not give up."""
    return _LET_GO[let_go.reason, State.CANCELLED]


def status(booking: Booking, now: datetime) -> str:
    """How the reader's booking stands, in a word or two."""
    return lazy_gettext("Your answer is needed") if standing.is_asked(booking, now) else state(booking)


def state(booking: Booking) -> str:
    """How a booking stands, in a word or two, whosever it is."""
    if standing.is_being_cancelled(booking):
        return lazy_gettext("Being cancelled")
    if standing.is_being_given_back(booking):
        return lazy_gettext("Being given back")
    return STATES[_shown(booking)]


def before_cancelling(booking: Booking) -> str:
    """What cancelling does to a booking that may be cancelled. Trying for a freed place is signing up, too."""
    return CANCELLING[State.SIGNING_UP if booking.claim else _shown(booking)]


def _shown(booking: Booking) -> State:
    """Its state, as members understand it: where a fixed place has to wait for days, it is planned as before."""
    return State.SCHEDULED if booking.fixed and booking.is_given_back else booking.state


def next_step(booking: Booking, zone: ZoneInfo, now: datetime) -> NextStep:
    """What happens next with a booking at a club in this zone, or how it ended."""
    if standing.is_being_cancelled(booking):
        return NextStep(lazy_gettext("Being cancelled: finding out whether the club has taken you."))
    ahead = booking.opening_at > now
    match _shown(booking):
        case State.REQUESTED | State.SCHEDULED | State.SIGNING_UP if booking.seeks_fixed_place:
            return _confirming_step(booking, now)
        case State.REQUESTED | State.SCHEDULED:
            open_now = NextStep(lazy_gettext("It is open: signs you up in a moment."))
            return NextStep(lazy_gettext("Signs you up when it opens:"), booking.opening_at) if ahead else open_now
        case State.SIGNING_UP if ahead:
            return NextStep(lazy_gettext("Getting ready at the club. It opens:"), booking.opening_at)
        case State.SIGNING_UP if now - max(booking.opening_at, booking.changed_at) > _DOUBTFUL_AFTER:
            return NextStep(lazy_gettext("Checking with the club whether you have the place."))
        case State.WAITING if booking.wait:
            return while_waiting(booking, booking.wait, zone, now)
        case State.BOOKED if standing.is_being_given_back(booking):
            return NextStep(lazy_gettext("Giving your place back at the club…"))
        case State.BOOKED if failure := failure_of(booking):
            why = FAILURES[failure.reason].what
            return NextStep(lazy_gettext("Your place could not be given back: %(reason)s.", reason=why))
        case State.FAILED if booking.failure:
            return NextStep(lazy_gettext("Failed: %(reason)s.", reason=FAILURES[booking.failure.reason].what))
        case _:
            return NextStep(_afterwards(booking))


def _confirming_step(booking: Booking, now: datetime) -> NextStep:
    if booking.opening_at > now:
        return NextStep(lazy_gettext("Confirms your fixed place:"), booking.opening_at)
    if booking.claim and now - max(booking.opening_at, booking.changed_at) > _DOUBTFUL_AFTER:
        return NextStep(lazy_gettext("Checking with the club whether you have the place."))
    return NextStep(lazy_gettext("Confirms your fixed place in a moment."))


def _afterwards(booking: Booking) -> str:
    let_go = booking.let_go and _LET_GO.get((booking.let_go.reason, booking.state))
    return let_go or _AFTERWARDS[booking.state]


def failure_of(booking: Booking) -> Failure | None:
    """Why the booking failed or, if it has a place, why that could not be given back."""
    return booking.failure or (booking.withdrawal.failure if booking.withdrawal else None)


def advice(booking: Booking) -> str:
    """What the member can do about what failed; empty if nothing did."""
    if booking.failure:
        return gettext(reasons.advice_about(booking.failure, waited=booking.wait is not None))
    failure = failure_of(booking)
    return gettext(reasons.withdrawal_advice(failure)) if failure else ""


def trouble(met: Trouble) -> str:
    """What a week of a series met with on the club's timetable."""
    moved = inside(datetime.fromisoformat(met.seen)) if met.kind is TroubleKind.MOVED else ""
    return gettext(reasons.TROUBLES[met.kind], day=day(met.session.start.date()), time=moved, level=met.seen)
