"""What a booking keeps of those who work on it: their claims, what they may send, what they found out."""

from typing import Self

from pydantic import Field

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


class Outcome(Value):
    """What a run found out, for the booking and for the event that tells of it."""

    timeline: tuple[Attempt, ...] = ()
    clock: ClockReading | None = None
    plan: Plan | None = None
