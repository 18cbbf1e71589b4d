"""The club's week: what can be done with each session of the timetable, what is filtered, and which days are shown."""

from datetime import UTC, date, datetime, timedelta

import pytest
from support.records import NOW, SESSION, a_request

from autotennis.domain.club import NTNUI_TENNIS, ClubRules
from autotennis.ports import TimetableEntry
from autotennis.values import Session
from autotennis_api import week
from autotennis_api.week import DayPart, Filter, Pick, Standing

# NOW is Sunday 22 November 2026 at 17:30 in Oslo.
LATER = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
IN_NEW_YORK = NTNUI_TENNIS.model_copy(update={"zone_name": "America/New_York"})


def _entry(
    start: datetime, *, level: str = "M", free: bool = False, timeid: int = 1, taken: int | None = None
) -> TimetableEntry:
    return TimetableEntry(
        session=Session(timeid=timeid, start=start), level=level, free=free, taken=taken, places=taken and 4
    )


def _only(entry: TimetableEntry, club: ClubRules = NTNUI_TENNIS, now: datetime = NOW) -> Pick:
    (found,) = week.picks([entry], club, [], now)
    return found


@pytest.mark.parametrize(
    ("start", "free", "standing", "opens_at"),
    [
        (datetime(2026, 11, 23, 18), True, Standing.FREE, None),
        (datetime(2026, 11, 23, 18), False, Standing.FULL, None),
        (datetime(2026, 11, 25, 18), False, Standing.AHEAD, datetime(2026, 11, 22, 17, tzinfo=UTC)),
        (datetime(2026, 11, 27, 18), False, Standing.AHEAD, datetime(2026, 11, 24, 17, tzinfo=UTC)),
        (datetime(2026, 11, 27, 18), True, Standing.FREE, datetime(2026, 11, 24, 17, tzinfo=UTC)),
    ],
)
def test_what_is_not_free_is_full_only_once_it_is_open(
    start: datetime, free: bool, standing: Standing, opens_at: datetime | None
) -> None:
    found = _only(_entry(start, free=free))
    assert (found.standing, found.opens_at) == (standing, opens_at)


def test_what_is_free_is_open_where_nobody_has_a_place_of_their_own() -> None:
    start = datetime(2026, 11, 27, 18)
    free, other = week.picks(
        [_entry(start, free=True), _entry(start, timeid=2)], NTNUI_TENNIS, [], NOW, free_is_open=True
    )
    assert (free.standing, free.opens_at) == (Standing.FREE, None)
    assert (other.standing, other.opens_at) == (Standing.AHEAD, datetime(2026, 11, 24, 17, tzinfo=UTC))


def test_a_session_opens_by_the_clock_of_its_club() -> None:
    # At 12:00 in New York it is 17:00 in UTC.
    found = _only(_entry(datetime(2026, 11, 25, 12)), IN_NEW_YORK)
    assert found.opens_at == datetime(2026, 11, 22, 17, tzinfo=UTC)


def test_over_a_change_of_the_clocks_it_may_open_at_either_of_two_instants() -> None:
    # The clocks went back on 25 October 2026 at 3:00.
    start = datetime(2026, 10, 26, 18)
    elapsed, calendar = datetime(2026, 10, 23, 17, tzinfo=UTC), datetime(2026, 10, 23, 16, tzinfo=UTC)
    for now, opens_at in (
        (calendar - timedelta(minutes=1), calendar),
        (calendar + timedelta(minutes=1), elapsed),
        (elapsed + timedelta(minutes=1), None),
    ):
        assert _only(_entry(start), now=now).opens_at == opens_at


def test_what_has_started_is_left_out() -> None:
    in_oslo = _entry(datetime(2026, 11, 22, 17, 30))
    assert week.picks([in_oslo], NTNUI_TENNIS, [], NOW) == []
    assert len(week.picks([in_oslo], IN_NEW_YORK, [], NOW)) == 1


def test_what_i_have_booked_is_marked_and_nothing_else() -> None:
    mine = a_request()[0]
    entries = [_entry(SESSION.start, timeid=SESSION.timeid), _entry(SESSION.start, timeid=7)]
    assert [one.booking for one in week.picks(entries, NTNUI_TENNIS, [mine], NOW)] == [mine, None]
    cancelled = mine.cancelled(NOW)[0]
    assert [one.booking for one in week.picks(entries, NTNUI_TENNIS, [cancelled], NOW)] == [None, None]
    elsewhere = NTNUI_TENNIS.model_copy(update={"id": "another"})
    assert [one.booking for one in week.picks(entries, elsewhere, [mine], NOW)] == [None, None]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(), [8, 12, 16, 17]),
        (Filter(level="M"), [8, 17]),
        (Filter(part=DayPart.MORNING), [8]),
        (Filter(part=DayPart.AFTERNOON), [12, 16]),
        (Filter(part=DayPart.EVENING), [17]),
        (Filter(only_free=True), [12, 17]),
        (Filter(level="M", only_free=True), [17]),
        (Filter(level="D"), []),
    ],
)
def test_only_what_is_wanted_is_let_through(wanted: Filter, found: list[int]) -> None:
    day = datetime(2026, 11, 23)
    entries = [
        _entry(day.replace(hour=8), level="M*"),
        _entry(day.replace(hour=12), level="N+", free=True),
        _entry(day.replace(hour=16), level="N+"),
        _entry(day.replace(hour=17), free=True),
    ]
    shown = week.picks(entries, NTNUI_TENNIS, [], NOW)
    assert [one.hour for one in shown if wanted.lets_through(one)] == found
    assert week.levels(shown) == ["M", "N+"]


def test_seven_days_are_shown_with_their_sessions_in_order() -> None:
    starts = [datetime(2026, 11, 24, 9), datetime(2026, 11, 23, 20), datetime(2026, 11, 23, 9, 30)]
    # The club's page shows an eighth day, which is the first one of the next page.
    shown = week.picks([_entry(one) for one in (*starts, datetime(2026, 11, 29, 9))], NTNUI_TENNIS, [], NOW)
    shown = week.within(shown, date(2026, 11, 22))
    assert len(shown) == 3
    days = week.days(shown, date(2026, 11, 22))
    assert [day.date.day for day in days] == [22, 23, 24, 25, 26, 27, 28]
    assert [list(day.by_hour) for day in days] == [[], [9, 20], [9], [], [], [], []]
    assert week.hours(days) == [9, 20]


@pytest.mark.parametrize(
    ("told", "standing", "opens_at"),
    [(LATER, Standing.AHEAD, LATER), (NOW - timedelta(days=9), Standing.FULL, None), (NOW, Standing.FULL, None)],
)
def test_where_the_timetable_tells_the_opening_it_goes_before_the_rule(
    told: datetime, standing: Standing, opens_at: datetime | None
) -> None:
    entry = _entry(datetime(2026, 11, 25, 18)).model_copy(update={"opens_at": told})
    found = _only(entry)
    assert (found.standing, found.opens_at) == (standing, opens_at)
