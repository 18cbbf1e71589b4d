"""Series in the SQLite file: kept whole as JSON, beside the columns that they are looked up by."""

from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Connection
from typing import Final

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


def add(connection: Connection, series: Series) -> None:
    """Adds a series, unless it is there."""
    connection.execute(
        "INSERT INTO series (member_id, created_at, plan_at, body, id) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO NOTHING",
        _row(series),
    )


def change(connection: Connection, series: Series) -> None:
    """Writes it in place of what it was."""
    connection.execute(
        "UPDATE series SET member_id = ?, created_at = ?, plan_at = ?, body = ? WHERE id = ?", _row(series)
    )


def body(connection: Connection, series_id: str) -> str:
    """One series. Raises NotFound."""
    row = connection.execute("SELECT body FROM series WHERE id = ?", (series_id,)).fetchone()
    if row is None:
        raise NotFound("There is no such series.")
    return str(row[0])


def bodies_of(connection: Connection, member_id: str, limit: int) -> Sequence[str]:
    """The member's, the newest first."""
    return [row[0] for row in connection.execute(OF_MEMBER, (member_id, limit))]


def bodies_due(connection: Connection, before: datetime, limit: int) -> Sequence[str]:
    """Those to be planned on before that, the earliest first."""
    return [row[0] for row in connection.execute(DUE, (utc_text(before), limit))]


def _row(series: Series) -> tuple[str | None, ...]:
    return (
        series.member_id,
        utc_text(series.created_at),
        utc_text(series.plan_at) if series.is_due else None,
        series.model_dump_json(),
        series.id,
    )
