"""When to shoot, what to do after each answer, and when to stop."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from autotennis.domain.club import RaceRules
from autotennis.domain.clubclock import ClubClock
from autotennis.values import Verdict, VerdictKind

# Before the opening, in seconds: log in and read the page; learn the club's clock; stop learning; warm the connections.
LOG_IN_LEAD_S: Final = 90.0
CLOCK_LEAD_S: Final = 40.0
CLOCK_END_S: Final = 1.6
WARM_LEAD_S: Final = 0.4
STILL_LEAD_S: Final = 2.0

# Learning the clock: this many probes bring a second down to a millisecond or two.
PROBES: Final = 13
PROBE_GAP_S: Final = 0.15

# After the burst, one shot at a time, at growing distances: the club may open late, but not be flooded meanwhile.
_TAIL_FIRST_GAP_S: Final = 0.015
_TAIL_GROWTH: Final = 1.35
_TAIL_LONGEST_GAP_S: Final = 4.0
# Closer than this, two shots of a burst are one: the club needs longer for each.
_CLOSEST_S: Final = 0.001
# After the quick shots the page is looked at now and then, and these last sign-ups are kept for a place that it shows.
KEPT_SIGN_UPS: Final = 2
_WATCH_GAPS_S: Final = (0.5, 1.0, 2.0)
_WATCH_LONGEST_GAP_S: Final = 4.0
# The last requests of a run are kept for finding out how it stands: log in again, look, look once more.
KEPT_FOR_PROOF: Final = 4

# Waiting between tries where the club did not say how long.
_PATIENCE_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)


class Step(StrEnum):
    """What comes next."""

    SHOOT = "shoot"
    LOOK = "look"
    LOG_IN = "log_in"
    WAIT = "wait"
    PROVE = "prove"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Burst:
    """The shots around an opening, as readings of our monotonic clock in seconds; `until_s` is when to give up."""

    at_s: tuple[float, ...]
    until_s: float


def burst(opening_at: datetime, clock: ClubClock, rules: RaceRules, now_s: float) -> Burst:
    """Spreads the shots evenly over what is uncertain: from the earliest possible opening to the latest.

    An opening that has passed is shot at once, one by one.
    """
    first_s, last_s = clock.send_window_s(opening_at)
    if last_s < now_s:
        return at_once(rules, now_s)
    gap_s = max((last_s - first_s) / max(rules.shots - 1, 1), _CLOSEST_S)
    # With a well-known clock the shots would bunch: keep their distance, and let the last ones be late, not early.
    instants = (first_s + number * gap_s for number in range(rules.shots))
    return Burst(tuple(instant for instant in instants if instant >= now_s) or (now_s,), last_s + rules.give_up_s)


def at_once(rules: RaceRules, now_s: float) -> Burst:
    """A single shot now, for a session that is open."""
    return Burst((now_s,), now_s + rules.give_up_s)


def tail_gaps_s() -> Iterator[float]:
    """How long to wait before each shot after the burst."""
    gap_s = _TAIL_FIRST_GAP_S
    while True:
        yield gap_s
        gap_s = min(gap_s * _TAIL_GROWTH, _TAIL_LONGEST_GAP_S)


def watch_gaps_s() -> Iterator[float]:
    """How long to wait between looks at a club that opens late."""
    yield from _WATCH_GAPS_S
    while True:
        yield _WATCH_LONGEST_GAP_S


def patience_s(tries: int, verdict: Verdict | None = None) -> float:
    """How long to wait after the `tries`-th try that came to nothing: as the club asked, or longer each time."""
    if verdict is not None and verdict.retry_after_s is not None:
        return verdict.retry_after_s
    return _PATIENCE_S[min(tries, len(_PATIENCE_S)) - 1]


_AFTER_SIGN_UP: Final = {
    VerdictKind.SIGNED_UP: Step.PROVE,
    VerdictKind.NOT_OPEN: Step.SHOOT,
    # The club shows a free place instead of us among the players: it did not take this one.
    VerdictKind.FREE: Step.SHOOT,
    VerdictKind.LOGGED_OUT: Step.LOG_IN,
    VerdictKind.BUSY: Step.WAIT,
    # An answer that was lost may have been a yes.
    VerdictKind.NO_ANSWER: Step.LOOK,
    VerdictKind.UNKNOWN: Step.LOOK,
}


def after_sign_up(verdict: Verdict, *, opened: bool) -> Step:
    """What a sign-up's answer asks for. `opened` tells whether it was sent when the club must have been open."""
    if verdict.kind is VerdictKind.FULL and not opened:
        # "No free places" is also what the club says before it opens.
        return Step.SHOOT
    return _AFTER_SIGN_UP.get(verdict.kind, Step.STOP)


def may_shoot(requests_left: int, sign_ups_left: int, kept: int = 0) -> bool:
    """Whether the budget allows another sign-up beside the `kept` ones, and still the proof after it."""
    return sign_ups_left > kept and requests_left > KEPT_FOR_PROOF


def opens_later(planned: datetime, announced: datetime) -> bool:
    """Whether the club announces an opening so much later that it is not worth holding on for it."""
    return announced - planned > timedelta(minutes=5)
