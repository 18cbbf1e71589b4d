"""Members with accounts, with what lies ahead of them and behind them, in the store that the services work on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from pydantic import SecretStr

from autotennis.adapters.clubs.ntnui.links import NtnuiLinks
from autotennis.domain.booking import Booking, Budget, Outcome, Wish, requested
from autotennis.domain.club import ClubRules, RaceRules
from autotennis.domain.member import Credentials, Member
from autotennis.domain.series import Series
from autotennis.domain.session import next_week, starts_at
from autotennis.member_secrets import keep_credentials
from autotennis.ports import Ports
from autotennis.values import Failure, FailureReason, Proof, Seen, Session
from bench.pages.views import Reader
from bench.race.clubs import Member as ClubMember
from bench.race.clubs import Session as ClubSession

PASSWORD: Final = "long enough for everybody who reads"  # noqa: S105 (it opens nothing but what is made here)
# Of each member: so many bookings whose openings are ahead, and so many that have ended without a place.
AHEAD: Final = 3
OVER: Final = 4
_HOLDER: Final = "bench"
_NOTHING: Final = Budget(requests=0, sign_ups=0)
_SEEN: Final = Seen(place="Dragvoll", court="Bane 2", level="Nivå 3")


@dataclass(frozen=True)
class Inhabitant:
    """A member, and the reader that they are."""

    member_id: str
    reader: Reader


class Town:
    """Makes members and bookings."""

    def __init__(self, ports: Ports, clubs: Sequence[ClubRules]) -> None:
        self._ports = ports
        self._home = clubs[0]
        self._clubs = {club.id: club for club in clubs}
        # As the pages hash, so that nobody is hashed anew when they sign in.
        self._hash = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1).hash(PASSWORD)

    def settle(self, count: int) -> list[Inhabitant]:
        """So many new members, each with some bookings and a series at the first club."""
        return [self._settle(number) for number in range(count)]

    def _settle(self, number: int) -> Inhabitant:
        member_id, now = self._ports.ids.new(), self._ports.clock.now()
        email = f"reader.{number}@example.org"
        self._ports.store.add_member(
            Member(id=member_id, email=email, password_hash=self._hash, language="en", created_at=now)
        )
        bookings = [self._booking(member_id, number, days, now) for days in range(4, 4 + AHEAD)]
        self._won(self._booking(member_id, number, 2, now), now)
        self._waiting(self._booking(member_id, number, 1, now), now)
        for days in range(OVER):
            self._lost(self._booking(member_id, number, -1 - days, now), now)
        series = self._series(member_id, bookings[0].session, now)
        address = f"10.0.{number // 250}.{number % 250 + 1}"
        return Inhabitant(member_id, Reader(email, address, bookings[0].id, series.id))

    def _booking(self, member_id: str, number: int, days: int, now: datetime) -> Booking:
        """A wish for a session in so many days, which opens three days before."""
        local = now.astimezone(self._home.zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        session = Session(timeid=1000 + number, start=local.replace(hour=8 + number % 12) + timedelta(days=days))
        opening_at = starts_at(session, self._home.zone) - timedelta(hours=72)
        wish = Wish(member_id=member_id, club_id=self._home.id, session=session, opening_at=opening_at, seen=_SEEN)
        return self._planned(wish, now)

    def _planned(self, wish: Wish, now: datetime) -> Booking:
        booking, facts = requested(self._ports.ids.new(), wish, now)
        self._ports.store.create((booking, facts))
        for fact in facts:
            self._ports.store.strike_off(fact)
        return self._ports.store.change(booking.id, lambda found: found.wake_planned(now))

    def _claimed(self, booking: Booking, now: datetime) -> None:
        self._ports.store.change(booking.id, lambda found: found.claimed(_HOLDER, RaceRules(), now))

    def _won(self, booking: Booking, now: datetime) -> None:
        self._claimed(booking, now)
        proof = Proof(seen_at=booking.opening_at)
        self._ports.store.change(booking.id, lambda found: found.booked(proof, _NOTHING, Outcome(), now))

    def _waiting(self, booking: Booking, now: datetime) -> None:
        self._claimed(booking, now)
        until = starts_at(booking.session, self._home.zone)
        self._ports.store.change(booking.id, lambda found: found.found_full(until, _NOTHING, Outcome(), now))

    def _lost(self, booking: Booking, now: datetime) -> None:
        self._claimed(booking, now)
        failure = Failure(reason=FailureReason.FULL)
        self._ports.store.change(booking.id, lambda found: found.failed(failure, _NOTHING, Outcome(), now))

    def _series(self, member_id: str, session: Session, now: datetime) -> Series:
        after = next_week(session)
        plan_at = starts_at(after, self._home.zone) - timedelta(hours=72)
        series = Series(
            id=self._ports.ids.new(),
            member_id=member_id,
            club_id=self._home.id,
            next=after,
            plan_at=plan_at,
            created_at=now,
            changed_at=now,
        )
        self._ports.store.add_series(series)
        return series

    def enter(self, one: Inhabitant, club_id: str, at_club: ClubMember, session: ClubSession) -> str:
        """Has them want a place in a session that opens soon, as this member of that club; gives the booking's id."""
        credentials = Credentials(email=at_club.email, password=SecretStr(at_club.pin))
        keep_credentials(self._ports.vault, one.member_id, club_id, credentials)
        self._ports.store.change_member(one.member_id, lambda it: it.known_at(club_id, at_club.id))
        wanted = NtnuiLinks(self._clubs[club_id]).session_of(urlsplit(session.link))
        opening_at = datetime.fromtimestamp(session.opens_ns / 1e9, self._ports.clock.now().tzinfo)
        wish = Wish(member_id=one.member_id, club_id=club_id, session=wanted, opening_at=opening_at, seen=_SEEN)
        return self._planned(wish, self._ports.clock.now()).id

    def booking(self, booking_id: str) -> Booking:
        """How it stands."""
        return self._ports.store.booking(booking_id)
