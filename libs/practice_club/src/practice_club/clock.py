"""The club's clock: as wrong against the machine's as one wishes."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000


class Step(NamedTuple):
    """The clock steps once, at an instant of the machine's clock."""

    at_machine_ns: int
    by_ns: int


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
        self._steps: tuple[Step, ...] = ()

    def set(self, offset_ms: float, drift_ppm: float = 0.0) -> None:
        """From now on be `offset_ms` ahead of the machine (behind, if negative), gaining `drift_ppm` us a second.

        Steps that are planned are still to come.
        """
        self._anchor_ns = self._machine_ns()
        self._steps = tuple(step for step in self._steps if step.at_machine_ns > self._anchor_ns)
        self._offset_ns = round(offset_ms * NS_PER_MS)
        self._drift_ppm = drift_ppm

    def plan(self, steps: Iterable[Step]) -> None:
        """Step at these instants, and at no others that were planned before and are still to come."""
        now_ns = self._machine_ns()
        self._steps = (*(step for step in self._steps if step.at_machine_ns <= now_ns), *steps)

    def now_ns(self) -> int:
        """The club's time in nanoseconds since 1970 (UTC)."""
        return self.at_machine_ns(self._machine_ns())

    def at_machine_ns(self, machine_ns: int) -> int:
        """The club's time when the machine's is `machine_ns`, under the present setting."""
        drift_ns = round((machine_ns - self._anchor_ns) * self._drift_ppm / 1e6) if self._drift_ppm else 0
        stepped_ns = sum(step.by_ns for step in self._steps if step.at_machine_ns <= machine_ns)
        return machine_ns + self._offset_ns + drift_ns + stepped_ns

    def offset_ms(self) -> float:
        """How far the club is ahead of the machine at this moment, drift and steps included."""
        machine_ns = self._machine_ns()
        return (self.at_machine_ns(machine_ns) - machine_ns) / NS_PER_MS

    def offset_ms_for(self, club_ns: int) -> float:
        """The offset which makes it `club_ns` at the club now."""
        return (club_ns - self._machine_ns()) / NS_PER_MS

    def machine_ns_in(self, club_ns: int) -> int:
        """When, by the machine, a clock that goes on without a step shows `club_ns`."""
        machine_ns = self._machine_ns()
        ahead_ns = club_ns - self.at_machine_ns(machine_ns)
        return machine_ns + round(ahead_ns / (1 + self._drift_ppm / 1e6))

    def machine_ns_after(self, wait_s: float) -> int:
        """The machine's time so many seconds from now."""
        return self._machine_ns() + round(wait_s * NS_PER_S)
