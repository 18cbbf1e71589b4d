"""What a club's past openings teach for the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import takewhile
from math import exp, inf, isfinite, log, sqrt
from operator import mul
from statistics import median
from typing import Final, Self

from autotennis.domain.clubclock import ClubClock
from autotennis.values import Lesson, Value, VerdictKind

# More than this is of another season, or of another server.
KEPT_LESSONS: Final = 12
# One opening proves nothing: its clock may have been wrong.
_LEAST_LESSONS: Final = 2
# After so many openings a club that has become slower, or is not raced for any more, is believed to be so.
_RECENT_LESSONS: Final = 6
# The club's own work is never quite the same twice.
_UNSTEADY_MS: Final = 0.3
# A span in which everything is equally likely reaches so many standard deviations to each side.
_DEVIATIONS: Final = sqrt(3)
# A club that opens later than this is late by a mood, not by its work: it may open in time the next time.
_FARTHEST_MS: Final = 1000.0
# The chance of what should be impossible.
_FREAK: Final = 0.02
# So finely a threshold is looked for.
_STEPS: Final = 50


@dataclass(frozen=True, slots=True)
class Shot:
    """One sign-up of one opening, as readings of our monotonic clock in seconds, and what the answer said."""

    sent_s: float
    received_s: float
    kind: VerdictKind


@dataclass(frozen=True, slots=True)
class Threshold:
    """From when on a club takes a sign-up, in ms after the due instant: `centre_ms`, give or take `spread_ms`."""

    centre_ms: float
    spread_ms: float


class Experience(Value):
    """What is known of a club from its past openings, the oldest first."""

    lessons: tuple[Lesson, ...] = ()

    def taught(self, lesson: Lesson) -> Self:
        """With one lesson more; the oldest is forgotten when there are too many."""
        return type(self)(lessons=(*self.lessons, lesson)[-KEPT_LESSONS:])

    def threshold(self, limits_ms: tuple[float, float] | None = None) -> Threshold | None:
        """From when on the club takes a sign-up; None while too few openings tell.

        As long as none of their sign-ups came too early, or none in time, something is known only if it lies within
        limits. A single opening that contradicts the others is passed over. Where the last ones all do, the club has
        changed, and what was before is forgotten.
        """
        return _threshold(self.lessons, limits_ms)

    @property
    def is_contested(self) -> bool:
        """Whether others were lately seen to race for this club's places."""
        return any(lesson.filled for lesson in self.lessons[-_RECENT_LESSONS:])

    def service_s(self) -> float | None:
        """How long the club works on a sign-up; None if it was never seen.

        The quickest answer of a few openings is the one to which the network added least.
        """
        seen_ms = [lesson.service_ms for lesson in self.lessons if lesson.service_ms is not None]
        return min(seen_ms[-_RECENT_LESSONS:]) / 1000 if seen_ms else None


def _threshold(lessons: tuple[Lesson, ...], limits_ms: tuple[float, float] | None) -> Threshold | None:
    current = _current(lessons)
    if len(current) < _LEAST_LESSONS:
        return None
    if sum(bracket.is_closed for bracket in current) >= _LEAST_LESSONS:
        return _agreed(current)
    return _likely(current, *limits_ms) if limits_ms and limits_ms[0] < limits_ms[1] else None


def _current(lessons: Sequence[Lesson]) -> "tuple[_Bracket, ...]":
    """The brackets of all lessons, or of the last ones alone if they contradict what was before."""
    brackets = tuple(_Bracket.of(lesson) for lesson in lessons)
    known = [bracket.middle_ms for bracket in brackets if bracket.is_closed]
    if len(known) < _LEAST_LESSONS:
        return brackets
    centre_ms = median(known)
    changed = len(list(takewhile(lambda bracket: not bracket.allows(centre_ms), reversed(brackets))))
    return _current(lessons[-changed:]) if _LEAST_LESSONS <= changed < len(brackets) else brackets


# All bookings of an opening ask for the same.
@lru_cache(maxsize=64)
def _agreed(brackets: "tuple[_Bracket, ...]") -> Threshold:
    """The likeliest threshold: looked for roughly in all that the closed brackets span, and then closely."""
    known = [bracket for bracket in brackets if bracket.is_closed]
    low_ms = min(bracket.low_ms - bracket.bound_ms for bracket in known)
    high_ms = max(bracket.high_ms + bracket.bound_ms for bracket in known)
    coarse = _likely(brackets, low_ms, high_ms)
    return _likely(brackets, coarse.centre_ms - 2 * coarse.spread_ms, coarse.centre_ms + 2 * coarse.spread_ms)


def _likely(brackets: "Sequence[_Bracket]", low_ms: float, high_ms: float) -> Threshold:
    places = _places(low_ms, high_ms)
    centre_ms, deviation_ms = _moments(places, [sum(one.log_chance(place) for one in brackets) for place in places])
    return Threshold(centre_ms, _DEVIATIONS * deviation_ms)


@dataclass(frozen=True, slots=True)
class _Bracket:
    """Where one opening says that the threshold is, in ms after the due instant, which itself may be `bound_ms` off."""

    low_ms: float
    high_ms: float
    bound_ms: float

    @classmethod
    def of(cls, lesson: Lesson) -> Self:
        low_ms = -inf if lesson.refused_ms is None else lesson.refused_ms
        high_ms = inf if lesson.accepted_ms is None else lesson.accepted_ms
        return cls(low_ms - _UNSTEADY_MS, high_ms + _UNSTEADY_MS, lesson.bound_ms)

    @property
    def is_closed(self) -> bool:
        return isfinite(self.low_ms) and isfinite(self.high_ms)

    @property
    def middle_ms(self) -> float:
        return (self.low_ms + self.high_ms) / 2

    def allows(self, place_ms: float) -> bool:
        """Whether the threshold can have been there."""
        return self.low_ms - self.bound_ms <= place_ms <= self.high_ms + self.bound_ms

    def log_chance(self, place_ms: float) -> float:
        """How likely this opening was, the threshold being there and the due instant anywhere within its bound.

        The likeliest place has the chance 1.
        """
        bound_ms = max(self.bound_ms, _UNSTEADY_MS)
        reach_ms = min(self.high_ms, place_ms + bound_ms) - max(self.low_ms, place_ms - bound_ms)
        return _log_chance(reach_ms / min(self.high_ms - self.low_ms, 2 * bound_ms))


def lesson(
    opening_at: datetime, clock: ClubClock, shots: Sequence[Shot], *, offset_ms: float, filled: bool = False
) -> Lesson | None:
    """What an opening taught, from the sign-ups of all bookings; None if they say nothing of when the club opened.

    `offset_ms` is the club's clock minus our wall clock; `filled` tells that a session had no place left when we had
    ours, or before.
    """
    refused, taken = _told(shots)
    if not refused and not taken:
        return None
    due_s = sum(clock.send_window_s(opening_at)) / 2
    low_ms, high_ms = _between(
        [(shot.sent_s - due_s) * 1000 for shot in refused],
        [(shot.sent_s - due_s) * 1000 for shot in taken],
        clock.jitter_s * 1000,
    )
    if low_ms is not None and low_ms > _FARTHEST_MS:
        return None
    quickest_s = min(shot.received_s - shot.sent_s for shot in (*refused, *taken))
    return Lesson(
        at=opening_at,
        refused_ms=low_ms,
        accepted_ms=high_ms,
        bound_ms=clock.width_s / 2 * 1000,
        service_ms=max(0.0, quickest_s - clock.round_trip_s) * 1000,
        round_trip_ms=clock.round_trip_s * 1000,
        jitter_ms=clock.jitter_s * 1000,
        offset_ms=offset_ms,
        filled=filled,
    )


def _told(shots: Sequence[Shot]) -> tuple[list[Shot], list[Shot]]:
    """Those that came too early and those that did not.

    "No free places" is what some clubs say before they open, but not those that were heard to say that it is too early.
    """
    refused = [shot for shot in shots if shot.kind is VerdictKind.NOT_OPEN]
    taken = {VerdictKind.SIGNED_UP, VerdictKind.HELD}
    late_enough = taken | {VerdictKind.FULL} if refused else taken
    return refused, [shot for shot in shots if shot.kind in late_enough]


def _between(
    refused_ms: Sequence[float], taken_ms: Sequence[float], jitter_ms: float
) -> tuple[float | None, float | None]:
    """The span in which the threshold lies, by instants of sending; None for an end of which nothing is known.

    Without jitter it reaches from the last one refused to the first one taken. Jitter lets one come in time that was
    sent too early, or lets a later one overtake: then the likeliest part of what is possible is given.
    """
    low_ms = max(refused_ms, default=None)
    high_ms = min(taken_ms) + jitter_ms if taken_ms else None
    if low_ms is None or high_ms is None:
        return low_ms, high_ms
    if high_ms < low_ms:
        # The network was slower than it was ever seen to be.
        return high_ms - jitter_ms, low_ms + jitter_ms
    return _likeliest(low_ms, high_ms, (refused_ms, taken_ms), jitter_ms) if jitter_ms else (low_ms, high_ms)


def _likeliest(
    low_ms: float, high_ms: float, sent_ms: tuple[Sequence[float], Sequence[float]], jitter_ms: float
) -> tuple[float, float]:
    """The span with the mean and the spread of what the refused and the taken ones, together, make of the threshold."""
    refused_ms, taken_ms = sent_ms
    places = _places(low_ms, high_ms)
    logs = [
        sum(_log_chance((place - sent) / jitter_ms) for sent in refused_ms)
        + sum(_log_chance(1 - (place - sent) / jitter_ms) for sent in taken_ms)
        for place in places
    ]
    mean_ms, deviation_ms = _moments(places, logs)
    return mean_ms - _DEVIATIONS * deviation_ms, mean_ms + _DEVIATIONS * deviation_ms


def _places(low_ms: float, high_ms: float) -> list[float]:
    return [low_ms + (high_ms - low_ms) * (step + 0.5) / _STEPS for step in range(_STEPS)]


def _moments(places_ms: Sequence[float], log_chances: Sequence[float]) -> tuple[float, float]:
    """The mean and the standard deviation of a place, by the logarithm of the chance of each."""
    highest = max(log_chances)
    weights = [exp(one - highest) for one in log_chances]
    mean_ms = sum(map(mul, weights, places_ms)) / sum(weights)
    variance = sum(map(mul, weights, ((place - mean_ms) ** 2 for place in places_ms))) / sum(weights)
    return mean_ms, sqrt(variance)


def _log_chance(share: float) -> float:
    """Nothing is impossible: the jitter is known only as far as it was seen, and one opening may have been a freak."""
    return log(min(1.0, max(_FREAK, share)))
