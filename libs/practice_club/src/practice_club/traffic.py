"""The way to the club and the queue inside it, as arithmetic on instants. Pure: nothing here waits.

A request arrives when its bytes have come and the network's delay is added. Then it takes a worker, and with it its
PHP session's lock; both are free again when it is answered. As in PHP, a request that waits for the lock keeps its
worker. Those who arrive first are served first, so all instants of a request are known when it arrives.
"""

import random
from dataclasses import dataclass
from heapq import heapreplace

from practice_club.clock import NS_PER_MS
from practice_club.knobs import Knobs

_MANY_LOCKS = 256


@dataclass(frozen=True, slots=True)
class Journey:
    """What chance has in store for one request: its delays and the work that it makes, in nanoseconds."""

    handshake_ns: int
    in_ns: int
    before_ns: int
    after_ns: int
    out_ns: int

    def arrives_ns(self, read_ns: int, opened_ns: int | None) -> int:
        """When it is at the club. `opened_ns` is when its connection was opened, if it is the first one on it.

        Over a real network that connection would have come about a round trip later: the kernel of one machine
        connects at once, so the first request makes up for it.
        """
        sent_ns = read_ns if opened_ns is None else max(read_ns, opened_ns + self.handshake_ns)
        return sent_ns + self.in_ns


@dataclass(frozen=True, slots=True)
class Turn:
    """When a request is decided, and when the work on it ends."""

    decided_ns: int
    answered_ns: int


class Traffic:
    """Draws the delays, and keeps the queue. The same seed draws the same for the n-th request of a connection."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._knobs = Knobs()
        self._workers_free_ns: list[int] = []
        self._locks_free_ns: dict[str, int] = {}

    def use(self, knobs: Knobs) -> None:
        """Delay as these knobs say from now on; requests in the old queue finish there."""
        if knobs.workers != self._knobs.workers:
            self._workers_free_ns = [0] * (knobs.workers or 0)
        self._knobs = knobs

    def chance(self, connection: int) -> random.Random:
        """A connection's own luck, so that it does not depend on what other connections do."""
        return random.Random(f"{self._seed}/{connection}")  # noqa: S311 - jitter, no secret

    def journey(self, chance: random.Random) -> Journey:
        """The delays of one more request."""
        knobs = self._knobs
        way_in = (knobs.latency_in_ms, knobs.jitter_in_ms)
        way_out = (knobs.latency_out_ms, knobs.jitter_out_ms)
        return Journey(
            handshake_ns=_drawn_ns(chance, *way_in) + _drawn_ns(chance, *way_out) if knobs.handshake else 0,
            in_ns=_drawn_ns(chance, *way_in),
            before_ns=_drawn_ns(chance, knobs.service_before_ms, knobs.service_jitter_ms),
            after_ns=_drawn_ns(chance, knobs.service_after_ms, knobs.service_jitter_ms),
            out_ns=_drawn_ns(chance, *way_out),
        )

    def turn(self, ready_ns: int, php_session: str, journey: Journey) -> Turn:
        """The turn of a request that is at the club at `ready_ns`; it takes its worker and its lock."""
        lock = php_session if self._knobs.session_lock else ""
        begun_ns = max(ready_ns, self._workers_free_ns[0] if self._workers_free_ns else 0)
        begun_ns = max(begun_ns, self._locks_free_ns.get(lock, 0))
        turn = Turn(begun_ns + journey.before_ns, begun_ns + journey.before_ns + journey.after_ns)
        if self._workers_free_ns:
            heapreplace(self._workers_free_ns, turn.answered_ns)
        if lock:
            self._lock(lock, ready_ns, turn.answered_ns)
        return turn

    def _lock(self, lock: str, now_ns: int, until_ns: int) -> None:
        if len(self._locks_free_ns) > _MANY_LOCKS:
            self._locks_free_ns = {name: free_ns for name, free_ns in self._locks_free_ns.items() if free_ns > now_ns}
        self._locks_free_ns[lock] = until_ns


def _drawn_ns(chance: random.Random, least_ms: float, more_ms: float) -> int:
    """At least `least_ms`, and up to `more_ms` more."""
    return round((least_ms + (chance.uniform(0, more_ms) if more_ms else 0.0)) * NS_PER_MS)
