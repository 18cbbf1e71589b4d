"""Channels: list, show, add, change, remove, try out. Where they lead to, and what signs webhooks, is never told."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, WithJsonSchema

from autotennis.domain.channel import SHORTEST_SIGNING_SECRET, Channel, ChannelKind, ChannelTrouble, Level
from autotennis.domain.token import Scope
from autotennis.values import Instant, Value
from autotennis_api import channels
from autotennis_api.channels import Wished
from autotennis_api.desk import desk, me
from autotennis_api.message_forms import address_of, problem_of
from autotennis_api.rest.operations import Operation, Sent, operations
from autotennis_api.rest.problems import Problem

_LONGEST_LABEL: Final = 100
_Label = Annotated[str, StringConstraints(max_length=_LONGEST_LABEL)]
# Python would take a number for a secret's text, which the description does not say.
_SigningSecret = Annotated[str, Field(min_length=SHORTEST_SIGNING_SECRET, max_length=200, pattern="^[!-~]+$")]
_AddedKind = Annotated[
    Literal["email", "apprise", "webhook"],
    WithJsonSchema({"type": "string", "enum": ["email", "apprise", "webhook"]}),
]


class HealthTold(Value):
    """How a channel does; `trouble` says why the last message did not arrive, `stopped_at` that it was given up."""

    last_success: Instant | None
    last_failure: Instant | None
    trouble: ChannelTrouble | None
    detail: str
    in_a_row: int
    stopped_at: Instant | None


class ChannelTold(Value):
    """One way in which the member is told what happens. Nothing is told there before it is `confirmed`."""

    id: str
    kind: ChannelKind
    label: str
    level: Level
    door_code: bool
    confirmed: bool
    since: Instant
    health: HealthTold

    @classmethod
    def of(cls, channel: Channel) -> Self:
        """What is told of the channel."""
        return cls.model_validate({**dict(channel), "health": dict(channel.health)})


class Channels(Value):
    """The member's channels."""

    channels: tuple[ChannelTold, ...]


class ChannelSent(Sent):
    """A new channel.

    `address` is an e-mail address, an address of Apprise's such as `ntfys://ntfy.sh/topic`, or a webhook's `https://`
    address. A webhook's messages are signed with the `secret` if that is given, or else with one that the pages can
    renew. An empty `label` stands for a name that suggests itself. Only with `door_code` are door codes sent there.
    """

    kind: _AddedKind
    address: str = Field(min_length=1, max_length=2000)
    secret: _SigningSecret | None = None
    label: _Label = ""
    level: Literal["needs_me", "results", "everything"] = "results"
    door_code: bool = False


class ChannelChange(Sent):
    """What a channel is called and what is told there from now on; an empty `label` leaves its name as it is."""

    label: _Label = ""
    level: Literal["needs_me", "results", "everything"]
    door_code: bool


@operations.does(Operation("GET", "/channels", Scope.READ, Channels))
def list_channels() -> Channels:
    """The member's channels, the oldest first."""
    return Channels(channels=tuple(ChannelTold.of(one) for one in me().channels))


@operations.does(Operation("GET", "/channels/<channel_id>", Scope.READ, ChannelTold))
def show_channel(channel_id: str) -> ChannelTold:
    """One channel. What came of a test stands in its health."""
    return ChannelTold.of(channels.one_of(me(), channel_id))


@operations.does(
    Operation("POST", "/channels", Scope.MESSAGES, ChannelTold, body=ChannelSent, created="/channels/{id}")
)
def add_channel(body: ChannelSent) -> ChannelTold:
    """Adds a channel.

    Another e-mail address than the account's gets a link first, and nothing else before somebody follows that. Browsers
    are added on the pages.
    """
    kind = ChannelKind(body.kind)
    if not channels.is_set_up(desk().settings, kind):
        raise Problem(422, "cannot-be-done", "Whoever runs this service has not set up what this kind takes.")
    if wrong := problem_of(kind, body.address, is_private=desk().settings.private_receivers):
        raise Problem(422, "bad-address", str(wrong))
    secret = SecretStr(body.secret) if body.secret else channels.new_signing_secret(desk().ports)
    address = address_of(kind, body.address, secret)
    wished = Wished(body.label.strip(), Level(body.level), body.door_code)
    return ChannelTold.of(channels.add(desk().ports, desk().tries, me(), address, wished))


@operations.does(Operation("POST", "/channels/<channel_id>/change", Scope.MESSAGES, ChannelTold, body=ChannelChange))
def change_channel(channel_id: str, body: ChannelChange) -> ChannelTold:
    """Changes what is told there. One that was given up is tried again."""
    wished = Wished(body.label.strip(), Level(body.level), body.door_code)
    return ChannelTold.of(channels.change(desk().ports, me(), channel_id, wished))


@operations.does(Operation("POST", "/channels/<channel_id>/test", Scope.MESSAGES, ChannelTold))
def try_channel(channel_id: str) -> ChannelTold:
    """Has a message sent there; what came of it stands in the channel's health soon afterwards."""
    channels.test(desk().ports, desk().tries, me(), channel_id)
    return ChannelTold.of(channels.one_of(me(), channel_id))


@operations.does(Operation("POST", "/channels/<channel_id>/remove", Scope.MESSAGES, Channels))
def remove_channel(channel_id: str) -> Channels:
    """Removes a channel, and forgets where it led to; gives those that are left."""
    channels.one_of(me(), channel_id)
    channels.remove(desk().ports, me(), channel_id)
    left = desk().ports.store.member(me().id).channels
    return Channels(channels=tuple(ChannelTold.of(one) for one in left))
