"""Series in Firestore."""

from collections.abc import Callable, Sequence
from datetime import datetime

from autotennis.adapters.gcp import queries, rows
from autotennis.adapters.gcp.shelf import Computed, Shelf
from autotennis.domain.series import Series
from autotennis.values import utc_text


class SeriesShelf(Shelf):
    """The port Store, as far as it keeps series."""

    def add_series(self, series: Series) -> None:
        """Adds a series. Adding the same one again is harmless."""

        self._add(rows.series_key(series.id), rows.series_fields(series))

    def series(self, series_id: str) -> Series:
        """The series. Raises NotFound."""
        return rows.read(Series, self._existing(rows.series_key(series_id), Series))

    def series_of(self, member_id: str, limit: int = 100) -> Sequence[Series]:
        """The member's series, the newest first."""
        found = self._documents.find(queries.SERIES_OF, {"member_id": member_id}, limit)
        return rows.readable(Series, found)

    def change_series(self, series_id: str, fn: Callable[[Series], Series]) -> Series:
        """Commits `fn(series)` unless it changed meanwhile; then runs the pure `fn` again.

        Raises NotFound, StoreBusy.
        """

        def compute(before: Series) -> Computed[Series]:
            changed = fn(before)
            return Computed(changed, rows.series_fields(changed), ())

        return self._change(rows.series_key(series_id), Series, compute)

    def series_due(self, before: datetime, limit: int = 1000) -> Sequence[Series]:
        """The active series whose `plan_at` is before that, the earliest first."""
        found = self._documents.find(queries.SERIES_DUE, {"is_due": True, "plan_at": utc_text(before)}, limit)
        return rows.readable(Series, found)
