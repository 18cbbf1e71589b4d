"""What programs are told of sessions and bookings. Instants are UTC; `starts_local` is the club's own time."""

from datetime import datetime
from typing import Self

from pydantic import Field

from autotennis.domain.booking import Booking, LetGo, State, Withdrawal
from autotennis.domain.session import start_text, starts_at
from autotennis.domain.waiting import Offer, Wait
from autotennis.values import (
    Attempt,
    Bond,
    ClockReading,
    Failure,
    Instant,
    Plan,
    Proof,
    Session,
    Value,
    VerdictKind,
    WaitingWish,
)
from autotennis_api import standing
from autotennis_api.clubs import link_of
from autotennis_api.desk import desk
from autotennis_api.handlers import Preview


class ClubTold(Value):
    """A club that bookings can be made at."""

    id: str
    name: str
    zone: str
    url: str


class SessionTold(Value):
    """A session: its club's id, its weekly slot, and its local start as in links and as a date and time.

    Where the club names its weekly slots, `slot` is the name, and `timeid` the number of this one date, 0 as long as
    nobody has read it; elsewhere `slot` is empty, and `timeid` is the weekly slot's number.
    """

    club: str
    timeid: int
    slot: str
    start: str
    starts_local: str = Field(examples=["2026-12-01T15:00:00"])
    starts_at: Instant

    @classmethod
    def of(cls, club_id: str, session: Session) -> Self:
        """The session of this club."""
        return cls(
            club=club_id,
            timeid=session.timeid,
            slot=session.slot,
            start=start_text(session),
            starts_local=local(session.start),
            starts_at=starts_at(session, desk().rules_of(club_id).zone),
        )


def local(start: datetime) -> str:
    """A club's local time, which names no zone."""
    return start.isoformat(timespec="seconds")


class PreviewTold(Value):
    """What a booking would be.

    `opening_at` is when the first sign-up is sent; `is_open` tells that this is at once, `is_tried_early` that it is
    before the club opens the session for everybody. `confirms_at` is when a fixed place would be confirmed. `seen` is
    what the club's page says, null if it could not be asked; `free` counts the places that it shows.
    """

    session: SessionTold
    opening_at: Instant
    is_open: bool
    is_full: bool
    is_tried_early: bool
    confirms_at: Instant | None
    seen: VerdictKind | None
    free: int | None
    place: str
    court: str
    level: str

    @classmethod
    def of(cls, shown: Preview) -> Self:
        """What is told of the preview."""
        page = shown.page
        return cls(
            session=SessionTold.of(shown.club.id, shown.session),
            opening_at=shown.opening_at,
            is_open=shown.is_open,
            is_full=shown.is_full,
            is_tried_early=shown.is_tried_early,
            confirms_at=shown.confirms_at,
            seen=page.verdict.kind if page else None,
            free=page.verdict.free if page else None,
            place=page.place if page else "",
            court=page.court if page else "",
            level=page.level if page else "",
        )


class BookingTold(Value):
    """One booking, in short. `is_moving` tells that something may still happen to it by itself."""

    id: str
    session: SessionTold
    link: str | None
    opening_at: Instant
    state: State
    is_moving: bool
    is_asked: bool
    may_be_cancelled: bool
    may_be_withdrawn: bool
    created_at: Instant
    changed_at: Instant
    failure: Failure | None
    series_id: str | None

    @classmethod
    def of(cls, booking: Booking) -> Self:
        """What is told of the booking."""
        return cls.model_validate(_told(booking))


class WholeBooking(BookingTold):
    """One booking, with all that was done for it.

    `place` is the number in the line of those who wait, `offer` what the member was asked last. `door_code` is the way
    into the building, once the member is booked and the club has told it.
    """

    early: bool
    fixed: bool
    no_fixed_place: bool
    waiting: WaitingWish
    bond: Bond | None
    bound: tuple[str, ...]
    wait: Wait | None
    place: int | None
    offer: Offer | None
    cancel_asked_at: Instant | None
    let_go: LetGo | None
    withdrawal: Withdrawal | None
    requests_sent: int
    sign_ups_sent: int
    timeline: tuple[Attempt, ...]
    clock: ClockReading | None
    plan: Plan | None
    proof: Proof | None
    door_code: str | None = Field(default=None, repr=False)

    @classmethod
    def whole(cls, booking: Booking, **more: object) -> Self:
        """All that is told of the booking, with what it does not know of itself."""
        own = {name: getattr(booking, name) for name in _OWN}
        return cls.model_validate({**own, **_told(booking), **more})


_OWN = set(WholeBooking.model_fields) - set(BookingTold.model_fields) - {"bound", "place", "door_code"}


def _told(booking: Booking) -> dict[str, object]:
    now, zone = desk().ports.clock.now(), desk().rules_of(booking.club_id).zone
    return {
        "id": booking.id,
        "session": SessionTold.of(booking.club_id, booking.session),
        "link": link_of(desk().ports, booking),
        "opening_at": booking.opening_at,
        "state": booking.state,
        "is_moving": standing.is_moving(booking),
        "is_asked": standing.is_asked(booking, now),
        "may_be_cancelled": standing.may_be_cancelled(booking),
        "may_be_withdrawn": standing.may_be_given_back(booking, zone, now),
        "created_at": booking.created_at,
        "changed_at": booking.changed_at,
        "failure": booking.failure,
        "series_id": booking.series_id,
    }
