"""Bookings that are to be checked before their opening, in Firestore."""

from collections.abc import Sequence
from datetime import datetime

from autotennis.adapters.gcp import queries, rows
from autotennis.adapters.gcp.shelf import Shelf
from autotennis.domain.booking import Booking
from autotennis.domain.member import Member
from autotennis.values import utc_text


class CheckShelf(Shelf):
    """The port Store, as far as it keeps checks."""

    def checks_due(self, before: datetime, limit: int = 1000) -> Sequence[Booking]:
        """The bookings that are to be checked before that instant, the earliest first."""
        about = {"is_to_check": True, "check_at": utc_text(before)}
        return rows.readable(Booking, self._documents.find(queries.CHECKS_DUE, about, limit))

    def operators(self, limit: int = 100) -> Sequence[Member]:
        """The accounts that may look after the installation, the oldest first."""
        found = rows.readable(Member, self._documents.find(queries.OPERATORS, {"is_operator": True}, limit))
        return sorted(found, key=lambda one: one.created_at)
