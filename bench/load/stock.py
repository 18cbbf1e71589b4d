"""An installation in which much is stored: members with all that belongs to them, made by the store's own code.

All of it is written in one transaction, so that a hundred thousand bookings are there within a minute or two.
"""

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from pydantic import HttpUrl, SecretStr

from autotennis.adapters.local.bus import LocalBus, Outcome, Settlement
from autotennis.adapters.local.database import Database, connect
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.local.store import LocalStore
from autotennis.adapters.local.vault import LocalVault
from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.domain.booking import Booking, Budget, Wish, requested
from autotennis.domain.booking import Outcome as Ended
from autotennis.domain.club import ClubRules, RaceRules
from autotennis.domain.group import Companion, Group, founded
from autotennis.domain.member import Credentials, Member
from autotennis.domain.message import Message
from autotennis.domain.opening import opening_of
from autotennis.domain.series import Series
from autotennis.domain.session import next_week, starts_at
from autotennis.events import BookingRequested, Event, RaceDue, WatchDue
from autotennis.flow import CONSUMING
from autotennis.member_secrets import keep_credentials
from autotennis.ports import Clock, Note
from autotennis.values import Failure, FailureReason, Proof, Seen, Session

# Nobody is there: nothing that is stored asks the club anything.
CLUB: Final = ClubRules(id="club", name="Club", base_url=HttpUrl("http://127.0.0.1:9/"))
HOLDER: Final = "stock"
# Of every tenth member a booking waits.
_WAITS: Final = 10
_IN_GROUP: Final = 4
_DAYS_BACK: Final = 360
_NOTHING: Final = Budget(requests=0, sign_ups=0)
_SEEN: Final = Seen(place="Dragvoll", court="Bane 2", level="Nivå 3")
_SLOTS: Final = 40
_HOURS: Final = 12
_DAYS_AHEAD: Final = 30
_SETTLED_AT_ONCE: Final = 10_000


class _InOne(Database):
    """All of it in one transaction, which whoever made it commits."""

    def __init__(self, path: Path, connection: Connection) -> None:
        super().__init__(path)
        self._one = connection

    @contextmanager
    def reading(self) -> Generator[Connection, None, None]:
        """What is written so far, too."""
        yield self._one

    @contextmanager
    def writing(self) -> Generator[Connection, None, None]:
        """A part of the transaction."""
        yield self._one


@contextmanager
def in_one_transaction(data_dir: Path, clock: Clock) -> Generator[LocalFamily]:
    """The embedded family on this directory; what is written is there when the context has ended."""
    with open_local(data_dir, clock) as made:
        path = made.database.path
    with closing(connect(path, busy_timeout_s=10.0)) as connection:
        database = _InOne(path, connection)
        connection.execute("BEGIN IMMEDIATE")
        yield LocalFamily(
            database,
            LocalStore(database),
            LocalBus(database, clock),
            LocalWakeScheduler(database, clock),
            LocalVault(database),
        )
        connection.execute("COMMIT")


@dataclass(frozen=True)
class Stock:
    """So many members with so many bookings each, as they are at `now`, with the accounts' password hash."""

    now: datetime
    members: int
    bookings_each: int = 10
    password_hash: str = "$argon2id$v=19$stand-in"  # noqa: S105 (it opens nothing)
    club: ClubRules = CLUB

    @cached_property
    def _today(self) -> datetime:
        return self.now.astimezone(self.club.zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)

    def email(self, number: int) -> str:
        """The address of the member with that number."""
        return f"member.{number}@example.org"

    def put_into(self, family: LocalFamily) -> None:
        """Makes all of it. Members' numbers begin with 0, and so do the bookings' of each: `b-NUMBER-0` is to come."""
        for number in range(self.members):
            self._member(family, number)
        for first in range(0, self.members - _IN_GROUP, _IN_GROUP):
            family.store.add_group(self._group(first))

    def _member(self, family: LocalFamily, number: int) -> None:
        store, member_id = family.store, f"m-{number}"
        store.add_member(
            Member(
                id=member_id,
                email=self.email(number),
                password_hash=self.password_hash,
                language="en",
                created_at=self.now,
                is_operator=number == 0,
                club_member_ids={self.club.id: 1000 + number},
            )
        )
        credentials = Credentials(email=self.email(number), password=SecretStr("4711"))
        keep_credentials(family.vault, member_id, self.club.id, credentials)
        bookings = [self._booking(number, turn) for turn in range(self.bookings_each)]
        for one in bookings:
            store.create((one, ()))
        store.add_series(self._series(number, bookings[0].session))
        store.add_messages([self._message(number, one) for one in bookings[:3]])
        store.note_anew(f"seen/{member_id}", Note(text="a note", until=self.now + timedelta(days=1)))
        store.tally(f"sign-ins/{member_id}", self.now, timedelta(hours=1))

    def _booking(self, number: int, turn: int) -> Booking:
        """The first is planned, the second is won, the third waits now and then, and what else there is is over."""
        # Of one opening are as many, however many members there are.
        ahead = 5 + number // (_SLOTS * _HOURS) % _DAYS_AHEAD
        days = (ahead, 2, 1)[turn] if turn < 3 else -1 - (number * 7 + turn * 31) % _DAYS_BACK
        start = self._today.replace(hour=8 + (number // _SLOTS) % _HOURS) + timedelta(days=days)
        session = Session(timeid=100 + number % _SLOTS + turn * _SLOTS, start=start)
        opening_at = opening_of(session, self.club)
        wish = Wish(member_id=f"m-{number}", club_id=self.club.id, session=session, opening_at=opening_at, seen=_SEEN)
        asked_at = min(self.now, opening_at - timedelta(days=1))
        booking, _ = requested(f"b-{number}-{turn}", wish, asked_at)
        booking, _ = booking.wake_planned(asked_at)
        return booking if turn == 0 else self._ended(booking, waits=turn == 2 and number % _WAITS == 0)

    def _ended(self, booking: Booking, *, waits: bool) -> Booking:
        after = booking.opening_at + timedelta(seconds=1)
        booking, _ = booking.claimed(HOLDER, RaceRules(), booking.opening_at)
        if waits:
            until = starts_at(booking.session, self.club.zone)
            return booking.found_full(until, _NOTHING, Ended(), after)[0]
        if booking.session.timeid % 3:
            return booking.booked(Proof(seen_at=after), _NOTHING, Ended(), after)[0]
        return booking.failed(Failure(reason=FailureReason.FULL), _NOTHING, Ended(), after)[0]

    def _series(self, number: int, session: Session) -> Series:
        after = next_week(session)
        return Series(
            id=f"s-{number}",
            member_id=f"m-{number}",
            club_id=self.club.id,
            next=after,
            plan_at=opening_of(after, self.club),
            created_at=self.now,
            changed_at=self.now,
        )

    def _message(self, number: int, about: Booking) -> Message:
        fact = BookingRequested(**about.about(self.now))
        made = Message(
            id=f"{fact.id}/c-{number}",
            member_id=f"m-{number}",
            channel_id=f"c-{number}",
            fact=fact,
            made_at=self.now - timedelta(days=1),
            due_at=self.now - timedelta(days=1),
            changed_at=self.now - timedelta(days=1),
        )
        return made.sent(self.now - timedelta(days=1))

    def _group(self, first: int) -> Group:
        numbers = range(first, first + _IN_GROUP)
        founder, *others = [Companion(member_id=f"m-{one}", name=f"Player {one}", since=self.now) for one in numbers]
        group = founded(f"g-{first}", "Doubles", founder, f"invitation-{first}")
        for one in others:
            group = group.joined(one.member_id, one.name, self.now)
        return group


def wishes(count: int, at: datetime, first: int = 0) -> Sequence[Event]:
    """So many facts that two services consume, each of a booking of its own."""
    session = Session(timeid=194, start=datetime(2030, 1, 7, 18, 0))  # noqa: DTZ001 (the club's times name no zone)
    return [
        BookingRequested(
            at=at,
            booking_id=f"e-{number}",
            member_id=f"m-{number % 100}",
            club_id=CLUB.id,
            session=session,
            opening_at=at + timedelta(days=1),
        )
        for number in range(first, first + count)
    ]


def mixed(count: int, at: datetime) -> Sequence[Event]:
    """So many events of kinds that between them all services consume."""
    races = [
        RaceDue(at=at, club_id=CLUB.id, opening_at=at + timedelta(days=1, seconds=number), booking_ids=(f"e-{number}",))
        for number in range(count // 3)
    ]
    watches = [WatchDue(at=at + timedelta(seconds=number), club_id=CLUB.id) for number in range(count // 3)]
    return [*wishes(count - len(races) - len(watches), at), *races, *watches]


def deliver_all(bus: LocalBus) -> int:
    """Settles whatever waits, as if every consumer had acknowledged it; gives how many deliveries that were."""
    settled = 0
    for consumer in CONSUMING:
        while taken := bus.lease(consumer, 600.0, _SETTLED_AT_ONCE):
            bus.settle([Settlement(one.id, Outcome.ACKNOWLEDGED) for one in taken])
            settled += len(taken)
    return settled
