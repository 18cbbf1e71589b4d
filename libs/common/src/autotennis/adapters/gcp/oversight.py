"""What operators need of the store in Firestore: pauses, what was done, and bookings by their openings."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice, takewhile
from typing import Final

from autotennis.adapters.gcp import queries, rows
from autotennis.adapters.gcp.calls import settled
from autotennis.adapters.gcp.documents import Create, Update
from autotennis.adapters.gcp.shelf import Shelf
from autotennis.adapters.tallying import counted
from autotennis.domain.audit import Deed
from autotennis.domain.booking import Booking
from autotennis.domain.pause import Pauses
from autotennis.ports import OpeningCount
from autotennis.values import utc_text

# As many bookings as one answer brings.
_PAGE: Final = 300


class OversightShelf(Shelf):
    """The port Store, as far as operators need it."""

    def pauses(self) -> Pauses:
        """The pauses that are in force: one document."""
        found = self._documents.get(rows.PAUSES_KEY)
        return rows.read(Pauses, found) if found else Pauses()

    def change_pauses(self, fn: Callable[[Pauses], Pauses]) -> Pauses:
        """Commits `fn(pauses)` unless they changed meanwhile; then runs the pure `fn` again. Raises StoreBusy."""

        def change() -> Pauses:
            found = self._documents.get(rows.PAUSES_KEY)
            changed = fn(rows.read(Pauses, found) if found else Pauses())
            fields = {"body": changed.model_dump_json()}
            self._documents.commit(Update(found, fields) if found else Create(rows.PAUSES_KEY, fields))
            return changed

        # To begin or to end the same pause twice is the same as once: a lost answer needs no mark.
        return settled(change)

    def write_down(self, deed: Deed) -> None:
        """Keeps what an operator did. Writing the same down again is harmless."""
        self._documents.commit(rows.written_down(deed))

    def deeds(self, before: datetime, limit: int = 50) -> Sequence[Deed]:
        """What operators did before that instant, the newest first."""
        return rows.readable(Deed, self._documents.find(queries.DEEDS_BEFORE, {"at": utc_text(before)}, limit))

    def opened(self, since: datetime, until: datetime, limit: int = 500) -> Sequence[Booking]:
        """The bookings whose opening lies between the two, the latest opening first."""
        earlier = self._all(queries.OPENED, {"opening_at": utc_text(until)})
        between = takewhile(lambda one: one.fields["opening_at"] >= utc_text(since), earlier)
        return rows.readable(Booking, islice(between, limit))

    def openings(self, since: datetime, until: datetime, now: datetime, limit: int = 2000) -> Sequence[OpeningCount]:
        """The openings between the two, the earliest first."""
        about = {"awaits_booker": True, "opening_at": utc_text(until)}
        # Behind all that opened before: no club has an empty id.
        page = self._documents.find(
            queries.MISSED, about, min(limit, _PAGE), {"opening_at": utc_text(since), "club_id": ""}
        )
        found = list(page)
        while len(page) == _PAGE and len(found) < limit:
            page = self._documents.find(queries.MISSED, about, min(limit - len(found), _PAGE), page[-1])
            found += page
        fields = (one.fields for one in found)
        return counted(((it["opening_at"], it["club_id"], it["waits_from"]) for it in fields), now)
