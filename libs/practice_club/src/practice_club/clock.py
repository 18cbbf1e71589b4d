"""The club's clock: as wrong against the machine's as one wishes."""

import time
from collections.abc import Callable

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


class ClubClock:
    """The machine's clock plus an offset, which may be set, may step and may drift.

    Every instant of the practice club (the `Date` header, openings, countdowns, today, the record) is read here.
    """

    def __init__(self, machine_ns: Callable[[], int] = time.time_ns) -> None:
        """`machine_ns` gives the nanoseconds since 1970 that count as true."""
        self._machine_ns = machine_ns
        self._anchor_ns = machine_ns()
        self._offset_ns = 0
        self._drift_ppm = 0.0

    def set(self, offset_ms: float, drift_ppm: float = 0.0) -> None:
        """From now on be `offset_ms` ahead of the machine (behind, if negative), gaining `drift_ppm` us a second."""
        self._anchor_ns = self._machine_ns()
        self._offset_ns = round(offset_ms * NS_PER_MS)
        self._drift_ppm = drift_ppm

    def now_ns(self) -> int:
        """The club's time in nanoseconds since 1970 (UTC)."""
        return self.at_machine_ns(self._machine_ns())

    def at_machine_ns(self, machine_ns: int) -> int:
        """The club's time when the machine's is `machine_ns`, under the present setting."""
        drift_ns = round((machine_ns - self._anchor_ns) * self._drift_ppm / 1e6) if self._drift_ppm else 0
        return machine_ns + self._offset_ns + drift_ns

    def offset_ms(self) -> float:
        """How far the club is ahead of the machine at this moment, drift included."""
        machine_ns = self._machine_ns()
        return (self.at_machine_ns(machine_ns) - machine_ns) / NS_PER_MS

    def offset_ms_for(self, club_ns: int) -> float:
        """The offset which makes it `club_ns` at the club now."""
        return (club_ns - self._machine_ns()) / NS_PER_MS
