"""Messages to members in Firestore."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice

from autotennis.adapters.gcp import queries, rows
from autotennis.adapters.gcp.shelf import Computed, Shelf
from autotennis.domain.message import Message
from autotennis.values import utc_text


class MessageShelf(Shelf):
    """The port Store, as far as it keeps messages. What was settled long ago is deleted by Firestore itself."""

    def add_messages(self, messages: Sequence[Message]) -> None:
        """Adds those that are not there. Raises StoreBusy: then some may have been added."""
        for message in messages:
            self._add(rows.message_key(message.id), rows.message_fields(message))

    def message(self, message_id: str) -> Message:
        """The message. Raises NotFound."""
        return rows.read(Message, self._existing(rows.message_key(message_id), Message))

    def change_message(self, message_id: str, fn: Callable[[Message], Message]) -> Message:
        """Commits `fn(message)` unless it changed meanwhile; then runs the pure `fn` again.

        Raises NotFound, StoreBusy.
        """

        def compute(before: Message) -> Computed[Message]:
            changed = fn(before)
            return Computed(changed, rows.message_fields(changed), ())

        return self._change(rows.message_key(message_id), Message, compute)

    def messages_due(self, now: datetime, limit: int = 500, channel_id: str | None = None) -> Sequence[Message]:
        """The waiting messages whose time has come, the earliest first: of one channel, or of all."""
        about = {"is_waiting": True, "due_at": utc_text(now) + "\uffff"}
        if channel_id is None:
            found = self._all(queries.MESSAGES_DUE, about)
        else:
            found = self._all(queries.MESSAGES_DUE_OF_CHANNEL, {"channel_id": channel_id, **about})
        return rows.readable(Message, islice(found, limit))

    def messages_of(self, member_id: str, limit: int = 100) -> Sequence[Message]:
        """The member's messages, the newest first."""
        return rows.readable(Message, self._documents.find(queries.MESSAGES_OF, {"member_id": member_id}, limit))

    def dead_messages(self, limit: int = 100) -> Sequence[Message]:
        """Everybody's messages that were given up, the newest first."""
        return rows.readable(Message, self._documents.find(queries.DEAD_MESSAGES, {"is_dead": True}, limit))
