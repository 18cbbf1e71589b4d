"""A club that is only arithmetic: it stamps answers by its clock, behind a network with delays. No time passes."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

from autotennis.domain.clockevidence import Prior, Probe
from autotennis.domain.clockmeasure import measured
from autotennis.domain.clockmemory import FRESH_S
from autotennis.domain.clubclock import ClubClock, next_probe_at

EPOCH_S = datetime(2026, 11, 22, 12, 0, tzinfo=UTC).timestamp()
# How far apart probes are.
GAP_S = 0.15


class SimulatedClub:
    """A club whose clock is `phi_s` ahead of our readings, for a stamp on the quickest path.

    Each way may be slower by up to `jitter_s`. Its clock gains `drift_ppm` us a second from the reading 1000 on.
    """

    def __init__(self, phi_s: float, round_trip_s: float = 0.002, jitter_s: float = 0.0, *, seed: int = 1) -> None:
        self.round_trip_s = round_trip_s
        self.jitter_s = jitter_s
        self.drift_ppm = 0.0
        self.work_s = 0.0
        self._phi_s = phi_s
        self._random = random.Random(seed)  # noqa: S311 (delays, no secret)

    def phi_at(self, reading_s: float) -> float:
        """Its phi for a request sent then."""
        return self._phi_s + self.drift_ppm * 1e-6 * (reading_s - 1000.0)

    def step(self, by_s: float) -> None:
        """Puts its clock forward, or back."""
        self._phi_s += by_s

    def answered(self, sent_s: float, there_s: float = 0.0, back_s: float = 0.0, *, light: bool = True) -> Probe:
        """The answer to a request that is delayed by so much each way."""
        stamp = int(sent_s + there_s + self.phi_at(sent_s + there_s))
        received_s = sent_s + self.round_trip_s + there_s + back_s
        return Probe(sent_s, received_s, datetime.fromtimestamp(stamp, UTC), light)

    def probed(self, sent_s: float, *, light: bool = True) -> Probe:
        """The answer to a request that is delayed by chance, and by the work on it if that is not light."""
        work_s = 0.0 if light else self._random.uniform(self.work_s / 2, self.work_s)
        there_s, back_s = (self._random.uniform(0, self.jitter_s) for _ in range(2))
        return self.answered(sent_s, there_s + work_s, back_s, light=light)


class Measurement:
    """Probes sent to a club as their questions ask, one after another, and what they tell."""

    def __init__(self, ask: Callable[[float], Probe], at_s: float = 1000.0, prior: Prior | None = None) -> None:
        self.probes: list[Probe] = []
        self.at_s = at_s
        self._ask = ask
        self._prior = prior

    @property
    def clock(self) -> ClubClock | None:
        """What is known."""
        return measured(self.probes, self.at_s, self._prior, self.at_s - FRESH_S)

    @property
    def known(self) -> ClubClock:
        """What is known, and it must be something."""
        clock = self.clock
        assert clock
        return clock

    def ask(self, ask: Callable[[float], Probe] | None = None, *, hurried: bool = False) -> None:
        """One more probe: of the club, or of somebody else."""
        sent_s = next_probe_at(self.clock, self.at_s, hurried=hurried)
        self.probes.append((ask or self._ask)(sent_s))
        self.at_s = max(self.probes[-1].received_s, sent_s + GAP_S)

    def ask_times(self, count: int) -> None:
        """So many more probes."""
        for _ in range(count):
            self.ask()

    def ask_until_known(self, most: int = 13) -> int:
        """Probes until there is no question left; gives how many that took."""
        for sent in range(most):
            clock = self.clock
            if clock and not clock.questions:
                return sent
            self.ask()
        return most

    def pass_by(self, seconds: float) -> None:
        """Lets time go by."""
        self.at_s += seconds
