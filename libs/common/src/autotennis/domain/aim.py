"""Where to put a few shots so that one of them comes just after a threshold that is not known exactly.

All instants are readings of our monotonic clock in seconds at which a shot is sent. A shot sent at `s` counts as if it
had been sent at `s` plus what the network adds, from nothing to the jitter; it is taken if that is the threshold or
later, and what is to be small is by how much the first one that is taken is later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import prod
from operator import mul
from typing import Final

# Shots that are spread leave out this much of the span: a threshold so near its end is too unlikely to pay for one.
_UNLIKELY_SHARE: Final = 0.15
# This much of what is to be learned is risked.
_RISKED_SHARE: Final = 0.25
# Jitter that is less than this share of the distance between two shots does not matter to where they go.
_STEADY_SHARE: Final = 0.25
# The search for the best instants: so many degrees of being late are told apart, so many instants are tried, and each
# shot is put in its best place so often.
_DEGREES: Final = 8
_TRIED: Final = 36
_ROUNDS: Final = 1
# No miss counts more than so many times what is uncertain.
_LOST: Final = 4.0
# It is made once for all spans that differ by less than this share of their width.
_ALIKE: Final = 64


@dataclass(frozen=True, slots=True)
class Target:
    """The threshold lies from `first_s` to `last_s`; the network adds up to `jitter_s` to each shot.

    At most `shots` may be sent, each at least `apart_s` after the one before it. `unlearned_s` is how much of the span
    another opening or two could take away. `lost_s` is how late the next shot comes if none of these is taken.
    `weights` say how likely each of as many equal parts of the span is; without them that is not known.
    """

    first_s: float
    last_s: float
    jitter_s: float
    shots: int
    apart_s: float = 0.0
    unlearned_s: float = 0.0
    lost_s: float = 0.0
    weights: tuple[float, ...] = ()

    @property
    def width_s(self) -> float:
        """How much is uncertain."""
        return self.last_s - self.first_s


def aimed(target: Target) -> tuple[float, ...]:
    """The instants of the shots, in order."""
    if target.shots == 1:
        return (target.last_s,)
    if target.apart_s:
        return _train(target)
    is_steady = target.jitter_s * target.shots <= _STEADY_SHARE * target.width_s
    return _spread(target) if is_steady or not target.weights else _salvo(target)


def _spread(target: Target) -> tuple[float, ...]:
    """As many arrivals as possible just after the threshold, wherever it is, and one shot that cannot be early.

    Without jitter the shots are spread evenly. The more jitter there is the closer together they are sent: it spreads
    them by itself, and what is sent late in the span is lost where the threshold lies early in it.
    """
    gap_s = target.width_s / target.shots
    begin_s = target.first_s + max(gap_s, _UNLIKELY_SHARE * target.width_s)
    end_s = max(begin_s, target.last_s - max(gap_s, target.jitter_s))
    # Where the jitter alone carries some of the others beyond the span, another one does more good among them.
    sure_s = target.last_s if target.jitter_s < target.width_s else begin_s
    return (*_evenly(begin_s, end_s, target.shots - 1), sure_s)


def _salvo(target: Target) -> tuple[float, ...]:
    """Shots where they do the most good together: that is for the likeliest thresholds, as the jitter spreads them."""
    unit_s = max(target.width_s, target.jitter_s)
    shares = (target.width_s / unit_s, target.jitter_s / unit_s, min(_LOST, target.lost_s / unit_s))
    width, jitter, lost = (round(share * _ALIKE) / _ALIKE for share in shares)
    most = max(target.weights)
    weights = tuple(round(weight / most * _ALIKE) / _ALIKE for weight in target.weights)
    return tuple(target.first_s + unit_s * at for at in _best(width, jitter, lost, target.shots, weights))


# All bookings of an opening ask for much the same.
@lru_cache(maxsize=64)
def _best(width: float, jitter: float, lost: float, shots: int, weights: tuple[float, ...]) -> tuple[float, ...]:
    """The instants from -`jitter` to `width` for which the mean of being late is least.

    The threshold lies from 0 to `width`. One shot after another is put where it helps most, and then each once more.
    """
    tried = [-jitter + (width + jitter) * number / (_TRIED - 1) for number in range(_TRIED)]
    degrees = _degrees(width + jitter, lost)
    thresholds = [width * (number + 0.5) / len(weights) for number in range(len(weights))]
    missed = [_missed(at, thresholds, [degree for degree, _ in degrees], jitter) for at in tried]
    counts = [weight * stands_for for weight in weights for _, stands_for in degrees]
    chosen = list[int]()
    for _ in range(shots):
        chosen.append(_most_helpful([missed[one] for one in chosen], missed, counts))
    for place in range(_ROUNDS * shots):
        others = [missed[one] for number, one in enumerate(chosen) if number != place % shots]
        chosen[place % shots] = _most_helpful(others, missed, counts)
    return tuple(sorted(tried[one] for one in chosen))


def _degrees(most: float, lost: float) -> list[tuple[float, float]]:
    """By how much a shot may be late, finer where it is little; and how much each of these stands for."""
    edges = [most * (number / _DEGREES) ** 2 for number in range(_DEGREES + 1)]
    return [*(((low + high) / 2, high - low) for low, high in pairwise(edges)), (most, lost)]


def _missed(at: float, thresholds: Sequence[float], degrees: Sequence[float], jitter: float) -> list[float]:
    """How likely a shot then is not taken in time, for each threshold and each degree of being late."""

    def by(instant: float) -> float:
        return min(1.0, max(0.0, (instant - at) / jitter))

    return [1.0 - (by(one + degree) - by(one)) for one in thresholds for degree in degrees]


def _most_helpful(others: Sequence[Sequence[float]], missed: Sequence[Sequence[float]], counts: Sequence[float]) -> int:
    """Which of the instants tried helps most beside the others."""
    left = [prod(both) for both in zip(counts, *others, strict=True)]
    scores = [sum(map(mul, left, one)) for one in missed]
    return scores.index(min(scores))


def _train(target: Target) -> tuple[float, ...]:
    """One shot after another, for a club that works on them one after another.

    The distance decides how late the best one is at most; one that is early costs a whole distance. So the first is
    sent when a threshold as early as can be is missed by no more than that, and where everything uncertain is less,
    there is a single best instant: as soon as a shot cannot be early. But from shots that are never early nothing is
    learned, so as long as much is to be learned it is sent somewhat before that.
    """
    sure_s = target.last_s - target.unlearned_s * _RISKED_SHARE
    begin_s = min(target.first_s - target.jitter_s + target.apart_s, sure_s)
    gap_s = max(target.apart_s, (target.last_s - begin_s) / (target.shots - 1))
    count = 1
    while begin_s + (count - 1) * gap_s < target.last_s - gap_s * 1e-6:
        count += 1
    return tuple(begin_s + number * gap_s for number in range(count))


def _evenly(first_s: float, last_s: float, count: int) -> tuple[float, ...]:
    if count == 1:
        return (first_s,)
    return tuple(first_s + (last_s - first_s) * number / (count - 1) for number in range(count))


def in_turn(at_s: Sequence[float], apart_s: float, in_flight: int, answer_s: float) -> tuple[float, ...]:
    """These instants (in order), put off where a shot would be too close to the one before it, or one too many.

    No more than `in_flight` are then unanswered at once, if no answer takes longer than `answer_s`.
    """
    put: list[float] = []
    for wanted_s in at_s:
        earliest_s = put[-1] + apart_s if put else wanted_s
        if len(put) >= in_flight:
            earliest_s = max(earliest_s, put[-in_flight] + answer_s)
        put.append(max(wanted_s, earliest_s))
    return tuple(put)
