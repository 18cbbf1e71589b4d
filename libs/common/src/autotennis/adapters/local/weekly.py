"""Series in the SQLite file: kept whole as JSON, beside the columns that they are looked up by."""

from collections.abc import Callable, Sequence
from datetime import datetime
from sqlite3 import Connection
from typing import Final

from autotennis.adapters.local.shelf import Shelf
from autotennis.domain.series import Series
from autotennis.errors import NotFound
from autotennis.values import utc_text

# Since version 4. `plan_at` is NULL for a series that is not to be planned on.
SCHEMA: Final = """
CREATE TABLE series (
    id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    plan_at TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX series_of_member ON series (member_id, created_at);
CREATE INDEX series_to_plan ON series (plan_at) WHERE plan_at IS NOT NULL
"""
OF_MEMBER: Final = "SELECT body FROM series WHERE member_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?"
DUE: Final = "SELECT body FROM series WHERE plan_at < ? ORDER BY plan_at, rowid LIMIT ?"


class SeriesShelf(Shelf):
    """The port Store, as far as it keeps series."""

    def add_series(self, series: Series) -> None:
        """Adds a series. Adding the same one again is harmless."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO series (member_id, created_at, plan_at, body, id) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO NOTHING",
                _row(series),
            )

    def series(self, series_id: str) -> Series:
        """The series. Raises NotFound."""
        with self._database.reading() as connection:
            return self._series(connection, series_id)

    def series_of(self, member_id: str, limit: int = 100) -> Sequence[Series]:
        """The member's series, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(OF_MEMBER, (member_id, limit)).fetchall()
        return self._readable(Series, [row[0] for row in rows])

    def change_series(self, series_id: str, fn: Callable[[Series], Series]) -> Series:
        """Commits `fn(series)`, with nobody writing in between. Raises NotFound."""
        with self._database.writing() as connection:
            changed = fn(self._series(connection, series_id))
            connection.execute(
                "UPDATE series SET member_id = ?, created_at = ?, plan_at = ?, body = ? WHERE id = ?", _row(changed)
            )
        return changed

    def series_due(self, before: datetime, limit: int = 1000) -> Sequence[Series]:
        """The active series whose `plan_at` is before that, the earliest first."""
        with self._database.reading() as connection:
            rows = connection.execute(DUE, (utc_text(before), limit)).fetchall()
        return self._readable(Series, [row[0] for row in rows])

    def _series(self, connection: Connection, series_id: str) -> Series:
        row = connection.execute("SELECT body FROM series WHERE id = ?", (series_id,)).fetchone()
        if row is None:
            raise NotFound("There is no such series.")
        return self._read(Series, row[0])


def _row(series: Series) -> tuple[str | None, ...]:
    return (
        series.member_id,
        utc_text(series.created_at),
        utc_text(series.plan_at) if series.is_due else None,
        series.model_dump_json(),
        series.id,
    )
