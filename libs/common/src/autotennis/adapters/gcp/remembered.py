"""What a process remembers for a while of what it has done already, so that it does not do it over and over."""

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Final, Generic, TypeVar

from autotennis.ports import Clock

_Kept = TypeVar("_Kept")

_MOST: Final = 10_000


class Remembered(Generic[_Kept]):
    """Values by key, each until its time; beyond ten thousand the oldest are forgotten. Safe from many threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[_Kept, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> _Kept | None:
        """The value, if it is remembered still."""
        with self._lock:
            value, until = self._kept.get(key, (None, None))
            return value if until is not None and self._clock.now() < until else None

    def keep(self, key: str, value: _Kept, until: datetime) -> None:
        """Remembers the value until then, in place of an earlier one."""
        with self._lock:
            self._kept[key] = (value, until)
            self._kept.move_to_end(key)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)

    def forget(self, key: str) -> None:
        """Forgets the value, if there is one."""
        with self._lock:
            self._kept.pop(key, None)
