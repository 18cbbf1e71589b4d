"""docs/costs.md says what `python -m bench.costs` prints, and that is reckoned rightly."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
MONTH_DAYS: Final = 365.25 / 12
BOOKINGS_A_WEEK: Final = (10, 1_000, 100_000, 100_000)
OPENINGS_A_WEEK: Final = (10 / 3, 1_000 / 3, 100_000 / 3, 100_000 / 30)
FREE_JOBS: Final = 3


@pytest.fixture(scope="module")
def printed() -> str:
    """What the program prints."""
    program = [sys.executable, "-m", "bench.costs"]
    return subprocess.run(program, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 (our own)


def document() -> str:
    """The page."""
    return (ROOT / "docs" / "costs.md").read_text()


def tables(text: str) -> list[str]:
    """The tables in a Markdown text."""
    return re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)


def figures(text: str, head: str) -> Mapping[str, list[float]]:
    """The rows of the table whose first column has this head, by their names."""
    (table,) = (table for table in tables(text) if table.startswith(f"| {head} |"))
    rows = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {name: [float(cell.replace(",", "")) for cell in cells] for name, *cells in rows}


def test_the_document_has_every_table_as_it_is_printed(printed: str) -> None:
    assert len(tables(printed)) == 8
    assert [table for table in tables(printed) if table not in document()] == []


def test_the_document_has_no_figures_of_a_table_from_elsewhere(printed: str) -> None:
    by_hand = [table.splitlines()[0] for table in tables(document()) if table not in printed]
    assert by_hand == ["| limit | Google's figure | what we do | where it is met, and what moves it |"]


def test_the_bill_is_the_sum_of_its_lines(printed: str) -> None:
    bill = dict(figures(printed, "US dollars a month"))
    each, total = bill.pop("A booking"), bill.pop("A month")
    assert [sum(column) for column in zip(*bill.values(), strict=True)] == pytest.approx(total, abs=0.1)
    months = [one * count * MONTH_DAYS / 7 for one, count in zip(each, BOOKINGS_A_WEEK, strict=True)]
    assert months == pytest.approx(total, rel=0.05)


def test_jobs_by_hand(printed: str) -> None:
    # A week ahead there are as many jobs as openings a week, and the two of the sweeps.
    jobs = [openings + 2 for openings in OPENINGS_A_WEEK]
    assert figures(printed, "used in a month")["Cloud Scheduler: jobs at a time"] == pytest.approx(jobs, rel=0.01)
    dollars = [(count - FREE_JOBS) * 0.10 / 31 * MONTH_DAYS for count in jobs]
    assert figures(printed, "US dollars a month")["Cloud Scheduler: jobs"] == pytest.approx(dollars, abs=0.01)


def test_writes_by_hand(printed: str) -> None:
    each_week = zip(BOOKINGS_A_WEEK, OPENINGS_A_WEEK, strict=True)
    writes = [(14 * bookings + 34 * openings) * MONTH_DAYS / 7 for bookings, openings in each_week]
    assert figures(printed, "used in a month")["Firestore: writes"] == pytest.approx(writes, rel=0.001)
    dollars = [max(0.0, count - 20_000 * MONTH_DAYS) / 100_000 * 0.18 for count in writes]
    assert figures(printed, "US dollars a month")["Firestore: writes"] == pytest.approx(dollars, abs=0.01)


def test_waiting_by_hand(printed: str) -> None:
    waiting = figures(printed, "a month of waiting at one club")
    # Two looks a minute, or one; each reads everybody who waits, the count of looks, and the pauses.
    a_day = [2 * 1440 * (2 + line) for line in (1, 10, 100, 1_000)] + [1440 * 102]
    assert waiting["Firestore: reads a day"] == a_day
    assert waiting["Firestore: reads"] == pytest.approx([reads * MONTH_DAYS for reads in a_day], rel=0.001)
    dollars = [reads * MONTH_DAYS / 100_000 * 0.06 for reads in a_day]
    assert waiting["US dollars for the reads"] == pytest.approx(dollars, abs=0.01)
    # 31 s of each minute, or 1 s, of a processor and of half a GiB.
    seconds = [held * 1440 * MONTH_DAYS for held in (31, 31, 31, 31, 1)]
    dollars = [one * (0.000024 + 0.5 * 0.0000025) for one in seconds]
    assert waiting["US dollars for processor and memory"] == pytest.approx(dollars, abs=0.01)


def test_what_one_who_waits_for_three_days_costs_is_told() -> None:
    looks = 3 * 24 * 60 * 2
    assert f"is read {looks:,} times" in document()
    assert looks / 100_000 * 0.06 == pytest.approx(0.005, abs=0.0005)


def test_races_are_most_of_what_the_processor_does_where_openings_are_not_shared(printed: str) -> None:
    processor = figures(printed, "used in a month")["Cloud Run: processor (vCPU-seconds)"]
    races = [130 * openings * MONTH_DAYS / 7 for openings in OPENINGS_A_WEEK]
    assert processor[2] - processor[3] == pytest.approx(races[2] - races[3], rel=0.01)
    assert races[2] > processor[2] / 2
