"""Gathers what one channel is to tell, and has it told: one at a time for each channel, each channel by itself."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog

from autotennis.domain.channel import Channel, ChannelTrouble, Health
from autotennis.domain.member import Member
from autotennis.domain.message import Message, MessageAbout, MessageState
from autotennis.domain.telling import DAILY_CAP, quiet_for
from autotennis.errors import NotFound, Stale
from autotennis.ports import Note, Ports
from autotennis.stopping import Stopped, Stopping
from autotennis.turns import Turns
from autotennis_notifier.letter import Refusal
from autotennis_notifier.sending import Couriers
from autotennis_notifier.writing import Writer
from autotennis_notifier.zones import zone_of

# Longer than anybody works on a channel in one go: should they die, another instance may begin then.
_HELD_FOR: Final = timedelta(minutes=3)
_ROUNDS: Final = 4
_MOST: Final = 1000
_DAY: Final = timedelta(days=1)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait: for more to tell in the same letter (so long after the latest, and so long at most), and for
    a receiver.
    """

    window_s: float = 5.0
    longest_s: float = 30.0
    answer_s: float = 15.0


class Outgoing:
    """Tells messages. What cannot be told is tried again when a sweep finds it due."""

    def __init__(
        self, ports: Ports, couriers: Couriers, writer: Writer, pace: Pace, stopping: Stopping, turns: Turns
    ) -> None:
        self._ports = ports
        self._store = ports.store
        self._turns = turns
        self._couriers = couriers
        self._writer = writer
        self._pace = pace
        self._stopping = stopping

    async def tell(self, messages: Sequence[Message]) -> None:
        """Tells these and whatever else their channels are to tell now; returns when that is done.

        Where somebody is at it for a channel already, it is left to them.
        """
        urgent = [self._tell_alone(one) for one in messages if one.urgent]
        channels = {one.channel_id: one.member_id for one in messages if not one.urgent}
        gathered = [self._tell_gathered(member_id, channel_id) for channel_id, member_id in channels.items()]
        for failure in await asyncio.gather(*urgent, *gathered, return_exceptions=True):
            if isinstance(failure, BaseException):
                raise failure

    async def _tell_alone(self, message: Message) -> None:
        """An urgent one waits for no others."""
        async with self._held(f"telling/{message.id}") as is_ours:
            newest = await asyncio.to_thread(self._store.message, message.id)
            if is_ours and newest.is_waiting and newest.due_at <= self._ports.clock.now():
                await self._told(newest.member_id, newest.channel_id, [newest])

    async def _tell_gathered(self, member_id: str, channel_id: str) -> None:
        """Looks again once the channel is free: who came meanwhile has left it to us."""
        for _ in range(_ROUNDS):
            async with self._held(f"telling/{channel_id}") as is_ours:
                if not is_ours:
                    return
                batch = await self._gathered(channel_id)
                if batch:
                    await self._told(member_id, channel_id, batch)
            if not await self._due(channel_id):
                return

    async def _gathered(self, channel_id: str) -> Sequence[Message]:
        """What is due once nothing more has come for a while, or once this instance is told to stop."""
        begun = self._ports.clock.now()
        latest = begun + timedelta(seconds=self._pace.longest_s)
        while due := await self._due(channel_id):
            newest = max(one.made_at for one in due)
            wait = min(newest + timedelta(seconds=self._pace.window_s), latest) - self._ports.clock.now()
            if wait <= timedelta(0) or self._stopping.is_told:
                return due
            with suppress(Stopped):
                until_s = self._ports.clock.monotonic_s() + wait.total_seconds()
                await self._stopping.unless_told(self._ports.clock.sleep_until(until_s))
        return []

    async def _due(self, channel_id: str) -> Sequence[Message]:
        now = self._ports.clock.now()
        due = await asyncio.to_thread(self._store.messages_due, now, _MOST, channel_id)
        return [one for one in due if not one.urgent]

    @asynccontextmanager
    async def _held(self, key: str) -> AsyncGenerator[bool]:
        """One of all instances acts under a key, until it lets go or has died; gives whether that is this one."""
        turn = self._turns.begin()
        try:
            now = self._ports.clock.now()
            mine = Note(text=turn, until=now + _HELD_FOR)
            kept = await asyncio.to_thread(self._turns.take, key, mine, lambda note: note.text, now)
            try:
                yield kept.text == turn
            finally:
                if kept.text == turn:
                    await asyncio.to_thread(self._store.forget_note, key)
        finally:
            self._turns.end(turn)

    async def _told(self, member_id: str, channel_id: str, batch: Sequence[Message]) -> None:
        """Tells these in one letter, and notes what came of it."""
        member, channel = await asyncio.to_thread(self._reader, member_id, channel_id)
        if member is None or channel is None:
            await self._settle(batch, Message.dropped)
        elif not channel.is_told and batch[0].about is not MessageAbout.TEST:
            trouble = channel.health.trouble or ChannelTrouble.REFUSED
            await self._settle(batch, lambda it, now: it.given_up(trouble, channel.health.detail, now))
        else:
            await self._send_in_time(member, channel, batch)

    async def _send_in_time(self, member: Member, channel: Channel, batch: Sequence[Message]) -> None:
        """Not in quiet hours, into which a further try may have come, and not more than are good for a day."""
        now = self._ports.clock.now()
        quiet = {one.id: quiet_for(one, member.telling, zone_of(self._ports, one.fact), now) for one in batch}
        await self._settle(
            [one for one in batch if quiet[one.id]], lambda it, now: it.put_off(quiet[it.id] or now, now)
        )
        ready = [one for one in batch if not quiet[one.id]]
        until = await asyncio.to_thread(self._over_cap, channel, ready) if ready else None
        if until:
            await self._settle(ready, lambda it, now: it.put_off(until, now))
        elif ready:
            await self._send(member, channel, ready)

    async def _send(self, member: Member, channel: Channel, batch: Sequence[Message]) -> None:
        needed = await asyncio.to_thread(self._writer.still_needed, batch)
        await self._settle([one for one in batch if one not in needed], Message.dropped)
        if not needed:
            return
        letter = await asyncio.to_thread(self._writer.letter, member, channel, needed)
        refusal = await self._couriers.deliver(member.id, channel, letter)
        _log.info(
            "told" if refusal is None else "not told",
            channel_id=channel.id,
            channel=channel.kind.value,
            facts=[one.fact.id for one in needed[:20]],
            count=len(needed),
            trouble=refusal.trouble.value if refusal else "",
            detail=refusal.detail if refusal else "",
        )
        self._ports.metrics.messages.labels(channel.kind.value, refusal.trouble.value if refusal else "sent").inc()
        settled = await self._settle(needed, partial(_after, refusal))
        is_over = any(one.state is MessageState.DEAD and one.about is not MessageAbout.TEST for one in settled)
        await asyncio.to_thread(
            self._note_health,
            member.id,
            channel.id,
            refusal,
            is_over=is_over or (refusal is not None and refusal.final),
        )

    async def _settle(
        self, batch: Sequence[Message], change: Callable[[Message, datetime], Message]
    ) -> Sequence[Message]:
        return await asyncio.to_thread(self._settled, batch, change)

    def _settled(self, batch: Sequence[Message], change: Callable[[Message, datetime], Message]) -> Sequence[Message]:
        now, settled = self._ports.clock.now(), list[Message]()
        for message in batch:
            with suppress(Stale, NotFound):
                settled.append(self._store.change_message(message.id, lambda it: change(it, now)))
        return settled

    def _reader(self, member_id: str, channel_id: str) -> tuple[Member | None, Channel | None]:
        try:
            member = self._store.member(member_id)
        except NotFound:
            return None, None
        return member, member.channel(channel_id)

    def _over_cap(self, channel: Channel, batch: Sequence[Message]) -> datetime | None:
        """Until when the channel has had enough of today; None if there is room. What is urgent always has."""
        if batch[0].urgent:
            return None
        told = self._store.tally(f"told/{channel.id}", self._ports.clock.now(), _DAY)
        return told.until if told.count > DAILY_CAP else None

    def _note_health(self, member_id: str, channel_id: str, refusal: Refusal | None, *, is_over: bool) -> None:
        now = self._ports.clock.now()

        def noted(member: Member) -> Member:
            channel = member.channel(channel_id)
            if channel is None:
                return member
            return member.channel_changed(channel.with_health(_health(channel.health, refusal, now, is_over=is_over)))

        with suppress(NotFound):
            self._store.change_member(member_id, noted)


def _after(refusal: Refusal | None, message: Message, now: datetime) -> Message:
    if refusal is None:
        return message.sent(now)
    # A test is for somebody who looks on: they test again.
    if refusal.final or message.about is MessageAbout.TEST:
        return message.given_up(refusal.trouble, refusal.detail, now)
    return message.failed(refusal.trouble, refusal.detail, now)


def _health(before: Health, refusal: Refusal | None, now: datetime, *, is_over: bool) -> Health:
    if refusal is None:
        return before.succeeded(now)
    after = before.failed(refusal.trouble, refusal.detail, now)
    return after.stopped(now) if is_over else after
