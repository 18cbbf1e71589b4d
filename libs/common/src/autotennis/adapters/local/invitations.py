"""Invitations in the SQLite file: kept whole as JSON, beside the columns that they are looked up by."""

from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import Final

from autotennis.adapters.local.shelf import Shelf
from autotennis.domain.invitation import Invitation
from autotennis.errors import NotFound
from autotennis.values import utc_text

# Since version 5.
SCHEMA: Final = """
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX invitations_by_age ON invitations (made_at);
CREATE INDEX invitations_of_member ON invitations (made_by)
"""
NEWEST: Final = "SELECT body FROM invitations WHERE made_at > '' ORDER BY made_at DESC LIMIT ?"


class InvitationShelf(Shelf):
    """The port Store, as far as it keeps invitations."""

    def add_invitation(self, invitation: Invitation) -> None:
        """Adds an invitation. Adding the same one again is harmless."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO invitations (id, made_by, made_at, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (invitation.id, invitation.made_by, utc_text(invitation.made_at), invitation.model_dump_json()),
            )

    def invitation(self, invitation_id: str) -> Invitation:
        """The invitation. Raises NotFound."""
        with self._database.reading() as connection:
            return self._invitation(connection, invitation_id)

    def invitations(self, limit: int = 100) -> Sequence[Invitation]:
        """All invitations, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(NEWEST, (limit,)).fetchall()
        return self._readable(Invitation, [row[0] for row in rows])

    def change_invitation(self, invitation_id: str, fn: Callable[[Invitation], Invitation]) -> Invitation:
        """Commits `fn(invitation)`, with nobody writing in between. Raises NotFound."""
        with self._database.writing() as connection:
            changed = fn(self._invitation(connection, invitation_id))
            connection.execute(
                "UPDATE invitations SET body = ? WHERE id = ?", (changed.model_dump_json(), invitation_id)
            )
        return changed

    def _invitation(self, connection: Connection, invitation_id: str) -> Invitation:
        row = connection.execute("SELECT body FROM invitations WHERE id = ?", (invitation_id,)).fetchone()
        if row is None:
            raise NotFound("There is no such invitation.")
        return self._read(Invitation, row[0])
