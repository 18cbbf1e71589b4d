"""A member's leaving for good, in the SQLite file: in one transaction, so that there is no half of it."""

from contextlib import suppress
from datetime import datetime
from sqlite3 import Connection
from typing import Final

from autotennis.adapters.local import bus
from autotennis.adapters.local.shelf import Shelf
from autotennis.domain.booking import Booking
from autotennis.domain.group import Group
from autotennis.domain.leaving import without
from autotennis.errors import DatabaseDamaged

BOUND_TO_MEMBER: Final = """
SELECT body FROM bookings WHERE bond_id IN (SELECT bond_id FROM bookings WHERE member_id = ? AND bond_id IS NOT NULL)
"""
GROUPS_OF: Final = "SELECT body FROM groups WHERE id IN (SELECT group_id FROM group_members WHERE member_id = ?)"
# What is deleted with a member, in this order; each is given the member's id. Whatever else is kept of a member one
# day belongs here, too.
FORGET: Final = (
    "DELETE FROM outbox WHERE booking_id IN (SELECT id FROM bookings WHERE member_id = ?)",
    "DELETE FROM bookings WHERE member_id = ?",
    "DELETE FROM series WHERE member_id = ?",
    "DELETE FROM invitations WHERE made_by = ?",
    "DELETE FROM member_messages WHERE member_id = ?",
    "DELETE FROM members WHERE id = ?",
)


class LeavingShelf(Shelf):
    """The port Store, as far as it forgets members."""

    def forget_member(self, member_id: str, now: datetime) -> None:
        """Deletes the account and all that is kept of it. Harmless when there is nothing (any more)."""
        with self._database.reading() as connection:
            last = connection.execute(bus.LAST).fetchone()[0]
            naming = connection.execute(bus.NAMING_MEMBER, (member_id,)).fetchall()
        with self._database.writing() as connection:
            naming += connection.execute(bus.LATER_NAMING_MEMBER, (last, member_id)).fetchall()
            connection.executemany("DELETE FROM messages WHERE seq = ?", naming)
            self._forget_who_asked(connection, member_id)
            self._leave_groups(connection, member_id, now)
            for statement in FORGET:
                connection.execute(statement, (member_id,))

    def _forget_who_asked(self, connection: Connection, member_id: str) -> None:
        for (body,) in connection.execute(BOUND_TO_MEMBER, (member_id,)).fetchall():
            # One that cannot be read must not keep anybody here.
            with suppress(DatabaseDamaged):
                changed = without(self._read(Booking, body), member_id)
                if changed:
                    connection.execute(
                        "UPDATE bookings SET body = ? WHERE id = ?", (changed.model_dump_json(), changed.id)
                    )

    def _leave_groups(self, connection: Connection, member_id: str, now: datetime) -> None:
        for (body,) in connection.execute(GROUPS_OF, (member_id,)).fetchall():
            group = self._read(Group, body).left(member_id, now)
            connection.execute("DELETE FROM group_members WHERE group_id = ? AND member_id = ?", (group.id, member_id))
            if group.members:
                connection.execute("UPDATE groups SET body = ? WHERE id = ?", (group.model_dump_json(), group.id))
            else:
                connection.execute("DELETE FROM groups WHERE id = ?", (group.id,))
