"""Members, bookings and the outbox in Firestore.

What changes together is committed in one batch, on condition that the changed document is as it was read; where it is
not, it is read and computed again. What there may be only one of is claimed by creating a document.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from autotennis.adapters.gcp import queries, rows
from autotennis.adapters.gcp.calls import settled
from autotennis.adapters.gcp.checks import CheckShelf
from autotennis.adapters.gcp.documents import Create, Delete, Document, Update, Write
from autotennis.adapters.gcp.invitations import InvitationShelf
from autotennis.adapters.gcp.leaving import LeavingShelf
from autotennis.adapters.gcp.messages import MessageShelf
from autotennis.adapters.gcp.notes import NoteShelf
from autotennis.adapters.gcp.oversight import OversightShelf
from autotennis.adapters.gcp.shelf import Computed
from autotennis.adapters.gcp.weekly import SeriesShelf
from autotennis.adapters.readable import readable
from autotennis.domain.bonds import ranked
from autotennis.domain.booking import LIVE, Booking, Change, State
from autotennis.domain.experience import Experience
from autotennis.domain.member import Member, email_key
from autotennis.errors import DuplicateBooking, EmailTaken
from autotennis.events import Event, OpeningDue
from autotennis.ports import PlaceInLine, Tally
from autotennis.values import Lesson, utc_text

# As many as are read at once where most of the others may be skipped.
_SKIPPED: Final = 50
_LONGEST_LINE: Final = 10_000
# A sweep has something to do for a booking in one of these.
_OPEN: Final = (State.REQUESTED.value, State.SCHEDULED.value, State.SIGNING_UP.value, State.WAITING.value)
_ANYTHING_OPEN: Final[Sequence[tuple[queries.Lookup, Mapping[str, Any]]]] = (
    (queries.OPEN, {"state": _OPEN}),
    (queries.UNPUBLISHED, {}),
    (queries.WAITING_MESSAGES, {"is_waiting": True}),
)


# Only who is signed in or registers sees this, and it does not repeat the address.
_TAKEN: Final = "Another account has this e-mail address."


class GcpStore(CheckShelf, SeriesShelf, LeavingShelf, InvitationShelf, NoteShelf, OversightShelf, MessageShelf):
    """The port Store."""

    def add_member(self, member: Member) -> None:
        """Adds an account. Raises EmailTaken, whatever the capitals of the address."""

        def refuse(rival: Document | None, same: Document | None) -> None:
            if rival or same:
                raise EmailTaken(_TAKEN)

        new = Create(rows.member_key(member.id), rows.member_fields(member))
        self._create(new, rows.email_claimed(member), (), refuse)

    def add_first_member(self, member: Member) -> bool:
        """Adds an account if there is none at all; tells whether it did. The mark is as in `_create`.

        Two who are the first at once write the same claim, which only one of them can. Raises StoreBusy.
        """
        mark = self._documents.new_name()
        key, claim = rows.member_key(member.id), rows.first_member_claim()

        def add() -> bool:
            # In this order: whoever comes first in between has changed the claim.
            claimed = self._documents.get(claim)
            if self.has_members():
                same = self._documents.get(key)
                return same is not None and rows.bears(same, mark)
            taken = Update(claimed, {"mark": mark}) if claimed else Create(claim, {"mark": mark})
            new = Create(key, rows.marked(rows.member_fields(member), mark))
            self._documents.commit(new, taken, rows.email_claimed(member))
            return True

        return settled(add)

    def has_members(self) -> bool:
        """Whether there is any account."""
        return bool(self._documents.find(queries.ANY_MEMBER, {}, 1))

    def member(self, member_id: str) -> Member:
        """The account. Raises NotFound."""
        return rows.read(Member, self._existing(rows.member_key(member_id), Member))

    def member_by_email(self, email: str) -> Member | None:
        """The account with this address, whatever its capitals."""
        claim = self._documents.get(rows.email_claim(email))
        account = self._documents.get(rows.member_key(claim.fields["member_id"])) if claim else None
        member = rows.read(Member, account) if account else None
        # Between the two readings it may have moved to another address.
        return member if member and email_key(member.email) == email_key(email) else None

    def change_member(self, member_id: str, fn: Callable[[Member], Member]) -> Member:
        """Commits `fn(member)` unless the account changed meanwhile; then runs the pure `fn` again.

        Raises NotFound, EmailTaken, StoreBusy.
        """

        def compute(member: Member) -> Computed[Member]:
            changed = fn(member)
            return Computed(changed, rows.member_fields(changed), self._moved(member, changed))

        return self._change(rows.member_key(member_id), Member, compute)

    def create(self, change: Change) -> None:
        """Commits a new booking and its facts together.

        Raises DuplicateBooking if the member has a live one of this session, or if the booking's id was used before.
        """
        booking, facts = change

        def refuse(rival: Document | None, same: Document | None) -> None:
            if rival:
                raise DuplicateBooking(rival.fields["booking_id"])
            if same:
                raise DuplicateBooking(booking.id)

        new = Create(rows.booking_key(booking.id), rows.booking_fields(booking))
        self._create(new, rows.session_claimed(booking), rows.put_out(booking, facts), refuse)

    def booking(self, booking_id: str) -> Booking:
        """The booking. Raises NotFound."""
        return rows.read(Booking, self._existing(rows.booking_key(booking_id), Booking))

    def bookings_of(self, member_id: str, limit: int = 100) -> Sequence[Booking]:
        """The member's bookings, latest session first."""
        found = self._documents.find(queries.BOOKINGS_OF, {"member_id": member_id}, limit)
        return rows.readable(Booking, found)

    def change(self, booking_id: str, fn: Callable[[Booking], Change]) -> Booking:
        """Commits the booking and the facts of `fn(booking)` together, unless the booking changed meanwhile.

        If it did, the pure `fn` runs again on the newer one. What `fn` raises leaves everything as it was and comes out
        of here. Raises NotFound, StoreBusy.
        """

        def compute(before: Booking) -> Computed[Booking]:
            booking, facts = fn(before)
            others = [*rows.put_out(booking, facts), *_released(before, booking)]
            return Computed(booking, rows.booking_fields(booking), others)

        return self._change(rows.booking_key(booking_id), Booking, compute)

    def due(self, club_id: str, opening_at: datetime, now: datetime, limit: int = 10_000) -> Sequence[str]:
        """Ids of the bookings of this opening that wait for a booker, first come first."""
        about = {"club_id": club_id, "opening_at": utc_text(opening_at), "awaits_booker": True}
        waiting = (one.fields["id"] for one in self._all(queries.DUE, about) if _waits(one, now))
        return list(islice(waiting, limit))

    def missed(self, opens_before: datetime, now: datetime, limit: int = 100) -> Sequence[OpeningDue]:
        """Openings before `opens_before` with bookings that (at `now`) wait for a booker as in `due`, oldest first."""
        about = {"awaits_booker": True, "opening_at": utc_text(opens_before)}
        found: dict[tuple[str, str], None] = {}
        after: Document | Mapping[str, Any] | None = None
        while len(found) < limit:
            page = self._documents.find(queries.MISSED, about, _SKIPPED, after)
            found.update({_opening(one): None for one in page if _waits(one, now)})
            if len(page) < _SKIPPED:
                break
            opening_at, club_id = last = _opening(page[-1])
            # One booking is enough to know an opening: its others need not be read.
            after = {"opening_at": opening_at, "club_id": club_id} if last in found else page[-1]
        return [
            OpeningDue(at=now, club_id=club_id, opening_at=datetime.fromisoformat(opening_at))
            for opening_at, club_id in islice(found, limit)
        ]

    def in_line(self, club_id: str, limit: int = 10_000) -> Sequence[Booking]:
        """The club's bookings that look for a freed place, who is in the line longest first."""
        about = {"club_id": club_id, "is_in_line": True}
        return rows.readable(Booking, islice(self._all(queries.IN_LINE, about), limit))

    def place_in_line(self, booking: Booking) -> PlaceInLine | None:
        """Where it stands among those who wait for its session. Reads who waits for any that starts with it."""
        about = {"club_id": booking.club_id, "is_in_line": True, "session_start": rows.start_of(booking)}
        line = rows.readable(Booking, islice(self._all(queries.LINE_OF_START, about), _LONGEST_LINE))
        ids = [one.id for one in line if one.state is State.WAITING and one.session == booking.session]
        return PlaceInLine(number=ids.index(booking.id) + 1, all=len(ids)) if booking.id in ids else None

    def bound(self, bond_id: str, limit: int = 100) -> Sequence[Booking]:
        """The bookings that are bound to each other, the first in their order first."""
        found = self._documents.find(queries.BOUND, {"bond_id": bond_id}, limit)
        return ranked(rows.readable(Booking, found))

    def unscheduled(self, created_before: datetime, limit: int = 100) -> Sequence[str]:
        """Ids of bookings that were asked for before that instant and not scheduled since, oldest first."""
        about = {"state": State.REQUESTED.value, "created_at": utc_text(created_before)}
        return [one.fields["id"] for one in self._documents.find(queries.UNSCHEDULED, about, limit)]

    def unpublished(self, booking_id: str | None = None, limit: int = 100) -> Sequence[Event]:
        """Facts that were committed and not struck off, oldest first: of one booking, or of all."""
        if booking_id is None:
            found = self._documents.find(queries.UNPUBLISHED, {}, limit)
        else:
            found = self._documents.find(queries.UNPUBLISHED_OF, {"booking_id": booking_id}, limit)
        return readable(document.fields["data"] for document in found)

    def strike_off(self, event: Event) -> None:
        """Forgets a fact that was published."""
        self._documents.commit(Delete(rows.fact_key(event)))

    def has_open(self) -> bool:
        """Whether a sweep may have anything to do: a booking before its end, an unpublished fact, an untold message."""
        return any(self._documents.find(lookup, about, 1) for lookup, about in _ANYTHING_OPEN)

    def keep_alive(self, holder: str, until: datetime) -> None:
        """Notes that this instance lives at least until then, in place of what it said before."""
        self._documents.commit(rows.alive(holder, until))

    def alive_until(self, holder: str) -> datetime | None:
        """Until when the instance said that it lives; None if it never did, or so long ago that it is forgotten."""
        said = self._documents.get(rows.instance_key(holder))
        return datetime.fromisoformat(said.fields["until"]) if said else None

    def tally(self, key: str, now: datetime, lasts: timedelta) -> Tally:
        """Counts one more under this key. Each key has a document of its own."""

        def count() -> Tally:
            found = self._documents.get(rows.tally_key(key))
            before = rows.tally_in(found) if found else None
            if before is None or before.until <= now:
                tally = Tally(count=1, until=now + lasts)
            else:
                # A clock that has stepped back must not make a count last for longer than it was to. Nor does the count
                # begin anew then: who counts at the same time elsewhere always reads a clock that is a little behind.
                tally = Tally(count=before.count + 1, until=min(before.until, now + lasts))
            new = rows.tallied(key, tally)
            self._documents.commit(Update(found, new.fields) if found else new)
            return tally

        # A commit whose answer was lost may count twice: that errs on the side of fewer tries.
        return settled(count)

    def forget_tally(self, key: str) -> None:
        """Begins to count afresh under this key."""
        self._documents.commit(Delete(rows.tally_key(key)))

    def experience(self, club_id: str) -> Experience:
        """What past openings of the club taught; empty if there were none, or if it cannot be read."""
        found = self._documents.get(rows.experience_key(club_id))
        return rows.experience_in(found) if found else Experience()

    def teach(self, club_id: str, lesson: Lesson) -> Experience:
        """Adds a lesson to the club's experience, once; gives what is known then. Each club has a document of its own.

        What could not be read is written over: it would never be of use. The mark is as in `_create`. Raises StoreBusy.
        """
        key, mark = rows.experience_key(club_id), self._documents.new_name()

        def add() -> Experience:
            found = self._documents.get(key)
            before = rows.experience_in(found) if found else Experience()
            if found and rows.bears(found, mark):
                return before
            after = before.taught(lesson)
            fields = rows.marked(rows.experience_fields(after), mark, found)
            self._documents.commit(Update(found, fields) if found else Create(key, fields))
            return after

        return settled(add)

    def _moved(self, before: Member, after: Member) -> Sequence[Write]:
        """The claim moves with the address, which must be free."""
        if email_key(after.email) == email_key(before.email):
            return ()
        taken = self._documents.get(rows.email_claim(after.email))
        if taken and taken.fields["member_id"] != after.id:
            raise EmailTaken(_TAKEN)
        return Delete(rows.email_claim(before.email)), rows.email_claimed(after)


def _released(before: Booking, after: Booking) -> Sequence[Delete]:
    """The session may be booked again once a booking of it has ended."""
    return [Delete(rows.live_claim(before))] if before.state in LIVE and after.state not in LIVE else []


def _waits(document: Document, now: datetime) -> bool:
    return document.fields["waits_from"] <= utc_text(now)


def _opening(document: Document) -> tuple[str, str]:
    return document.fields["opening_at"], document.fields["club_id"]
