"""What a booking keeps of those who work on it: their claims, what they may send, what they found out."""

from enum import StrEnum
from typing import Self

from pydantic import Field

from autotennis.domain.progress import Progress
from autotennis.values import Attempt, ClockReading, Failure, Id, Instant, Plan, Value


class Claim(Value):
    """Which instance works on the booking, and until when nobody else may."""

    holder: Id
    until: Instant


class Budget(Value):
    """So many requests, `sign_ups` of them to be signed up."""

    requests: int = Field(ge=0)
    sign_ups: int = Field(ge=0)

    def plus(self, more: Self) -> Self:
        """Both together."""
        return type(self)(requests=self.requests + more.requests, sign_ups=self.sign_ups + more.sign_ups)


class Withdrawal(Value):
    """A member's wish to give the place back. `failure` says why that did not go; it may be asked for again.

    `seen_at` is when the club's own page showed that the place is given back. `tries` counts how often that was begun,
    and until `held_until` nobody else begins it.
    """

    asked_at: Instant
    tries: int = Field(default=0, ge=0)
    held_until: Instant | None = None
    seen_at: Instant | None = None
    failure: Failure | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it is still to be seen what comes of it."""
        return self.seen_at is None and self.failure is None


class LetGoReason(StrEnum):
    """Why a booking was given up because of another one."""

    OUTDONE = "outdone"
    NOT_ALL = "not_all"


class LetGo(Value):
    """A booking was given up because of the booking `because`, which it is bound to.

    That one got a place which makes this one needless, or it got none where all were to have one.
    """

    because: Id
    reason: LetGoReason


class Outcome(Value):
    """What a run found out, for the booking and for the event that tells of it."""

    timeline: tuple[Attempt, ...] = ()
    progress: Progress = ()
    clock: ClockReading | None = None
    plan: Plan | None = None
