"""What is known of a club's clock comes from its answers, and from what was known before."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final, Self

from autotennis.domain.clubclock import ClubClock, Span, narrow_enough_s
from autotennis.values import ClockDoubt, Lesson

# Two machines' quartz clocks drift apart by no more than this, in seconds per second.
DRIFT: Final = 10e-6
# Date headers are whole seconds.
STAMP_S: Final = 1.0
# A date that stays the same for a second is right, and for a little more if servers differ; for so long it is a copy.
_STUCK_S: Final = 2.0
# Of few answers, even the quickest is delayed: the jitter is about so many times what they show.
UNSEEN_JITTER: Final = 1.5
# Contradictions up to this are the event loop's.
_NOISE_S: Final = 0.0003
# For two ways with evenly spread delays: the quickest of some answers is slower than the quickest possible by this
# share of the jitter, divided by the root of their number; and in 19 cases of 20 by less than twice that.
_QUICKEST_SHARE: Final = 1.25
# The jitter is taken from light answers if there are so many.
_ENOUGH_LIGHT: Final = 3
# A server whose clock is farther off than this is none: its dates are taken for old ones.
_FARTHEST_OFF_S: Final = 300.0
# A wall clock that is kept by NTP is off by this much, now and then.
_DISCIPLINE_S: Final = 0.002
# A clock from the store that is older or wider than this saves no probe.
_OLDEST_PRIOR_S: Final = 4 * 3600.0
_WIDEST_PRIOR_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Probe:
    """One answer with a Date header: readings of our monotonic clock in seconds, and the club's stamp.

    `light` tells that the club had next to nothing to do for it, so that its time is the network's; `second_hand` that
    it says itself to be a copy from some cache, so that it is kept only to know other copies by its date.
    """

    sent_s: float
    received_s: float
    date: datetime
    light: bool = False
    second_hand: bool = False

    @property
    def round_trip_s(self) -> float:
        """How long the answer took."""
        return self.received_s - self.sent_s


def drifted(span: Span, seconds: float) -> Span:
    """What is left of a span after so many seconds."""
    return span.widened(DRIFT * max(0.0, seconds))


@dataclass(frozen=True, slots=True)
class Prior:
    """A clock that was known at the reading `at_s`, to be believed as long as new answers fit it.

    `ours` tells that this process measured it, so that a contradiction means that the club's clock stepped.
    """

    span: Span
    at_s: float
    round_trip_s: float
    jitter_s: float
    ours: bool

    @classmethod
    def of(cls, clock: ClubClock, at_s: float) -> Self:
        """What this process knew."""
        return cls(Span(clock.low_s, clock.high_s), at_s, clock.round_trip_s, clock.jitter_s, ours=True)

    @classmethod
    def taught(cls, lesson: Lesson, now: datetime, monotonic_s: float) -> Self | None:
        """What an earlier opening taught; None if it is too old or too vague to help.

        `now` and `monotonic_s` are the same moment on our clocks.
        """
        age_s = abs((now - lesson.at).total_seconds())
        bound_s = lesson.bound_ms / 1000 + _DISCIPLINE_S + DRIFT * age_s
        if age_s > _OLDEST_PRIOR_S or 2 * bound_s > _WIDEST_PRIOR_S:
            return None
        phi_s = lesson.offset_ms / 1000 + lesson.round_trip_ms / 2000 + now.timestamp() - monotonic_s
        around = Span(phi_s, phi_s).widened(bound_s)
        return cls(around, monotonic_s, lesson.round_trip_ms / 1000, lesson.jitter_ms / 1000, ours=False)

    def span_at(self, now_s: float) -> Span:
        """What is left of it at a later reading."""
        return drifted(self.span, now_s - self.at_s)


@dataclass(frozen=True, slots=True)
class Network:
    """What the round trips tell: the quickest, the range of one way's delay, and by what the quickest is too slow."""

    quickest_s: float
    jitter_s: float
    short_s: float

    @classmethod
    def seen(cls, probes: Sequence[Probe], prior: Prior | None) -> Self:
        quickest_s = min(probe.round_trip_s for probe in probes)
        if prior:
            quickest_s = min(quickest_s, prior.round_trip_s)
        light = [probe.round_trip_s for probe in probes if probe.light]
        if len(light) >= _ENOUGH_LIGHT:
            # Two ways with delays of the same range are slower than the quickest by just that range, in the median.
            jitter_s, trips = median(light) - quickest_s, len(light)
        else:
            # Of answers that took the club some work, only the quicker ones tell of the network.
            quicker_s = sorted(probe.round_trip_s for probe in probes)[len(probes) // 4]
            jitter_s, trips = prior.jitter_s if prior else quicker_s - quickest_s, len(probes)
        return cls(quickest_s, jitter_s, _QUICKEST_SHARE * jitter_s / trips**0.5)

    @property
    def narrow_s(self) -> float:
        """What is narrower can hardly be told apart."""
        return narrow_enough_s(self.jitter_s)

    def way_there_s(self, probe: Probe) -> Span:
        """By how much the way there of a request, with the work before the stamp, may have been slower than at best."""
        excess_s = probe.round_trip_s - self.quickest_s + self.short_s
        most_s = UNSEEN_JITTER * self.jitter_s
        if not probe.light or excess_s >= 2 * most_s:
            return Span(0.0, max(_NOISE_S, excess_s))
        least_s = max(0.0, excess_s - most_s)
        return Span(least_s, max(least_s + _NOISE_S, min(most_s, excess_s)))

    @property
    def slack_s(self) -> float:
        """A contradiction that is smaller is none."""
        return _NOISE_S + self.short_s


def is_plausible(probe: Probe, now: datetime, monotonic_s: float) -> bool:
    """Whether a server would really be that far off; `now` and `monotonic_s` are the same moment on our clocks.

    A proxy or a cache that stamps an answer with an old date makes a clock look hours off.
    """
    offset_s = probe.date.timestamp() - probe.received_s - (now.timestamp() - monotonic_s)
    return abs(offset_s) <= _FARTHEST_OFF_S


def sorted_out(probes: Sequence[Probe]) -> tuple[list[Probe], list[Probe]]:
    """Those whose dates move, and the first one of each date that was copied or stood still while time went on.

    The others with such a date are copies from some cache. The first one may be what was copied, or a copy, too.
    """
    by_date: defaultdict[datetime, list[Probe]] = defaultdict(list)
    for probe in probes:
        by_date[probe.date].append(probe)
    moving: list[Probe] = []
    first: list[Probe] = []
    for same in by_date.values():
        if _is_copied(same):
            first.append(min(same, key=lambda probe: probe.sent_s))
        else:
            moving += same
    return moving, [probe for probe in first if not probe.second_hand]


def _is_copied(same: Sequence[Probe]) -> bool:
    if any(probe.second_hand for probe in same):
        return True
    return max(probe.sent_s for probe in same) - min(probe.received_s for probe in same) > _STUCK_S


def doubts_of_copies(probes: Sequence[Probe]) -> set[ClockDoubt]:
    """What copies there are among these: those that say so, and those whose date stood still."""
    first_hand = [probe for probe in probes if not probe.second_hand]
    doubts = {ClockDoubt.SECOND_HAND} if len(first_hand) < len(probes) else set[ClockDoubt]()
    _, stuck = sorted_out(first_hand)
    return doubts | {ClockDoubt.STUCK} if stuck else doubts
