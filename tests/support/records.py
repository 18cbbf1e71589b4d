"""Members, bookings and events to test with. All people are invented."""

from datetime import UTC, datetime, timedelta

from autotennis.domain.audit import Deed, DeedKind
from autotennis.domain.booking import Booking, Budget, Change, Outcome, Wish, requested
from autotennis.domain.club import RaceRules
from autotennis.domain.group import Companion, Group, founded
from autotennis.domain.invitation import Invitation
from autotennis.domain.link_secrets import fingerprint
from autotennis.domain.member import Member
from autotennis.domain.message import Message
from autotennis.domain.series import Series
from autotennis.domain.session import next_week
from autotennis.events import BookingRequested, OpeningDue, RaceDue
from autotennis.values import Failure, FailureReason, Proof, Session

CLUB = "ntnui-tennis"
NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
OPENING = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
SESSION = Session(timeid=194, start=datetime(2026, 11, 25, 18, 0))
NOTHING_SENT = Budget(requests=0, sign_ups=0)
RULES = RaceRules()


def a_deed(number: int = 1, at: datetime = NOW) -> Deed:
    """Something that an operator did."""
    return Deed(id=f"d-{number}", at=at, by="m-1", kind=DeedKind.PAUSED, about="all/", reason="Their server smokes.")


def a_member(member_id: str = "m-1", email: str = "Sølvi.Fjæreide@example.org") -> Member:
    """A member who just registered."""
    return Member(id=member_id, email=email, password_hash="$argon2id$v=19$stand-in", created_at=NOW)


def a_wish(member_id: str = "m-1", session: Session = SESSION, opening_at: datetime = OPENING) -> Wish:
    """A wish for the session."""
    return Wish(member_id=member_id, club_id=CLUB, session=session, opening_at=opening_at)


def a_request(
    booking_id: str = "b-1",
    member_id: str = "m-1",
    session: Session = SESSION,
    opening_at: datetime = OPENING,
    now: datetime = NOW,
) -> Change:
    """A new booking and its fact."""
    return requested(booking_id, a_wish(member_id, session, opening_at), now)


def a_series(series_id: str = "s-1", member_id: str = "m-1", plan_at: datetime = OPENING) -> Series:
    """A weekly wish whose next week is the one after the session."""
    return Series(
        id=series_id,
        member_id=member_id,
        club_id=CLUB,
        next=next_week(SESSION),
        plan_at=plan_at,
        created_at=NOW,
        changed_at=NOW,
    )


def a_group(group_id: str = "g-1", *member_ids: str) -> Group:
    """A group of these members, the first one's own; of `m-1` alone where none is named."""
    first, *others = [Companion(member_id=one, name=f"Player {one}", since=NOW) for one in member_ids or ("m-1",)]
    group = founded(group_id, "Tuesday doubles", first, f"invitation-of-{group_id}")
    for one in others:
        group = group.joined(one.member_id, one.name, NOW)
    return group


def an_invitation(link: str = "link", most: int = 1, made_by: str = "m-1") -> Invitation:
    """For a week."""
    until = NOW + timedelta(days=7)
    return Invitation(id=fingerprint(link), made_by=made_by, made_at=NOW, expires_at=until, most=most)


def a_message(message_id: str = "msg-1", member_id: str = "m-1", channel_id: str = "c-1", minute: int = 0) -> Message:
    """A message that a booking was asked for, due so many minutes after it was made."""
    return Message(
        id=message_id,
        member_id=member_id,
        channel_id=channel_id,
        fact=asked_for(),
        made_at=NOW,
        due_at=NOW + timedelta(minutes=minute),
        changed_at=NOW,
    )


def scheduled(booking: Booking) -> Change:
    """Its wake-up stands."""
    return booking.wake_planned(NOW)


def claimed(booking: Booking) -> Change:
    """The instance `one` races for it."""
    return booking.claimed("one", RULES, NOW)


def booked(booking: Booking) -> Change:
    """It came out well."""
    return booking.booked(Proof(seen_at=OPENING), NOTHING_SENT, Outcome(), OPENING)


def failed(booking: Booking) -> Change:
    """It came to nothing."""
    return booking.failed(Failure(reason=FailureReason.FULL), NOTHING_SENT, Outcome(), OPENING)


def reopened(booking: Booking) -> Change:
    """The club's page named an opening an hour later."""
    return booking.reopened(OPENING + timedelta(hours=1), NOTHING_SENT, Outcome(), OPENING)


def cancelled(booking: Booking) -> Change:
    """The member no longer wishes it."""
    return booking.cancelled(NOW)


def an_opening(minute: int = 0) -> OpeningDue:
    """The opening at that minute past 17 o'clock."""
    return OpeningDue(at=NOW, club_id=CLUB, opening_at=OPENING + timedelta(minutes=minute))


def asked_for(booking_id: str = "b-1") -> BookingRequested:
    """An event for the timer."""
    event = a_request(booking_id)[1][0]
    assert isinstance(event, BookingRequested)
    return event


def to_race(*booking_ids: str) -> RaceDue:
    """An event for the booker."""
    return RaceDue(at=NOW, club_id=CLUB, opening_at=OPENING, booking_ids=booking_ids or ("b-1",))
