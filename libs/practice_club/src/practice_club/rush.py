"""Visitors who come to an opening and only load the queue: no socket, no page, no record. Pure."""

import random
from collections import deque
from collections.abc import Iterable

from practice_club.clock import NS_PER_MS
from practice_club.knobs import Rush


class RushHour:
    """When they come. The same seed draws the same instants, relative to the opening, for the n-th opening."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(f"{seed}/rush")  # noqa: S311 - a simulation's luck, no secret
        self._rush: Rush | None = None
        self._seen_ns = 0
        self._coming: dict[int, deque[int]] = {}

    def use(self, rush: Rush | None, now_ns: int) -> None:
        """From now on this many come to every opening; None: nobody."""
        if rush != self._rush:
            self._rush = rush
            self._seen_ns = now_ns
            self._coming.clear()

    def come(self, openings_ns: Iterable[int], until_ns: int) -> list[int]:
        """The instants, in order, at which somebody came since the last call, up to `until_ns` (club's clock)."""
        if self._rush is None or until_ns <= self._seen_ns:
            return []
        came: list[int] = []
        for opening_ns in sorted(set(openings_ns)):
            begins_ns = opening_ns + self._rush.from_ms * NS_PER_MS
            if begins_ns <= until_ns and opening_ns + self._rush.to_ms * NS_PER_MS > self._seen_ns:
                came += self._since(self._coming_to(opening_ns, self._rush), until_ns)
        self._seen_ns = until_ns
        return sorted(came)

    def _since(self, coming: deque[int], until_ns: int) -> Iterable[int]:
        """Takes who is due from those who are coming; those from before the knob was turned do not count."""
        while coming and coming[0] <= until_ns:
            instant_ns = coming.popleft()
            if instant_ns > self._seen_ns:
                yield instant_ns

    def _coming_to(self, opening_ns: int, rush: Rush) -> deque[int]:
        if opening_ns not in self._coming:
            after_ms = sorted(self.chance.uniform(rush.from_ms, rush.to_ms) for _ in range(rush.requests))
            self._coming[opening_ns] = deque(opening_ns + round(ms * NS_PER_MS) for ms in after_ms)
        return self._coming[opening_ns]
