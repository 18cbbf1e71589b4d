"""News for open pages, free of Flask: who listens, and what is read once for all who show the same."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from autotennis.domain.booking import Booking, State
from autotennis.ports import Clock
from autotennis_api import standing

LIVE: Final = "autotennis_live"
# A member with more open pages than this has the others ask.
EACH: Final = 6
# What may change at any moment is read so often (s).
QUICK_S: Final = 0.25
# All of it is read so often (s) after a page was opened or something has happened, for so long; later seldom.
LIVELY_S: Final = 2.0
LIVELY_FOR_S: Final = 120.0
SELDOM_S: Final = 15.0
# An opening is near from shortly before its booker wakes up on, and until its race should be over.
_BEFORE: Final = timedelta(minutes=2, seconds=15)
_AFTER: Final = timedelta(minutes=1)


def is_quick(booking: Booking, now: datetime) -> bool:
    """Whether something is about to happen to it within seconds."""
    if not standing.is_unfinished(booking):
        return standing.is_being_given_back(booking)
    is_near = -_AFTER < booking.opening_at - now < _BEFORE
    return is_near or booking.claim is not None or booking.cancel_asked_at is not None or _is_new(booking, now)


def _is_new(booking: Booking, now: datetime) -> bool:
    return booking.state is State.REQUESTED and now - booking.created_at < _AFTER


@dataclass(frozen=True, slots=True)
class Source:
    """Where a page's bookings are read: all of them, and one of them by its id."""

    all: Callable[[], Sequence[Booking]]
    one: Callable[[str], Booking]


class Reading:
    """A page's bookings, read once for all who show them."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._found: Sequence[Booking] = ()
        self._lively_until_s = 0.0
        self._all_at_s = self._quick_at_s = float("-inf")

    def enliven(self) -> None:
        """Somebody has just come, or something has happened: more may follow."""
        self._lively_until_s = self._clock.monotonic_s() + LIVELY_FOR_S

    def newest(self) -> Sequence[Booking]:
        """The bookings, as new as their state asks for. It is the same object until something has changed."""
        with self._lock:
            found = self._read(self._clock.monotonic_s())
            if found != self._found:
                if self._found:
                    self.enliven()
                self._found = found
            return self._found

    def _read(self, now_s: float) -> Sequence[Booking]:
        if now_s - self._all_at_s >= (LIVELY_S if now_s < self._lively_until_s else SELDOM_S):
            self._all_at_s = self._quick_at_s = now_s
            return self._source.all()
        if now_s - self._quick_at_s < QUICK_S:
            return self._found
        self._quick_at_s = now_s
        now = self._clock.now()
        newer = {one.id: self._source.one(one.id) for one in self._found if is_quick(one, now)}
        return [newer.get(one.id, one) for one in self._found]


@dataclass(eq=False)
class Listener:
    """One open page: whose it is, and whether it is to be told nothing any more."""

    member_id: str
    ended: threading.Event = field(default_factory=threading.Event)


class Hub:
    """All open pages of this process that are told of news, `most` of them at most."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._readings: dict[str, tuple[Reading, int]] = {}
        self._is_ending: Callable[[], bool] = bool

    def ends_when(self, is_ending: Callable[[], bool]) -> None:
        """Ends everything once that is so."""
        self._is_ending = is_ending

    def admit(self, member_id: str) -> Listener | None:
        """One more open page, to be let go again; None where there are too many."""
        with self._lock:
            of_member = sum(one.member_id == member_id for one in self._listeners)
            if len(self._listeners) >= self._most or of_member >= EACH:
                return None
            listener = Listener(member_id)
            self._listeners.add(listener)
            return listener

    def let_go(self, listener: Listener) -> None:
        """The page is not open any more."""
        with self._lock:
            self._listeners.discard(listener)

    def end_of(self, member_id: str) -> None:
        """All open pages of the member have to ask to be let in again."""
        with self._lock:
            for listener in self._listeners:
                if listener.member_id == member_id:
                    listener.ended.set()

    def waits(self, listener: Listener, wait_s: float) -> bool:
        """Waits so long, or until the page is told nothing any more; whether it still is."""
        return not listener.ended.wait(wait_s) and not self._is_ending()

    @contextmanager
    def reading(self, key: str, source: Source) -> Generator[Reading, None, None]:
        """What is read of that key, shared with all who read the same."""
        with self._lock:
            reading, readers = self._readings.get(key) or (Reading(source, self._clock), 0)
            self._readings[key] = reading, readers + 1
        reading.enliven()
        try:
            yield reading
        finally:
            with self._lock:
                _, readers = self._readings.pop(key)
                if readers > 1:
                    self._readings[key] = reading, readers - 1
