"""Groups in the SQLite file: kept whole as JSON, beside a table of who is in which."""

from collections.abc import Callable, Sequence
from sqlite3 import Connection
from typing import Final

from autotennis.adapters.local.shelf import Shelf
from autotennis.domain.group import Group
from autotennis.errors import NotFound

# Since version 5.
SCHEMA: Final = """
CREATE TABLE groups (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE group_members (
    member_id TEXT NOT NULL,
    group_id TEXT NOT NULL REFERENCES groups (id),
    PRIMARY KEY (member_id, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_of_group ON group_members (group_id)
"""
OF_MEMBER: Final = """
SELECT body FROM groups WHERE id IN (SELECT group_id FROM group_members WHERE member_id = ?) ORDER BY rowid LIMIT ?
"""


class GroupShelf(Shelf):
    """The port Store, as far as it keeps groups."""

    def add_group(self, group: Group) -> None:
        """Adds a group. Adding the same one again is harmless."""
        with self._database.writing() as connection:
            added = connection.execute(
                "INSERT INTO groups (id, body) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
                (group.id, group.model_dump_json()),
            )
            if added.rowcount:
                _note_members(connection, group)

    def group(self, group_id: str) -> Group:
        """The group. Raises NotFound."""
        with self._database.reading() as connection:
            return self._group(connection, group_id)

    def groups_of(self, member_id: str, limit: int = 100) -> Sequence[Group]:
        """The groups that the member is in, the oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(OF_MEMBER, (member_id, limit)).fetchall()
        return self._readable(Group, [row[0] for row in rows])

    def change_group(self, group_id: str, fn: Callable[[Group], Group]) -> Group:
        """Commits `fn(group)`, with nobody writing in between. Raises NotFound."""
        with self._database.writing() as connection:
            changed = fn(self._group(connection, group_id))
            connection.execute("UPDATE groups SET body = ? WHERE id = ?", (changed.model_dump_json(), group_id))
            _note_members(connection, changed)
        return changed

    def _group(self, connection: Connection, group_id: str) -> Group:
        row = connection.execute("SELECT body FROM groups WHERE id = ?", (group_id,)).fetchone()
        if row is None:
            raise NotFound("There is no such group.")
        return self._read(Group, row[0])


def _note_members(connection: Connection, group: Group) -> None:
    connection.execute("DELETE FROM group_members WHERE group_id = ?", (group.id,))
    connection.executemany(
        "INSERT INTO group_members (member_id, group_id) VALUES (?, ?)",
        [(one.member_id, group.id) for one in group.members],
    )
