"""Notes in Firestore: what is remembered for a while."""

from datetime import datetime

from autotennis.adapters.gcp import rows
from autotennis.adapters.gcp.calls import settled
from autotennis.adapters.gcp.documents import Delete, Set, Update
from autotennis.adapters.gcp.shelf import Shelf
from autotennis.ports import Note


class NoteShelf(Shelf):
    """The port Store, as far as it keeps notes."""

    def note_once(self, key: str, note: Note, now: datetime) -> Note:
        """Keeps the note unless one is kept there. Who lost the answer finds their own note when they look again."""

        def keep() -> Note:
            found = self._documents.get(rows.note_key(key))
            kept = rows.note_in(found) if found else None
            if kept and kept.until > now:
                return kept
            new = rows.noted(key, note)
            self._documents.commit(Update(found, new.fields) if found else new)
            return note

        return settled(keep)

    def note_anew(self, key: str, note: Note) -> None:
        """Keeps the note under this key in place of whatever was there."""
        new = rows.noted(key, note)
        self._documents.commit(Set(new.key, new.fields))

    def note(self, key: str, now: datetime) -> Note | None:
        """The note that is kept under this key until after `now`."""
        found = self._documents.get(rows.note_key(key))
        note = rows.note_in(found) if found else None
        return note if note and note.until > now else None

    def forget_note(self, key: str) -> None:
        """Keeps nothing under this key."""
        self._documents.commit(Delete(rows.note_key(key)))
