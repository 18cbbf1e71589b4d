"""A member's account, and what it takes to act for them at a club."""

import unicodedata

from pydantic import Field, SecretStr

from autotennis.values import Id, Instant, Value


def email_key(email: str) -> str:
    """What an e-mail address is known under, however it is written: two spellings of one address are one account."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


class Credentials(Value):
    """What a member logs in to the club with. The password prints as stars."""

    email: str = Field(min_length=3, max_length=100)
    password: SecretStr = Field(min_length=1, max_length=100)


class Member(Value):
    """An account of ours.

    `password_hash` is an argon2 hash of the account's own password. `club_member_ids` are the ids by which clubs know
    the member (by club id), read from the clubs' pages. `language` is `nb` or `en`. `is_operator` opens the console.
    """

    id: Id
    email: str = Field(min_length=3, max_length=100)
    password_hash: str = Field(repr=False)
    language: str = Field(default="nb", pattern="^(nb|en)$")
    created_at: Instant
    is_operator: bool = False
    club_member_ids: dict[str, int] = Field(default_factory=dict)

    def known_at(self, club_id: str, club_member_id: int) -> "Member":
        """The account when a club's page has shown by which id the club knows the member."""
        return self.model_copy(update={"club_member_ids": {**self.club_member_ids, club_id: club_member_id}})
