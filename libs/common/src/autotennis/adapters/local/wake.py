"""Wake-ups in the SQLite file: events that go to the bus when their time has come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from autotennis.adapters.local.bus import insert_message
from autotennis.adapters.local.database import Database
from autotennis.errors import BadEvent
from autotennis.events import OpeningDue, dump, load
from autotennis.ports import Clock
from autotennis.values import utc_text

SCHEMA: Final = """
CREATE TABLE wakes (event_id TEXT PRIMARY KEY, at TEXT NOT NULL, data BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX wakes_by_time ON wakes (at);
"""

# Since version 2: the clubs at which somebody waits.
WATCHES: Final = "CREATE TABLE watches (club_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"
RIPE: Final = "SELECT event_id, data FROM wakes WHERE at <= ? ORDER BY at LIMIT ?"
_log = structlog.get_logger()


class LocalWakeScheduler:
    """The port WakeScheduler. The dispatcher fires what is due."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def wake(self, event: OpeningDue, at: datetime) -> None:
        """Plans the event for `at`; of two plans for the same opening the earlier counts."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO wakes (event_id, at, data) VALUES (?, ?, ?) "
                "ON CONFLICT (event_id) DO UPDATE SET at = min(at, excluded.at)",
                (event.id, utc_text(at), dump(event)),
            )

    def woken(self, event: OpeningDue) -> None:
        """Nothing is left of a wake-up that came: it went when it was fired."""

    def sweep(self, wanted: bool) -> None:
        """The dispatcher sweeps as long as it runs, which costs nothing on a machine of one's own."""

    def watch(self, club_id: str, wanted: bool) -> None:
        """While wanted, the dispatcher publishes WatchDue for the club each minute."""
        with self._database.writing() as connection:
            if wanted:
                connection.execute("INSERT INTO watches (club_id) VALUES (?) ON CONFLICT DO NOTHING", (club_id,))
            else:
                connection.execute("DELETE FROM watches WHERE club_id = ?", (club_id,))

    def watched(self) -> Sequence[str]:
        """The clubs for which WatchDue is wanted."""
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute("SELECT club_id FROM watches ORDER BY club_id")]

    def fire_due(self, limit: int = 100) -> int:
        """Moves the wake-ups whose time has come to the bus, together or not at all; gives how many.

        One that this version of the program cannot read is logged and dropped: the sweep finds its bookings.
        """
        now = self._clock.now()
        with self._database.reading() as connection:
            if not connection.execute(RIPE, (utc_text(now), 1)).fetchall():
                return 0
        with self._database.writing() as connection:
            ripe = connection.execute(RIPE, (utc_text(now), limit)).fetchall()
            for event_id, data in ripe:
                try:
                    insert_message(connection, load(data), now)
                except BadEvent:
                    _log.error("wake-up cannot be read and is dropped", event_id=event_id)
                connection.execute("DELETE FROM wakes WHERE event_id = ?", (event_id,))
        return len(ripe)

    def next_at(self) -> datetime | None:
        """When the next wake-up is due; None if there is none."""
        with self._database.reading() as connection:
            at = connection.execute("SELECT min(at) FROM wakes").fetchone()[0]
        return datetime.fromisoformat(at) if at else None
