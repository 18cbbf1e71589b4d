"""What can be reached at all: openings on paper, thousands of them, with our own decisions and with better knowledge.

The probing and the pace are those of the booker. What they do not know is given to them line by line: the instant of
sending that is right if nothing delays it, or that the clock has just stepped. What is left then is due to the
network's jitter and to measuring anew, and to no program.
"""

import argparse
import math
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import fmean, median, quantiles
from typing import Any, Final

from autotennis.domain.clockevidence import Probe
from autotennis.domain.clockmemory import ClockMemory
from autotennis.domain.club import RaceRules
from autotennis.domain.clubclock import ClubClock, good_moment
from autotennis.domain.experience import Experience
from autotennis.domain.pace import CLOCK_END_S, WARM_LEAD_S, Forecast, planned, tail_gaps_s
from autotennis_booker.probing import Probing

_OPENING: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# The reading of our monotonic clock at the opening.
_DUE_S: Final = 1000.0
_LOG_IN_LEAD_S: Final = 12.0
_SERVICE_S: Final = 0.002
_RULES: Final = RaceRules(locks_login=False)
_STEPS_S: Final = (0.58, -0.42, 1.58, -1.42)
_STEP_LEAD_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Way:
    """The way to a club: each half of the round trip takes up to the jitter more."""

    round_trip_s: float
    jitter_s: float

    @property
    def title(self) -> str:
        return f"RTT {self.round_trip_s * 1000:.0f} ms, jitter {self.jitter_s * 1000:.0f} ms"


@dataclass(frozen=True, slots=True)
class Result:
    """How one opening went: the decision in ms after it, and how many requests there were in all."""

    late_ms: float
    requests: int


class _Paper:
    """A clock that is never waited for."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def now(self) -> datetime:
        return _OPENING + timedelta(seconds=self.now_s - _DUE_S)

    def monotonic_s(self) -> float:
        return self.now_s

    async def sleep_until(self, monotonic_s: float) -> None:
        self.now_s = max(self.now_s, monotonic_s)


class _Opening:
    """One opening of a club that nobody has seen before. Its clock gains `step_s` ten seconds before."""

    def __init__(self, way: Way, rng: random.Random, step_s: float = 0.0) -> None:
        self._way = way
        self._rng = rng
        self._step_s = step_s
        self._clock = _Paper(_DUE_S - _LOG_IN_LEAD_S - rng.random())
        self._memory = ClockMemory()
        self.requests = 0

    def raced(self, *, told: bool = False, exactly: bool = False) -> Result:
        """Logs in, measures and shoots. It is `told` of a step, or given the instant `exactly`."""
        self._by_the_way()
        looked_s = self._by_the_way()
        if told:
            self._clock.now_s = max(self._clock.now_s, _DUE_S - _STEP_LEAD_S)
            self._memory = ClockMemory()
        _finish(Probing(self._clock, self._known, self._end_s).done(self._probed))
        known = self._memory.weighed(self._known())
        if exactly:
            # The instant of sending that is decided on at the opening, if nothing delays it.
            phi_s = _OPENING.timestamp() - _DUE_S + self._way.round_trip_s / 2 + _SERVICE_S
            known = replace(known, low_s=phi_s - 1e-6, high_s=phi_s + 1e-6, weights=(1.0,))
        service_s = 0.0 if exactly else max(0.0, looked_s - known.round_trip_s - known.jitter_s)
        return self._shot(known, service_s)

    # The clock

    def _by_the_way(self) -> float:
        now_s = self._clock.now_s
        self._clock.now_s = good_moment(self._memory.clock(now_s), now_s, 1.1, ())
        return self._ask(_SERVICE_S, light=False)

    async def _probed(self, _elsewhere: bool) -> None:
        self._ask(0.0, light=True)

    def _ask(self, work_s: float, *, light: bool) -> float:
        """Sends a request; gives how long its answer took, in seconds."""
        self.requests += 1
        sent_s = self._clock.now_s
        arrived_s = sent_s + self._delay_s()
        stamp_s = math.floor(_OPENING.timestamp() + arrived_s + work_s - _DUE_S - self._behind_s(sent_s))
        self._clock.now_s = arrived_s + work_s + self._delay_s()
        answer = Probe(sent_s, self._clock.now_s, datetime.fromtimestamp(stamp_s, UTC), light)
        self._memory.add(answer, self._clock.now(), self._clock.now_s)
        return answer.round_trip_s

    def _behind_s(self, reading_s: float) -> float:
        return self._step_s if reading_s < _DUE_S - _STEP_LEAD_S else 0.0

    def _delay_s(self) -> float:
        return self._way.round_trip_s / 2 + self._rng.uniform(0, self._way.jitter_s)

    def _known(self) -> ClubClock:
        return self._memory.clock(self._clock.now_s) or ClubClock.assumed(self._clock.now(), self._clock.now_s)

    def _end_s(self) -> float:
        return sum(self._known().send_window_s(_OPENING)) / 2 - CLOCK_END_S

    # The shots

    def _shot(self, known: ClubClock, service_s: float) -> Result:
        left = _RULES.sign_ups
        now_s = max(self._clock.now_s, _DUE_S - WARM_LEAD_S)
        forecast = Forecast(_OPENING, known, Experience(), service_s, 0.0, left, stamp_s=0.0, asked=self.requests)
        burst = planned(forecast, _RULES, now_s).at_s
        first_s = told_s = math.inf
        at_s = heard_s = burst[0]
        gaps_s = tail_gaps_s()
        for number in range(left):
            # After the burst a sign-up waits for all answers.
            at_s = burst[number] if number < len(burst) else max(heard_s, at_s + next(gaps_s))
            if at_s >= told_s:
                break
            self.requests += 1
            decided_s = at_s + self._delay_s() + _SERVICE_S
            answered_s = decided_s + self._delay_s()
            heard_s = max(heard_s, answered_s)
            if decided_s >= _DUE_S:
                first_s, told_s = min(first_s, decided_s), min(told_s, answered_s)
        proof = 1
        return Result((first_s - _DUE_S) * 1000, self.requests + proof)


def _finish(coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs what never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("on paper nothing waits")


def _line(title: str, results: Sequence[Result]) -> str:
    late_ms = [one.late_ms for one in results]
    asked = [one.requests for one in results]
    p99_ms = quantiles(late_ms, n=100)[98]
    return f"{title:<66}{median(late_ms):>7.2f}{p99_ms:>9.2f}{fmean(asked):>10.1f}{max(asked):>6}"


def _openings(
    way: Way, count: int, race: Callable[[_Opening], Result], steps_s: Sequence[float] = (0.0,)
) -> list[Result]:
    rng = random.Random(1)  # noqa: S311 - a repeatable simulation, no secret
    return [race(_Opening(way, rng, steps_s[number % len(steps_s)])) for number in range(count)]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openings", type=int, default=2000, help="how many openings a line has")
    count = parser.parse_args().openings
    print(f"{'decision after the opening, ms':<66}{'median':>7}{'p99':>9}{'requests':>10}{'most':>6}")
    for way in (Way(0.002, 0.0), Way(0.020, 0.005), Way(0.080, 0.020)):
        print(_line(way.title, _openings(way, count, lambda one: one.raced())))
        given = _openings(way, count, lambda one: one.raced(exactly=True))
        print(_line(f"{way.title}; given the instant exactly", given))
    usual = Way(0.020, 0.005)
    stepped = f"{usual.title}; the clock steps {_STEP_LEAD_S:.0f} s before"
    print(_line(stepped, _openings(usual, count, lambda one: one.raced(), _STEPS_S)))
    print(_line(f"{stepped}, and that is told", _openings(usual, count, lambda one: one.raced(told=True), _STEPS_S)))


if __name__ == "__main__":
    main()
