"""What the pages do with bookings, free of Flask: preview, request, list, show, cancel, withdraw."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import SecretStr

from autotennis.domain import booking as rules_of_booking
from autotennis.domain.booking import LIVE, Booking, Change, State, Wish
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Member
from autotennis.domain.opening import (
    confirming_by_countdown,
    confirming_due,
    confirming_of,
    opening_by_page,
    opening_of,
    possible_openings,
)
from autotennis.domain.session import starts_at
from autotennis.errors import DuplicateBooking, NotFound, Permanent, Stale, Transient
from autotennis.member_secrets import door_code_of
from autotennis.outbox import publish_outbox
from autotennis.ports import Answer, Club, Ports, SessionPage, Traits
from autotennis.tracing import traceparent
from autotennis.values import Action, Bond, Seen, Session, VerdictKind, WaitingWish
from autotennis_api import club_errands, pauses
from autotennis_api.clubs import rules_of
from autotennis_api.tries import Rule, Tries

_log = structlog.get_logger()

# Answers to a visitor who is not logged in that may be the session's page, if they show its date.
_READ: Final = frozenset({VerdictKind.FREE, VerdictKind.FULL, VerdictKind.NOT_OPEN, VerdictKind.LOGGED_OUT})

# The club announces openings in whole minutes.
_SAME_OPENING: Final = timedelta(minutes=1)

# What the member wishes no more.
_GIVEN_UP: Final = frozenset({State.CANCELLED, State.WITHDRAWN})


class SessionStarted(Permanent):
    """The session has begun or is over: nobody can be signed up any more."""


class UnknownSession(Permanent):
    """The club knows no such session."""


class SessionCancelled(Permanent):
    """The club's page says that the session is cancelled."""


def is_tried_early(opening_at: datetime, asked_at: datetime, session: Session, club: ClubRules) -> bool:
    """Whether `opening_at` is no opening: a place was free before it, so the sign-up is tried from the asking on.

    Announced openings that our rule does not know lie after the asking, so they are openings all the same.
    """
    early = all(known - opening_at > _SAME_OPENING for known in possible_openings(session, club))
    return early and opening_at <= asked_at


def was_tried_early(booking: Booking, club: ClubRules) -> bool:
    """The same of a booking: there was a place when it was asked for, or one that it had wished for became free.

    A fixed place is confirmed before the opening, too.
    """
    if booking.seeks_fixed_place:
        return True
    tried_at = booking.opening_at if booking.early else booking.created_at
    return is_tried_early(booking.opening_at, tried_at, booking.session, club)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a booking would be, before it is asked for.

    `page` is what the club's page says to everybody, None if the club could not be asked. `opening_at` is the instant
    (UTC) at which the first sign-up will be sent, `now` when this was found out. `confirms_at` is when (UTC) a regular
    player's fixed place would be confirmed, None if it is too late for that. `traits` are what the club has.
    """

    club: ClubRules
    traits: Traits
    session: Session
    opening_at: datetime
    now: datetime
    page: SessionPage | None
    confirms_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the sign-up is tried at once."""
        return self.opening_at <= self.now

    @property
    def is_tried_early(self) -> bool:
        """Whether it is tried at once, before the club opens it for everybody."""
        is_early = is_tried_early(self.opening_at, self.now, self.session, self.club)
        return self.traits.has_fixed_places and is_early

    @property
    def may_be_early(self) -> bool:
        """Whether a place may become free before the opening: one that a regular player declines."""
        return self.traits.has_fixed_places and not self.is_open

    @property
    def is_full(self) -> bool:
        """Whether the club's page says that no place is left, in a session that is open."""
        return self.is_open and self.page is not None and self.page.verdict.free == 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session that somebody points at, and how long (s) the club may take to tell of it."""

    club_id: str
    session: Session
    look_limit_s: float


def preview(ports: Ports, tries: Tries, member: Member, wanted: Wanted) -> Preview:
    """What a booking of this session would be, by our rules and by the club's own page.

    Raises NotFound for an unknown club, SessionStarted, UnknownSession, SessionCancelled, DuplicateBooking and
    TooManyTries.
    """
    club = _club(ports, wanted.club_id)
    session = wanted.session
    if starts_at(session, club.rules.zone) <= ports.clock.now():
        raise SessionStarted(f"The session {session.key} at {club.rules.name} has started already.")
    if booked := live_booking(ports, member.id, wanted.club_id, session):
        raise DuplicateBooking(booked.id)
    tries.count(Rule.LOOK_OF_MEMBER, member.id)
    session, answer = _look(ports, tries, club, wanted)
    now = ports.clock.now()
    if answer is not None and (answer.verdict.kind not in _READ or not answer.page.date_text):
        answer = None
    opening_at = _opening(club.rules, session, answer, now) if answer else opening_of(session, club.rules)
    confirms_at = _confirming(club, session, answer, now)
    return Preview(club.rules, club.traits, session, opening_at, now, answer.page if answer else None, confirms_at)


def _club(ports: Ports, club_id: str) -> Club:
    club = ports.clubs.get(club_id)
    if club is None:
        raise NotFound(f"There is no club {club_id}.")
    return club


def live_booking(ports: Ports, member_id: str, club_id: str, session: Session) -> Booking | None:
    """The member's booking of the session that has not ended without a place, if there is one."""
    mine = ports.store.bookings_of(member_id)
    return next((one for one in mine if one.club_id == club_id and one.session == session and one.state in LIVE), None)


def _look(ports: Ports, tries: Tries, club: Club, wanted: Wanted) -> tuple[Session, Answer | None]:
    """The club's answer if it came in time, and the session in the spelling that the club knows it under."""
    try:
        pauses.refuse_while_paused(ports, club.rules.id)
        with tries.room.waiting_for(club):
            spelling, answer = club_errands.look(club, _spellings(wanted.session), wanted.look_limit_s)
    except Transient:
        return wanted.session, None
    if answer.verdict.kind is VerdictKind.CANCELLED:
        raise SessionCancelled(f"{club.rules.name} has cancelled the session {spelling.key}.")
    if answer.verdict.kind is VerdictKind.NO_SESSION:
        raise UnknownSession(f"{club.rules.name} knows no session {spelling.key}.")
    return spelling, answer


def _spellings(session: Session) -> Sequence[Session]:
    """As pasted; and, where that makes a difference, with the hour's zero added or left out."""
    if session.start.hour > 9:
        return (session,)
    return session, session.model_copy(update={"padded": not session.padded})


def _opening(club: ClubRules, session: Session, answer: Answer, now: datetime) -> datetime:
    """By the club's page where it says so, else by the club's rule.

    A place can be free long before the opening by the rule: that of a regular player who has declined it; and where
    nobody has places of their own, whatever is free is open.
    """
    opening_at = opening_by_page(session, club, answer.date or now, answer.verdict) or opening_of(session, club)
    return min(opening_at, now) if answer.verdict.free or answer.page.way_in is Action.SIGN_UP else opening_at


def _confirming(club: Club, session: Session, answer: Answer | None, now: datetime) -> datetime | None:
    """When a fixed place is to be confirmed: by the club's page where it says so, else by the club's rule.

    None where the club has no fixed places.
    """
    if not club.traits.has_fixed_places:
        return None
    rules = club.rules
    if answer is None or answer.page.confirms_in_s is None:
        return confirming_due(confirming_of(session, rules), session, rules, now)
    announced = confirming_by_countdown(session, rules, answer.date or now, answer.page.confirms_in_s)
    return confirming_due(announced, session, rules, now)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wished for beside the place: how to wait for it, a place before the opening, to be a week of a series.

    `fixed` is to confirm a regular player's fixed place, where it is not too late for that. `bond` binds the booking to
    others.
    """

    waiting: WaitingWish
    bond: Bond | None = None
    early: bool = False
    fixed: bool = False
    series_id: str | None = None

    def waiting_at(self, traits: Traits) -> WaitingWish:
        """How to wait at a club that has these: nobody asks for a turn on a list that there is not."""
        return self.waiting if traits.has_list else self.waiting.model_copy(update={"club_list": False})


def request(ports: Ports, member: Member, shown: Preview, wishes: Wishes) -> Booking:
    """Asks for the place that the preview shows. Raises DuplicateBooking."""
    booking = keep(ports, member.id, shown, wishes, ports.clock.now())
    publish(ports, booking.id)
    return booking


def keep(ports: Ports, member_id: str, shown: Preview, wishes: Wishes, now: datetime) -> Booking:
    """Keeps that member's wish for the place: nobody is told of it yet. Raises DuplicateBooking."""
    confirms_at = shown.confirms_at if wishes.fixed else None
    wish = Wish(
        member_id=member_id,
        club_id=shown.club.id,
        session=shown.session,
        opening_at=confirms_at or shown.opening_at,
        waiting=wishes.waiting_at(shown.traits),
        early=wishes.early and shown.traits.has_fixed_places,
        fixed=confirms_at is not None,
        series_id=wishes.series_id,
        bond=wishes.bond,
        seen=seen_on(shown.page),
    )
    change = rules_of_booking.requested(ports.ids.new(), wish, now, traceparent())
    ports.store.create(change)
    _log.info("booking asked for", booking_id=change[0].id, opening_at=wish.opening_at.isoformat())
    return change[0]


def seen_on(page: SessionPage | None) -> Seen | None:
    """What is kept of a session's page, for its member to read; None where there was none."""
    if page is None:
        return None
    return Seen(place=page.place[:80], court=page.court[:80], level=page.level[:80], activity=page.activity)


def cancel(ports: Ports, member: Member, booking_id: str) -> Booking:
    """The member no longer wishes it. Cancelling again is harmless.

    Where a sign-up may be under way, the wish is only noted, and whoever has the booking in hand ends it. Raises
    NotFound if it is not the member's, IllegalMove once it is booked.
    """
    booking = booking_of(ports, member, booking_id)
    now = ports.clock.now()
    try:
        booking = ports.store.change(booking_id, lambda it: it.cancelled(now))
    except Stale:
        booking = ports.store.booking(booking_id)
    publish(ports, booking_id)
    return booking


def withdraw(ports: Ports, member: Member, booking_id: str) -> Booking:
    """The member wishes to give the place back. Asking again is harmless, and begins anew if it had failed.

    Raises NotFound if the booking is not the member's, IllegalMove if it has no place, SessionStarted after the start.
    """
    booking = booking_of(ports, member, booking_id)
    now, start = ports.clock.now(), _start(ports, booking)

    def ask(it: Booking) -> Change:
        change = it.withdrawal_asked(now)
        if start <= now:
            raise SessionStarted(f"The session {it.session.key} has started: its places are nobody else's any more.")
        return change

    try:
        booking = ports.store.change(booking_id, ask)
    except Stale:
        booking = ports.store.booking(booking_id)
    publish(ports, booking_id)
    return booking


def publish(ports: Ports, booking_id: str) -> None:
    """Facts that cannot be published now are committed already, and a sweep publishes them later."""
    try:
        publish_outbox(ports, booking_id)
    except Transient as error:
        _log.warning("facts are left to the sweep", booking_id=booking_id, reason=str(error))
        with suppress(Transient):
            # It may be resting.
            ports.wake.sweep(wanted=True)


def booking_of(ports: Ports, member: Member, booking_id: str) -> Booking:
    """The member's own booking. Raises NotFound, also for somebody else's: nobody learns that it exists."""
    booking = ports.store.booking(booking_id)
    if booking.member_id != member.id:
        raise NotFound(f"There is no booking {booking_id}.")
    return booking


def bound_to(ports: Ports, booking: Booking) -> Sequence[Booking]:
    """All bookings of its bond, this one among them, the first in their order first; none if it has no bond."""
    return ports.store.bound(booking.bond.id) if booking.bond else []


@dataclass(frozen=True, slots=True)
class Bookings:
    """A member's bookings: of sessions to come, next first; and those that are over or given up, latest first."""

    coming: Sequence[Booking]
    over: Sequence[Booking]


def bookings_of(ports: Ports, member: Member) -> Bookings:
    """All that the member booked, as far back as the store lists it."""
    return listed(ports, ports.store.bookings_of(member.id))


def listed(ports: Ports, every: Sequence[Booking]) -> Bookings:
    """These bookings of a member, latest session first, as they are listed now."""
    now = ports.clock.now()
    coming = [one for one in every if one.state not in _GIVEN_UP and _start(ports, one) > now]
    over = [one for one in every if one not in coming]
    return Bookings(coming=coming[::-1], over=over)


def _start(ports: Ports, booking: Booking) -> datetime:
    return starts_at(booking.session, rules_of(ports, booking.club_id).zone)


def door_code(ports: Ports, booking: Booking) -> SecretStr | None:
    """The way into the building, if the club's page told it. Raises VaultLocked."""
    return door_code_of(ports.vault, booking.member_id, booking.id)
