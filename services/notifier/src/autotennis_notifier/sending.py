"""Sends letters, so that no channel has to wait for another."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from autotennis.domain.channel import Channel, ChannelAddress, ChannelKind, ChannelTrouble
from autotennis.errors import VaultLocked
from autotennis.member_secrets import channel_address
from autotennis.ports import Vault
from autotennis_notifier.letter import Letter, Refusal, Sender
from autotennis_notifier.senders.addresses import receiver_of

# Of the letters of a kind that may be under way, those to one receiver are a quarter at most.
_PART: Final = 4
_log = structlog.get_logger()


class Couriers:
    """The senders of each kind of channel, each with so many letters under way and no more.

    One receiver that many members use cannot take up all of them. One that takes longer than `limit_s` has not
    answered, be it to the letter or to those before it.
    """

    def __init__(self, senders: Mapping[ChannelKind, Sender], vault: Vault, limit_s: float) -> None:
        self._senders = senders
        self._vault = vault
        self._limit_s = limit_s
        self._room = {kind: asyncio.Semaphore(sender.most) for kind, sender in senders.items()}
        self._lanes: dict[tuple[ChannelKind, str], asyncio.Semaphore] = {}
        self._in_lane: Counter[tuple[ChannelKind, str]] = Counter()

    async def deliver(self, member_id: str, channel: Channel, letter: Letter) -> Refusal | None:
        """Sends the letter through the channel; gives why it was not taken, or None if it was."""
        sender = self._senders.get(channel.kind)
        if sender is None:
            return Refusal(ChannelTrouble.NOT_SET_UP)
        address = await asyncio.to_thread(self._address, member_id, channel)
        if address is None:
            return Refusal(ChannelTrouble.BAD_ADDRESS, final=True)
        async with self._lane(channel.kind, receiver_of(address), sender.most) as has_room:
            if not has_room:
                return Refusal(ChannelTrouble.NO_ANSWER, f"no answer to others in {self._limit_s:g} s")
            async with self._room[channel.kind]:
                return await self._sent(sender, address, letter)

    @asynccontextmanager
    async def _lane(self, kind: ChannelKind, receiver: str, most: int) -> AsyncGenerator[bool]:
        """A place among the letters to this receiver; no if nobody gives one up in time."""
        key = kind, receiver
        lane = self._lanes.setdefault(key, asyncio.Semaphore(max(1, most // _PART) if receiver else most))
        self._in_lane[key] += 1
        has_room = False
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limit_s):
                    has_room = await lane.acquire()
            yield has_room
        finally:
            if has_room:
                lane.release()
            self._in_lane[key] -= 1
            if not self._in_lane[key]:
                del self._lanes[key], self._in_lane[key]

    async def _sent(self, sender: Sender, address: ChannelAddress, letter: Letter) -> Refusal | None:
        try:
            async with asyncio.timeout(self._limit_s):
                return await sender.send(address, letter)
        except TimeoutError:
            return Refusal(ChannelTrouble.NO_ANSWER, f"no answer in {self._limit_s:g} s")
        except Exception as error:  # noqa: BLE001 (whatever a receiver makes of our client, it is this channel's alone)
            # Its words may hold the address, which is a secret.
            _log.warning("a letter could not be sent", error=type(error).__name__)
            return Refusal(ChannelTrouble.NO_ANSWER, type(error).__name__)

    def _address(self, member_id: str, channel: Channel) -> ChannelAddress | None:
        address: ChannelAddress | None = None
        with suppress(VaultLocked):
            address = channel_address(self._vault, member_id, channel.id)
        return address if address and address.kind is channel.kind else None
