"""What the notifier does with each event."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from autotennis.domain.member import Member
from autotennis.domain.message import Message
from autotennis.domain.telling import TOLD, URGENT_CAP, messages_about, reminders_of
from autotennis.errors import NotFound
from autotennis.events import Booked, ClubPagesChanged, Event, SweepDue
from autotennis.ports import Ports
from autotennis.serving import Handler
from autotennis_notifier.outgoing import Outgoing
from autotennis_notifier.zones import zone_of

_log = structlog.get_logger()


class Notifier:
    """Writes down what each channel is to tell, and has that told."""

    def __init__(self, ports: Ports, outgoing: Outgoing) -> None:
        self._ports = ports
        self._outgoing = outgoing

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind that the notifier consumes."""
        return {
            **dict.fromkeys(TOLD, self.on_fact),
            "ClubPagesChanged": self.on_pages_changed,
            "SweepDue": self.on_sweep_due,
        }

    async def on_fact(self, event: Any) -> None:
        """Tells the member of a fact; reminds them later of a session that was won.

        Delivered again it makes the same messages, which are there already. What is to be told later, or could not be
        told, is left to the sweeps.
        """
        await self._tell(await asyncio.to_thread(self._about_member, event))

    async def on_pages_changed(self, event: ClubPagesChanged) -> None:
        """Tells all who run the installation."""
        await self._tell(await asyncio.to_thread(self._about_club, event))

    async def on_sweep_due(self, _event: SweepDue) -> None:
        """Tells what has fallen due: reminders, what waited for the morning, and what could not be told before."""
        due = await asyncio.to_thread(self._ports.store.messages_due, self._ports.clock.now(), 1000)
        await self._outgoing.tell(due)

    async def _tell(self, messages: Sequence[Message]) -> None:
        now = self._ports.clock.now()
        await self._outgoing.tell([one for one in messages if one.due_at <= now])

    def _about_member(self, event: Any) -> Sequence[Message]:
        try:
            return self._written_down(event, [self._ports.store.member(event.member_id)])
        except NotFound:
            _log.info("a member who has left is told nothing")
            return []

    def _about_club(self, event: ClubPagesChanged) -> Sequence[Message]:
        return self._written_down(event, self._ports.store.operators())

    def _written_down(self, event: Event, members: Sequence[Member]) -> Sequence[Message]:
        messages = [one for member in members for one in self._messages(event, member)]
        if messages:
            self._ports.store.add_messages(messages)
            self._ports.wake.sweep(wanted=True)
        return messages

    def _messages(self, event: Event, member: Member) -> list[Message]:
        now, zone = self._ports.clock.now(), zone_of(self._ports, event)
        messages = [self._within_reason(one) for one in messages_about(event, member, zone, now)]
        if isinstance(event, Booked):
            messages += reminders_of(event, member, zone, now)
        return messages

    def _within_reason(self, message: Message) -> Message:
        """Where too much is urgent, nothing is."""
        if not message.urgent:
            return message
        key, now = f"urgent/{message.channel_id}", self._ports.clock.now()
        is_one_of_many = self._ports.store.tally(key, now, timedelta(hours=1)).count > URGENT_CAP
        return message.model_copy(update={"urgent": False}) if is_one_of_many else message
