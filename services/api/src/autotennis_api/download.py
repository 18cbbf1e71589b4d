"""A booking as its member can keep it: JSON, without what only the services need."""

from datetime import datetime
from typing import Self

from autotennis.domain.booking import Booking, State, Withdrawal
from autotennis.domain.club import ClubRules
from autotennis.domain.progress import Progress
from autotennis.domain.session import starts_at
from autotennis.domain.waiting import Offer, Wait
from autotennis.values import Attempt, ClockReading, Failure, Instant, Plan, Proof, Seen, Value, WaitingWish


class BookingDownload(Value):
    """One booking. Instants are UTC; `starts_local` is the club's own time, in the zone that `zone` names."""

    id: str
    club: str
    link: str | None
    zone: str
    starts_local: datetime
    starts_at: Instant
    opening_at: Instant
    seen: Seen | None
    state: State
    created_at: Instant
    changed_at: Instant
    early: bool
    fixed: bool
    no_fixed_place: bool
    waiting: WaitingWish
    wait: Wait | None
    offer: Offer | None
    cancel_asked_at: Instant | None
    withdrawal: Withdrawal | None
    requests_sent: int
    sign_ups_sent: int
    timeline: tuple[Attempt, ...]
    progress: Progress
    clock: ClockReading | None
    plan: Plan | None
    proof: Proof | None
    failure: Failure | None

    @classmethod
    def of(cls, booking: Booking, club: ClubRules, link: str | None) -> Self:
        """What a member keeps of a booking at this club. `link` is the session's page there, if it is known."""
        kept = booking.model_dump(
            include=set(cls.model_fields) & set(Booking.model_fields),
        )
        return cls(
            **kept,
            club=club.name,
            link=link,
            zone=club.zone_name,
            starts_local=booking.session.start,
            starts_at=starts_at(booking.session, club.zone),
        )
