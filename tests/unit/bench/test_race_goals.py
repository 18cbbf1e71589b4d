"""Whether goals are reached, and how that is told."""

import json
from datetime import UTC, datetime

import pytest

from bench.race.cells import CELLS, chosen
from bench.race.contestants import Who
from bench.race.figures import Figures, Race
from bench.race.goals import (
    Goal,
    contested,
    decided_median,
    decided_p99,
    mean_requests,
    most_requests,
    none_after_verdict,
    share_of_forerunner,
    wins,
)
from bench.race.telling import document, markdown, table


def figures(*decided_ms: float | None, requests: float = 10, after: int = 0) -> Figures:
    """Races with these results."""
    return Figures(tuple(Race(one, one, requests, 5, 2, 3, after, contested=True) for one in decided_ms))


@pytest.mark.parametrize(
    ("goal", "ours", "met"),
    [
        (decided_median(4), figures(1.0, 4.0, 90.0), True),
        (decided_median(4), figures(1.0, 4.1, 90.0), False),
        (decided_p99(6), figures(1.0, 6.0), True),
        (decided_p99(6), figures(1.0, 7.0), False),
        (share_of_forerunner(10), figures(2.0), True),
        (share_of_forerunner(10), figures(2.1), False),
        (most_requests(16), figures(1.0, requests=16), True),
        (most_requests(16), figures(1.0, requests=17), False),
        (mean_requests(8), figures(1.0, requests=8.01), False),
        (none_after_verdict(), figures(1.0, after=1), False),
        (wins(1, 2), figures(1.0, None), True),
        (wins(2, 2), figures(1.0, None), False),
        (contested(), figures(1.0, None), False),
        (decided_median(4), figures(None, None), False),
    ],
)
def test_a_goal_is_met_or_not(goal: Goal, ours: Figures, met: bool):
    judged = goal.judged({Who.AUTOTENNIS: ours, Who.FORERUNNER: figures(20.0)})
    assert judged.met is met
    assert judged.text.startswith("met" if met else "NOT MET")


def test_a_share_of_nobody_is_not_met():
    judged = share_of_forerunner(10).judged({Who.AUTOTENNIS: figures(0.0)})
    assert (judged.found, judged.met) == (None, False)


def test_the_table_shows_every_cell_contestant_and_goal():
    cells = chosen([], quick=False)
    results = {cell.name: {Who.AUTOTENNIS: figures(1.0), Who.FORERUNNER: figures(20.0, None)} for cell in cells}
    text = table(cells, results)
    assert all(cell.described in text and all(goal.text in text for goal in cell.goals) for cell in cells)
    assert text.count("1/2") == len(cells)


def test_the_table_for_a_page_names_the_goals_that_were_missed():
    cells = chosen(["learned", "lock"], quick=False)
    results = {cell.name: {Who.AUTOTENNIS: figures(1.0, None), Who.FORERUNNER: figures(20.0)} for cell in cells}
    learned, lock = markdown(cells, results, "somewhere").splitlines()[4:]
    assert learned.endswith("| not met: requests of one booking, mean <= 8 |")
    assert "| 1.00 / 1.00 | 10.0 / 10 | 1 of 2 | 20.00 / 20.00 | 10.0 |" in learned
    assert lock.endswith("| none |")


def test_what_was_found_can_be_written_as_json():
    cells = chosen(["learned"], quick=False)
    results = {"learned": {Who.AUTOTENNIS: figures(1.0, None), Who.FORERUNNER: figures(20.0)}}
    found = json.loads(json.dumps(document(cells, results, datetime(2026, 11, 22, tzinfo=UTC), 60.0)))
    assert found["date"] == "2026-11-22T00:00:00+00:00"
    (cell,) = found["cells"]
    assert cell["contestants"]["autotennis"]["decided_ms"]["values"] == [1.0]
    assert (cell["contestants"]["autotennis"]["won"], cell["contestants"]["autotennis"]["lost"]) == (1, 1)
    assert [goal["met"] for goal in cell["goals"]] == [True, True, False]


def test_names_of_cells_are_their_own():
    assert len({cell.name for cell in CELLS}) == len(CELLS)


def test_a_cell_that_goes_on_with_a_club_brings_the_cell_before():
    assert [cell.name for cell in chosen(["slow-last"], quick=False)] == ["slow", "slow-last"]
