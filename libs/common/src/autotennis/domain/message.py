"""A message to a member: one fact, told through one channel, once."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import Field

from autotennis.domain.channel import ChannelTrouble
from autotennis.errors import Stale
from autotennis.events import Event
from autotennis.values import Id, Instant, Value

# After how many minutes it is tried again: over most of a day, and then no more.
RETRIES_MIN: Final = (1, 5, 15, 60, 180, 360, 720)
KEPT_FOR: Final = timedelta(days=30)


class MessageAbout(StrEnum):
    """What a message tells: what happened, that a session begins soon, or that the channel works."""

    FACT = "fact"
    REMINDER = "reminder"
    TEST = "test"


class MessageState(StrEnum):
    """How far a message has come. One that is dropped was not needed any more; one that is dead was given up."""

    WAITING = "waiting"
    SENT = "sent"
    DROPPED = "dropped"
    DEAD = "dead"


class Message(Value):
    """What one channel is to tell of one fact, and how far that has come.

    It holds the `fact`, and nothing secret. It is to be told from `due_at` on; what is `urgent` waits for nothing.
    `tries` were made, the last of which failed with `trouble` and `detail`.
    """

    id: str = Field(min_length=1, max_length=300)
    member_id: Id
    channel_id: Id
    about: MessageAbout = MessageAbout.FACT
    fact: Event = Field(discriminator="kind")
    urgent: bool = False
    made_at: Instant
    due_at: Instant
    state: MessageState = MessageState.WAITING
    changed_at: Instant
    tries: int = Field(default=0, ge=0)
    trouble: ChannelTrouble | None = None
    detail: str = Field(default="", max_length=200)

    @property
    def booking_id(self) -> str:
        """The booking that it is about; empty if it is about none."""
        return getattr(self.fact, "booking_id", "")

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be told."""
        return self.state is MessageState.WAITING

    def sent(self, now: datetime) -> Self:
        """It was told. Raises Stale if it is settled."""
        return self._waiting(now, state=MessageState.SENT, tries=self.tries + 1)

    def dropped(self, now: datetime) -> Self:
        """Nobody needs it any more. Raises Stale if it is settled."""
        return self._waiting(now, state=MessageState.DROPPED)

    def failed(self, trouble: ChannelTrouble, detail: str, now: datetime) -> Self:
        """It could not be told: it is tried again later, unless it was tried for long enough. Raises Stale."""
        if self.tries >= len(RETRIES_MIN):
            return self.given_up(trouble, detail, now)
        again_at = now + timedelta(minutes=RETRIES_MIN[self.tries])
        return self._waiting(now, tries=self.tries + 1, trouble=trouble, detail=detail[:200], due_at=again_at)

    def given_up(self, trouble: ChannelTrouble, detail: str, now: datetime) -> Self:
        """It can never be told so. Raises Stale if it is settled."""
        dead = MessageState.DEAD
        return self._waiting(now, state=dead, tries=self.tries + 1, trouble=trouble, detail=detail[:200])

    def put_off(self, until: datetime, now: datetime) -> Self:
        """It is told later, without a fault of its own. Raises Stale if it is settled."""
        return self._waiting(now, due_at=until)

    def again(self, now: datetime) -> Self:
        """Given up, it is tried once more from the beginning. Raises Stale if it was not given up."""
        if self.state is not MessageState.DEAD:
            raise Stale(f"Message {self.id} is {self.state.value}.")
        return self._with(state=MessageState.WAITING, tries=0, due_at=now, changed_at=now)

    def _waiting(self, now: datetime, **changes: Any) -> Self:
        """It is so from now on, if it waited."""
        if not self.is_waiting:
            raise Stale(f"Message {self.id} is {self.state.value}.")
        return self._with(changed_at=now, **changes)

    def _with(self, **changes: Any) -> Self:
        return self.model_copy(update=changes)
