"""A member's account, and what it takes to act for them at a club."""

import unicodedata
from datetime import date, datetime
from typing import Any, Final, Self

from pydantic import Field, SecretStr

from autotennis.domain.channel import MOST_CHANNELS, Channel, Telling
from autotennis.domain.token import MOST_TOKENS, ApiToken
from autotennis.errors import IllegalMove, Stale
from autotennis.values import Id, Instant, Value


def email_key(email: str) -> str:
    """What an e-mail address is known under, however it is written: two spellings of one address are one account."""
    return unicodedata.normalize("NFC", email.strip()).casefold()


# Whoever signs in once more ends the session that is the oldest of so many.
MOST_SIGN_INS: Final = 20


class Credentials(Value):
    """What a member logs in to the club with. The password prints as stars."""

    email: str = Field(min_length=3, max_length=100)
    password: SecretStr = Field(min_length=1, max_length=100)


class SignIn(Value):
    """One place where the member is signed in: in a browser of that coarse name, last used on that day (UTC)."""

    id: Id
    since: Instant
    browser: str = Field(default="", max_length=60)
    last_used: date


class CalendarAddress(Value):
    """Where calendar programs find the member's bookings; of the address's secret part only its fingerprint is kept."""

    fingerprint: Id = Field(repr=False)
    since: Instant


class Member(Value):
    """An account of ours.

    `password_hash` is an argon2 hash of the account's own password. `club_member_ids` are the ids by which clubs know
    the member (by club id), read from the clubs' pages. `language` is `nb` or `en`. `proven_at` is when each club took
    the login as it was entered here. `sign_ins` are where the member is signed in, the oldest first. An operator
    (`is_operator`) runs the installation and invites others. `tokens` are those of the member's own programs. By the
    `channels` the member is told what happens, when they wish it (`telling`).
    """

    id: Id
    email: str = Field(min_length=3, max_length=100)
    password_hash: str = Field(repr=False)
    language: str = Field(default="nb", pattern="^(nb|en)$")
    created_at: Instant
    is_operator: bool = False
    club_member_ids: dict[str, int] = Field(default_factory=dict)
    tokens: tuple[ApiToken, ...] = Field(default=(), max_length=MOST_TOKENS)
    proven_at: dict[str, Instant] = Field(default_factory=dict)
    sign_ins: tuple[SignIn, ...] = Field(default=(), max_length=MOST_SIGN_INS)
    calendar: CalendarAddress | None = None
    channels: tuple[Channel, ...] = Field(default=(), max_length=MOST_CHANNELS)
    telling: Telling = Telling()

    def known_at(self, club_id: str, club_member_id: int) -> "Member":
        """The account when a club's page has shown by which id the club knows the member."""
        return self.model_copy(update={"club_member_ids": {**self.club_member_ids, club_id: club_member_id}})

    def with_token(self, token: ApiToken) -> "Member":
        """The account with one more token. Raises IllegalMove if there are too many."""
        if len(self.tokens) >= MOST_TOKENS:
            raise IllegalMove(f"The member has {MOST_TOKENS} tokens already.")
        return self.model_copy(update={"tokens": (*self.tokens, token)})

    def without_token(self, token_id: str) -> "Member":
        """The account without that token, whether it was there or not."""
        return self.model_copy(update={"tokens": tuple(one for one in self.tokens if one.id != token_id)})

    def without_tokens(self) -> "Member":
        """The account without any token: whoever had one gets in no more."""
        return self.model_copy(update={"tokens": ()})

    def token_used(self, token_id: str, day: date) -> "Member":
        """The account when that token was shown on that day."""
        used = [one.model_copy(update={"last_used": day}) if one.id == token_id else one for one in self.tokens]
        return self.model_copy(update={"tokens": tuple(used)})

    def proven(self, club_id: str, now: datetime) -> Self:
        """The club took the login that was entered."""
        return self._with(proven_at={**self.proven_at, club_id: now})

    def signed_in(self, sign_in_id: str, browser: str, now: datetime) -> Self:
        """Signed in at one more place; the oldest ends where there are too many."""
        new = SignIn(id=sign_in_id, since=now, browser=browser, last_used=now.date())
        return self._with(sign_ins=(*self.sign_ins, new)[-MOST_SIGN_INS:])

    def sign_in_of(self, sign_in_id: str) -> SignIn | None:
        """The place where they are signed in under this id; None if they are not (any more)."""
        return next((one for one in self.sign_ins if one.id == sign_in_id), None)

    def used_on(self, sign_in_id: str, day: date) -> Self:
        """That one was used on this day."""
        seen = [one.model_copy(update={"last_used": day}) if one.id == sign_in_id else one for one in self.sign_ins]
        return self._with(sign_ins=tuple(seen))

    def signed_out(self, sign_in_id: str) -> Self:
        """Signed in there no more."""
        return self._with(sign_ins=tuple(one for one in self.sign_ins if one.id != sign_in_id))

    def signed_out_but(self, sign_in_id: str) -> Self:
        """Signed in nowhere else."""
        return self._with(sign_ins=tuple(one for one in self.sign_ins if one.id == sign_in_id))

    def with_password(self, password_hash: str) -> Self:
        """With another password: whoever came in with the earlier one is signed out."""
        return self._with(password_hash=password_hash, sign_ins=())

    def looking_after(self, *, is_operator: bool) -> Self:
        """An operator from now on, or no more. Raises Stale if that is so already."""
        if self.is_operator == is_operator:
            raise Stale("That is so already.")
        return self._with(is_operator=is_operator)

    def with_calendar(self, fingerprint: str | None, now: datetime) -> Self:
        """With another address for calendar programs, or with none: the earlier one leads nowhere."""
        address = CalendarAddress(fingerprint=fingerprint, since=now) if fingerprint else None
        return self._with(calendar=address)

    def channel(self, channel_id: str) -> Channel | None:
        """The channel with this id; None if they have none such (any more)."""
        return next((one for one in self.channels if one.id == channel_id), None)

    def with_channel(self, channel: Channel) -> Self:
        """With one more channel. Raises IllegalMove if there are too many."""
        if len(self.channels) >= MOST_CHANNELS:
            raise IllegalMove(f"The member has {MOST_CHANNELS} channels already.")
        return self._with(channels=(*self.channels, channel))

    def without_channel(self, channel_id: str) -> Self:
        """Without that channel, whether it was there or not."""
        return self._with(channels=tuple(one for one in self.channels if one.id != channel_id))

    def channel_changed(self, channel: Channel) -> Self:
        """With that channel in place of the one with its id; as it was if there is none such (any more)."""
        return self._with(channels=tuple(channel if one.id == channel.id else one for one in self.channels))

    def channel_resumed(self, channel_id: str) -> Self:
        """With that channel used again, if it is there and was given up."""
        channel = self.channel(channel_id)
        return self.channel_changed(channel.with_health(channel.health.resumed())) if channel else self

    def with_telling(self, telling: Telling) -> Self:
        """Told so from now on."""
        return self._with(telling=telling)

    def _with(self, **changes: Any) -> Self:
        """A changed copy that is checked like a new one."""
        return type(self).model_validate({**dict(self), **changes})
