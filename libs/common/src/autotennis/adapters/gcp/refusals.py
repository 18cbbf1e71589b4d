"""Why deliveries were refused, in Firestore: Pub/Sub hears an answer's status, and forgets its text.

A reason is kept for two weeks; Firestore itself deletes it after that (a TTL policy on `expires_at`).
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis.adapters.gcp.documents import Documents, Key, Set
from autotennis.errors import AutotennisError
from autotennis.flow import Service
from autotennis.ports import Clock

COLLECTION: Final = "refusals"
_KEPT: Final = timedelta(days=14)
_LONGEST_REASON: Final = 500
_log = structlog.get_logger()


class GcpRefusals:
    """The port Refusals, and the way to read what was noted. It never raises for Firestore: a reason is a comfort."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def note(self, consumer: Service, data: bytes, reason: str) -> None:
        """Remembers the reason for a while, in place of an earlier one; if Firestore is away, only the log has it."""
        now = self._clock.now()
        text = " ".join(reason.split())[:_LONGEST_REASON]
        try:
            self._documents.commit(Set(_key(consumer, data), {"reason": text, "at": now, "expires_at": now + _KEPT}))
        except AutotennisError as error:
            _log.warning("a refusal could not be noted", consumer=consumer, refusal=text, reason=str(error))

    def reason(self, consumer: Service, data: bytes) -> str | None:
        """Why this consumer last refused a message with these bytes; None if that is not known (any more)."""
        try:
            found = self._documents.get(_key(consumer, data))
        except AutotennisError as error:
            _log.warning("a refusal could not be read", consumer=consumer, reason=str(error))
            return None
        if found is None:
            return None
        expires_at: datetime = found.fields["expires_at"]
        return str(found.fields["reason"]) if expires_at > self._clock.now() else None


def _key(consumer: Service, data: bytes) -> Key:
    return Key(COLLECTION, hashlib.sha256(f"{consumer.value}/".encode() + data).hexdigest())
