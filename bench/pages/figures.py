"""What was measured, as figures and tables. Arithmetic only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from bench.pages.views import Page
from bench.race.figures import Spread, quantile

# The goal, for all views together.
MEDIAN_GOAL_MS: Final = 50.0
_REFUSED: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True)
class Looked:
    """One view: the page, ms from when it was due until it was there, the answer's status (0: none), and how much of
    that time the asking program itself was late.
    """

    page: Page
    ms: float
    status: int
    own_ms: float

    @classmethod
    def heard(cls, told: Iterable[Sequence[Any]]) -> "tuple[Looked, ...]":
        """As the readers tell of theirs."""
        return tuple(cls(Page(page), ms, status, own_ms) for page, ms, status, own_ms in told)

    @property
    def is_good(self) -> bool:
        """Whether the page came."""
        return self.status == HTTPStatus.OK

    @property
    def is_refused(self) -> bool:
        """Whether the service was there, and had no room for it."""
        return self.status in _REFUSED


@dataclass(frozen=True)
class Shot:
    """How a race went: `aim_ms` is by how much later than planned its first sign-up was sent, `decided_ms` when the
    club gave the place, after the opening by its own record; None where that was not to be had.
    """

    aim_ms: float | None
    decided_ms: float | None


@dataclass(frozen=True)
class Phase:
    """Some seconds of measuring: the races in it, seconds of processor by who used it, and how long it took."""

    shots: tuple[Shot, ...]
    cpu_s: Mapping[str, float]
    lasted_s: float


class Way(StrEnum):
    """How an open page hears of news."""

    STREAM = "stream"
    ASKING = "asking"


@dataclass(frozen=True)
class Shown:
    """An open page showed a stage of a race (`sent`, `proven`) so many ms after that was reached."""

    stage: str
    way: Way
    late_ms: float


@dataclass(frozen=True)
class Open:
    """The open pages: how many had a stream, how many asked and how often, what failed and why, what they showed."""

    streams: int
    asking: int
    asked: int
    failed: int
    shown: tuple[Shown, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """One run: the same races while nobody looks (`quiet`) and while many do (`loaded`), and before that (`open_only`)
    the open pages alone.
    """

    views_per_s: float
    quiet: Sequence[Phase]
    loaded: Sequence[Phase]
    open_only: Sequence[Phase]
    looked: Sequence[Looked]
    opened: Sequence[Open]
    memory_mb: Mapping[str, float] = field(default_factory=dict[str, float])

    def of(self, page: Page | None) -> Sequence[Looked]:
        """The views of that page; of None, all."""
        return [one for one in self.looked if page is None or one.page is page]

    def cores(self, phases: Sequence[Phase], who: str) -> float:
        """How much of a core they used in these phases."""
        return sum(one.cpu_s[who] for one in phases) / sum(one.lasted_s for one in phases)

    @property
    def cpu_of_view_ms(self) -> float:
        """Processor of the pages' service for one view: what it used beyond the open pages alone."""
        more = self.cores(self.loaded, "api") - self.cores(self.open_only, "api")
        return more / self.views_per_s * 1000

    @property
    def goal_is_met(self) -> bool:
        """Whether the median of all views is under the goal, with nothing refused and nothing failed."""
        median = quantile([one.ms for one in self.looked], 0.5)
        nothing_failed = all(one.is_good for one in self.looked) and not any(one.failed for one in self.opened)
        return median is not None and median < MEDIAN_GOAL_MS and nothing_failed


def aims(phases: Iterable[Phase]) -> Spread:
    """By how much the first shots were off their planned instants, earlier or later."""
    return Spread(tuple(abs(shot.aim_ms) for one in phases for shot in one.shots if shot.aim_ms is not None))


def decisions(phases: Iterable[Phase]) -> Spread:
    """When the club gave the places."""
    return Spread(tuple(shot.decided_ms for one in phases for shot in one.shots if shot.decided_ms is not None))


def told(result: Result) -> str:
    """All of it in words."""
    return "\n".join([*_pages(result), "", *_open(result), "", *_race(result), "", *_processor(result)])


def _pages(result: Result) -> list[str]:
    head = f"{'page':<22}{'views':>8}{'p50 ms':>9}{'p95':>9}{'p99':>9}{'most':>9}{'refused':>9}{'failed':>8}"
    lines = [head, *(_line(page.value, result.of(page)) for page in Page), _line("all", result.of(None))]
    own = Spread(tuple(one.own_ms for one in result.looked))
    met = "met" if result.goal_is_met else "not met"
    return [
        *lines,
        f"of that, our asking was late by {_ms(own.median)} ms in the median, {_ms(own.p99)} at p99",
        f"goal (median under {MEDIAN_GOAL_MS:.0f} ms, nothing refused or failed): {met}",
    ]


def _line(name: str, looked: Sequence[Looked]) -> str:
    times = [one.ms for one in looked]
    figures = (quantile(times, 0.5), quantile(times, 0.95), quantile(times, 0.99), max(times, default=None))
    refused = sum(one.is_refused for one in looked)
    failed = sum(not one.is_good for one in looked) - refused
    return f"{name:<22}{len(looked):>8}" + "".join(f"{_ms(one):>9}" for one in figures) + f"{refused:>9}{failed:>8}"


def _open(result: Result) -> list[str]:
    streams, asking = max(one.streams for one in result.opened), max(one.asking for one in result.opened)
    asked, failed = sum(one.asked for one in result.opened), sum(one.failed for one in result.opened)
    why = " ".join(sorted({why for one in result.opened for why in one.why}))
    lines = [f"open pages: {streams} by a stream, {asking} that asked ({asked} times); failed: {failed} {why}".rstrip()]
    for stage, said in _STAGES.items():
        found = ", ".join(f"{_reach(result, stage, way)} by {words}" for way, words in _WAYS.items())
        lines.append(f"{said} was shown after: {found}")
    return lines


_STAGES: Final = {"sent": "'the sign-up is sent'", "proven": "'the club's page shows you'"}
_WAYS: Final = {Way.STREAM: "a stream", Way.ASKING: "asking"}


def _reach(result: Result, stage: str, way: Way) -> str:
    late = Spread(
        tuple(one.late_ms for some in result.opened for one in some.shown if (one.stage, one.way) == (stage, way))
    )
    return f"{_ms(late.median)} ms (most {_ms(late.most)}, {len(late.values)} pages)" if late.values else "-"


def _race(result: Result) -> list[str]:
    head = f"{'race':<34}{'alone':>10}{'with pages':>12}{'ratio':>8}"
    quiet, loaded = result.quiet, result.loaded
    return [
        head,
        _compared("first shot off its plan, median ms", aims(quiet).median, aims(loaded).median),
        _compared("first shot off its plan, most ms", aims(quiet).most, aims(loaded).most),
        _compared("decision, median ms", decisions(quiet).median, decisions(loaded).median),
        _compared("decision, most ms", decisions(quiet).most, decisions(loaded).most),
        f"{'places':<34}{_won(quiet):>10}{_won(loaded):>12}",
    ]


def _compared(what: str, alone: float | None, beside: float | None) -> str:
    ratio = f"{beside / alone:.2f}" if alone and beside is not None else "-"
    return f"{what:<34}{_ms(alone):>10}{_ms(beside):>12}{ratio:>8}"


def _won(phases: Sequence[Phase]) -> str:
    return f"{len(decisions(phases).values)}/{sum(len(one.shots) for one in phases)}"


def _processor(result: Result) -> list[str]:
    head = f"{'processor, of a core':<34}{'alone':>10}{'open pages':>12}{'with views':>12}{'memory MB':>11}"
    phases = (result.quiet, result.open_only, result.loaded)
    lines = [
        f"{who:<34}{result.cores(phases[0], who):>10.3f}"
        + "".join(f"{result.cores(some, who):>12.3f}" for some in phases[1:])
        + f"{result.memory_mb.get(who, 0.0):>11.0f}"
        for who in result.quiet[0].cpu_s
    ]
    return [head, *lines, f"processor for a view: {result.cpu_of_view_ms:.1f} ms"]


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
