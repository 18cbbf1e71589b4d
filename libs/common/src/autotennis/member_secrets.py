"""What the vault holds for a member, and under which names."""

import json
from typing import Final

import structlog
from pydantic import SecretStr, ValidationError

from autotennis.domain.booking import Booking
from autotennis.domain.channel import ADDRESSES, ChannelAddress
from autotennis.domain.member import Credentials
from autotennis.errors import VaultLocked
from autotennis.ports import Vault
from autotennis.values import FailureReason
from autotennis.visiting.endings import Lost, Won

_REFUSED: Final = SecretStr("refused")
_NOT_REFUSED: Final = SecretStr("not refused")


def keep_credentials(vault: Vault, member_id: str, club_id: str, credentials: Credentials) -> None:
    """Seals what the member logs in to the club with, in place of an earlier one that may have been refused."""
    plain = json.dumps({"email": credentials.email, "password": credentials.password.get_secret_value()})
    vault.put(member_id, f"club-login/{club_id}", SecretStr(plain))
    vault.put(member_id, f"club-refusal/{club_id}", _NOT_REFUSED)


def note_refusal(vault: Vault, member_id: str, club_id: str) -> None:
    """Remembers that the club refused the login: it is not tried again before somebody has entered it anew."""
    vault.put(member_id, f"club-refusal/{club_id}", _REFUSED)


def was_refused(vault: Vault, member_id: str, club_id: str) -> bool:
    """Whether the club has refused the login that is kept. Raises VaultLocked."""
    return vault.get(member_id, f"club-refusal/{club_id}") == _REFUSED


def credentials_of(vault: Vault, member_id: str, club_id: str) -> Credentials | None:
    """What the member logs in to the club with; None if there is nothing usable. Raises VaultLocked."""
    sealed = vault.get(member_id, f"club-login/{club_id}")
    if sealed is None:
        return None
    try:
        return Credentials.model_validate_json(sealed.get_secret_value())
    except ValidationError:
        return None


def usable_credentials(vault: Vault, member_id: str, club_id: str) -> Credentials | FailureReason:
    """What to log in with for the member, or why there is nothing to log in with."""
    try:
        if was_refused(vault, member_id, club_id):
            return FailureReason.LOGIN_REFUSED
        return credentials_of(vault, member_id, club_id) or FailureReason.NO_CREDENTIALS
    except VaultLocked:
        structlog.get_logger().exception("the member's club password cannot be opened")
        return FailureReason.NO_CREDENTIALS


def keep_door_code(vault: Vault, member_id: str, booking_id: str, door_code: SecretStr) -> None:
    """Seals the club's words on how to get in, for one booking."""
    vault.put(member_id, f"door-code/{booking_id}", door_code)


def door_code_of(vault: Vault, member_id: str, booking_id: str) -> SecretStr | None:
    """The club's words on how to get in, if its page had any. Raises VaultLocked."""
    return vault.get(member_id, f"door-code/{booking_id}")


def keep_channel_address(vault: Vault, member_id: str, channel_id: str, address: ChannelAddress) -> None:
    """Seals where a channel leads to, in place of an earlier address."""
    plain = {name: _plain(value) for name, value in address}
    vault.put(member_id, f"channel/{channel_id}", SecretStr(json.dumps(plain)))


def channel_address(vault: Vault, member_id: str, channel_id: str) -> ChannelAddress | None:
    """Where the channel leads to; None if nothing usable is kept. Raises VaultLocked."""
    sealed = vault.get(member_id, f"channel/{channel_id}")
    if sealed is None:
        return None
    try:
        return ADDRESSES.validate_json(sealed.get_secret_value())
    except ValidationError:
        return None


def forget_channel_address(vault: Vault, member_id: str, channel_id: str) -> None:
    """The channel leads nowhere any more."""
    vault.discard(member_id, f"channel/{channel_id}")


def _plain(value: object) -> object:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def keep_secrets_of(vault: Vault, booking: Booking, came_of_it: object) -> None:
    """Seals a door code that was won, and notes a login that was refused; of other endings there is nothing to keep.

    Call it before anything says how it ended: whoever is told may ask the vault at once.
    """
    if isinstance(came_of_it, Won) and came_of_it.door_code is not None:
        keep_door_code(vault, booking.member_id, booking.id, came_of_it.door_code)
    if isinstance(came_of_it, Lost) and came_of_it.failure.reason is FailureReason.LOGIN_REFUSED:
        note_refusal(vault, booking.member_id, booking.club_id)
