"""The shots around an opening: which they are, by all that is known just before."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final

from autotennis.domain.aim import Target, aimed, in_turn
from autotennis.domain.clockevidence import UNSEEN_JITTER
from autotennis.domain.club import RaceRules
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.experience import Experience
from autotennis.values import PlanBasis

# A burst has this many shots where nothing is uncertain, and another one for each so much that is.
_FEWEST: Final = 4
_FEWEST_UNLEARNED: Final = 6
_WORTH_A_SHOT_S: Final = 0.007
# A booking asks the club for no more than this in all, its proof included, where nothing goes wrong; a club that has
# been learned is asked for less.
_IN_ALL: Final = 16
_IN_ALL_LEARNED: Final = 12
_PROOF: Final = 1
# The span of a threshold is weighed in so many parts.
_PARTS: Final = 16
# Where none may be early, so many are sent together: the luckiest of them meets a quarter of the jitter.
_SURE_SHOTS: Final = 3
# A club that answers slower than its quickest by more than this, beside the jitter, has a queue.
_QUEUE_S: Final = 0.02
# The queue may grow by this much of itself until the opening.
_QUEUE_GROWS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Forecast:
    """All that is known of an opening just before the shots.

    `service_s` is an upper bound of the club's own work for one answer, 0 if unknown; `stamp_s` the same for those
    answers that told its clock, None if that is not known apart. `rush_s` is how much slower than its quickest the club
    answers in the last two seconds. `shots_left` is how many sign-ups the budget allows now, before the tail. `asked`
    is how many requests were sent for this opening already.
    """

    opening_at: datetime
    clock: ClubClock
    experience: Experience
    service_s: float
    rush_s: float
    shots_left: int
    stamp_s: float | None = None
    asked: int = 0

    @property
    def queue_s(self) -> float:
        """How long a request waits at the club before it is worked on; 0 if that may be the jitter as well."""
        wait_s = self.rush_s - self.clock.jitter_s
        return wait_s if wait_s > self.clock.jitter_s + _QUEUE_S else 0.0

    @property
    def answer_s(self) -> float:
        """How long an answer may take."""
        there_and_back_s = self.clock.round_trip_s + 2 * self.clock.jitter_s
        return there_and_back_s + self.service_s + self.queue_s


@dataclass(frozen=True, slots=True)
class Burst:
    """The shots around an opening, in order, as readings of our monotonic clock in seconds; at least one.

    `until_s` is when to give up. `uncertain_s` is how wide the span is in which the first good instant of sending lies;
    a shot that is sent at `open_s` or later cannot be early.
    """

    at_s: tuple[float, ...]
    until_s: float
    basis: PlanBasis
    uncertain_s: float
    open_s: float


def planned(forecast: Forecast, rules: RaceRules, now_s: float) -> Burst:
    """The shots around an opening; one that has passed is shot at once.

    They are never more than the rules and the budget allow, but always one.
    """
    _, last_s = forecast.clock.send_window_s(forecast.opening_at)
    if last_s + (0.0 if rules.early else forecast.service_s) < now_s:
        return at_once(rules, now_s)
    basis, target = _target(forecast, rules)
    instants = aimed(target) if rules.early else _sure(forecast, target)
    # Those whose instant has passed already are one shot now.
    to_come = sorted({max(now_s, at_s) for at_s in instants}) if instants[0] < now_s else instants
    at_s = in_turn(to_come, target.apart_s, rules.in_flight, forecast.answer_s)
    return Burst(at_s, last_s + rules.give_up_s, basis, target.width_s, target.last_s)


def at_once(rules: RaceRules, now_s: float) -> Burst:
    """A single shot now, for a session that is open."""
    return Burst((now_s,), now_s + rules.give_up_s, PlanBasis.AT_ONCE, 0.0, now_s)


def _target(forecast: Forecast, rules: RaceRules) -> tuple[PlanBasis, Target]:
    """What to aim at."""
    basis, first_s, last_s = _span(forecast)
    jitter_s, queue_s = forecast.clock.jitter_s, forecast.queue_s
    if queue_s:
        # What counts is when the club works on a shot: it has to join the queue that much earlier. Nobody knows how
        # long the queue is by then, so the shots are spread from where it has grown to where there is none any more.
        basis, first_s, jitter_s = PlanBasis.RUSH, first_s - queue_s * (1 + _QUEUE_GROWS), 0.0
    apart_s = _apart_s(forecast, rules)
    shots = _count(forecast, rules, basis, last_s - first_s + jitter_s)
    if last_s - first_s < forecast.answer_s:
        shots = min(shots, rules.in_flight)
    # What the clock and the network leave open, no lesson takes away.
    window_first_s, window_last_s = forecast.clock.send_window_s(forecast.opening_at)
    unlearned_s = max(0.0, last_s - first_s - 2 * (window_last_s - window_first_s + jitter_s))
    weights = tuple[float, ...]()
    if basis is PlanBasis.MEASURED and not apart_s:
        weights = _weights(forecast.clock, window_last_s - last_s, window_first_s - first_s)
        jitter_s *= UNSEEN_JITTER
    return basis, Target(first_s, last_s, jitter_s, shots, apart_s, unlearned_s, forecast.answer_s, weights)


def _count(forecast: Forecast, rules: RaceRules, basis: PlanBasis, uncertain_s: float) -> int:
    """How many shots are worth their while."""
    is_learned = basis is PlanBasis.LEARNED
    most = min(rules.shots, forecast.shots_left)
    if not forecast.experience.is_contested:
        # Where others race, every shot is worth its while.
        fewest = _FEWEST if is_learned else _FEWEST_UNLEARNED
        most = min(most, fewest + int(uncertain_s / _WORTH_A_SHOT_S))
    if not forecast.clock.doubts:
        thrifty = (_IN_ALL_LEARNED if is_learned else _IN_ALL) - forecast.asked - _PROOF
        most = min(most, max(_FEWEST, thrifty))
    return max(1, most)


def _span(forecast: Forecast) -> tuple[PlanBasis, float, float]:
    """Where the first good instant of sending lies, and what that rests on."""
    first_s, last_s = forecast.clock.send_window_s(forecast.opening_at)
    # A club decides after some of its work and stamps before or after some: nobody knows how much until it is learned.
    before_s = max(forecast.service_s, forecast.experience.service_s() or 0.0)
    after_s = before_s if forecast.stamp_s is None else min(forecast.stamp_s, before_s)
    if learned := forecast.experience.threshold((-before_s * 1000, after_s * 1000)):
        low_ms, high_ms = learned.centre_ms - learned.spread_ms, learned.centre_ms + learned.spread_ms
        return PlanBasis.LEARNED, first_s + low_ms / 1000, last_s + high_ms / 1000
    basis = PlanBasis.MEASURED if forecast.clock.probes else PlanBasis.ASSUMED
    return basis, first_s - before_s, last_s + after_s


def _weights(clock: ClubClock, least_s: float, most_s: float) -> tuple[float, ...]:
    """How likely the threshold is in each part of its span: before the due instant by `least_s` to `most_s`.

    The later the club's clock, the earlier the instant at which it is due.
    """
    if not clock.weights:
        return ()
    sums = list(accumulate(reversed(clock.weights), initial=0.0))
    part_s = clock.width_s / len(clock.weights)

    def up_to(due_s: float) -> float:
        place = min(max(0.0, due_s / part_s), len(clock.weights) - 1e-9)
        return sums[int(place)] + (sums[int(place) + 1] - sums[int(place)]) * (place % 1.0)

    step_s = (clock.width_s + most_s - least_s) / _PARTS
    middles = (step_s * (number + 0.5) - most_s for number in range(_PARTS))
    # Half a part more, so that what is all in one part counts as well.
    return tuple(up_to(at_s + most_s + part_s / 2) - up_to(at_s + least_s - part_s / 2) for at_s in middles)


def _apart_s(forecast: Forecast, rules: RaceRules) -> float:
    """How far apart shots have to be so that none waits for the one before it."""
    if rules.in_flight == 1:
        return forecast.answer_s
    if not rules.locks_login:
        return 0.0
    learned_s = forecast.experience.service_s()
    return forecast.service_s if learned_s is None else min(learned_s, forecast.service_s or learned_s)


def _sure(forecast: Forecast, target: Target) -> tuple[float, ...]:
    """Shots that cannot be early, not even when they arrive: that is before the work that ends in a stamp."""
    _, last_s = forecast.clock.send_window_s(forecast.opening_at)
    at_s = max(target.last_s, last_s + forecast.service_s)
    together = forecast.clock.jitter_s and not target.apart_s
    return (at_s,) * (min(_SURE_SHOTS, target.shots) if together else 1)
