"""The timeline of a booking as a picture: where on it each request lies, and how it is marked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from autotennis.values import Action, Attempt, VerdictKind
from autotennis_api import dates, words
from autotennis_api.texts import gettext, lazy_gettext

# All in the picture's own units; it is shown as wide as there is room.
WIDTH: Final = 340.0
_LEFT: Final = 14.0
_RIGHT: Final = WIDTH - 14.0
_TOP: Final = 24.0
_LANE: Final = 40.0
_MARKS_BELOW: Final = 27.0
_LABEL_GAP: Final = 46.0
_KEY_LINE: Final = 20.0
_SECOND_MS: Final = 1000.0


class Sort(StrEnum):
    """What an answer meant; each has a shape of its own."""

    GOOD = "good"
    EARLY = "early"
    BAD = "bad"
    SILENT = "silent"


SORTS: Final[Mapping[Sort, str]] = {
    Sort.GOOD: lazy_gettext("It went well"),
    Sort.EARLY: lazy_gettext("Not open yet"),
    Sort.BAD: lazy_gettext("Refused, or no place"),
    Sort.SILENT: lazy_gettext("No answer"),
}
_SORT_OF: Final[Mapping[VerdictKind, Sort]] = {
    VerdictKind.SIGNED_UP: Sort.GOOD,
    VerdictKind.HELD: Sort.GOOD,
    VerdictKind.ON_LIST: Sort.GOOD,
    VerdictKind.FREE: Sort.GOOD,
    VerdictKind.LOGGED_IN: Sort.GOOD,
    VerdictKind.NOT_OPEN: Sort.EARLY,
    VerdictKind.NO_ANSWER: Sort.SILENT,
    VerdictKind.UNTRUSTED: Sort.SILENT,
}


class Scale:
    """Where an instant lies: fine around the opening, and ever coarser away from it.

    It grows with the logarithm of the distance from the opening in ms, on either side: what is 1 ms away lies as far
    from what is 10 ms away as 10 s do from 100 s.
    """

    def __init__(self, earliest_ms: float, latest_ms: float) -> None:
        self.earliest_ms = min(earliest_ms, -1.0)
        self.latest_ms = max(latest_ms, 1.0)
        self._low = _bent(self.earliest_ms)
        self._high = _bent(self.latest_ms)

    def x(self, ms: float) -> float:
        """Of an instant that many ms after the opening."""
        share = (_bent(ms) - self._low) / (self._high - self._low)
        return round(_LEFT + share * (_RIGHT - _LEFT), 1)

    def ticks(self) -> Sequence[float]:
        """The opening, and the powers of ten ms around it for which there is room."""
        shown = [0.0]
        for side in (-1.0, 1.0):
            for power in range(6):
                ms = side * 10.0**power
                if self.earliest_ms <= ms <= self.latest_ms and self._has_room(ms, shown):
                    shown.append(ms)
        return sorted(shown)

    def _has_room(self, ms: float, shown: Sequence[float]) -> bool:
        return all(abs(self.x(ms) - self.x(other)) >= _LABEL_GAP for other in shown)


def _bent(ms: float) -> float:
    return math.copysign(math.log10(1 + abs(ms)), ms)


@dataclass(frozen=True, slots=True)
class Mark:
    """One request: sent at `x`, answered at `until`."""

    x: float
    until: float
    y: float
    sort: Sort
    told: str


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is written at a place: a tick, a lane's name, a line of the key."""

    at: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn."""

    height: float
    bottom: float
    zero: float
    ticks: Sequence[Line]
    lanes: Sequence[Line]
    marks: Sequence[Mark]
    key: Sequence[tuple[Line, Sort]]
    told: str


def picture(timeline: Sequence[Attempt]) -> Picture:
    """The picture of a timeline, which must not be empty."""
    scale = Scale(min(one.sent_ms for one in timeline), max(one.sent_ms + one.latency_ms for one in timeline))
    actions = [action for action in Action if any(one.action is action for one in timeline)]
    bottom = _TOP + len(actions) * _LANE
    sorts = [sort for sort in Sort if any(sort_of(one) is sort for one in timeline)]
    return Picture(
        height=bottom + 6 + len(sorts) * _KEY_LINE,
        bottom=bottom,
        zero=scale.x(0),
        ticks=[Line(scale.x(ms), _tick(ms), _anchor(scale.x(ms))) for ms in scale.ticks()],
        lanes=[Line(_lane(number) + 13, str(words.ACTIONS[action])) for number, action in enumerate(actions)],
        marks=[_mark(one, scale, _lane(actions.index(one.action)) + _MARKS_BELOW) for one in timeline],
        key=[(Line(bottom + 15 + number * _KEY_LINE, str(SORTS[sort])), sort) for number, sort in enumerate(sorts)],
        told=_told(timeline),
    )


def sort_of(attempt: Attempt) -> Sort:
    """How it is marked."""
    return _SORT_OF.get(attempt.verdict.kind, Sort.BAD)


def _lane(number: int) -> float:
    return _TOP + number * _LANE


def _mark(attempt: Attempt, scale: Scale, y: float) -> Mark:
    told = f"{dates.since_opening(attempt.sent_ms)} {words.ACTIONS[attempt.action]}: "
    told += f"{words.VERDICTS[attempt.verdict.kind]} ({dates.span(attempt.latency_ms)})"
    return Mark(scale.x(attempt.sent_ms), scale.x(attempt.sent_ms + attempt.latency_ms), y, sort_of(attempt), told)


def _tick(ms: float) -> str:
    if ms == 0:
        return "0"
    sign, size = ("\N{MINUS SIGN}" if ms < 0 else "+"), abs(ms)
    return f"{sign}{size:.0f} ms" if size < _SECOND_MS else f"{sign}{size / _SECOND_MS:.0f} s"


def _anchor(x: float) -> str:
    """So that no label sticks out at a side."""
    if x < _LEFT + _LABEL_GAP / 2:
        return "start"
    return "end" if x > _RIGHT - _LABEL_GAP / 2 else "middle"


def _told(timeline: Sequence[Attempt]) -> str:
    first, last = timeline[0], timeline[-1]
    return gettext(
        "%(count)s requests to the club, from %(first)s to %(last)s. The table below has each of them.",
        count=len(timeline),
        first=dates.since_opening(first.sent_ms),
        last=dates.since_opening(last.sent_ms + last.latency_ms),
    )
