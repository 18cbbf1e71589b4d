"""The club's clock, from the Date headers of its answers: arithmetic only.

What a race needs is not the offset between two clocks but the instant at which to *send*: the reading of our monotonic
clock at which a request on the quickest path is stamped with the opening second. Let `phi` be the club's instant of the
stamp (seconds since 1970) minus our reading when sending. A probe sent at `t`, answered with `Date: D` and slower than
the quickest one by `e`, proves `D - t - e <= phi < D + 1 - t`. The intervals of all probes are intersected, and the
next probe is sent so that the middle of what is left falls on the turn of a second: each one halves it. Nothing is
assumed about how a round trip splits into its two ways.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from autotennis.values import ClockReading

# Two machines' quartz clocks drift apart by no more than this, in seconds per second.
DRIFT: Final = 10e-6
# Date headers are whole seconds.
_STEP_S: Final = 1.0
# A server whose clock is farther off than this is none: its dates are taken for old ones.
_FARTHEST_OFF_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Probe:
    """One answer with a Date header: readings of our monotonic clock in seconds, and the club's stamp."""

    sent_s: float
    received_s: float
    date: datetime

    @property
    def round_trip_s(self) -> float:
        """How long the answer took."""
        return self.received_s - self.sent_s


@dataclass(frozen=True, slots=True)
class ClubClock:
    """What is known of the club's clock: `phi` lies in [`low_s`, `high_s`).

    `round_trip_s` is the quickest answer seen, `probes` how many answers agree on this.
    """

    low_s: float
    high_s: float
    round_trip_s: float
    probes: int

    @classmethod
    def assumed(cls, now: datetime, monotonic_s: float, bound_s: float = 1.0) -> Self:
        """For a club whose answers tell nothing: its clock is ours, give or take `bound_s`."""
        phi_s = now.timestamp() - monotonic_s
        return cls(phi_s - bound_s, phi_s + bound_s, 0.0, 0)

    @property
    def phi_s(self) -> float:
        """The middle of what is possible."""
        return (self.low_s + self.high_s) / 2

    @property
    def width_s(self) -> float:
        """How much is left open."""
        return self.high_s - self.low_s

    def send_window_s(self, instant: datetime) -> tuple[float, float]:
        """The earliest and the latest reading at which a request sent is stamped with this club's instant."""
        return instant.timestamp() - self.high_s, instant.timestamp() - self.low_s

    def instant_at(self, monotonic_s: float) -> datetime:
        """The club's instant (UTC) at a reading of ours, as well as it is known."""
        return datetime.fromtimestamp(monotonic_s + self._offset_s(), UTC)

    def has_come(self, instant: datetime, sent_s: float) -> bool:
        """Whether the club's instant had certainly come for a request sent then."""
        return sent_s >= self.send_window_s(instant)[1]

    def sent_after_ms(self, instant: datetime, sent_s: float) -> float:
        """How many ms after the club's `instant`, on the club's clock, a request was sent (negative: before)."""
        return (sent_s + self._offset_s() - instant.timestamp()) * 1000

    def _offset_s(self) -> float:
        """The club's clock minus our reading at one moment: half a round trip is the best guess for one way."""
        return self.phi_s - self.round_trip_s / 2

    def is_plausible(self, now: datetime, monotonic_s: float) -> bool:
        """Whether a server would really be that far off; `now` and `monotonic_s` are the same moment on our clock.

        A proxy or a cache that stamps an answer with an old date makes a clock look hours off, or stuck.
        """
        return abs(self._offset_s() + monotonic_s - now.timestamp()) <= _FARTHEST_OFF_S

    def reading(self, now: datetime, monotonic_s: float) -> ClockReading:
        """The measurement in words of wall clocks; `now` and `monotonic_s` are the same moment on ours."""
        return ClockReading(
            offset_ms=(self._offset_s() + monotonic_s - now.timestamp()) * 1000,
            bound_ms=(self.width_s + self.round_trip_s) / 2 * 1000,
            round_trip_ms=self.round_trip_s * 1000,
            probes=self.probes,
        )


def measured(probes: Sequence[Probe]) -> ClubClock | None:
    """The club's clock by these probes (oldest first); None without any.

    Where they contradict each other the clock stepped, or another server answered: then the older half is forgotten.
    """
    if not probes:
        return None
    quickest_s = min(probe.round_trip_s for probe in probes)
    now_s = probes[-1].received_s
    lows, highs = zip(*(_bounds(probe, quickest_s, now_s) for probe in probes), strict=True)
    low_s, high_s = max(lows), min(highs)
    if low_s < high_s:
        return ClubClock(low_s, high_s, quickest_s, len(probes))
    return measured(probes[(len(probes) + 1) // 2 :])


def _bounds(probe: Probe, quickest_s: float, now_s: float) -> tuple[float, float]:
    drift_s = DRIFT * (now_s - probe.received_s)
    low_s = probe.date.timestamp() - probe.sent_s - (probe.round_trip_s - quickest_s)
    return low_s - drift_s, probe.date.timestamp() + _STEP_S - probe.sent_s + drift_s


def next_probe_at(clock: ClubClock | None, not_before_s: float) -> float:
    """The reading at which to send the next probe: when the middle of what is open falls on the turn of a second."""
    if clock is None:
        return not_before_s
    return math.ceil(not_before_s + clock.phi_s) - clock.phi_s
