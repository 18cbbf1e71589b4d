"""The bus in the SQLite file: a table of messages, and one of their deliveries to each consumer.

Publishing only writes; the dispatcher (`autotennis.dispatcher`) leases what is due, pushes it and settles it here.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from sqlite3 import Connection
from typing import Final

from autotennis.adapters.local.database import Database
from autotennis.adapters.readable import read
from autotennis.errors import NotFound
from autotennis.events import FACTS, Event, dump
from autotennis.flow import CONSUMERS, CONSUMING, Service
from autotennis.ports import Clock, DeadLetter, Queue
from autotennis.values import utc_text

# A delivery is `due` from `at` on; `leased` until `at`; `done` or `dead` since `at`. What is due at once is due
# since long ago, so that a wall clock that steps back does not put it into the future.
_AT_ONCE: Final = "1970-01-01T00:00:00.000000+00:00"
# So many old messages are deleted in one transaction, which others have to wait for.
PRUNED_AT_ONCE: Final = 500
# A standing event that waits for longer, or seems to come from the future, is left behind by a clock that stepped.
_STANDING_WAITS: Final = timedelta(minutes=10)
_AHEAD: Final = timedelta(minutes=1)
SCHEMA: Final = """
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL,
    published_at TEXT NOT NULL
) STRICT;
CREATE INDEX messages_by_age ON messages (published_at);
CREATE INDEX messages_by_event ON messages (event_id);

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES messages (seq) ON DELETE CASCADE,
    consumer TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'leased', 'done', 'dead')),
    at TEXT NOT NULL,
    refusals INTEGER NOT NULL DEFAULT 0,
    breaks INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX deliveries_of_message ON deliveries (message);
CREATE INDEX deliveries_open ON deliveries (consumer, at) WHERE state IN ('due', 'leased');
CREATE INDEX deliveries_dead ON deliveries (at) WHERE state = 'dead';
"""

# An event names its member as JSON does, in quotation marks. To look through all of a week takes a while, so that it is
# done while others write; what came meanwhile is looked through then.
NAMING_MEMBER: Final = "SELECT seq FROM messages WHERE instr(CAST(data AS TEXT), '\"' || ? || '\"')"
LATER_NAMING_MEMBER: Final = """
SELECT seq FROM messages WHERE seq > ? AND instr(CAST(data AS TEXT), '"' || ? || '"')
"""
LAST: Final = "SELECT coalesce(max(seq), 0) FROM messages"
LEASABLE: Final = """
SELECT id FROM deliveries WHERE consumer = ? AND at <= ? AND state IN ('due', 'leased') ORDER BY at, id LIMIT ?
"""
NEXT_AT: Final = "SELECT min(at) FROM deliveries WHERE consumer = ? AND state IN ('due', 'leased')"
FORGET: Final = """
UPDATE deliveries SET state = 'due', at = ? WHERE consumer = ? AND state = 'leased' AND state IN ('due', 'leased')
"""
AHEAD: Final = """
SELECT id, at FROM deliveries WHERE consumer = ? AND at > ? AND state IN ('due', 'leased')
"""
KNOWN: Final = "SELECT 1 FROM messages WHERE event_id = ? LIMIT 1"
# In this order: however much waits for the consumer, few such events are of so short a time.
WAITING: Final = """
SELECT 1 FROM messages m CROSS JOIN deliveries d ON d.message = m.seq
WHERE m.event_id BETWEEN ? AND ? AND d.consumer = ? AND d.state IN ('due', 'leased') LIMIT 1
"""
QUEUE: Final = """
SELECT m.published_at FROM deliveries d JOIN messages m ON m.seq = d.message
WHERE d.consumer = ? AND d.state = 'due' AND d.state IN ('due', 'leased') LIMIT ?
"""
DEAD: Final = """
SELECT d.id, m.kind, d.consumer, d.refusals + d.breaks, d.reason, d.at
FROM deliveries d JOIN messages m ON m.seq = d.message
WHERE d.state = 'dead' ORDER BY d.at DESC, d.id DESC LIMIT ?
"""
PRUNABLE: Final = """
SELECT seq FROM messages WHERE published_at < ? AND NOT EXISTS (
    SELECT 1 FROM deliveries WHERE message = seq AND state <> 'done'
) ORDER BY published_at LIMIT ?
"""


class Outcome(StrEnum):
    """How a push went.

    `unreached`: the consumer was not there at all; `broken`: it went away before it answered.
    """

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    BROKEN = "broken"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a refused delivery is tried again: after `first_s`, doubling up to `longest_s`, `attempts` times in all.

    A consumer that is away uses up no attempt, however long. One that dies over a delivery gets it again after
    `broken_s`; `broken_per_attempt` such deaths for each attempt end that too, or one poisonous event would keep a
    service restarting for ever.
    """

    attempts: int = 5
    first_s: float = 1.0
    longest_s: float = 60.0
    broken_s: float = 0.5
    broken_per_attempt: int = 10

    def wait_s(self, refusals: int, delivery_id: int) -> float:
        """How long to wait after that many refusals: up to a fifth less than the doubled time.

        The part less is drawn from the delivery's id, so that those refused together do not come back together.
        """
        full_s = min(self.longest_s, self.first_s * 2 ** min(refusals - 1, 32))
        return full_s * (1.0 - 0.2 * zlib.crc32(f"{delivery_id}/{refusals}".encode()) / 2**32)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One leased delivery: these bytes of `events.dump` are to be pushed to the consumer."""

    id: int
    message_id: int
    kind: str
    consumer: Service
    attempt: int
    data: bytes
    published_at: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """How one leased delivery ended, and why. `retry_after_s` is the least wait that the consumer asked for."""

    delivery_id: int
    outcome: Outcome
    reason: str = ""
    retry_after_s: float = 0.0


class LocalBus:
    """The ports EventBus and DeadLetters, and what the dispatcher and those who look on need."""

    def __init__(self, database: Database, clock: Clock, retry: RetryPolicy | None = None) -> None:
        self._database = database
        self._clock = clock
        self._retry = retry or RetryPolicy()

    def publish(self, event: Event) -> None:
        """Keeps the event for each of its consumers."""
        with self._database.writing() as connection:
            insert_message(connection, event, self._clock.now())

    def dead_letters(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The given-up deliveries, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(DEAD, (limit,)).fetchall()
        return [
            DeadLetter(id=str(number), kind=kind, consumer=consumer, attempts=attempts, reason=reason, at=at)
            for number, kind, consumer, attempts, reason, at in rows
        ]

    def replay(self, letter_id: str) -> None:
        """Delivers it again from the first attempt. Raises NotFound."""
        with self._database.writing() as connection:
            changed = connection.execute(
                "UPDATE deliveries SET state = 'due', at = ?, refusals = 0, breaks = 0 "
                "WHERE CAST(id AS TEXT) = ? AND state = 'dead'",
                (_AT_ONCE, letter_id),
            )
        if not changed.rowcount:
            raise NotFound("There is no such dead letter.")

    def queues(self, limit: int = 1000) -> Sequence[Queue]:
        """For each consumer, counted up to the limit: what waits to be delivered, and is not under way."""
        with self._database.reading() as connection:
            found = {one: connection.execute(QUEUE, (one, limit)).fetchall() for one in CONSUMING}
        return [
            Queue(consumer=one, waiting=len(rows), oldest_at=min((row[0] for row in rows), default=None))
            for one, rows in found.items()
        ]

    def events_since(self, seq: int, limit: int = 100) -> Sequence[tuple[int, Event]]:
        """The events published after the one of this number (0: all that are kept), each with its own.

        Those that this version of the program cannot read are left out.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT seq, data FROM messages WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
            ).fetchall()
        return [(number, event) for number, data in rows if (event := read(data)) is not None]

    def last_seq(self) -> int:
        """The number of the newest event; 0 if there is none. Those who look on from now on start here."""
        with self._database.reading() as connection:
            return int(connection.execute(LAST).fetchone()[0])

    def lease(self, consumer: Service, deadline_s: float, limit: int) -> Sequence[Delivery]:
        """Takes deliveries that are due, new ones first, in their order; what is not settled in time is due again."""
        now = self._clock.now()
        with self._database.reading() as connection:
            # Looked at without a lock first, because mostly there is nothing.
            if not connection.execute(LEASABLE, (consumer, utc_text(now), 1)).fetchall():
                return []
        until = utc_text(now + timedelta(seconds=deadline_s))
        with self._database.writing() as connection:
            ids = [row[0] for row in connection.execute(LEASABLE, (consumer, utc_text(now), limit)).fetchall()]
            return [_leased(connection, delivery_id, until) for delivery_id in ids]

    def next_at(self, consumer: Service) -> datetime | None:
        """When the next delivery to this consumer falls due, or ends its lease; None if there is none."""
        with self._database.reading() as connection:
            at = connection.execute(NEXT_AT, (consumer,)).fetchone()[0]
        return datetime.fromisoformat(at) if at else None

    def settle(self, settlements: Sequence[Settlement]) -> Sequence[int]:
        """Records how leased deliveries ended; gives the ids of those that were given up by it.

        What is not leased any more was settled before and stays as it is.
        """
        now = self._clock.now()
        with self._database.writing() as connection:
            return [one.delivery_id for one in settlements if self._settled(connection, one, now) == "dead"]

    def forget_leases(self) -> None:
        """Makes due what was leased: for a dispatcher that starts, since its predecessor's requests died with it."""
        with self._database.writing() as connection:
            # Consumer by consumer for the sake of the index: what was settled long ago is not looked at.
            connection.executemany(FORGET, [(_AT_ONCE, consumer) for consumer in Service])

    def clock_stepped(self, by: timedelta) -> None:
        """Moves what waits for its time along with a wall clock that was set, so that it waits as long as it was to."""
        was = utc_text(self._clock.now() - by)
        with self._database.writing() as connection:
            ahead = [row for one in Service for row in connection.execute(AHEAD, (one, was)).fetchall()]
            connection.executemany(
                "UPDATE deliveries SET at = ? WHERE id = ?",
                [(utc_text(datetime.fromisoformat(at) + by), number) for number, at in ahead],
            )

    def publish_unless_waiting(self, event: Event) -> bool:
        """Publishes an event that comes again and again, to those consumers for whom no earlier one still waits.

        Says whether there is any. Such events have the same id but for the instant after its last slash.

        One that is older than ten minutes, or more than one ahead of the clock, does not count.
        """
        now = self._clock.now()
        about = event.id.rpartition("/")[0]
        between = (f"{about}/{utc_text(now - _STANDING_WAITS)}", f"{about}/{utc_text(now + _AHEAD)}")
        with self._database.writing() as connection:
            free = [
                consumer
                for consumer in sorted(CONSUMERS[event.kind])
                if not connection.execute(WAITING, (*between, consumer)).fetchone()
            ]
            if free:
                _insert(connection, event, now, free)
        return bool(free)

    def prune(self, keep: timedelta, limit: int = PRUNED_AT_ONCE) -> int:
        """Deletes messages older than `keep` that all consumers have settled; gives how many, `limit` at most."""
        before = utc_text(self._clock.now() - keep)
        with self._database.writing() as connection:
            old = connection.execute(PRUNABLE, (before, limit)).fetchall()
            connection.executemany("DELETE FROM messages WHERE seq = ?", old)
        return len(old)

    def _settled(self, connection: Connection, one: Settlement, now: datetime) -> str:
        row = connection.execute(
            "SELECT refusals, breaks FROM deliveries WHERE id = ? AND state = 'leased'", (one.delivery_id,)
        ).fetchone()
        if row is None:
            return "settled before"
        refusals = row[0] + (one.outcome is Outcome.REFUSED)
        breaks = row[1] + (one.outcome is Outcome.BROKEN)
        state = self._state_after(one.outcome, refusals, breaks)
        connection.execute(
            "UPDATE deliveries SET state = ?, at = ?, refusals = ?, breaks = ?, reason = ? WHERE id = ?",
            (state, self._at(state, one, refusals, now), refusals, breaks, one.reason, one.delivery_id),
        )
        return state

    def _state_after(self, outcome: Outcome, refusals: int, breaks: int) -> str:
        if outcome is Outcome.ACKNOWLEDGED:
            return "done"
        allowed = self._retry.attempts
        return "dead" if refusals >= allowed or breaks >= allowed * self._retry.broken_per_attempt else "due"

    def _at(self, state: str, one: Settlement, refusals: int, now: datetime) -> str:
        if state != "due":
            return utc_text(now)
        if one.outcome is Outcome.UNREACHED:
            return _AT_ONCE
        return utc_text(now + timedelta(seconds=self._wait_s(one, refusals)))

    def _wait_s(self, one: Settlement, refusals: int) -> float:
        if one.outcome is Outcome.BROKEN:
            return self._retry.broken_s
        return max(one.retry_after_s, self._retry.wait_s(refusals, one.delivery_id))


def insert_message(connection: Connection, event: Event, now: datetime) -> None:
    """Keeps an event, with a delivery that is due at once for each of its consumers, in the caller's transaction.

    A fact of a booking happens once: one that a crash made somebody publish again is here already, and is left out.
    """
    if isinstance(event, FACTS) and connection.execute(KNOWN, (event.id,)).fetchone():
        return
    _insert(connection, event, now, sorted(CONSUMERS[event.kind]))


def _insert(connection: Connection, event: Event, now: datetime, consumers: Sequence[Service]) -> None:
    seq = connection.execute(
        "INSERT INTO messages (event_id, kind, data, published_at) VALUES (?, ?, ?, ?)",
        (event.id, event.kind, dump(event), utc_text(now)),
    ).lastrowid
    connection.executemany(
        "INSERT INTO deliveries (message, consumer, at) VALUES (?, ?, ?)",
        [(seq, consumer, _AT_ONCE) for consumer in consumers],
    )


def _leased(connection: Connection, delivery_id: int, until: str) -> Delivery:
    connection.execute("UPDATE deliveries SET state = 'leased', at = ? WHERE id = ?", (until, delivery_id))
    seq, kind, consumer, failures, data, published_at = connection.execute(
        "SELECT m.seq, m.kind, d.consumer, d.refusals + d.breaks, m.data, m.published_at "
        "FROM deliveries d JOIN messages m ON m.seq = d.message WHERE d.id = ?",
        (delivery_id,),
    ).fetchone()
    return Delivery(delivery_id, seq, kind, Service(consumer), failures + 1, data, published_at)
