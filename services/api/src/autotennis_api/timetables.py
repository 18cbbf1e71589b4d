"""The clubs' timetables, read as a visitor and remembered: one read of a page serves everybody for some minutes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Final

import structlog

from autotennis.domain.courtesy import Rest, is_younger
from autotennis.errors import AutotennisError, ClubBusy, ClubUnreachable, PageNotUnderstood, Transient
from autotennis.ports import Clock, Club, TimetableEntry
from autotennis_api import club_errands
from autotennis_api.club_room import ClubRoom

# Where the application keeps them.
EXTENSION: Final = "autotennis_timetables"
# A page that was read is good for so long.
GOOD: Final = timedelta(minutes=3)
# What is older than this tells nothing any more.
_FORGOTTEN: Final = timedelta(hours=6)
# A person waits for it. With what is remembered there is something to show meanwhile.
_LIMIT_S: Final = 10.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reading:
    """A page of a timetable: its sessions, and when (UTC) it was read; None if it never was.

    `first` is the local date that the page begins with. `trouble` is why it could not be read anew.
    """

    first: date
    entries: Sequence[TimetableEntry] = ()
    read_at: datetime | None = None
    trouble: AutotennisError | None = None


@dataclass(slots=True)
class _Shelf:
    """What is remembered of one club, by the first date of each page."""

    lock: Lock = field(default_factory=Lock)
    kept: dict[date, Reading] = field(default_factory=dict[date, Reading])
    rest: Rest = field(default_factory=Rest)


class Timetables:
    """All clubs' timetables, for all threads of this process."""

    def __init__(self, clock: Clock, room: ClubRoom) -> None:
        self._clock = clock
        self._room = room
        self._shelves: dict[str, _Shelf] = {}

    def page(self, club: Club, weeks_ahead: int, may_ask: Callable[[], None]) -> Reading:
        """One page, which begins seven days after the one before: remembered if it is fresh, else read anew.

        `may_ask` is called before the club is asked, and only then; what transient error it raises is the trouble.
        While somebody else reads, and where the club cannot be read, what is remembered is shown.
        """
        shelf = self._shelves.setdefault(club.rules.id, _Shelf())
        first = self._clock.now().astimezone(club.rules.zone).date() + timedelta(days=7 * weeks_ahead)
        kept = shelf.kept.get(first)
        if kept and self._is_good(kept):
            return kept
        try:
            with self._room.waiting_for(club):
                if not shelf.lock.acquire(timeout=0 if kept else _LIMIT_S):
                    return kept or Reading(first, trouble=ClubUnreachable(f"{club.rules.name} is being read still."))
                try:
                    return self._read_anew(shelf, club, Reading(first), weeks_ahead, may_ask)
                finally:
                    shelf.lock.release()
        except ClubBusy as error:
            return replace(kept or Reading(first), trouble=error)

    def _read_anew(
        self, shelf: _Shelf, club: Club, empty: Reading, weeks_ahead: int, may_ask: Callable[[], None]
    ) -> Reading:
        # Whoever had the lock before may have read this very page.
        kept = shelf.kept.get(empty.first, empty)
        if self._is_good(kept):
            return kept
        if left_s := shelf.rest.left_s(self._clock.now()):
            return replace(kept, trouble=ClubBusy("The club asked to be left alone.", retry_after_s=left_s))
        try:
            may_ask()
            entries = club_errands.timetable(club, weeks_ahead, _LIMIT_S)
        except (Transient, PageNotUnderstood) as error:
            self._leave_alone(shelf, club, error)
            return replace(kept, trouble=error)
        read = Reading(empty.first, entries, self._clock.now())
        shelf.kept = {first: one for first, one in shelf.kept.items() if self._is_younger(one, _FORGOTTEN)}
        shelf.kept[empty.first] = read
        return read

    def _is_good(self, reading: Reading) -> bool:
        return self._is_younger(reading, GOOD)

    def _is_younger(self, reading: Reading, age: timedelta) -> bool:
        return is_younger(reading.read_at, age, self._clock.now())

    def _leave_alone(self, shelf: _Shelf, club: Club, error: AutotennisError) -> None:
        """A club that is busy is not asked again for a while, whoever wants to see its week."""
        _log.warning("a timetable could not be read", club_id=club.rules.id, reason=str(error))
        if isinstance(error, ClubBusy):
            shelf.rest = shelf.rest.after_busy(error.retry_after_s, self._clock.now())
