"""A series: a member's wish for the same weekly slot, week after week. All arithmetic is in the club's local time.

A week is planned when the opening of the one before falls due: then, and not before, a booking of it is made. What the
club's timetable shows by then decides; nothing is guessed.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, Self

from pydantic import Field

from autotennis.domain.checks import moved
from autotennis.domain.club import ClubRules
from autotennis.domain.opening import opening_of, wake_at
from autotennis.domain.session import in_weeks, next_week, starts_at
from autotennis.errors import IllegalMove, Stale
from autotennis.values import Id, Instant, Session, Value, WaitingWish

# A session lasts an hour (seen on every saved timetable).
SESSION_LENGTH = timedelta(hours=1)
# Who skips this many weeks ahead means it.
MOST_SKIPPED = 60


class SeriesState(StrEnum):
    """Whether a series is planned on."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class TroubleKind(StrEnum):
    """What the club's timetable has in place of the slot."""

    GONE = "gone"
    MOVED = "moved"
    OTHER_GROUP = "other_group"


class Trouble(Value):
    """A week that could not be planned, and what the timetable shows instead: another hour, or another level."""

    kind: TroubleKind
    session: Session
    seen: str = Field(default="", max_length=80)


class Slot(Value):
    """What a timetable shows of one session: which it is, the level that it is for, and its exact opening (UTC).

    `opens_at` is None where the timetable does not tell it: there the club's rule holds.
    """

    session: Session
    level: str = ""
    opens_at: Instant | None = None

    def opening(self, club: ClubRules) -> datetime:
        """When it opens (UTC)."""
        return self.opens_at or opening_of(self.session, club)


class Series(Value):
    """A weekly wish.

    `next` is the session that is planned next, and `plan_at` when that is to be done. `level` is the group that the
    slot was for when a week of it was last planned; empty as long as that is not known. `until` is the last local date,
    if there is one. `skipped` are local dates that the member does without. `trouble` is what the last week met with.
    `waiting`, `early` and `fixed` are the wishes that each week's booking gets.
    """

    id: Id
    member_id: Id
    club_id: Id
    next: Session
    plan_at: Instant
    state: SeriesState = SeriesState.ACTIVE
    level: str = Field(default="", max_length=80)
    waiting: WaitingWish = WaitingWish()
    early: bool = False
    fixed: bool = False
    until: date | None = None
    skipped: frozenset[date] = Field(default=frozenset(), max_length=MOST_SKIPPED)
    trouble: Trouble | None = None
    created_at: Instant
    changed_at: Instant

    @property
    def is_due(self) -> bool:
        """Whether it is to be planned on at all."""
        return self.state is SeriesState.ACTIVE

    def booking_id(self, session: Session) -> str:
        """The id of the booking of one week: the same, however often it is made."""
        return f"{self.id}-{session.start:%Y%m%d}"

    def coming(self, weeks: int) -> Sequence[Session]:
        """The next weeks that are not planned yet, those that are skipped included, up to the last date."""
        return list(islice(self._weeks(self.next), weeks))

    def wanted(self, now: datetime, club: ClubRules) -> Session | None:
        """The next week that is wanted and has not started; None if there is none up to the last date."""
        weeks = (one for one in self._weeks(self.next) if starts_at(one, club.zone) > now)
        return next((one for one in weeks if one.start.date() not in self.skipped), None)

    def deferred(self, session: Session, club: ClubRules, now: datetime) -> Self:
        """The weeks before that one are not wanted: it is planned when the one before it would have opened."""
        return self._with(now, next=session, plan_at=wake_at(opening_before(session, club)))

    def planned(self, slot: Slot, club: ClubRules, now: datetime) -> Self:
        """A booking of that week was made: the week after is planned at its opening. Raises Stale if that was done."""
        return self._beyond(slot, club, now, level=slot.level or self.level, trouble=None)

    def met_with(self, trouble: Trouble, club: ClubRules, now: datetime) -> Self:
        """That week has no such slot: the member is told, and the week after is looked at when this would have opened.

        Raises Stale if the week was settled before.
        """
        return self._beyond(Slot(session=trouble.session), club, now, trouble=trouble)

    def over(self, now: datetime) -> Self:
        """The last date is past."""
        return self._with(now, state=SeriesState.ENDED)

    # What the member wishes

    def paused(self, now: datetime) -> Self:
        """Nothing more is planned for now. Raises Stale, IllegalMove."""
        return self._turned(SeriesState.PAUSED, SeriesState.ACTIVE, now)

    def resumed(self, now: datetime) -> Self:
        """It is planned on, from the next week that has not started. Raises Stale, IllegalMove."""
        return self._turned(SeriesState.ACTIVE, SeriesState.PAUSED, now, plan_at=now)

    def wished_anew(self, now: datetime, *, waiting: WaitingWish, early: bool | None, fixed: bool | None) -> Self:
        """It goes on, with these wishes; None where the member was not asked leaves that as it was."""
        if self.state is SeriesState.PAUSED:
            return self.resumed(now).wished_anew(now, waiting=waiting, early=early, fixed=fixed)
        early, fixed = (self.early if early is None else early), (self.fixed if fixed is None else fixed)
        return self._with(now, waiting=waiting, early=early, fixed=fixed)

    def stopped(self, now: datetime) -> Self:
        """It ends here. Raises Stale."""
        if self.state is SeriesState.ENDED:
            raise Stale(f"Series {self.id} has ended.")
        return self._with(now, state=SeriesState.ENDED)

    def skipping(self, day: date, now: datetime) -> Self:
        """Without that date. Raises IllegalMove if too many are skipped."""
        skipped = {one for one in self.skipped if one >= now.date()} | {day}
        if len(skipped) > MOST_SKIPPED:
            raise IllegalMove(f"Series {self.id} skips {MOST_SKIPPED} dates already: pause it instead.")
        return self._with(now, skipped=frozenset(skipped))

    def including(self, day: date, now: datetime) -> Self:
        """With that date again, also where the series has passed over it already."""
        skipped, back = self.skipped - {day}, (self.next.start.date() - day).days
        if day not in self.skipped or back <= 0 or back % 7:
            return self._with(now, skipped=skipped)
        return self._with(now, skipped=skipped, next=in_weeks(self.next, -back // 7), plan_at=now)

    def lasting(self, until: date | None, now: datetime) -> Self:
        """With another last date, or with none. Raises IllegalMove once it has ended."""
        if self.state is SeriesState.ENDED:
            raise IllegalMove(f"Series {self.id} has ended.")
        return self._with(now, until=until)

    def _weeks(self, first: Session) -> Iterator[Session]:
        week = first
        while self.until is None or week.start.date() <= self.until:
            yield week
            week = next_week(week)

    def _beyond(self, slot: Slot, club: ClubRules, now: datetime, **changes: Any) -> Self:
        if slot.session.start < self.next.start:
            raise Stale(f"Series {self.id} is beyond {slot.session.key} already.")
        return self._with(now, next=next_week(slot.session), plan_at=wake_at(slot.opening(club)), **changes)

    def _turned(self, state: SeriesState, before: SeriesState, now: datetime, **changes: Any) -> Self:
        if self.state is state:
            raise Stale(f"Series {self.id} is {state.value} already.")
        if self.state is not before:
            raise IllegalMove(f"Series {self.id} is {self.state.value}.")
        return self._with(now, state=state, **changes)

    def _with(self, now: datetime, **changes: Any) -> Self:
        """A changed copy that is checked like a new one."""
        return type(self).model_validate({**dict(self), **changes, "changed_at": now})


def trouble_in(series: Series, session: Session, timetable: Sequence[Slot]) -> Trouble | None:
    """What the club's timetable says against that week; None if the slot is there as it was.

    A slot's number was given to another hour and another group in the course of one winter (saved pages of 2017).
    """
    found = next((slot for slot in timetable if slot.session == session), None)
    if found is not None:
        other = series.level and found.level and _group(found.level) != _group(series.level)
        return Trouble(kind=TroubleKind.OTHER_GROUP, session=session, seen=found.level) if other else None
    if other := moved(session, (slot.session for slot in timetable)):
        return Trouble(kind=TroubleKind.MOVED, session=session, seen=other.start.isoformat(timespec="minutes"))
    return Trouble(kind=TroubleKind.GONE, session=session)


def opening_before(session: Session, club: ClubRules) -> datetime:
    """When the same slot opens a week before."""
    return opening_of(in_weeks(session, -1), club)


def weeks_ahead(session: Session, today: date) -> int:
    """Which page of the club's timetable shows the session: each begins seven days after the one before."""
    return max(0, (session.start.date() - today).days // 7)


def overlap(one: Series, other: Series) -> bool:
    """Whether two series want the same hours of the week, or a part of them."""
    return any(
        abs(_of_week(one) - _of_week(other) + timedelta(days=7 * weeks)) < SESSION_LENGTH for weeks in (-1, 0, 1)
    )


def _of_week(series: Series) -> timedelta:
    start = series.next.start
    return timedelta(days=start.weekday(), hours=start.hour, minutes=start.minute)


def _group(level: str) -> str:
    """The level without the mark for a session with a coach."""
    return level.rstrip("* ").casefold()
