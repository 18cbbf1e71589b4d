"""When to shoot, what to do after each answer, and when to stop."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, repeat
from typing import Final

from autotennis.domain.club import RaceRules

# The decisions of a race are found here, all of them.
from autotennis.domain.experience import Shot as Shot
from autotennis.domain.experience import lesson as lesson
from autotennis.domain.holds import kept_for_steps
from autotennis.domain.shots import Burst as Burst
from autotennis.domain.shots import Forecast as Forecast
from autotennis.domain.shots import at_once as at_once
from autotennis.domain.shots import planned as planned
from autotennis.values import Verdict, VerdictKind

# Before the opening, in seconds: log in and read the page; stop learning of the clock; warm the connections.
LOG_IN_LEAD_S: Final = 90.0
CLOCK_END_S: Final = 1.6
WARM_LEAD_S: Final = 0.4
STILL_LEAD_S: Final = 2.0

# Learning the clock: no more probes than this for one opening, and so far apart.
PROBES: Final = 13
PROBE_GAP_S: Final = 0.15

# After the burst, one shot at a time, at growing distances: the club may open late, but not be flooded meanwhile.
_TAIL_FIRST_GAP_S: Final = 0.015
_TAIL_GROWTH: Final = 1.15
_TAIL_LONGEST_GAP_S: Final = 8.0
# A page that does not show the member's id yet is looked at at distances that grow faster: looks spend the same cap.
_LOOK_GROWTH: Final = 1.35
_LOOK_LONGEST_GAP_S: Final = 4.0
# A shot whose answer takes longer than this is looked after instead of waited for: it may have been a yes.
SLOW_S: Final = 1.0
# After the quick shots the page is looked at now and then, and these last sign-ups are kept for a place that it shows.
KEPT_SIGN_UPS: Final = 2
_WATCH_GAPS_S: Final = (0.5, 1.0, 2.0)
_WATCH_GAP_S: Final = 4.0
# A club that is closed a minute later may open minutes later; the looks that are left have to last for these.
_LATE_AFTER_S: Final = 60.0
_LATE_GAP_S: Final = 60.0
# The last requests of a run are kept for finding out how it stands: log in again, look, look once more.
_KEPT_FOR_LOOKS: Final = 4

# Waiting between tries where the club did not say how long.
_PATIENCE_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)


# From the opening to the club's page that shows how it went takes no longer than this, as a rule.
_PROOF_S: Final = 1.5


def may_finish(opens_in_s: float, left_s: float) -> bool:
    """Whether a race for what opens in so many seconds can be finished in the time that is left for it."""
    return opens_in_s + _PROOF_S <= left_s


def kept_for_proof(rules: RaceRules) -> int:
    """How many requests of a run are no sign-ups: to see how it stands, and to make a held place the member's."""
    return _KEPT_FOR_LOOKS + kept_for_steps(rules)


class Step(StrEnum):
    """What comes next."""

    SHOOT = "shoot"
    LISTEN = "listen"
    LOOK = "look"
    LOG_IN = "log_in"
    WAIT = "wait"
    PROVE = "prove"
    STOP = "stop"


def tail_gaps_s() -> Iterator[float]:
    """How long to wait before each shot after the burst."""
    return _growing_s(_TAIL_GROWTH, _TAIL_LONGEST_GAP_S)


def look_gaps_s() -> Iterator[float]:
    """How long to wait between looks at a page that shows no way in yet."""
    return _until_late_s(_growing_s(_LOOK_GROWTH, _LOOK_LONGEST_GAP_S))


def _growing_s(growth: float, longest_s: float) -> Iterator[float]:
    gap_s = _TAIL_FIRST_GAP_S
    while True:
        yield gap_s
        gap_s = min(gap_s * growth, longest_s)


def watch_gaps_s() -> Iterator[float]:
    """How long to wait between looks at a club that opens late."""
    return _until_late_s(chain(_WATCH_GAPS_S, repeat(_WATCH_GAP_S)))


def _until_late_s(gaps_s: Iterator[float]) -> Iterator[float]:
    """These gaps until it is late, and long ones from then on."""
    passed_s = 0.0
    while passed_s < _LATE_AFTER_S:
        gap_s = next(gaps_s)
        passed_s += gap_s
        yield gap_s
    yield from repeat(_LATE_GAP_S)


def patience_s(tries: int, verdict: Verdict | None = None) -> float:
    """How long to wait after the `tries`-th try that came to nothing: as the club asked, or longer each time.

    A club that asks for no time at all is not asked again and again at once.
    """
    ours_s = _PATIENCE_S[min(tries, len(_PATIENCE_S)) - 1]
    asked_s = verdict.retry_after_s if verdict is not None else None
    return asked_s or ours_s


_AFTER_SIGN_UP: Final = {
    VerdictKind.SIGNED_UP: Step.PROVE,
    # What is left to be done follows from the look.
    VerdictKind.HELD: Step.PROVE,
    VerdictKind.NOT_OPEN: Step.SHOOT,
    # The club shows a free place instead of us among the players: it did not take this one.
    VerdictKind.FREE: Step.SHOOT,
    VerdictKind.LOGGED_OUT: Step.LOG_IN,
    VerdictKind.BUSY: Step.WAIT,
    # An answer that was lost may have been a yes.
    VerdictKind.NO_ANSWER: Step.LOOK,
    VerdictKind.UNTRUSTED: Step.LOOK,
    VerdictKind.UNKNOWN: Step.LOOK,
}


def after_sign_up(verdict: Verdict, *, opened: bool) -> Step:
    """What a sign-up's answer asks for. `opened` tells whether it was sent when the club must have been open."""
    if verdict.kind is VerdictKind.FULL and not opened:
        # "No free places" is also what the club says before it opens.
        return Step.SHOOT
    return _AFTER_SIGN_UP.get(verdict.kind, Step.STOP)


def opens_later(planned: datetime, announced: datetime) -> bool:
    """Whether the club announces an opening so much later that it is not worth holding on for it."""
    return announced - planned > timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Next:
    """What to do, and at which reading of our monotonic clock; an answer that comes before may change it."""

    step: Step
    at_s: float


class Pace:
    """Says what comes next in one race, from its plan and from what the answers say.

    Tell it of each shot that was `sent` and each answer that was `heard`, and ask it for the `next` step after each of
    these and when the instant of the step has come. `SHOOT` and `LISTEN` (wait for answers until then) are asked for
    again and again; every other step is asked for once, and when it has been taken the race may go on.
    """

    def __init__(self, burst: Burst, rules: RaceRules) -> None:
        self._burst = burst
        self._in_flight = rules.in_flight
        self._to_come = deque(burst.at_s)
        self._gaps_s = tail_gaps_s()
        self._gap_s = next(self._gaps_s)
        self._unanswered: list[float] = []
        self._last_sent_s = burst.at_s[0]
        # Shots sent up to then are not waited for: a look at the page has told, or will tell, what came of them.
        self._looked_s = float("-inf")
        self._asked: Step | None = None
        self._in_doubt = False
        self._busy = 0
        self._patience_s = 0.0

    def sent(self, at_s: float) -> None:
        """A shot was sent."""
        self._unanswered.append(at_s)
        self._last_sent_s = at_s
        if self._to_come:
            self._to_come.popleft()
        else:
            self._gap_s = next(self._gaps_s)

    def heard(self, sent_s: float, verdict: Verdict) -> None:
        """The shot that was sent then was answered, or given up by the network."""
        self._unanswered.remove(sent_s)
        step = after_sign_up(verdict, opened=sent_s >= self._burst.open_s)
        if step is Step.LOOK:
            # One that was lost says nothing of the others: those planned go on, and then it is looked after.
            self._in_doubt = True
        elif step is Step.PROVE or (step is not Step.SHOOT and self._asked is not Step.PROVE):
            self._asked = step
        if step is Step.WAIT:
            self._busy += 1
            self._patience_s = patience_s(self._busy, verdict)

    def next(self, now_s: float, *, may_shoot: bool) -> Next:
        """What comes next. `may_shoot` tells whether the budget allows another one."""
        if self._to_come and may_shoot and self._asked is None and not self._is_full:
            return Next(Step.SHOOT, max(now_s, self._to_come[0]))
        waited_for = [sent_s for sent_s in self._unanswered if sent_s > self._looked_s]
        slow_at_s = max(waited_for, default=now_s) + SLOW_S
        if waited_for and now_s < slow_at_s and self._asked is not Step.PROVE:
            return Next(Step.LISTEN, slow_at_s)
        if self._asked or self._in_doubt or waited_for:
            return self._left(now_s)
        if not may_shoot or now_s >= self._burst.until_s:
            return Next(Step.STOP, now_s)
        if not self._is_full:
            return Next(Step.SHOOT, max(now_s, self._last_sent_s + self._gap_s))
        again_s = self._looked_s + SLOW_S
        return Next(Step.LISTEN, again_s) if now_s < again_s else self._left(now_s)

    @property
    def _is_full(self) -> bool:
        return len(self._unanswered) >= self._in_flight

    def _left(self, now_s: float) -> Next:
        """The step that leads away from shooting; what was planned for the time until then is let go."""
        step, self._asked, self._in_doubt = self._asked or Step.LOOK, None, False
        self._looked_s = now_s
        while self._to_come and self._to_come[0] <= now_s:
            self._to_come.popleft()
        return Next(step, now_s + self._patience_s if step is Step.WAIT else now_s)
