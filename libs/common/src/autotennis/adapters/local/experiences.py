"""What the clubs' past openings taught, in the SQLite file: one row for each club."""

from sqlite3 import Connection
from typing import Final

from autotennis.adapters.bodies import experience_in
from autotennis.domain.experience import Experience
from autotennis.values import Lesson

# Since version 3.
SCHEMA: Final = "CREATE TABLE experiences (club_id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID"
KNOWN: Final = "SELECT body FROM experiences WHERE club_id = ?"


def known(connection: Connection, club_id: str) -> Experience:
    """What is known of the club; nothing if there is nothing, or if it cannot be read."""
    row = connection.execute(KNOWN, (club_id,)).fetchone()
    return experience_in(row[0], club_id) if row else Experience()


def taught(connection: Connection, club_id: str, lesson: Lesson) -> Experience:
    """Adds a lesson in the caller's transaction. What could not be read is written over: it would never be of use."""
    experience = known(connection, club_id).taught(lesson)
    connection.execute(
        "INSERT INTO experiences (club_id, body) VALUES (?, ?) "
        "ON CONFLICT (club_id) DO UPDATE SET body = excluded.body",
        (club_id, experience.model_dump_json()),
    )
    return experience
