"""The club's week as a member sees it, free of Flask: which sessions there are, and what can be done with each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from autotennis.domain.booking import LIVE, Booking
from autotennis.domain.club import ClubRules
from autotennis.domain.opening import opening_after
from autotennis.domain.session import starts_at
from autotennis.ports import TimetableEntry

# So many pages of the timetable can be asked for: this week and those after it.
WEEKS: Final = 9
# The club's pages show today and the seven days after it; the last one is the next page's first.
_DAYS: Final = 7
_NOON: Final = 12
_EVENING: Final = 17


class DayPart(StrEnum):
    """A part of the day, by the hour in which a session starts."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"

    @classmethod
    def of(cls, hour: int) -> "DayPart":
        """The part that this hour is in."""
        return cls.MORNING if hour < _NOON else cls.AFTERNOON if hour < _EVENING else cls.EVENING


class Standing(StrEnum):
    """What can be done with a session."""

    FREE = "free"
    AHEAD = "ahead"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Pick:
    """A session of the timetable.

    `opens_at` (UTC) is its opening if that lies ahead, `booking` the reader's own live booking of it.
    """

    entry: TimetableEntry
    standing: Standing
    opens_at: datetime | None
    booking: Booking | None = None

    @property
    def level(self) -> str:
        """Its level without the mark for a session with a coach."""
        return self.entry.level.rstrip("* ")

    @property
    def hour(self) -> int:
        """The local hour in which it starts."""
        return self.entry.session.start.hour


@dataclass(frozen=True, slots=True)
class Filter:
    """What the reader wants to see: a level, a part of the day, sessions with a free place; empty is everything."""

    level: str = ""
    part: DayPart | None = None
    only_free: bool = False

    def lets_through(self, pick: Pick) -> bool:
        """Whether the session is among what is wanted."""
        right_level = not self.level or pick.level == self.level
        right_part = self.part is None or DayPart.of(pick.hour) is self.part
        return right_level and right_part and (not self.only_free or pick.standing is Standing.FREE)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the week that is shown: its sessions by the hour in which they start."""

    date: date
    by_hour: Mapping[int, Sequence[Pick]]


def picks(
    entries: Iterable[TimetableEntry],
    club: ClubRules,
    mine: Iterable[Booking],
    now: datetime,
    *,
    free_is_open: bool = False,
) -> Sequence[Pick]:
    """The timetable's sessions that have not started, the first one first. `mine` are the reader's bookings.

    `free_is_open` tells that nobody has a place of their own at this club, so that whatever is free is open.
    """
    booked = {one.session: one for one in mine if one.club_id == club.id and one.state in LIVE}
    coming = [entry for entry in entries if starts_at(entry.session, club.zone) > now]
    ahead = [None if entry.free and free_is_open else _opening_ahead(entry, club, now) for entry in coming]
    found = [_pick(entry, at, booked.get(entry.session)) for entry, at in zip(coming, ahead, strict=True)]
    return sorted(found, key=lambda one: (one.entry.session.start, one.level))


def _pick(entry: TimetableEntry, opens_at: datetime | None, booking: Booking | None) -> Pick:
    """What is not free is full only if it is open: the timetable says the same of sessions that open later."""
    if entry.free:
        return Pick(entry, Standing.FREE, opens_at, booking)
    return Pick(entry, Standing.AHEAD if opens_at else Standing.FULL, opens_at, booking)


def _opening_ahead(entry: TimetableEntry, club: ClubRules, now: datetime) -> datetime | None:
    """Its opening (UTC) if that lies ahead: as the timetable tells it, else by the club's rule."""
    if entry.opens_at is not None:
        return entry.opens_at if entry.opens_at > now else None
    return opening_after(now, entry.session, club)


def levels(shown: Iterable[Pick]) -> Sequence[str]:
    """The levels that there are sessions for."""
    return sorted({one.level for one in shown if one.level})


def within(found: Iterable[Pick], first: date) -> Sequence[Pick]:
    """Those of the seven days from `first` on."""
    after = first + timedelta(days=_DAYS)
    return [one for one in found if first <= one.entry.session.start.date() < after]


def days(shown: Sequence[Pick], first: date) -> Sequence[Day]:
    """The seven days from `first` on, those without a session, too."""
    dates = [first + timedelta(days=count) for count in range(_DAYS)]
    return [Day(day, _by_hour(one for one in shown if one.entry.session.start.date() == day)) for day in dates]


def _by_hour(of_day: Iterable[Pick]) -> Mapping[int, Sequence[Pick]]:
    found: dict[int, list[Pick]] = {}
    for one in of_day:
        found.setdefault(one.hour, []).append(one)
    return found


def hours(shown: Iterable[Day]) -> Sequence[int]:
    """The hours that have a session on any of these days: the columns of the week."""
    return sorted({hour for day in shown for hour in day.by_hour})
