"""Notes in the SQLite file: what is remembered for a while."""

from datetime import datetime
from typing import Final

from autotennis.adapters.local.shelf import Shelf
from autotennis.ports import Note
from autotennis.values import utc_text

# Since version 5.
SCHEMA: Final = """
CREATE TABLE notes (key TEXT PRIMARY KEY, text TEXT NOT NULL, until TEXT NOT NULL) STRICT;
CREATE INDEX notes_by_end ON notes (until)
"""
KEPT: Final = "SELECT text, until FROM notes WHERE key = ?"
OVER: Final = "DELETE FROM notes WHERE until <= ?"
_KEEP: Final = """
INSERT INTO notes (key, text, until) VALUES (?, ?, ?)
ON CONFLICT (key) DO UPDATE SET text = excluded.text, until = excluded.until
"""


class NoteShelf(Shelf):
    """The port Store, as far as it keeps notes."""

    def note_once(self, key: str, note: Note, now: datetime) -> Note:
        """Keeps the note unless one is kept there, and forgets all those whose time is over."""
        with self._database.writing() as connection:
            connection.execute(OVER, (utc_text(now),))
            kept = connection.execute(KEPT, (key,)).fetchone()
            if kept:
                return Note(text=kept[0], until=datetime.fromisoformat(kept[1]))
            connection.execute(_KEEP, (key, note.text, utc_text(note.until)))
        return note

    def note_anew(self, key: str, note: Note) -> None:
        """Keeps the note under this key in place of whatever was there."""
        with self._database.writing() as connection:
            connection.execute(_KEEP, (key, note.text, utc_text(note.until)))

    def note(self, key: str, now: datetime) -> Note | None:
        """The note that is kept under this key until after `now`."""
        with self._database.reading() as connection:
            kept = connection.execute(KEPT, (key,)).fetchone()
        note = Note(text=kept[0], until=datetime.fromisoformat(kept[1])) if kept else None
        return note if note and note.until > now else None

    def forget_note(self, key: str) -> None:
        """Keeps nothing under this key."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM notes WHERE key = ?", (key,))
