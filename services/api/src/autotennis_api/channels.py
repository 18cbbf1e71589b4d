"""The channels by which a member is told what happens, free of Flask: add, change, remove, try out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr, ValidationError

from autotennis.domain.channel import (
    Channel,
    ChannelAddress,
    ChannelKind,
    EmailAddress,
    Health,
    Level,
    PushAddress,
    Telling,
    WebhookAddress,
)
from autotennis.domain.member import Member, email_key
from autotennis.errors import IllegalMove, NotFound, VaultLocked
from autotennis.events import ChannelTestRequested
from autotennis.member_secrets import channel_address, forget_channel_address, keep_channel_address
from autotennis.ports import Ports
from autotennis_api import push_keys
from autotennis_api.settings import ApiSettings
from autotennis_api.tries import Rule, Tries

# Names of services, which need no translation. Others are called by the beginning of their address.
_SERVICES: Final = {
    "tgram": "Telegram",
    "slack": "Slack",
    "discord": "Discord",
    "ntfy": "ntfy",
    "ntfys": "ntfy",
    "matrix": "Matrix",
    "matrixs": "Matrix",
    "gchat": "Google Chat",
    "signal": "Signal",
    "signals": "Signal",
    "whatsapp": "WhatsApp",
    "pover": "Pushover",
}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wished:
    """What a channel is to be called (empty: as its address suggests), and what is told there.

    `instead_of` is the id of a channel whose place a new one takes, because it leads elsewhere: links in messages that
    went to the earlier address are good for nothing there.
    """

    label: str = ""
    level: Level = Level.RESULTS
    door_code: bool = False
    instead_of: str = ""


def is_set_up(settings: ApiSettings, kind: ChannelKind) -> bool:
    """Whether whoever runs this installation has set up what that kind takes."""
    match kind:
        case ChannelKind.EMAIL:
            return bool(settings.mail_from)
        case ChannelKind.WEB_PUSH:
            return bool(push_keys.public_key(settings))
        case ChannelKind.APPRISE | ChannelKind.WEBHOOK:
            return True


def suggested_label(address: ChannelAddress) -> str:
    """What a channel is called by its address, without giving that away."""
    match address:
        case EmailAddress():
            name, _, host = address.email.get_secret_value().rpartition("@")
            return f"{name[:1]}…@{host}"[:100]
        case PushAddress():
            return "Web Push"
        case WebhookAddress():
            return (urlsplit(address.url.get_secret_value()).hostname or "webhook")[:100]
        case _:
            scheme = address.url.get_secret_value().partition(":")[0].lower()
            return _SERVICES.get(scheme, scheme)


def name_of(ports: Ports, member: Member, channel: Channel) -> str:
    """The name that its member gave it; empty where it is called after its address."""
    address = _address(ports, member, channel.id)
    return "" if address and channel.label == suggested_label(address) else channel.label


def new_signing_secret(ports: Ports) -> SecretStr:
    """A secret for a webhook's signatures, as the Standard Webhooks write them."""
    return SecretStr("whsec_" + "".join(ports.ids.new() for _ in range(2)))


def told_by_email(ports: Ports, member: Member) -> Member:
    """An account that is about to be made, told by e-mail what comes of its bookings; its address is kept already."""
    try:
        address = EmailAddress(email=SecretStr(member.email))
    except ValidationError:
        return member  # what a club lets in with need not be an address that mail reaches
    channel = _channel(ports, address, Wished(), confirmed=True)
    keep_channel_address(ports.vault, member.id, channel.id, address)
    return member.with_channel(channel)


def add(ports: Ports, tries: Tries, member: Member, address: ChannelAddress, wished: Wished) -> Channel:
    """A new channel. Another e-mail address than the account's is asked first whether it wants to be one.

    Raises IllegalMove if there are too many, TooManyTries.
    """
    _count(tries, member, address)
    return _keep(ports, member, address, wished)


def add_browser(ports: Ports, tries: Tries, member: Member, address: PushAddress, browser: str) -> Channel:
    """Notifications in one browser. One that is a channel already stays that one. Raises as `add`."""
    for channel in member.channels:
        if channel.kind is ChannelKind.WEB_PUSH and _endpoint(ports, member, channel) == address.endpoint:
            keep_channel_address(ports.vault, member.id, channel.id, address)
            return _change(ports, member, channel.id, lambda it: it.with_health(Health()))
    return add(ports, tries, member, address, Wished(label=browser))


def change(ports: Ports, member: Member, channel_id: str, wished: Wished) -> Channel:
    """The channel as it is wished now; one that was given up is tried again. Raises NotFound."""

    def changed(it: Channel) -> Channel:
        health = Health(last_success=it.health.last_success) if it.is_stopped else it.health
        told = {"level": wished.level, "door_code": wished.door_code, "label": wished.label or it.label}
        return it.model_copy(update={**told, "health": health})

    return _change(ports, member, channel_id, changed)


def remove(ports: Ports, member: Member, channel_id: str) -> None:
    """Nothing is told there any more. Harmless when there is none such."""
    ports.store.change_member(member.id, lambda it: it.without_channel(channel_id))
    forget_channel_address(ports.vault, member.id, channel_id)
    _log.info("channel removed", channel_id=channel_id)


def confirm(ports: Ports, member: Member, channel_id: str) -> None:
    """Whoever reads there says that it is theirs. Raises NotFound."""
    _change(ports, member, channel_id, lambda it: it.model_copy(update={"confirmed": True}))


def test(ports: Ports, tries: Tries, member: Member, channel_id: str) -> None:
    """Has a message sent there; what came of it is in the channel's health then. Raises NotFound, TooManyTries."""
    channel = one_of(member, channel_id)
    tries.count(Rule.CHANNEL_TEST_OF_MEMBER, member.id)
    if not channel.confirmed:
        tries.count(Rule.STRANGE_ADDRESS_OF_MEMBER, member.id)
    _ask_for_test(ports, member, channel_id)


def renew_secret(ports: Ports, member: Member, channel_id: str) -> SecretStr:
    """Another secret for a webhook's signatures: the earlier one signs nothing any more. Raises NotFound."""
    one_of(member, channel_id)
    address, secret = _address(ports, member, channel_id), new_signing_secret(ports)
    if not isinstance(address, WebhookAddress):
        raise NotFound(f"There is no webhook {channel_id}.")
    renewed = address.model_copy(update={"secret": secret})
    keep_channel_address(ports.vault, member.id, channel_id, renewed)
    return secret


def tell(ports: Ports, member: Member, telling: Telling) -> Member:
    """When the member wishes to be told."""
    return ports.store.change_member(member.id, lambda it: it.with_telling(telling))


def one_of(member: Member, channel_id: str) -> Channel:
    """The member's own channel. Raises NotFound, also for somebody else's: nobody learns that it exists."""
    channel = member.channel(channel_id)
    if channel is None:
        raise NotFound(f"There is no channel {channel_id}.")
    return channel


def _channel(ports: Ports, address: ChannelAddress, wished: Wished, *, confirmed: bool) -> Channel:
    return Channel(
        id=ports.ids.new(),
        kind=address.kind,
        label=wished.label or suggested_label(address),
        level=wished.level,
        door_code=wished.door_code,
        confirmed=confirmed,
        since=ports.clock.now(),
    )


def _count(tries: Tries, member: Member, address: ChannelAddress) -> None:
    tries.count(Rule.CHANNEL_OF_MEMBER, member.id)
    if _is_strange(member, address):
        tries.count(Rule.STRANGE_ADDRESS_OF_MEMBER, member.id)


def _keep(ports: Ports, member: Member, address: ChannelAddress, wished: Wished) -> Channel:
    channel = _channel(ports, address, wished, confirmed=not _is_strange(member, address))
    # The address first: a channel without one would fail, an address without a channel is only dust.
    keep_channel_address(ports.vault, member.id, channel.id, address)
    try:
        ports.store.change_member(member.id, lambda it: it.without_channel(wished.instead_of).with_channel(channel))
    except IllegalMove:
        forget_channel_address(ports.vault, member.id, channel.id)
        raise
    if wished.instead_of:
        forget_channel_address(ports.vault, member.id, wished.instead_of)
    _log.info("channel added", channel_id=channel.id, channel_kind=channel.kind.value)
    if not channel.confirmed:
        _ask_for_test(ports, member, channel.id)
    return channel


def _change(ports: Ports, member: Member, channel_id: str, fn: Callable[[Channel], Channel]) -> Channel:
    changed = ports.store.change_member(member.id, lambda it: it.channel_changed(fn(one_of(it, channel_id))))
    return one_of(changed, channel_id)


def _ask_for_test(ports: Ports, member: Member, channel_id: str) -> None:
    now = ports.clock.now()
    ports.bus.publish(ChannelTestRequested(at=now, member_id=member.id, channel_id=channel_id))


def _is_strange(member: Member, address: ChannelAddress) -> bool:
    """Whether it is an e-mail address of which nobody has shown that it is the member's."""
    return isinstance(address, EmailAddress) and email_key(address.email.get_secret_value()) != email_key(member.email)


def _address(ports: Ports, member: Member, channel_id: str) -> ChannelAddress | None:
    try:
        return channel_address(ports.vault, member.id, channel_id)
    except VaultLocked:
        return None


def _endpoint(ports: Ports, member: Member, channel: Channel) -> SecretStr | None:
    address = _address(ports, member, channel.id)
    return address.endpoint if isinstance(address, PushAddress) else None
