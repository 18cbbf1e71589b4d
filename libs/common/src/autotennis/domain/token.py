"""A personal token: what a member's own programs show in place of a password."""

import hashlib
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from pydantic import Field, SecretStr

from autotennis.values import Id, Instant, Value

MOST_TOKENS: Final = 10
LONGEST_NAME: Final = 60


class Scope(StrEnum):
    """What a token is good for."""

    READ = "read"
    BOOK = "book"
    CANCEL = "cancel"
    MESSAGES = "messages"


class ApiToken(Value):
    """What is kept of a token: enough to know it again, and nothing to make it from.

    `digest` is the SHA-256 of its text, which holds far too much chance to be guessed. `last_used` is the last day
    (UTC) on which it was shown.
    """

    id: Id
    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope))
    digest: str = Field(pattern="^[0-9a-f]{64}$", repr=False)
    created_at: Instant
    expires_at: Instant
    last_used: date | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it is good for anything still."""
        return now < self.expires_at

    def allows(self, scope: Scope) -> bool:
        """Whether it is good for that."""
        return scope in self.scopes


def digest_of(text: SecretStr) -> str:
    """By what a token's text is known again."""
    return hashlib.sha256(text.get_secret_value().encode()).hexdigest()
