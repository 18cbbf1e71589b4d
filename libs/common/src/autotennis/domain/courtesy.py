"""When a club is asked anew for what many want to see: not while it is fresh, nor while the club rests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

# A club that is busy is left alone for at least so long.
LEAST_REST: Final = timedelta(minutes=5)
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def is_younger(read_at: datetime | None, age: timedelta, now: datetime) -> bool:
    """Whether what was read then (None: never) is younger than `age`.

    What seems to come from further in the future than that is of a clock that has stepped back since: it is not.
    """
    return read_at is not None and abs(now - read_at) < age


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when (UTC) a club is left alone, whoever wants to ask it."""

    until: datetime = _NEVER

    def left_s(self, now: datetime) -> float:
        """How many seconds are left of it; 0 once it is over."""
        return max(0.0, (self.until - now).total_seconds())

    def after_busy(self, retry_after_s: float | None, now: datetime) -> Self:
        """The club said that it is busy, and perhaps for how long: it rests no shorter than it was to before."""
        asked = max(LEAST_REST, timedelta(seconds=retry_after_s or 0.0))
        return type(self)(max(self.until, now + asked))
