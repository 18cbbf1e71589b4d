"""What is said of each fact, in the reader's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from autotennis import reasons
from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules
from autotennis.domain.message import Message, MessageAbout
from autotennis.domain.series import TroubleKind
from autotennis.events import (
    Booked,
    BookingCancelled,
    BookingRequested,
    CheckFailed,
    ClubPagesChanged,
    Failed,
    PlaceOffered,
    SeriesInterrupted,
    SessionFull,
    WithdrawalFailed,
    Withdrawn,
)
from autotennis.values import Activity, Session
from autotennis_notifier.speech import Speech


@dataclass(frozen=True, slots=True)
class Scene:
    """What a fact is about: the club and, where there is one, the booking as it is now."""

    message: Message
    club: ClubRules | None
    booking: Booking | None
    speech: Speech
    confirmed: bool = True

    @property
    def session(self) -> Session | None:
        """The session that it is about."""
        return getattr(self.message.fact, "session", None)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact in words: a `verdict` that begins the subject, and sentences that say what happened and what to do."""

    verdict: str
    sentences: tuple[str, ...] = field(default=())


def told(scene: Scene) -> Told:
    """The fact in words."""
    if scene.message.about is MessageAbout.REMINDER:
        return _reminder(scene)
    return _FACTS[scene.message.fact.kind](scene, scene.message.fact)


def subject(scene: Scene) -> str:
    """One line: the verdict, what, when and where."""
    verdict = told(scene).verdict
    about = ", ".join(part for part in (what(scene), when(scene), where(scene)) if part)
    between = " " if verdict.endswith("?") else ": "
    return " ".join(f"{verdict}{between}{about}".split()) if scene.session else verdict


def what(scene: Scene) -> str:
    """What is played, as far as it is known; else the club."""
    seen = scene.booking.seen if scene.booking else None
    match seen.activity if seen else None:
        case Activity.TENNIS:
            return scene.speech.gettext("Tennis")
        case Activity.PADEL:
            return scene.speech.gettext("Padel")
        case None:
            return scene.club.name if scene.club else scene.speech.gettext("Session")


def when(scene: Scene) -> str:
    """The start on the club's wall."""
    return scene.speech.when(scene.session.start) if scene.session else ""


def where(scene: Scene) -> str:
    """The place and the court in the club's own words; empty where it has none."""
    seen = scene.booking.seen if scene.booking else None
    return " ".join(", ".join(part for part in (seen.place, seen.court) if part).split()) if seen else ""


def level(scene: Scene) -> str:
    """The level in the club's own words; empty where it has none."""
    seen = scene.booking.seen if scene.booking else None
    return " ".join(seen.level.split()) if seen else ""


def _reminder(scene: Scene) -> Told:
    say = scene.speech.gettext
    return Told(
        say("Soon"),
        (
            say("Your session begins soon."),
            say("If you cannot come, give the place back, so that somebody else can have it."),
        ),
    )


def _booked(scene: Scene, _fact: Booked) -> Told:
    say = scene.speech.gettext
    if scene.booking and scene.booking.wait:
        return Told(
            say("A freed place is yours"),
            (say("A place became free, and we got it for you: the club's own page shows you as signed up."),),
        )
    return Told(say("Booked"), (say("You have a place: the club's own page shows you as signed up."),))


def _failed(scene: Scene, fact: Failed) -> Told:
    say = scene.speech.gettext
    why = say(reasons.REASONS[fact.failure.reason].what)
    waited = scene.booking is not None and scene.booking.wait is not None
    advice = say(reasons.advice_about(fact.failure, waited=waited))
    return Told(say("Not booked"), (say("You did not get a place: %(reason)s.", reason=why), advice))


def _full(scene: Scene, _fact: SessionFull) -> Told:
    say = scene.speech.gettext
    return Told(
        say("Full, you are waiting"),
        (
            say("The session was full, so you are in the line for a place that becomes free."),
            say("We look for one until the session starts, and tell you when you have it. You need not do anything."),
        ),
    )


def _offered(scene: Scene, fact: PlaceOffered) -> Told:
    say, zone = scene.speech.gettext, scene.club.zone if scene.club else None
    until = scene.speech.clock(fact.until, zone) if zone else ""
    return Told(
        say("A place is free: do you want it?"),
        (
            say("A place is free in the session that you wait for."),
            say("Answer before %(time)s: after that it is left to the next one in line.", time=until),
        ),
    )


def _withdrawn(scene: Scene, _fact: Withdrawn) -> Told:
    say = scene.speech.gettext
    return Told(say("Given back"), (say("Your place was given back: the club's own page does not show you any more."),))


def _not_withdrawn(scene: Scene, fact: WithdrawalFailed) -> Told:
    say = scene.speech.gettext
    why = say(reasons.REASONS[fact.failure.reason].what)
    return Told(
        say("Your place could not be given back"),
        (
            say("Your place could not be given back: %(reason)s.", reason=why),
            say(reasons.withdrawal_advice(fact.failure)),
        ),
    )


def _interrupted(scene: Scene, fact: SeriesInterrupted) -> Told:
    say, kind = scene.speech.gettext, TroubleKind(fact.reason)
    day = scene.speech.long_when(fact.session.start)
    moved = scene.speech.long_when(datetime.fromisoformat(fact.seen)) if kind is TroubleKind.MOVED else ""
    return Told(
        say("A week of your series was not booked"),
        (
            _capital(say(reasons.TROUBLES[kind], day=day, time=moved, level=fact.seen)),
            say("Look at the club's timetable, and change or stop the series if it is to go on at another time."),
        ),
    )


def _planned(scene: Scene, fact: BookingRequested) -> Told:
    say = scene.speech.gettext
    opens = scene.speech.long_when(fact.opening_at.astimezone(scene.club.zone)) if scene.club else ""
    return Told(say("Planned"), (say("We sign you up when it opens: %(time)s.", time=opens),))


def _cancelled(scene: Scene, _fact: BookingCancelled) -> Told:
    say = scene.speech.gettext
    return Told(say("Cancelled"), (say("The booking was cancelled: you are not signed up when the session opens."),))


def _check_failed(scene: Scene, fact: CheckFailed) -> Told:
    say, reason = scene.speech.gettext, reasons.REASONS[fact.failure.reason]
    moved = say("It is now: %(time)s.", time=scene.speech.long_when(fact.moved_to.start)) if fact.moved_to else ""
    found = say(
        "We looked before the opening and found what would keep you from your place: %(reason)s.",
        reason=say(reason.what),
    )
    return Told(say("Your booking needs you"), tuple(one for one in (found, moved, say(reason.advice)) if one))


def _pages_changed(scene: Scene, fact: ClubPagesChanged) -> Told:
    say = scene.speech.gettext
    name = scene.club.name if scene.club else fact.club_id
    return Told(
        say("%(club)s: a page has changed", club=name),
        (
            say(
                "We do not understand a page of the club any more (%(page)s): bookings there may fail.",
                page=fact.page.value,
            ),
            fact.reason,
            say("Whoever runs this service should look at it before the next opening."),
        ),
    )


def _test(scene: Scene, _fact: Any) -> Told:
    say = scene.speech.gettext
    if not scene.confirmed:
        return Told(
            say("Is this address yours?"),
            (
                say("Somebody wishes to be told here what comes of their bookings at a tennis club."),
                say("If that is you, say so by the link. If not, you need not do anything: nothing more comes here."),
            ),
        )
    return Told(say("A test from Autotennis"), (say("This channel works: what you chose to be told comes here."),))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_FACTS: Final[Mapping[str, Callable[[Scene, Any], Told]]] = {
    "Booked": _booked,
    "Failed": _failed,
    "SessionFull": _full,
    "PlaceOffered": _offered,
    "Withdrawn": _withdrawn,
    "WithdrawalFailed": _not_withdrawn,
    "SeriesInterrupted": _interrupted,
    "BookingRequested": _planned,
    "BookingCancelled": _cancelled,
    "CheckFailed": _check_failed,
    "ClubPagesChanged": _pages_changed,
    "ChannelTestRequested": _test,
}
