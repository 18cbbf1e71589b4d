"""A channel by which a member is told what happens, and what they wish to be told.

What a channel is called, how it does and what it is for is kept with its member; its address is a secret, and lies in
the vault (`autotennis.member_secrets`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, TypeAdapter, field_validator

from autotennis.domain.receivers import apprise_problem
from autotennis.values import Id, Instant, QuietHours, Value

MOST_CHANNELS: Final = 10
LONGEST_REMINDER_MIN: Final = 7 * 24 * 60
# The least that a secret which signs webhooks may have, in characters.
SHORTEST_SIGNING_SECRET: Final = 32


class ChannelKind(StrEnum):
    """What a channel leads to."""

    EMAIL = "email"
    APPRISE = "apprise"
    WEB_PUSH = "web_push"
    WEBHOOK = "webhook"


class Level(StrEnum):
    """How much is told: only what needs the member, what came of bookings too, or everything."""

    NEEDS_ME = "needs_me"
    RESULTS = "results"
    EVERYTHING = "everything"

    def wants(self, level: "Level") -> bool:
        """Whether a channel of this level tells what is of that one."""
        order = tuple(Level)
        return order.index(level) <= order.index(self)


class ChannelTrouble(StrEnum):
    """Why a message could not be told.

    The receiver did not answer, or said that it could not take it now (`busy`); it refuses what comes from here
    (`refused`) or is not there any more (`gone`); its address cannot be used (`bad_address`) or may not be asked
    (`not_allowed`); or whoever runs this installation has not set up what it takes (`not_set_up`).
    """

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REFUSED = "refused"
    GONE = "gone"
    BAD_ADDRESS = "bad_address"
    NOT_ALLOWED = "not_allowed"
    NOT_SET_UP = "not_set_up"


class Health(Value):
    """How a channel does: when it last worked, when and why it last failed, and how often in a row since it worked.

    `detail` adds what a person needs, such as the status of an answer, and never a secret. A channel that was given up
    says since when (`stopped_at`): nothing is sent there until its member changes or tests it.
    """

    last_success: Instant | None = None
    last_failure: Instant | None = None
    trouble: ChannelTrouble | None = None
    detail: str = Field(default="", max_length=200)
    in_a_row: int = Field(default=0, ge=0)
    stopped_at: Instant | None = None

    def succeeded(self, now: datetime) -> "Health":
        """A message arrived: whatever was wrong is over."""
        return Health(last_success=now, last_failure=self.last_failure)

    def failed(self, trouble: ChannelTrouble, detail: str, now: datetime) -> "Health":
        """A message did not arrive."""
        return Health(
            last_success=self.last_success,
            last_failure=now,
            trouble=trouble,
            detail=detail[:200],
            in_a_row=self.in_a_row + 1,
            stopped_at=self.stopped_at,
        )

    def resumed(self) -> "Health":
        """It is tried again."""
        return self.model_copy(update={"stopped_at": None})

    def stopped(self, now: datetime) -> "Health":
        """It is given up."""
        return self.model_copy(update={"stopped_at": self.stopped_at or now})


class Channel(Value):
    """One way to tell a member something.

    `label` is what the settings page calls it, and never secret: `Telegram`, or the host of a webhook. Only where
    `door_code` allows it is a door code sent there. As long as it is not `confirmed` by whoever reads there, nothing is
    sent but the question whether it is theirs.
    """

    id: Id
    kind: ChannelKind
    label: str = Field(min_length=1, max_length=100)
    level: Level = Level.RESULTS
    door_code: bool = False
    confirmed: bool = True
    since: Instant
    health: Health = Health()

    @property
    def is_stopped(self) -> bool:
        """Whether it was given up."""
        return self.health.stopped_at is not None

    @property
    def is_told(self) -> bool:
        """Whether anything is told there."""
        return self.confirmed and not self.is_stopped

    def with_health(self, health: Health) -> Self:
        """The channel when it does so."""
        return self.model_copy(update={"health": health})


class Telling(Value):
    """When a member wishes to be told.

    In the `quiet` hours (by the club's clock) only what cannot wait is told. `remind_before_min` is how many minutes
    before a session they are reminded of it; 0 for never.
    """

    quiet: QuietHours | None = None
    remind_before_min: int = Field(default=120, ge=0, le=LONGEST_REMINDER_MIN)


def _http(given: SecretStr) -> SecretStr:
    """Whether it may be asked at all depends on the settings, and on where its name leads to when that is asked."""
    try:
        url = HttpUrl(given.get_secret_value())
    except ValueError:
        raise ValueError("must be an address such as https://example.org/hook") from None
    if url.username or url.password or url.fragment:
        raise ValueError("must have no user name, password or fragment")
    return given


_HttpUrl = Annotated[SecretStr, Field(max_length=2000), AfterValidator(_http)]


class _Address(Value):
    @field_validator("*")
    @classmethod
    def _is_one_line(cls, value: Any) -> Any:
        if isinstance(value, SecretStr) and any(sign < " " or sign == "\x7f" for sign in value.get_secret_value()):
            raise ValueError("must be one line")
        return value


class EmailAddress(_Address):
    """Where e-mail goes to."""

    kind: Literal[ChannelKind.EMAIL] = ChannelKind.EMAIL
    email: SecretStr = Field(min_length=3, max_length=254)

    @field_validator("email")
    @classmethod
    def _is_of_one_box(cls, email: SecretStr) -> SecretStr:
        name, at, host = email.get_secret_value().rpartition("@")
        if not (name and at and host) or any(sign in email.get_secret_value() for sign in ' ,;<>"'):
            raise ValueError("must be one e-mail address, such as ola@example.org")
        return email


class AppriseAddress(_Address):
    """An address of Apprise's, such as `tgram://token/chat`."""

    kind: Literal[ChannelKind.APPRISE] = ChannelKind.APPRISE
    url: SecretStr = Field(min_length=6, max_length=2000)

    @field_validator("url")
    @classmethod
    def _may_be_used(cls, url: SecretStr) -> SecretStr:
        if problem := apprise_problem(url.get_secret_value()):
            raise ValueError(f"cannot be used: {problem.value}")
        return url


class PushAddress(_Address):
    """A browser's push subscription, as `PushSubscription.toJSON()` has it (RFC 8291: base64url without padding)."""

    kind: Literal[ChannelKind.WEB_PUSH] = ChannelKind.WEB_PUSH
    endpoint: _HttpUrl
    p256dh: SecretStr = Field(min_length=80, max_length=100)
    auth: SecretStr = Field(min_length=20, max_length=30)


class WebhookAddress(_Address):
    """A receiver of webhooks, and the secret that they are signed with."""

    kind: Literal[ChannelKind.WEBHOOK] = ChannelKind.WEBHOOK
    url: _HttpUrl
    secret: SecretStr = Field(min_length=SHORTEST_SIGNING_SECRET, max_length=200)


ChannelAddress = Annotated[EmailAddress | AppriseAddress | PushAddress | WebhookAddress, Field(discriminator="kind")]
ADDRESSES: Final[TypeAdapter[ChannelAddress]] = TypeAdapter(ChannelAddress)
