"""Bookings that are to be checked before their opening, in the SQLite file."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from autotennis.adapters.local.shelf import Shelf
from autotennis.domain.booking import Booking
from autotennis.domain.member import Member
from autotennis.values import utc_text

# Since version 6. `check_at` is NULL for a booking that is not to be checked.
CHECK_AT: Final = """
ALTER TABLE bookings ADD COLUMN check_at TEXT;
CREATE INDEX bookings_to_check ON bookings (check_at) WHERE check_at IS NOT NULL
"""
DUE: Final = "SELECT body FROM bookings WHERE check_at < ? ORDER BY check_at, rowid LIMIT ?"

# Since version 6: operators are found by what the account itself says, if it can be read.
_IS_OPERATOR: Final = "CASE WHEN json_valid(body) THEN json_extract(body, '$.is_operator') END"
OPERATORS_INDEX: Final = f"CREATE INDEX members_operators ON members ({_IS_OPERATOR})"
OPERATORS: Final = f"SELECT body FROM members WHERE {_IS_OPERATOR} = 1 LIMIT ?"  # noqa: S608 (it is our own)


class CheckShelf(Shelf):
    """The port Store, as far as it keeps checks."""

    def checks_due(self, before: datetime, limit: int = 1000) -> Sequence[Booking]:
        """The bookings that are to be checked before that instant, the earliest first."""
        with self._database.reading() as connection:
            rows = connection.execute(DUE, (utc_text(before), limit)).fetchall()
        return self._readable(Booking, [row[0] for row in rows])

    def operators(self, limit: int = 100) -> Sequence[Member]:
        """The accounts that may look after the installation, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(OPERATORS, (limit,)).fetchall()
        found = self._readable(Member, [row[0] for row in rows])
        return sorted(found, key=lambda one: one.created_at)
