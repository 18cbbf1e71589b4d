"""Members, bookings and the outbox in the SQLite file.

A booking and a member are kept whole as JSON; beside it stand only the columns that something is looked up by.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Final

from autotennis.adapters.local import experiences
from autotennis.adapters.local.checks import CheckShelf
from autotennis.adapters.local.groups import GroupShelf
from autotennis.adapters.local.invitations import InvitationShelf
from autotennis.adapters.local.leaving import LeavingShelf
from autotennis.adapters.local.messages import MessageShelf
from autotennis.adapters.local.notes import NoteShelf
from autotennis.adapters.local.oversight import OversightShelf
from autotennis.adapters.local.weekly import SeriesShelf
from autotennis.adapters.readable import readable
from autotennis.domain.bonds import ranked
from autotennis.domain.booking import LIVE, Booking, Change, State
from autotennis.domain.experience import Experience
from autotennis.domain.member import Member, email_key
from autotennis.errors import DuplicateBooking, EmailTaken, NotFound
from autotennis.events import Event, OpeningDue, dump
from autotennis.ports import PlaceInLine, Tally
from autotennis.values import Lesson, utc_text

# `waits_from` is the instant from which a booking waits for a booker, NULL when it waits for none.
SCHEMA: Final = """
CREATE TABLE members (
    id TEXT PRIMARY KEY,
    email_key TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE bookings (
    id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    club_id TEXT NOT NULL,
    session_key TEXT NOT NULL,
    session_start TEXT NOT NULL,
    opening_at TEXT NOT NULL,
    created_at TEXT NOT NULL,
    live INTEGER NOT NULL,
    requested INTEGER NOT NULL,
    waits_from TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_live_booking ON bookings (member_id, club_id, session_key) WHERE live = 1;
CREATE INDEX bookings_of_member ON bookings (member_id, session_start);
CREATE INDEX bookings_waiting ON bookings (opening_at, club_id, waits_from) WHERE waits_from IS NOT NULL;
CREATE INDEX bookings_unscheduled ON bookings (created_at) WHERE requested = 1;

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    booking_id TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_of_booking ON outbox (booking_id, seq);
"""
# Since version 4. `in_line_since` is NULL for a booking that looks for no freed place.
IN_LINE_SINCE: Final = """
ALTER TABLE bookings ADD COLUMN in_line_since TEXT;
CREATE INDEX bookings_in_line ON bookings (club_id, in_line_since) WHERE in_line_since IS NOT NULL
"""
# For bookings that waited before anybody looked for a place: they come into the line, until their session starts.
INTO_THE_LINE: Final = """
UPDATE bookings SET in_line_since = opening_at, body = json_set(body, '$.wait', json_object(
    'since', opening_at, 'until', strftime('%Y-%m-%dT%H:%M:%SZ', opening_at, '+72 hours')
)) WHERE CASE WHEN json_valid(body) THEN json_extract(body, '$.state') END = 'waiting'
"""
# Since version 5. `bond_id` is NULL for a booking that is bound to no other.
BOND_ID: Final = """
ALTER TABLE bookings ADD COLUMN bond_id TEXT;
CREATE INDEX bookings_bound ON bookings (bond_id) WHERE bond_id IS NOT NULL
"""
# Since version 2.
TALLIES: Final = """
CREATE TABLE tallies (key TEXT PRIMARY KEY, count INTEGER NOT NULL, until TEXT NOT NULL) STRICT, WITHOUT ROWID
"""
# Since version 7.
TALLIES_BY_END: Final = "CREATE INDEX tallies_by_end ON tallies (until)"
# Since version 7. Who looks for a place early waits for a booker as well, and is counted in no line.
WAITING_FOR_SESSION: Final = """
CREATE INDEX bookings_waiting_for_session ON bookings (club_id, session_key, in_line_since, created_at)
WHERE in_line_since IS NOT NULL AND waits_from IS NULL
"""
INSTANCES: Final = "CREATE TABLE instances (holder TEXT PRIMARY KEY, until TEXT NOT NULL) STRICT, WITHOUT ROWID"

BOOKINGS_OF: Final = "SELECT body FROM bookings WHERE member_id = ? ORDER BY session_start DESC LIMIT ?"
DUE: Final = """
SELECT id FROM bookings WHERE club_id = ? AND opening_at = ? AND waits_from <= ?
ORDER BY created_at, rowid LIMIT ?
"""
MISSED: Final = """
SELECT DISTINCT opening_at, club_id FROM bookings WHERE opening_at < ? AND waits_from <= ?
ORDER BY opening_at, club_id LIMIT ?
"""
IN_LINE: Final = """
SELECT body FROM bookings WHERE club_id = ? AND in_line_since IS NOT NULL
ORDER BY in_line_since, created_at, rowid LIMIT ?
"""
PLACE: Final = """
SELECT in_line_since, created_at, rowid FROM bookings
WHERE id = ? AND in_line_since IS NOT NULL AND waits_from IS NULL
"""
LINE: Final = """
SELECT count(*) FILTER (WHERE (in_line_since, created_at, rowid) <= (?, ?, ?)), count(*) FROM bookings
WHERE club_id = ? AND session_key = ? AND in_line_since IS NOT NULL AND waits_from IS NULL
"""
BOUND: Final = "SELECT body FROM bookings WHERE bond_id = ? LIMIT ?"
UNSCHEDULED: Final = "SELECT id FROM bookings WHERE requested = 1 AND created_at < ? ORDER BY created_at, rowid LIMIT ?"
LIVE_ONE: Final = "SELECT id FROM bookings WHERE member_id = ? AND club_id = ? AND session_key = ? AND live = 1"
UNPUBLISHED: Final = "SELECT data FROM outbox ORDER BY seq LIMIT ?"
HAS_OPEN: Final = """
SELECT EXISTS (SELECT 1 FROM bookings WHERE requested = 1) OR EXISTS (SELECT 1 FROM outbox)
    OR EXISTS (SELECT 1 FROM bookings WHERE waits_from IS NOT NULL)
    OR EXISTS (SELECT 1 FROM bookings WHERE in_line_since IS NOT NULL)
    OR EXISTS (SELECT 1 FROM member_messages WHERE due_at IS NOT NULL)
"""
TALLIES_OVER: Final = "DELETE FROM tallies WHERE until <= ?"
UNPUBLISHED_OF: Final = "SELECT data FROM outbox WHERE booking_id = ? ORDER BY seq LIMIT ?"

# For so long a dead instance is remembered: far longer than any claim lasts.
_REMEMBERED: Final = timedelta(days=1)


class LocalStore(
    CheckShelf, SeriesShelf, GroupShelf, InvitationShelf, LeavingShelf, NoteShelf, OversightShelf, MessageShelf
):
    """The port Store."""

    def add_member(self, member: Member) -> None:
        """Adds an account. Raises EmailTaken, whatever the capitals of the address."""
        with self._database.writing() as connection:
            _refuse_taken(connection, member)
            _insert(connection, member)

    def add_first_member(self, member: Member) -> bool:
        """Adds an account if there is none at all; tells whether it did."""
        with self._database.writing() as connection:
            is_first = connection.execute("SELECT 1 FROM members LIMIT 1").fetchone() is None
            if is_first:
                _insert(connection, member)
        return is_first

    def has_members(self) -> bool:
        """Whether there is any account."""
        with self._database.reading() as connection:
            return connection.execute("SELECT 1 FROM members LIMIT 1").fetchone() is not None

    def member(self, member_id: str) -> Member:
        """The account. Raises NotFound."""
        with self._database.reading() as connection:
            return self._member(connection, member_id)

    def member_by_email(self, email: str) -> Member | None:
        """The account with this address, whatever its capitals."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT body FROM members WHERE email_key = ?", (email_key(email),)).fetchone()
        return self._read(Member, row[0]) if row else None

    def change_member(self, member_id: str, fn: Callable[[Member], Member]) -> Member:
        """Commits `fn(member)`, with nobody writing in between. Raises NotFound, EmailTaken."""
        with self._database.writing() as connection:
            changed = fn(self._member(connection, member_id))
            _refuse_taken(connection, changed)
            connection.execute(
                "UPDATE members SET email_key = ?, body = ? WHERE id = ?",
                (email_key(changed.email), changed.model_dump_json(), member_id),
            )
        return changed

    def create(self, change: Change) -> None:
        """Commits a new booking and its facts together.

        Raises DuplicateBooking if the member has a live one of this session, or if the booking's id was used before.
        """
        booking, facts = change
        with self._database.writing() as connection:
            _refuse_duplicate(connection, booking)
            connection.execute(
                "INSERT INTO bookings (member_id, club_id, session_key, session_start, opening_at, created_at, live, "
                "requested, waits_from, in_line_since, bond_id, check_at, body, id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                _row(booking),
            )
            _put_out(connection, booking, facts)

    def booking(self, booking_id: str) -> Booking:
        """The booking. Raises NotFound."""
        with self._database.reading() as connection:
            return self._booking(connection, booking_id)

    def bookings_of(self, member_id: str, limit: int = 100) -> Sequence[Booking]:
        """The member's bookings, latest session first."""
        with self._database.reading() as connection:
            rows = connection.execute(BOOKINGS_OF, (member_id, limit)).fetchall()
        return self._readable(Booking, [row[0] for row in rows])

    def change(self, booking_id: str, fn: Callable[[Booking], Change]) -> Booking:
        """Commits the booking and the facts of `fn(booking)` together, with nobody writing in between.

        What `fn` raises leaves everything as it was and comes out of here. Raises NotFound, StoreBusy.
        """
        with self._database.writing() as connection:
            booking, facts = fn(self._booking(connection, booking_id))
            connection.execute(
                "UPDATE bookings SET member_id = ?, club_id = ?, session_key = ?, session_start = ?, opening_at = ?, "
                "created_at = ?, live = ?, requested = ?, waits_from = ?, in_line_since = ?, bond_id = ?, "
                "check_at = ?, body = ? WHERE id = ?",
                _row(booking),
            )
            _put_out(connection, booking, facts)
        return booking

    def due(self, club_id: str, opening_at: datetime, now: datetime, limit: int = 10_000) -> Sequence[str]:
        """Ids of the bookings of this opening that wait for a booker, first come first."""
        with self._database.reading() as connection:
            rows = connection.execute(DUE, (club_id, utc_text(opening_at), utc_text(now), limit)).fetchall()
        return [row[0] for row in rows]

    def missed(self, opens_before: datetime, now: datetime, limit: int = 100) -> Sequence[OpeningDue]:
        """Openings before `opens_before` with bookings that (at `now`) wait for a booker as in `due`, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(MISSED, (utc_text(opens_before), utc_text(now), limit)).fetchall()
        return [OpeningDue(at=now, club_id=club_id, opening_at=opening_at) for opening_at, club_id in rows]

    def in_line(self, club_id: str, limit: int = 10_000) -> Sequence[Booking]:
        """The club's bookings that look for a freed place, who is in the line longest first."""
        with self._database.reading() as connection:
            rows = connection.execute(IN_LINE, (club_id, limit)).fetchall()
        return self._readable(Booking, [row[0] for row in rows])

    def place_in_line(self, booking: Booking) -> PlaceInLine | None:
        """Where it stands among those who wait for its session. They are counted by an index, none of them is read."""
        with self._database.reading() as connection:
            place = connection.execute(PLACE, (booking.id,)).fetchone()
            if place is None:
                return None
            line = connection.execute(LINE, (*place, booking.club_id, booking.session.key)).fetchone()
        return PlaceInLine(number=line[0], all=line[1])

    def bound(self, bond_id: str, limit: int = 100) -> Sequence[Booking]:
        """The bookings that are bound to each other, the first in their order first."""
        with self._database.reading() as connection:
            rows = connection.execute(BOUND, (bond_id, limit)).fetchall()
        return ranked(self._readable(Booking, [row[0] for row in rows]))

    def unscheduled(self, created_before: datetime, limit: int = 100) -> Sequence[str]:
        """Ids of bookings that were asked for before that instant and not scheduled since, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(UNSCHEDULED, (utc_text(created_before), limit)).fetchall()
        return [row[0] for row in rows]

    def unpublished(self, booking_id: str | None = None, limit: int = 100) -> Sequence[Event]:
        """Facts that were committed and not struck off, oldest first: of one booking, or of all."""
        with self._database.reading() as connection:
            if booking_id is None:
                rows = connection.execute(UNPUBLISHED, (limit,)).fetchall()
            else:
                rows = connection.execute(UNPUBLISHED_OF, (booking_id, limit)).fetchall()
        return readable(row[0] for row in rows)

    def strike_off(self, event: Event) -> None:
        """Forgets a fact that was published."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM outbox WHERE event_id = ?", (event.id,))

    def has_open(self) -> bool:
        """Whether anything is left that a sweep could have to do."""
        with self._database.reading() as connection:
            return bool(connection.execute(HAS_OPEN).fetchone()[0])

    def keep_alive(self, holder: str, until: datetime) -> None:
        """Notes that this instance lives at least until then, and forgets those that died more than a day before."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM instances WHERE until < ?", (utc_text(until - _REMEMBERED),))
            connection.execute(
                "INSERT INTO instances (holder, until) VALUES (?, ?) "
                "ON CONFLICT (holder) DO UPDATE SET until = excluded.until",
                (holder, utc_text(until)),
            )

    def alive_until(self, holder: str) -> datetime | None:
        """Until when the instance said that it lives."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT until FROM instances WHERE holder = ?", (holder,)).fetchone()
        return datetime.fromisoformat(row[0]) if row else None

    def tally(self, key: str, now: datetime, lasts: timedelta) -> Tally:
        """Counts one more under this key, and forgets all those whose time is over."""
        with self._database.writing() as connection:
            connection.execute(TALLIES_OVER, (utc_text(now),))
            # A clock that has stepped back must not make a count last for longer than it was to. Nor does the count
            # begin anew then: who counts at the same time elsewhere always reads a clock that is a little behind.
            count, until = connection.execute(
                "INSERT INTO tallies (key, count, until) VALUES (?, 1, ?) ON CONFLICT (key) "
                "DO UPDATE SET count = count + 1, until = min(until, excluded.until) RETURNING count, until",
                (key, utc_text(now + lasts)),
            ).fetchone()
        return Tally(count=count, until=until)

    def forget_tally(self, key: str) -> None:
        """Begins to count afresh under this key."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM tallies WHERE key = ?", (key,))

    def experience(self, club_id: str) -> Experience:
        """What past openings of the club taught; empty if there were none, or if it cannot be read."""
        with self._database.reading() as connection:
            return experiences.known(connection, club_id)

    def teach(self, club_id: str, lesson: Lesson) -> Experience:
        """Adds a lesson to the club's experience, with nobody writing in between; gives what is known then."""
        with self._database.writing() as connection:
            return experiences.taught(connection, club_id, lesson)

    def _member(self, connection: Connection, member_id: str) -> Member:
        row = connection.execute("SELECT body FROM members WHERE id = ?", (member_id,)).fetchone()
        if row is None:
            raise NotFound("There is no such member.")
        return self._read(Member, row[0])

    def _booking(self, connection: Connection, booking_id: str) -> Booking:
        row = connection.execute("SELECT body FROM bookings WHERE id = ?", (booking_id,)).fetchone()
        if row is None:
            raise NotFound("There is no such booking.")
        return self._read(Booking, row[0])


def _row(booking: Booking) -> tuple[str | int | None, ...]:
    waits_from, in_line_since, check_at = booking.waits_from(), booking.in_line_since(), booking.to_check_at
    return (
        booking.member_id,
        booking.club_id,
        booking.session.key,
        booking.session.start.isoformat(timespec="seconds"),
        utc_text(booking.opening_at),
        utc_text(booking.created_at),
        int(booking.state in LIVE),
        int(booking.state is State.REQUESTED),
        utc_text(waits_from) if waits_from else None,
        utc_text(in_line_since) if in_line_since else None,
        booking.bond.id if booking.bond else None,
        utc_text(check_at) if check_at else None,
        booking.model_dump_json(),
        booking.id,
    )


def _put_out(connection: Connection, booking: Booking, facts: Sequence[Event]) -> None:
    # A fact happens to a booking once, so one that stands there already is the same.
    connection.executemany(
        "INSERT INTO outbox (event_id, booking_id, data) VALUES (?, ?, ?) ON CONFLICT (event_id) DO NOTHING",
        [(fact.id, booking.id, dump(fact)) for fact in facts],
    )


def _insert(connection: Connection, member: Member) -> None:
    connection.execute(
        "INSERT INTO members (id, email_key, body) VALUES (?, ?, ?)",
        (member.id, email_key(member.email), member.model_dump_json()),
    )


def _refuse_duplicate(connection: Connection, booking: Booking) -> None:
    about = (booking.member_id, booking.club_id, booking.session.key)
    live = connection.execute(LIVE_ONE, about).fetchone()
    same = connection.execute("SELECT id FROM bookings WHERE id = ?", (booking.id,)).fetchone()
    if live or same:
        raise DuplicateBooking((live or same)[0])


def _refuse_taken(connection: Connection, member: Member) -> None:
    """The e-mail address must be free. Only who is signed in or registers sees this, so the address is not repeated."""
    key = email_key(member.email)
    other = connection.execute("SELECT 1 FROM members WHERE email_key = ? AND id <> ?", (key, member.id)).fetchone()
    if other:
        raise EmailTaken("Another account has this e-mail address.")
