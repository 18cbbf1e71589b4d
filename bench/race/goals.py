"""What is to be reached in a cell, and whether it was."""

from dataclasses import dataclass
from enum import StrEnum

from bench.race.contestants import Who
from bench.race.figures import OfCell


class Measure(StrEnum):
    """What of our figures a goal is about."""

    MEDIAN_MS = "decision, median ms"
    P99_MS = "decision, p99 ms"
    SHARE = "decision, median / forerunner's"
    MOST_REQUESTS = "requests of one booking, most"
    MEAN_REQUESTS = "requests of one booking, mean"
    AFTER_VERDICT = "sign-ups after the verdict"
    WINS = "places won / wanted"
    CONTESTED = "contested places won / wanted"


_AT_LEAST = frozenset({Measure.WINS, Measure.CONTESTED})


@dataclass(frozen=True)
class Goal:
    """A bound on one measure: an upper one, or for places a lower one."""

    measure: Measure
    bound: float

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.measure.value} {'>=' if self.measure in _AT_LEAST else '<='} {self.bound:.3g}"

    def judged(self, figures: OfCell) -> "Judgement":
        """Whether these figures of a cell reach it. What could not be measured was not reached."""
        found = _measured(self.measure, figures)
        met = found is not None and (found >= self.bound if self.measure in _AT_LEAST else found <= self.bound)
        return Judgement(self, found, met)


@dataclass(frozen=True)
class Judgement:
    """What was measured for a goal, and whether that reaches it."""

    goal: Goal
    found: float | None
    met: bool

    @property
    def text(self) -> str:
        """In words."""
        found = "nothing" if self.found is None else f"{self.found:.3g}"
        return f"{'met    ' if self.met else 'NOT MET'}  {self.goal.text}: {found}"


def _measured(measure: Measure, figures: OfCell) -> float | None:
    ours = figures[Who.AUTOTENNIS]
    match measure:
        case Measure.MEDIAN_MS:
            return ours.decided.median
        case Measure.P99_MS:
            return ours.decided.p99
        case Measure.SHARE:
            theirs = figures[Who.FORERUNNER].decided.median if Who.FORERUNNER in figures else None
            return ours.decided.median / theirs if theirs and ours.decided.median is not None else None
        case Measure.MOST_REQUESTS:
            return ours.requests.most
        case Measure.MEAN_REQUESTS:
            return ours.requests.mean
        case Measure.AFTER_VERDICT:
            return ours.after_verdict
        case Measure.WINS:
            return ours.won / ours.races if ours.races else None
        case Measure.CONTESTED:
            return ours.contested_won / ours.contested if ours.contested else None


def decided_median(bound_ms: float) -> Goal:
    """The median of the decision after the opening."""
    return Goal(Measure.MEDIAN_MS, bound_ms)


def decided_p99(bound_ms: float) -> Goal:
    """The 99th percentile of the decision after the opening."""
    return Goal(Measure.P99_MS, bound_ms)


def share_of_forerunner(parts: int) -> Goal:
    """A median of one in so many parts of the forerunner's."""
    return Goal(Measure.SHARE, 1 / parts)


def most_requests(bound: int) -> Goal:
    """So many requests for any booking."""
    return Goal(Measure.MOST_REQUESTS, bound)


def mean_requests(bound: int) -> Goal:
    """So many requests for a booking in the mean."""
    return Goal(Measure.MEAN_REQUESTS, bound)


def none_after_verdict() -> Goal:
    """No sign-up once the verdict is known."""
    return Goal(Measure.AFTER_VERDICT, 0)


def wins(places: int, openings: int) -> Goal:
    """So many of the places of so many openings."""
    return Goal(Measure.WINS, places / openings)


def contested() -> Goal:
    """Every place that a rival wants, too."""
    return Goal(Measure.CONTESTED, 1.0)
