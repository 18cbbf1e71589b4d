"""What is sent through a channel: one letter, in all the forms that senders need."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from autotennis.domain.channel import ChannelAddress, ChannelTrouble


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. Its words may hold a door code, so it prints none of them.

    `id` is the same whenever the same is sent again. `brief` is the text for where there is little room. `link` leads
    to where its reader can do something, and `silence` to where they end the channel; `calendar` is an entry for their
    calendar (RFC 5545). `payload` is what programs are told.
    """

    id: str
    language: str
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    brief: str = field(repr=False)
    payload: Mapping[str, Any] = field(repr=False)
    link: str = field(default="", repr=False)
    silence: str = field(default="", repr=False)
    calendar: bytes | None = field(default=None, repr=False)
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a letter was not taken. What is `final` is never tried again. `detail` holds no secret."""

    trouble: ChannelTrouble
    detail: str = ""
    final: bool = False


class Sender(Protocol):
    """Sends letters to one kind of channel.

    `most` is how many it sends at once. Errors that it does not expect are its caller's concern.
    """

    @property
    def most(self) -> int:
        """How many letters may be under way at once."""
        ...

    async def send(self, address: ChannelAddress, letter: Letter) -> Refusal | None:
        """Sends it; gives why it was not taken, or None."""
        ...

    async def close(self) -> None:
        """Closes what it holds open."""
        ...


def letter_id(message_ids: list[str]) -> str:
    """What the letter that tells these messages is called."""
    return hashlib.sha256("\n".join(sorted(message_ids)).encode()).hexdigest()[:32]
