"""The club's clock, as it is known from the Date headers of its answers, and what to ask next: arithmetic only.

What a race needs is not the offset between two clocks but the instant at which to *send*: the reading of our monotonic
clock at which a request on the quickest path is stamped with the opening second. Let `phi` be the club's instant of the
stamp (seconds since 1970) minus our reading when sending. A request sent at `t` that is stamped with the second `D`
tells on which side of `D - t` and of `D + 1 - t` phi lies. So whoever wants to know whether phi lies below or above
some value sends when that value falls on the turn of a second. Nothing is assumed about how a round trip splits into
its two ways.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, Self

from autotennis.values import ClockDoubt, ClockReading

# In a hurry, a question may be cut this far from its middle, rather than wait for the next second.
_LEAST_SHARE: Final = 0.25
# Narrower than this, or than so many times the jitter, what is open is not worth a request.
_NARROW_S: Final = 0.0025
_BLURRED: Final = 3.0
# Requests that are aimed keep this distance, in seconds, so that bookings do not bunch.
APART_S: Final = 0.025
# Many requests at the same time cut a question into at most so many pieces and one.
_CUTS: Final = 63


@dataclass(frozen=True, slots=True)
class Span:
    """Where a `phi` may lie, in seconds: from `low_s` on and below `high_s`. As a question it may be one point."""

    low_s: float
    high_s: float

    @property
    def is_point(self) -> bool:
        """Whether nothing is left open: as a question it asks to verify something that is believed."""
        return self.low_s == self.high_s

    @property
    def middle_s(self) -> float:
        """Its middle."""
        return (self.low_s + self.high_s) / 2

    @property
    def width_s(self) -> float:
        """How much is left open."""
        return self.high_s - self.low_s

    def widened(self, by_s: float) -> "Span":
        """Reaching that much farther at each end."""
        return Span(self.low_s - by_s, self.high_s + by_s)

    def around(self, other: "Span") -> "Span":
        """The least span around both."""
        return Span(min(self.low_s, other.low_s), max(self.high_s, other.high_s))


@dataclass(frozen=True, slots=True)
class ClubClock:
    """What is known of the club's clock: `phi` lies in [`low_s`, `high_s`).

    `round_trip_s` is the quickest answer seen, `probes` how many answers agree on this. `jitter_s` is the range by
    which one way was seen to be slower than the quickest. `doubts` says what was strange. `questions` are the spans in
    whose middle the next answers should cut, the most urgent first; there are none if another answer would tell
    nothing that matters. `weights` say how likely phi is in each of as many equal parts of the span, by what the
    network may have added to each answer; without them that is not known.
    """

    low_s: float
    high_s: float
    round_trip_s: float
    probes: int
    jitter_s: float = 0.0
    doubts: tuple[ClockDoubt, ...] = ()
    questions: tuple[Span, ...] = ()
    weights: tuple[float, ...] = ()

    @classmethod
    def assumed(cls, now: datetime, monotonic_s: float, bound_s: float = 1.0) -> Self:
        """For a club whose answers tell nothing: its clock is ours, give or take `bound_s`."""
        phi_s = now.timestamp() - monotonic_s
        return cls(phi_s - bound_s, phi_s + bound_s, 0.0, 0)

    @property
    def phi_s(self) -> float:
        """The middle of what is possible."""
        return (self.low_s + self.high_s) / 2

    @property
    def width_s(self) -> float:
        """How much is left open."""
        return self.high_s - self.low_s

    @property
    def probes_to_go(self) -> int:
        """How many answers more it takes, if each one halves its question, until nothing is open that matters."""
        narrow_s = narrow_enough_s(self.jitter_s)
        return sum(
            1 if one.is_point else math.ceil(math.log2(max(2.0, one.width_s / narrow_s))) for one in self.questions
        )

    def send_window_s(self, instant: datetime) -> tuple[float, float]:
        """The earliest and the latest reading at which a request sent is stamped with this club's instant."""
        return instant.timestamp() - self.high_s, instant.timestamp() - self.low_s

    def instant_at(self, monotonic_s: float) -> datetime:
        """The club's instant (UTC) at a reading of ours, as well as it is known."""
        return datetime.fromtimestamp(monotonic_s + self._offset_s(), UTC)

    def has_come(self, instant: datetime, sent_s: float) -> bool:
        """Whether the club's instant had certainly come for a request sent then."""
        return sent_s >= self.send_window_s(instant)[1]

    def sent_after_ms(self, instant: datetime, sent_s: float) -> float:
        """How many ms after the club's `instant`, on the club's clock, a request was sent (negative: before)."""
        return (sent_s + self._offset_s() - instant.timestamp()) * 1000

    def _offset_s(self) -> float:
        """The club's clock minus our reading at one moment: half a round trip is the best guess for one way."""
        return self.phi_s - self.round_trip_s / 2

    def reading(self, now: datetime, monotonic_s: float) -> ClockReading:
        """The measurement in words of wall clocks; `now` and `monotonic_s` are the same moment on ours."""
        return ClockReading(
            offset_ms=(self._offset_s() + monotonic_s - now.timestamp()) * 1000,
            bound_ms=(self.width_s + self.round_trip_s) / 2 * 1000,
            round_trip_ms=self.round_trip_s * 1000,
            probes=self.probes,
            doubts=self.doubts,
        )


def narrow_enough_s(jitter_s: float) -> float:
    """With this jitter, what is narrower can hardly be told apart."""
    return max(_NARROW_S, _BLURRED * jitter_s)


def turn_at(phi_s: float, not_before_s: float) -> float:
    """The first reading from `not_before_s` on at which a request sent tells on which side of `phi_s` phi lies."""
    return math.ceil(not_before_s + phi_s) - phi_s


def next_probe_at(clock: ClubClock | None, not_before_s: float, *, hurried: bool = False) -> float:
    """The reading at which to send the next probe: when the middle of the first question is the turn of a second.

    In a hurry it is sent as soon as it cuts off a quarter, so that there may be several in one second. Where there is
    no question, any moment is as good as another.
    """
    if clock is None or not clock.questions:
        return not_before_s
    asked = clock.questions[0]
    if not hurried:
        return turn_at(asked.middle_s, not_before_s)
    inner = asked.widened(-_LEAST_SHARE * asked.width_s)
    cuts_now = math.floor(not_before_s + inner.high_s) - not_before_s >= inner.low_s
    return not_before_s if cuts_now else turn_at(inner.high_s, not_before_s)


def good_moment(clock: ClubClock | None, not_before_s: float, most_s: float, taken: Sequence[float]) -> float:
    """When a request that has to be sent anyway tells most about the clock: a reading at most `most_s` later.

    It keeps its distance from the moments `taken` by others. Where it could tell nothing, it is the first free moment.
    """
    until_s = not_before_s + most_s
    near = sorted(at for at in taken if not_before_s - APART_S < at < until_s + APART_S)
    cuts = _cuts_s(clock.questions) if clock else ()
    moments = (*(turn_at(phi_s, not_before_s) for phi_s in cuts), not_before_s, *(at + APART_S for at in near))
    free = (at for at in moments if not_before_s <= at <= until_s and _is_free(at, near))
    return next(free, _middle_of_widest_gap((not_before_s, *near, until_s)))


def _is_free(at_s: float, near: Sequence[float]) -> bool:
    # A billionth less, because sums of floats are not exact. `near` is in order: hundreds may ask within a second.
    place = bisect_left(near, at_s)
    return all(abs(at_s - other) >= APART_S - 1e-9 for other in near[max(0, place - 1) : place + 1])


def _middle_of_widest_gap(moments: Sequence[float]) -> float:
    _, begins, ends = max((after - before, before, after) for before, after in pairwise(sorted(moments)))
    return (begins + ends) / 2


def _cuts_s(questions: Sequence[Span]) -> Iterator[float]:
    """Values of phi that are worth asking for at the same time.

    The middle of each question comes first, then its quarters, its eighths and so on: any number of them, from the
    first on, cut it into nearly equal pieces.
    """
    for number in range(1, _CUTS + 1):
        for asked in questions:
            if number == 1 or not asked.is_point:
                yield asked.low_s + asked.width_s * _share(number)


def _share(number: int) -> float:
    """1/2, 1/4, 3/4, 1/8, 5/8, ...: the number's binary digits, mirrored behind the point."""
    share, digit = 0.0, 0.5
    while number:
        share += digit * (number % 2)
        number //= 2
        digit /= 2
    return share
