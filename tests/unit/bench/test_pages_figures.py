"""What is measured of pages under load: which page is wanted when, and what the figures say."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from bench.pages.figures import Looked, Open, Phase, Result, Shot, Shown, Way, aims, decisions, told
from bench.pages.readers import NO_ANSWER
from bench.pages.views import MIX, Page, Reader, views

READER = Reader("reader.1@example.org", "10.0.0.1", "b-1", "s-1")
QUIET = Phase((Shot(1.0, 2.0), Shot(-3.0, 4.0)), {"api": 0.5, "booker": 1.0}, 10.0)
OPEN_ONLY = Phase((), {"api": 1.0, "booker": 0.0}, 10.0)
LOADED = Phase((Shot(2.0, 3.0), Shot(None, None)), {"api": 6.0, "booker": 1.5}, 10.0)


def looked(ms: float = 10.0, status: int = 200, page: Page = Page.AGENDA) -> Looked:
    """A view that took so long, and was asked for half a millisecond late."""
    return Looked(page, ms, status, 0.5)


def a_result(*views: Looked, **more: Any) -> Result:
    """A run of one round with these views."""
    ordinary = Result(50.0, [QUIET], [LOADED], [OPEN_ONLY], views or (looked(),), [Open(150, 50, 300, 0)])
    return replace(ordinary, **more)


def test_views_are_wanted_evenly_whatever_becomes_of_earlier_ones():
    found = list(views(50.0, 2.0, readers=7))
    assert [one.due_s for one in found] == pytest.approx([number * 0.02 for number in range(100)])


def test_readers_take_turns():
    assert [one.reader for one in views(10.0, 0.7, readers=3)] == [0, 1, 2, 0, 1, 2, 0]


def test_in_the_end_every_reader_has_looked_at_every_page():
    seen = {(one.reader, one.page) for one in views(50.0, 60.0, readers=100)}
    assert len(seen) == 100 * len(Page)


def test_the_agenda_is_looked_at_most():
    assert Counter(MIX).most_common(1)[0][0] is Page.AGENDA
    assert set(MIX) == set(Page)


@pytest.mark.parametrize(
    ("page", "path"),
    [
        (Page.AGENDA, "/"),
        (Page.BOOKING, "/bookings/b-1"),
        (Page.WEEK, "/week"),
        (Page.SERIES, "/series/s-1"),
        (Page.SETTINGS, "/settings"),
    ],
)
def test_each_reader_has_pages_of_their_own(page: Page, path: str):
    assert READER.path(page) == path


def test_a_view_that_was_told_of_is_understood():
    assert Looked.heard([["week", 12.5, 200, 0.1]]) == (Looked(Page.WEEK, 12.5, 200, 0.1),)


@pytest.mark.parametrize(
    ("status", "is_good", "is_refused"),
    [
        (200, True, False),
        (503, False, True),
        (429, False, True),
        (500, False, False),
        (303, False, False),
        (NO_ANSWER, False, False),
    ],
)
def test_what_was_refused_is_told_from_what_failed(status: int, is_good: bool, is_refused: bool):
    one = looked(status=status)
    assert (one.is_good, one.is_refused) == (is_good, is_refused)


def test_the_goal_is_met_by_the_median_of_all_views():
    assert a_result(looked(10), looked(49), looked(900)).goal_is_met
    assert not a_result(looked(10), looked(50), looked(51)).goal_is_met


def test_one_page_that_was_refused_misses_the_goal():
    assert not a_result(*[looked(1)] * 99, looked(1, status=503)).goal_is_met


def test_one_open_page_that_failed_misses_the_goal():
    assert not a_result(opened=[Open(199, 1, 5, 1)]).goal_is_met


def test_nothing_looked_at_meets_nothing():
    assert not a_result(looked=()).goal_is_met


def test_a_shot_that_came_early_is_as_far_off_as_one_that_came_late():
    assert aims([QUIET]).values == (1.0, 3.0)


def test_a_place_that_was_lost_has_no_instant_and_counts():
    assert decisions([LOADED]).values == (3.0,)
    assert "2/2         1/2" in told(a_result())


def test_the_processor_for_a_view_is_what_it_takes_beyond_the_open_pages():
    # 0.6 of a core with views, 0.1 without: half a core for 50 views a second.
    assert a_result().cpu_of_view_ms == pytest.approx(10.0)


def test_the_race_with_pages_is_set_beside_the_same_race_alone():
    line = next(line for line in told(a_result()).splitlines() if line.startswith("decision, median"))
    assert line.split()[-3:] == ["3.00", "3.00", "1.00"]


def test_both_ways_of_hearing_of_news_are_told():
    shown = (Shown("sent", Way.STREAM, 300.0), Shown("sent", Way.ASKING, 1500.0), Shown("proven", Way.STREAM, 80.0))
    text = told(a_result(opened=[Open(150, 50, 300, 0, shown)]))
    assert "150 by a stream, 50 that asked (300 times)" in text
    assert "'the sign-up is sent' was shown after: 300.00 ms (most 300.00, 1 pages) by a stream, 1500.00 ms" in text
    assert "80.00 ms (most 80.00, 1 pages) by a stream, - by asking" in text
