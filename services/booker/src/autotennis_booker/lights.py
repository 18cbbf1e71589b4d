"""Tells how far each race has come, for open pages: beside the races, and in silence around the openings.

Nothing here is waited for by a race, and nothing depends on it: where the store is away, a light stays dark.
"""

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis.domain.progress import Progress, Reached, Stage, further
from autotennis.errors import AutotennisError, Stale
from autotennis.ports import Ports
from autotennis_booker.memory import Opening

# From so long before an opening on nothing is told: a second of it is for a write that is under way.
SILENT_LEAD_S: Final = 3.0
# So long after an opening the first shots of all races are fired, and most of them are answered.
AFTER_S: Final = 0.3
# A race that waited for its turn shoots later: it is asked so often.
GLANCE_S: Final = 0.1
# A burst of hundreds of races is told by so few threads, so that their answers are heard first.
_WRITERS: Final = 2
_log = structlog.get_logger()


class Lights:
    """Tells of all races of one process. What comes together, or in the silence, is told by one write."""

    def __init__(self, ports: Ports, holder: str) -> None:
        self._ports = ports
        self._holder = holder
        self._openings: weakref.WeakSet[Opening] = weakref.WeakSet()
        self._turns = asyncio.Semaphore(_WRITERS)
        # Of their own: what is told must not queue before calls that a race waits for.
        self._threads = ThreadPoolExecutor(_WRITERS, thread_name_prefix="lights")

    def of(self, booking_id: str, opening: Opening) -> "Lamp":
        """The lights of one race."""
        self._openings.add(opening)
        return Lamp(self, booking_id)

    def instant_at(self, monotonic_s: float) -> datetime:
        """That reading of our monotonic clock on our wall clock."""
        clock = self._ports.clock
        return clock.now() - timedelta(seconds=clock.monotonic_s() - monotonic_s)

    def left_s(self, until_s: float) -> float:
        """How long it is until that reading of our monotonic clock; 0 if it has passed."""
        return max(0.0, until_s - self._ports.clock.monotonic_s())

    def now(self) -> datetime:
        """The present instant."""
        return self._ports.clock.now()

    async def silence_over(self) -> None:
        """Returns when no opening of this process is so close that nothing else may happen."""
        while (left_s := max(map(self._silent_s, self._openings), default=0.0)) > 0:  # noqa: ASYNC110 (it is time)
            await asyncio.sleep(left_s)

    def _silent_s(self, opening: Opening) -> float:
        """For how long its shots must not be disturbed from now on."""
        now_s, opens_s = self._ports.clock.monotonic_s(), _opens_s(opening)
        return opens_s + AFTER_S - now_s if opens_s - SILENT_LEAD_S <= now_s else 0.0

    def _silent_from_s(self) -> float:
        """The reading of our monotonic clock at which the next silence begins."""
        now_s = self._ports.clock.monotonic_s()
        begins_s = (_opens_s(opening) - SILENT_LEAD_S for opening in self._openings)
        return min((one_s for one_s in begins_s if one_s > now_s), default=float("inf"))

    async def tell(self, booking_id: str, progress: Callable[[], Progress]) -> Progress:
        """Keeps how far a race has come by the time that it may be told; gives that. What goes wrong is only logged."""
        async with self._turns:
            await self.silence_over()
            reached, by_s = progress(), self._silent_from_s()
            try:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._threads, self._keep_before, by_s, booking_id, reached)
            except AutotennisError as error:
                _log.info("a light stays dark", booking_id=booking_id, reason=type(error).__name__)
            except Exception:  # noqa: BLE001 (whatever it is: a race must not end for the sake of a light)
                _log.warning("a light stays dark", booking_id=booking_id, exc_info=True)
        return reached

    def _keep_before(self, by_s: float, booking_id: str, reached: Progress) -> None:
        # A store that hangs may have kept all threads busy until it is too late.
        if self._ports.clock.monotonic_s() < by_s:
            self.keep(booking_id, reached)

    def keep(self, booking_id: str, reached: Progress) -> None:
        """Keeps it at once. A race that is not in our hands any more has nothing to tell."""
        now = self._ports.clock.now()
        with suppress(Stale):
            self._ports.store.change(booking_id, lambda found: found.progressed(self._holder, reached, now))


def _opens_s(opening: Opening) -> float:
    """The opening as a reading of our monotonic clock."""
    return sum(opening.timekeeper.known().send_window_s(opening.opening_at)) / 2


class Lamp:
    """The lights of one race."""

    def __init__(self, lights: Lights, booking_id: str) -> None:
        self._lights = lights
        self._booking_id = booking_id
        self._reached: Progress = ()
        self._told: Progress = ()
        self._first_sent_s: Callable[[], float | None] = _never
        self._telling: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def progress(self) -> Progress:
        """How far this race has come."""
        sent_s = self._first_sent_s()
        if sent_s is not None:
            self._first_sent_s = _never
            self._add(Stage.FIRED, self._lights.instant_at(sent_s))
        return self._reached

    def reached(self, stage: Stage) -> None:
        """The race has come so far. Returns at once; it is told when that disturbs nobody."""
        self._add(stage, self._lights.now())
        self._tell()

    def looks_out(self, first_sent_s: Callable[[], float | None]) -> None:
        """Looks out, after the opening, for the first shot: shots themselves have no time to tell of it."""
        self._first_sent_s = first_sent_s
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_out())

    def close(self) -> None:
        """The race is over: what has not been told by now is told with its outcome."""
        for task in (self._telling, self._looking):
            if task is not None:
                task.cancel()

    def _add(self, stage: Stage, at: datetime) -> None:
        self._reached = further(self._reached, (Reached(stage=stage, at=at),))

    async def _look_out(self) -> None:
        await self._lights.silence_over()
        while (sent_s := self._first_sent_s()) is None:  # noqa: ASYNC110 (a shot has no time to set an event)
            await asyncio.sleep(GLANCE_S)
        await asyncio.sleep(self._lights.left_s(sent_s + AFTER_S))
        self._tell()

    def _tell(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_all())

    async def _tell_all(self) -> None:
        while self._told != self.progress:
            # Also where it could not be kept: the next stage brings it along.
            self._told = await self._lights.tell(self._booking_id, lambda: self.progress)


def _never() -> None:
    """Nothing was sent that has not been noted."""
