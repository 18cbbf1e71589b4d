"""`python -m bench.race`: runs the race, prints the table, and keeps it with a picture under bench/results."""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.race.cells import CELLS, Cell, chosen
from bench.race.figures import Results
from bench.race.running import run
from bench.race.telling import document, machine, markdown, table
from bench.workplace import PREFIX

RESULTS: Final = Path(__file__).parent.parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 0 if every cell was measured, whether its goals were met or not."""
    parser = argparse.ArgumentParser(prog="bench.race", description="Races for openings of practice clubs.")
    parser.add_argument("--quick", action="store_true", help="a few openings of a few cells; the results are not kept")
    parser.add_argument("--cell", nargs="+", default=[], choices=[cell.name for cell in CELLS], metavar="NAME")
    parser.add_argument("--into", type=Path, help=f"where to keep the results (of a whole run: {RESULTS.name}/)")
    parser.add_argument("--logs", type=Path, help="an existing directory for what the booker logs")
    options = parser.parse_args(arguments)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        # What is measured is not the operator's own installation.
        del os.environ[name]
    cells, began_s = chosen(options.cell, quick=options.quick), time.monotonic()
    results = asyncio.run(_run(cells, options.logs))
    took_s, now = time.monotonic() - began_s, datetime.now(UTC)
    facts = machine()
    head = f"{facts['cpu']}, {facts['cores']} cores, Python {facts['python']}, {now:%Y-%m-%d}, {took_s:.0f} s"
    outcome = Outcome(cells, results, head, now, took_s)
    print(outcome.text)
    into: Path | None = options.into or (None if options.quick or options.cell else RESULTS)
    if into:
        _keep(outcome, into)
    return 0 if len(results) == len(cells) else 1


@dataclass(frozen=True)
class Outcome:
    """A run's cells and figures, what it was measured on, when, and how long it took."""

    cells: Sequence[Cell]
    results: Results
    head: str
    now: datetime
    took_s: float

    @property
    def text(self) -> str:
        """The table."""
        return f"Sign-ups by the clubs' own record. {self.head}\n{table(self.cells, self.results)}\n"


def _keep(outcome: Outcome, into: Path) -> None:
    """Writes tables, JSON and picture."""
    # Only here: the picture's library is of the developers' group.
    from bench.race.picture import draw

    into.mkdir(parents=True, exist_ok=True)
    (into / "race.txt").write_text(outcome.text)
    (into / "race.md").write_text(markdown(outcome.cells, outcome.results, outcome.head))
    found = document(outcome.cells, outcome.results, outcome.now, outcome.took_s)
    (into / "race.json").write_text(json.dumps(found, indent=1) + "\n")
    draw(outcome.cells, outcome.results, into / "race", outcome.head)


async def _run(cells: Sequence[Cell], logs: Path | None) -> Results:
    together = [cell for cell in cells if not cell.alone]
    results = await run(together, logs) if together else {}
    for cell in cells:
        if cell.alone:
            results |= await run([cell], logs)
    return results


if __name__ == "__main__":
    sys.exit(main())
