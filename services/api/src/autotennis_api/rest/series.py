"""Weekly series: list, show, pause, go on, skip, last date, end."""

from datetime import date
from typing import Self

from autotennis.domain.series import Series, SeriesState, Trouble
from autotennis.domain.token import Scope
from autotennis.values import Instant, Value, WaitingWish
from autotennis_api import weekly
from autotennis_api.desk import desk, me
from autotennis_api.rest.answers import SessionTold
from autotennis_api.rest.operations import Operation, Sent, operations


class TroubleTold(Value):
    """A week that could not be planned, and what the club's timetable shows instead."""

    kind: str
    session: SessionTold
    seen: str


class WeekTold(Value):
    """One of the next weeks; `booking_id` is there once it is planned."""

    session: SessionTold
    opening_at: Instant
    booking_id: str | None
    is_skipped: bool


class SeriesTold(Value):
    """A weekly series, with its next weeks."""

    id: str
    club: str
    state: SeriesState
    level: str
    waiting: WaitingWish
    early: bool
    fixed: bool
    until: date | None
    skipped: tuple[date, ...]
    trouble: TroubleTold | None
    created_at: Instant
    changed_at: Instant
    weeks: tuple[WeekTold, ...]

    @classmethod
    def of(cls, series: Series) -> Self:
        """What is told of the series."""
        return cls(
            id=series.id,
            club=series.club_id,
            state=series.state,
            level=series.level,
            waiting=series.waiting,
            early=series.early,
            fixed=series.fixed,
            until=series.until,
            skipped=tuple(sorted(series.skipped)),
            trouble=_trouble(series.club_id, series.trouble),
            created_at=series.created_at,
            changed_at=series.changed_at,
            weeks=_weeks(series),
        )


class EverySeries(Value):
    """The member's series."""

    series: tuple[SeriesTold, ...]


class StoppedSeries(Value):
    """How many planned bookings were cancelled with a series."""

    cancelled: int


class Day(Sent):
    """A local date of the series."""

    day: date


class LastDay(Sent):
    """The last local date of the series; null for none."""

    until: date | None


class Stopping(Sent):
    """Whether the bookings that are planned already are cancelled, too."""

    with_planned: bool = False


def _trouble(club_id: str, trouble: Trouble | None) -> TroubleTold | None:
    if trouble is None:
        return None
    return TroubleTold(kind=trouble.kind.value, session=SessionTold.of(club_id, trouble.session), seen=trouble.seen)


def _weeks(series: Series) -> tuple[WeekTold, ...]:
    return tuple(
        WeekTold(
            session=SessionTold.of(series.club_id, week.session),
            opening_at=week.opening_at,
            booking_id=week.booking and week.booking.id,
            is_skipped=week.is_skipped,
        )
        for week in weekly.weeks(desk().ports, series)
    )


@operations.does(Operation("GET", "/series", Scope.READ, EverySeries))
def list_series() -> EverySeries:
    """The member's series that have not ended."""
    return EverySeries(series=tuple(SeriesTold.of(one) for one in weekly.series_of(desk().ports, me())))


@operations.does(Operation("GET", "/series/<series_id>", Scope.READ, SeriesTold))
def show_series(series_id: str) -> SeriesTold:
    """One series, with its next weeks. A series begins with a booking that is asked for `weekly`."""
    return SeriesTold.of(weekly.one_of(desk().ports, me(), series_id))


@operations.does(Operation("POST", "/series/<series_id>/pause", Scope.CANCEL, SeriesTold))
def pause_series(series_id: str) -> SeriesTold:
    """Plans no further week for now. What is planned already stays."""
    return SeriesTold.of(weekly.pause(desk().ports, me(), series_id))


@operations.does(Operation("POST", "/series/<series_id>/resume", Scope.BOOK, SeriesTold))
def resume_series(series_id: str) -> SeriesTold:
    """Plans on."""
    return SeriesTold.of(weekly.resume(desk().ports, me(), series_id))


@operations.does(Operation("POST", "/series/<series_id>/skip", Scope.CANCEL, SeriesTold, body=Day))
def skip_week(series_id: str, body: Day) -> SeriesTold:
    """Does without one date; a booking of it that is not won yet is cancelled."""
    return SeriesTold.of(weekly.skip(desk().ports, me(), series_id, body.day))


@operations.does(Operation("POST", "/series/<series_id>/include", Scope.BOOK, SeriesTold, body=Day))
def include_week(series_id: str, body: Day) -> SeriesTold:
    """Takes a date back in that was skipped."""
    return SeriesTold.of(weekly.include(desk().ports, me(), series_id, body.day))


@operations.does(Operation("POST", "/series/<series_id>/until", Scope.BOOK, SeriesTold, body=LastDay))
def end_series_at(series_id: str, body: LastDay) -> SeriesTold:
    """Sets the last date, or takes it away."""
    return SeriesTold.of(weekly.last(desk().ports, me(), series_id, body.until))


@operations.does(Operation("POST", "/series/<series_id>/stop", Scope.CANCEL, StoppedSeries, body=Stopping))
def stop_series(series_id: str, body: Stopping) -> StoppedSeries:
    """Ends the series."""
    cancelled = weekly.stop(desk().ports, me(), series_id, with_planned=body.with_planned)
    return StoppedSeries(cancelled=cancelled)
