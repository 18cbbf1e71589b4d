"""The figures as a picture: a dot for each place that was got, cell by cell."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

from bench.race.cells import Cell
from bench.race.contestants import Who
from bench.race.figures import Figures, Results

_COLOURS: Final = dict(zip(Who, ("#d62728", "#1f77b4", "#8c8c8c", "#b8860b", "#2ca02c", "#9467bd"), strict=True))
# Below this the axis is straight, since what matters there is milliseconds; above it, each step is ten times the last.
_STRAIGHT_MS: Final = 10.0
_ROW_IN: Final = 0.16


def draw(cells: Sequence[Cell], results: Results, path: Path, head: str) -> None:
    """Writes the picture beside each other as PNG and SVG: `path` with these endings."""
    rows = [(cell, who) for cell in cells for who in results.get(cell.name, {})]
    # Any, because the library's own types leave much open.
    figure: Any = Figure(figsize=(11, 1.6 + _ROW_IN * (len(rows) + len(cells))), layout="constrained")
    axes = figure.subplots()
    place = 0.0
    ticks: list[tuple[float, str]] = []
    for cell in cells:
        middle = place + len(results.get(cell.name, {})) / 2
        for who, figures in results.get(cell.name, {}).items():
            _row(axes, place, who, figures)
            place += 1
        axes.axhline(place, color="#dddddd", linewidth=0.8)
        ticks.append((middle - 0.5, cell.described))
        place += 1
    _dress(axes, ticks, place, head)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(path.with_suffix(".png"), dpi=110)


def _row(axes: Any, place: float, who: Who, figures: Figures) -> None:
    values = figures.decided.values
    spread = [place + (number % 5 - 2) * 0.12 for number in range(len(values))]
    axes.scatter(values, spread, s=7, color=_COLOURS[who], alpha=0.65, linewidths=0)
    if figures.decided.median is not None:
        axes.plot([figures.decided.median] * 2, [place - 0.45, place + 0.45], color="black", linewidth=1.3)
    lost = figures.races - figures.won
    if lost:
        axes.annotate(f"{lost} lost", (1.0, place), xycoords=("axes fraction", "data"), fontsize=6, va="center")


def _dress(axes: Any, ticks: Sequence[tuple[float, str]], end: float, head: str) -> None:
    axes.set_xscale("symlog", linthresh=_STRAIGHT_MS, linscale=1.5)
    axes.set_xlim(left=-1)
    axes.set_ylim(end, -1)
    axes.set_yticks([place for place, _ in ticks], [title for _, title in ticks], fontsize=7)
    marks = (0, 2, 4, 6, 8, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
    axes.set_xticks(marks, [str(mark) for mark in marks], fontsize=7)
    axes.grid(axis="x", color="#eeeeee", linewidth=0.6)
    axes.set_xlabel("the club's decision, ms after the opening on its own clock (a bar: the median)", fontsize=8)
    axes.set_title(f"Who gets the place, and when\n{head}", fontsize=9)
    for who, colour in _COLOURS.items():
        axes.scatter([], [], s=14, color=colour, label=who.value)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.04), ncols=6, fontsize=7, frameon=False)
