"""Openings without sockets or waiting: a club, its network, its rivals and our shots as events on one time line.

All times are seconds; the opening is the instant 0 on the club's clock, and our monotonic clock shows the same.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from statistics import mean

from autotennis.domain.club import RaceRules
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.experience import Experience, Shot, lesson
from autotennis.domain.pace import Pace, Step
from autotennis.domain.shots import Burst, Forecast, planned
from autotennis.values import Verdict, VerdictKind

OPENING = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_YEARS_S = OPENING.timestamp()
# Nobody's machine wakes up exactly when it wants to.
_LATE_S = 0.0002


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of club and way to it. `stamp_s` is the club's work for a probe, before it writes the Date header.

    `clock_s` is how wide the window is to which its clock is known. Rivals are loops, each with one request under way,
    that begin within the seconds `rivals_from_s` before the opening; `rival_trip_s` is their way there and back.
    """

    one_way_s: float
    jitter_s: float
    clock_s: float
    before_s: float = 0.002
    after_s: float = 0.0
    stamp_s: float = 0.002
    unsteady_s: float = 0.0002
    locks: bool = False
    workers: int = 1000
    rivals: int = 0
    rivals_from_s: tuple[float, float] = (5.0, 0.5)
    rival_trip_s: float = 0.02

    @property
    def service_s(self) -> float:
        """The work for one answer."""
        return self.before_s + self.after_s


@dataclass(frozen=True, slots=True)
class Result:
    """How an opening went for us: the club's first yes came `late_s` after the opening (None: never)."""

    late_s: float | None
    shots: int
    plan: Burst
    rival_late_s: float | None = None

    @property
    def wins(self) -> bool:
        """Whether we were before all rivals."""
        return self.late_s is not None and (self.rival_late_s is None or self.late_s < self.rival_late_s)


@dataclass(slots=True)
class _Request:
    arrived_s: float
    answered: Callable[[float, bool], None]
    ours: bool
    is_probe: bool = False
    decided_s: float = 0.0


class _Club:
    """Serves requests in the order in which they come, as many at once as it has workers."""

    def __init__(self, cell: Cell, rng: random.Random) -> None:
        self._cell = cell
        self._rng = rng
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0
        self._queue: deque[_Request] = deque()
        self._locked: deque[_Request] = deque()
        self._idle = cell.workers
        self._lock_held = False
        self.yes_s: dict[bool, float] = {}

    def at(self, at_s: float, event: Callable[[float], None]) -> None:
        """Something happens then."""
        self._count += 1
        heappush(self._events, (at_s, self._count, event))

    def run(self, until_s: float) -> None:
        """Lets everything happen up to then."""
        while self._events and self._events[0][0] <= until_s:
            at_s, _, event = heappop(self._events)
            event(at_s)

    def ask(self, request: _Request) -> None:
        """A request that arrives at the club at its `arrived_s`."""
        self.at(request.arrived_s, lambda now_s: self._arrived(now_s, request))

    def way_s(self) -> float:
        """One way to the club or back."""
        return self._cell.one_way_s + self._rng.uniform(0, self._cell.jitter_s)

    def _arrived(self, now_s: float, request: _Request) -> None:
        self._queue.append(request)
        self._admit(now_s)

    def _admit(self, now_s: float) -> None:
        while self._idle and self._queue:
            self._idle -= 1
            request = self._queue.popleft()
            if request.ours and self._cell.locks and self._lock_held:
                self._locked.append(request)
            else:
                self._begin(now_s, request)

    def _begin(self, now_s: float, request: _Request) -> None:
        cell = self._cell
        if request.ours and cell.locks:
            self._lock_held = True
        before_s, after_s = (cell.stamp_s, 0.0) if request.is_probe else (cell.before_s, cell.after_s)
        request.decided_s = now_s + before_s + self._rng.uniform(0, cell.unsteady_s)
        self.at(request.decided_s + after_s, lambda at_s: self._done(at_s, request))

    def _done(self, now_s: float, request: _Request) -> None:
        accepted = request.decided_s >= 0 and not request.is_probe
        if accepted:
            self.yes_s[request.ours] = min(self.yes_s.get(request.ours, 1e9), request.decided_s)
        self._idle += 1
        if request.ours and self._cell.locks:
            self._lock_held = False
            if self._locked:
                self._begin(now_s, self._locked.popleft())
        request.answered(now_s, accepted)
        self._admit(now_s)


@dataclass(slots=True)
class _Racer:
    """Carries out what the pace says."""

    club: _Club
    pace: Pace
    shots_left: int
    shots: list[Shot] = field(default_factory=list[Shot])
    sent: int = 0
    over: bool = False
    turn: int = 0

    def go_on(self, now_s: float) -> None:
        """Asks the pace what comes next, and plans to do it."""
        self.turn += 1
        turn = self.turn
        step = self.pace.next(now_s, may_shoot=self.sent < self.shots_left)
        self.over = step.step not in {Step.SHOOT, Step.LISTEN}
        if not self.over:
            self.club.at(step.at_s, lambda at_s: self._act(at_s, turn, step.step))

    def _act(self, now_s: float, turn: int, step: Step) -> None:
        if turn != self.turn or self.over:
            return
        if step is Step.SHOOT:
            self._shoot(now_s)
        self.go_on(now_s)

    def _shoot(self, now_s: float) -> None:
        self.sent += 1
        self.pace.sent(now_s)

        def answered(done_s: float, accepted: bool) -> None:
            self.club.at(done_s + self.club.way_s(), lambda at_s: self._heard(now_s, at_s, accepted))

        self.club.ask(_Request(now_s + self.club.way_s(), answered, ours=True))

    def _heard(self, sent_s: float, now_s: float, accepted: bool) -> None:
        kind = VerdictKind.SIGNED_UP if accepted else VerdictKind.NOT_OPEN
        self.shots.append(Shot(sent_s, now_s, kind))
        self.pace.heard(sent_s, Verdict(kind=kind))
        if not self.over:
            self.go_on(now_s)


def known_clock(cell: Cell, rng: random.Random) -> ClubClock:
    """What a measurement of this club's clock may say: the due instant lies anywhere in the window."""
    due_s = -cell.one_way_s - cell.stamp_s
    first_s = due_s - cell.clock_s * rng.random()
    # The jitter is known only as far as it was seen: a few answers show about half of it.
    seen_s = cell.jitter_s * rng.uniform(0.4, 0.9)
    round_trip_s = 2 * cell.one_way_s + cell.stamp_s
    return ClubClock(_YEARS_S - first_s - cell.clock_s, _YEARS_S - first_s, round_trip_s, 7, jitter_s=seen_s)


def opening(
    cell: Cell, rules: RaceRules, experience: Experience, rng: random.Random, *, contested: bool = False
) -> tuple[Result, Experience]:
    """One opening, and what is known of the club after it: if `contested`, also that others race there."""
    club = _Club(cell, rng)
    for _ in range(cell.rivals):
        _begin_rival(club, cell, -rng.uniform(*cell.rivals_from_s), rng)
    rush_s = _rush_s(club, cell)
    clock = known_clock(cell, rng)
    forecast = Forecast(OPENING, clock, experience, cell.service_s, rush_s, rules.shots, stamp_s=cell.stamp_s)
    plan = planned(forecast, rules, now_s=-1.0)
    racer = _Racer(club, Pace(plan, rules), rules.sign_ups)
    club.at(-1.0, racer.go_on)
    club.run(3.0)
    taught = lesson(OPENING, clock, racer.shots, offset_ms=0.0, filled=contested)
    result = Result(club.yes_s.get(True), racer.sent, plan, club.yes_s.get(False))
    return result, experience.taught(taught) if taught else experience


def _begin_rival(club: _Club, cell: Cell, at_s: float, rng: random.Random) -> None:
    def ask(now_s: float) -> None:
        club.ask(_Request(now_s + cell.rival_trip_s / 2 + rng.uniform(0, cell.jitter_s), answered, ours=False))

    def answered(done_s: float, accepted: bool) -> None:
        if not accepted:
            club.at(done_s + cell.rival_trip_s / 2 + rng.uniform(0, cell.jitter_s), ask)

    club.at(at_s, ask)


def _rush_s(club: _Club, cell: Cell) -> float:
    """How much slower than at its best the club answers two light questions, the last 1.3 s before the opening."""
    slower_s: list[float] = []

    def ask(now_s: float) -> None:
        def answered(done_s: float, accepted: bool) -> None:
            best_s = 2 * cell.one_way_s + cell.stamp_s
            slower_s.append(done_s + club.way_s() - now_s - best_s)

        club.ask(_Request(now_s + club.way_s(), answered, ours=False, is_probe=True))

    for at_s in (-1.7, -1.4):
        club.at(at_s, ask)
    club.run(-1.0)
    return max(0.0, mean(slower_s)) if slower_s else 1.0


def late_ms(results: Sequence[Result]) -> list[float]:
    """How late the first yes came in each, in ms, the earliest first; never counts as three seconds."""
    return sorted(3000.0 if result.late_s is None else result.late_s * 1000 for result in results)
