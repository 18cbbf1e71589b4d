"""How many pages may wait for clubs at once: a club that hangs must leave threads to the pages that need none."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from threading import Lock

from autotennis.errors import ClubBusy
from autotennis.ports import Club


class ClubRoom:
    """Room for those who wait: of so many threads that make pages, one club has half, and all have three quarters."""

    def __init__(self, threads: int) -> None:
        self._each, self._most = max(1, threads // 2), max(1, threads * 3 // 4)
        self._lock = Lock()
        self._waiting = Counter[str]()

    @contextmanager
    def waiting_for(self, club: Club) -> Generator[None]:
        """Holds a place while a page waits for the club. Raises ClubBusy, at once, if too many do."""
        with self._lock:
            if self._waiting[club.rules.id] >= self._each or self._waiting.total() >= self._most:
                raise ClubBusy(f"Too many pages wait for {club.rules.name} already.")
            self._waiting[club.rules.id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[club.rules.id] -= 1
