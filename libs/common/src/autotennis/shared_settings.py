"""Settings that several services share, but not all."""

from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, model_validator

from autotennis.domain.checks import CheckRules
from autotennis.settings import Mark, Settings

_SHORTEST_LINK_SECRET: Final = 32
_VAPID_KEY_LENGTH: Final = 43


class CheckSettings(Settings):
    """When bookings are checked before their opening: for who plans the checks, and for who makes them."""

    checks_before_h: str = Field(
        default="24,4",
        pattern=r"^(\d{1,3}(\.\d{1,6})?(,\d{1,3}(\.\d{1,6})?){0,5})?$",
        description="How many hours before its opening a booking is checked, several with commas; empty: not at all.",
        examples=["24,4"],
    )
    checks_spread_min: float = Field(
        default=60.0, ge=0, le=360, description="Over how many minutes before that a club's checks are spread."
    )
    checks_quiet_min: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="From how many minutes before an opening on neither checks nor the canary ask its club for "
        "anything.",
    )

    @property
    def checks(self) -> CheckRules:
        """When bookings are checked before their opening."""
        hours = tuple(float(text) for text in self.checks_before_h.split(",") if text)
        quiet_after = min(self.checks_quiet_min, CheckRules().quiet_after_min)
        return CheckRules(
            hours_before=hours,
            spread_min=self.checks_spread_min,
            quiet_min=self.checks_quiet_min,
            quiet_after_min=quiet_after,
        )


class MessageSettings(Settings):
    """For messages to members: for who sends them, and for the pages where members choose them."""

    public_url: str = Field(
        default="",
        max_length=200,
        pattern=r"^(https?://[^\s/?#@]+(/[^\s?#]*)?)?$",
        description="Where members reach the pages: the links in messages lead there. On one machine it is, unless "
        "you say otherwise, an address that no other machine reaches.",
        examples=["https://book.example.org"],
    )
    link_secret: Annotated[SecretStr, Mark.GIVEN] = Field(
        default=SecretStr(""),
        description="Signs the links in messages, which act without signing in: whoever has it can be anybody. "
        f"{_SHORTEST_LINK_SECRET} random characters or more; if it changes, the links that were sent end.",
    )
    mail_from: str = Field(
        default="",
        max_length=200,
        pattern=r"^([^\x00-\x1f\x7f]*[^\s@<>]+@[^\s@<>]+>?)?$",
        description="Whom e-mail is from; empty: there is no e-mail.",
        examples=["Autotennis <booking@example.org>"],
    )
    private_receivers: Annotated[bool, Mark.ONE_MACHINE] = Field(
        default=False,
        description="Whether messages may go to private addresses and without TLS: only where nobody but you has an "
        "account.",
    )
    vapid_private_key: Annotated[SecretStr, Mark.GIVEN] = Field(
        default=SecretStr(""),
        description="The P-256 key by which browsers' push services know us: 32 random bytes in base64url without "
        "`=`. If it changes, every browser has to be added again; empty: there is no web push.",
    )

    @model_validator(mode="after")
    def _messages_can_be_sent(self) -> Self:
        if self.link_secret and len(self.link_secret) < _SHORTEST_LINK_SECRET:
            raise ValueError(f"AUTOTENNIS_LINK_SECRET needs at least {_SHORTEST_LINK_SECRET} characters")
        if self.vapid_private_key and len(self.vapid_private_key) != _VAPID_KEY_LENGTH:
            raise ValueError("AUTOTENNIS_VAPID_PRIVATE_KEY has to be 32 bytes in base64url, which is 43 characters")
        return self

    @property
    def public_root(self) -> str:
        """`public_url` without a slash at its end."""
        return self.public_url.rstrip("/")
