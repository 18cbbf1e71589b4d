"""Google's clients, made when they are first needed and not before."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_Made = TypeVar("_Made")


class Lazily(Generic[_Made]):
    """Something that `make` makes once, for all threads, and `end` ends. After it was ended it is made anew."""

    def __init__(self, make: Callable[[], _Made], end: Callable[[_Made], None]) -> None:
        self._make = make
        self._end = end
        self._lock = threading.Lock()
        self._made: _Made | None = None

    def get(self) -> _Made:
        """It, made by whoever comes first."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def close(self) -> None:
        """Ends it. Harmless when there is none."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            self._end(made)
