"""The figures as tables, and as JSON."""

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.race.cells import Cell
from bench.race.contestants import Who
from bench.race.figures import Figures, OfCell, Results, Spread

_HEAD = (
    f"{'':<26}{'decision after the opening, ms':^30}{'arrival':>9}{'requests':>15}{'early':>7}{'at it':>7}{'after':>7} "
    f"{'got':>10}\n"
    f"{'':<26}{'median':>10}{'p90':>10}{'p99':>10}{'median':>9}{'mean':>9}{'most':>6}{'mean':>7}{'mean':>7}{'all':>7} "
)


def table(cells: Sequence[Cell], results: Results) -> str:
    """All cells: their contestants, and their goals."""
    return "\n".join([_HEAD, *(_part(cell, results[cell.name]) for cell in cells if cell.name in results)])


def _part(cell: Cell, figures: OfCell) -> str:
    rows = [f"  {who.value:<24}{_row(one)}" for who, one in figures.items()]
    goals = [f"    {goal.judged(figures).text}" for goal in cell.goals]
    return "\n".join([f"\n[{cell.name}] {cell.described}", *rows, *goals])


def _row(one: Figures) -> str:
    times = "".join(f"{_number(value, 2):>10}" for value in (one.decided.median, one.decided.p90, one.decided.p99))
    requests = f"{_number(one.requests.mean, 1):>9}{_number(one.requests.most, 0):>6}"
    sign_ups = f"{_number(one.early.mean, 1):>7}{_number(one.at_opening.mean, 1):>7}{one.after_verdict:>7} "
    return f"{times}{_number(one.arrived.median, 2):>9}{requests}{sign_ups}{f'{one.won}/{one.races}':>10}"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


_COLUMNS = (
    "cell",
    "autotennis: decision after the opening, median / p99 ms",
    "requests, mean / most",
    "places",
    "forerunner: decision, median / p99 ms",
    "requests, mean",
    "goals",
)


def markdown(cells: Sequence[Cell], results: Results, head: str) -> str:
    """Ours beside the forerunner, and the goals, as a table for a page."""
    lines = [
        f"Sign-ups by the clubs' own record. {head}",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        f"|{'---|' * len(_COLUMNS)}",
        *(_line(cell, results[cell.name]) for cell in cells if cell.name in results),
    ]
    return "\n".join(lines) + "\n"


def _line(cell: Cell, figures: OfCell) -> str:
    ours, theirs = figures[Who.AUTOTENNIS], figures.get(Who.FORERUNNER, Figures(()))
    judged = [goal.judged(figures) for goal in cell.goals]
    missed = [f"not met: {one.goal.text}" for one in judged if not one.met]
    columns = (
        cell.described,
        f"{_number(ours.decided.median, 2)} / {_number(ours.decided.p99, 2)}",
        f"{_number(ours.requests.mean, 1)} / {_number(ours.requests.most, 0)}",
        f"{ours.won} of {ours.races}",
        f"{_number(theirs.decided.median, 2)} / {_number(theirs.decided.p99, 2)}",
        _number(theirs.requests.mean, 1),
        "; ".join(missed) or ("met" if judged else "none"),
    )
    return f"| {' | '.join(columns)} |"


def document(cells: Sequence[Cell], results: Results, now: datetime, took_s: float) -> dict[str, Any]:
    """Everything, for JSON."""
    return {
        "machine": machine(),
        "date": now.isoformat(timespec="seconds"),
        "took_s": round(took_s),
        "cells": [_cell(cell, results[cell.name]) for cell in cells if cell.name in results],
    }


def machine() -> dict[str, Any]:
    """What it was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def _cell(cell: Cell, figures: OfCell) -> dict[str, Any]:
    return {
        "name": cell.name,
        "title": cell.described,
        "knobs": {**cell.knobs, "clock_offset_ms": cell.offset_ms},
        "goals": [_goal(cell, number, figures) for number in range(len(cell.goals))],
        "contestants": {who.value: _contestant(one) for who, one in figures.items()},
    }


def _goal(cell: Cell, number: int, figures: OfCell) -> dict[str, Any]:
    judged = cell.goals[number].judged(figures)
    return {"goal": judged.goal.text, "found": judged.found, "met": judged.met}


def _contestant(one: Figures) -> dict[str, Any]:
    return {
        "races": one.races,
        "won": one.won,
        "lost": one.races - one.won,
        "contested": one.contested,
        "contested_won": one.contested_won,
        "after_verdict": one.after_verdict,
        "decided_ms": _spread(one.decided),
        "arrived_ms": _spread(one.arrived),
        "requests": _spread(one.requests),
        "sign_ups": _spread(one.sign_ups),
        "early": _spread(one.early),
        "at_opening": _spread(one.at_opening),
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return {
        "median": spread.median,
        "p90": spread.p90,
        "p99": spread.p99,
        "mean": spread.mean,
        "values": [round(value, 3) for value in spread.values],
    }
