"""Messages to members in the SQLite file: kept whole as JSON, beside the columns that they are looked up by."""

from collections.abc import Callable, Sequence
from datetime import datetime
from sqlite3 import Connection
from typing import Final

from autotennis.adapters.local.shelf import Shelf
from autotennis.domain.message import KEPT_FOR, Message, MessageState
from autotennis.errors import NotFound
from autotennis.values import utc_text

# Since version 6. `due_at` is NULL for a message that is not to be told any more, `died_at` for one not given up.
SCHEMA: Final = """
CREATE TABLE member_messages (
    id TEXT PRIMARY KEY,
    member_id TEXT NOT NULL,
    channel_id TEXT NOT NULL,
    made_at TEXT NOT NULL,
    due_at TEXT,
    died_at TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX member_messages_of_member ON member_messages (member_id, made_at);
CREATE INDEX member_messages_due ON member_messages (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX member_messages_of_channel ON member_messages (channel_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX member_messages_dead ON member_messages (died_at) WHERE died_at IS NOT NULL;
CREATE INDEX member_messages_over ON member_messages (made_at) WHERE due_at IS NULL
"""
DUE: Final = "SELECT body FROM member_messages WHERE due_at <= ? ORDER BY due_at, rowid LIMIT ?"
DUE_OF_CHANNEL: Final = """
SELECT body FROM member_messages WHERE channel_id = ? AND due_at <= ? ORDER BY due_at, rowid LIMIT ?
"""
OF_MEMBER: Final = "SELECT body FROM member_messages WHERE member_id = ? ORDER BY made_at DESC, rowid DESC LIMIT ?"
DEAD: Final = "SELECT body FROM member_messages WHERE died_at IS NOT NULL ORDER BY died_at DESC, rowid DESC LIMIT ?"
OVER: Final = "DELETE FROM member_messages WHERE due_at IS NULL AND made_at < ?"


class MessageShelf(Shelf):
    """The port Store, as far as it keeps messages."""

    def add_messages(self, messages: Sequence[Message]) -> None:
        """Adds those that are not there, and forgets what was settled long ago."""
        if not messages:
            return
        with self._database.writing() as connection:
            connection.execute(OVER, (utc_text(max(one.made_at for one in messages) - KEPT_FOR),))
            connection.executemany(
                "INSERT INTO member_messages (member_id, channel_id, made_at, due_at, died_at, body, id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                [_row(one) for one in messages],
            )

    def message(self, message_id: str) -> Message:
        """The message. Raises NotFound."""
        with self._database.reading() as connection:
            return self._message(connection, message_id)

    def change_message(self, message_id: str, fn: Callable[[Message], Message]) -> Message:
        """Commits `fn(message)`, with nobody writing in between. Raises NotFound."""
        with self._database.writing() as connection:
            changed = fn(self._message(connection, message_id))
            connection.execute(
                "UPDATE member_messages SET member_id = ?, channel_id = ?, made_at = ?, due_at = ?, died_at = ?, "
                "body = ? WHERE id = ?",
                _row(changed),
            )
        return changed

    def messages_due(self, now: datetime, limit: int = 500, channel_id: str | None = None) -> Sequence[Message]:
        """The waiting messages whose time has come, the earliest first: of one channel, or of all."""
        query, about = (DUE, ()) if channel_id is None else (DUE_OF_CHANNEL, (channel_id,))
        with self._database.reading() as connection:
            rows = connection.execute(query, (*about, utc_text(now), limit)).fetchall()
        return self._readable(Message, [row[0] for row in rows])

    def messages_of(self, member_id: str, limit: int = 100) -> Sequence[Message]:
        """The member's messages, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(OF_MEMBER, (member_id, limit)).fetchall()
        return self._readable(Message, [row[0] for row in rows])

    def dead_messages(self, limit: int = 100) -> Sequence[Message]:
        """Everybody's messages that were given up, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(DEAD, (limit,)).fetchall()
        return self._readable(Message, [row[0] for row in rows])

    def _message(self, connection: Connection, message_id: str) -> Message:
        row = connection.execute("SELECT body FROM member_messages WHERE id = ?", (message_id,)).fetchone()
        if row is None:
            raise NotFound("There is no such message.")
        return self._read(Message, row[0])


def _row(message: Message) -> tuple[str | None, ...]:
    return (
        message.member_id,
        message.channel_id,
        utc_text(message.made_at),
        utc_text(message.due_at) if message.is_waiting else None,
        utc_text(message.changed_at) if message.state is MessageState.DEAD else None,
        message.model_dump_json(),
        message.id,
    )
