"""What operators need of the store in the SQLite file: pauses, what was done, and bookings by their openings."""

from collections.abc import Callable, Sequence
from datetime import datetime
from sqlite3 import Connection
from typing import Final

from autotennis.adapters.local.shelf import Shelf
from autotennis.adapters.tallying import counted
from autotennis.domain.audit import Deed
from autotennis.domain.booking import Booking
from autotennis.domain.pause import Pauses
from autotennis.ports import OpeningCount
from autotennis.values import utc_text

# Since version 5. There is one row of pauses at most: they are few, and read all at once.
SCHEMA: Final = """
CREATE TABLE pauses (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT;
CREATE TABLE deeds (id TEXT PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX deeds_by_time ON deeds (at);
CREATE INDEX bookings_by_opening ON bookings (opening_at)
"""
PAUSES: Final = "SELECT body FROM pauses WHERE one = 1"
DEEDS: Final = "SELECT body FROM deeds WHERE at < ? ORDER BY at DESC LIMIT ?"
OPENED: Final = "SELECT body FROM bookings WHERE opening_at >= ? AND opening_at < ? ORDER BY opening_at DESC LIMIT ?"
OPENINGS: Final = """
SELECT opening_at, club_id, waits_from FROM bookings
WHERE waits_from IS NOT NULL AND opening_at >= ? AND opening_at < ? ORDER BY opening_at, club_id LIMIT ?
"""


class OversightShelf(Shelf):
    """The port Store, as far as operators need it."""

    def pauses(self) -> Pauses:
        """The pauses that are in force."""
        with self._database.reading() as connection:
            return self._pauses(connection)

    def change_pauses(self, fn: Callable[[Pauses], Pauses]) -> Pauses:
        """Commits `fn(pauses)`, with nobody writing in between."""
        with self._database.writing() as connection:
            changed = fn(self._pauses(connection))
            connection.execute(
                "INSERT INTO pauses (one, body) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET body = excluded.body",
                (changed.model_dump_json(),),
            )
        return changed

    def write_down(self, deed: Deed) -> None:
        """Keeps what an operator did. Writing the same down again is harmless."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO deeds (id, at, body) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (deed.id, utc_text(deed.at), deed.model_dump_json()),
            )

    def deeds(self, before: datetime, limit: int = 50) -> Sequence[Deed]:
        """What operators did before that instant, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(DEEDS, (utc_text(before), limit)).fetchall()
        return self._readable(Deed, [row[0] for row in rows])

    def opened(self, since: datetime, until: datetime, limit: int = 500) -> Sequence[Booking]:
        """The bookings whose opening lies between the two, the latest opening first."""
        with self._database.reading() as connection:
            rows = connection.execute(OPENED, (utc_text(since), utc_text(until), limit)).fetchall()
        return self._readable(Booking, [row[0] for row in rows])

    def openings(self, since: datetime, until: datetime, now: datetime, limit: int = 2000) -> Sequence[OpeningCount]:
        """The openings between the two, the earliest first."""
        with self._database.reading() as connection:
            rows = connection.execute(OPENINGS, (utc_text(since), utc_text(until), limit)).fetchall()
        return counted(rows, now)

    def _pauses(self, connection: Connection) -> Pauses:
        row = connection.execute(PAUSES).fetchone()
        return self._read(Pauses, row[0]) if row else Pauses()
