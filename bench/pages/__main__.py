"""`python -m bench.pages`: measures, prints the tables, and keeps them under bench/results."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.pages.figures import told
from bench.pages.running import Plan, measure
from bench.race.telling import machine
from bench.workplace import PREFIX

RESULTS: Final = Path(__file__).parent.parent / "results"
# As it is set for the pages that are measured, and as it is set where nobody says otherwise.
STREAMS: Final = (208, 48)


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 0 if it could be measured, whether the goal was met or not."""
    parser = argparse.ArgumentParser(prog="bench.pages", description="Pages under load, and a race beside them.")
    parser.add_argument("--quick", action="store_true", help="one short round; the results are not kept")
    parser.add_argument("--streams", type=int, nargs="+", help=f"room for so many streams (default: {STREAMS})")
    options = parser.parse_args(arguments)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        # What is measured is not the operator's own installation.
        del os.environ[name]
    plans = [_plan(streams, quick=options.quick) for streams in options.streams or STREAMS]
    text = "\n\n".join(_measured(plan) for plan in (plans[:1] if options.quick else plans))
    if not options.quick and not options.streams:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "pages.txt").write_text(f"{text}\n")
    return 0


def _plan(streams: int, *, quick: bool) -> Plan:
    return Plan(streams=streams, rounds=1, openings=4) if quick else Plan(streams=streams)


def _measured(plan: Plan) -> str:
    facts, now = machine(), datetime.now(UTC)
    load = os.getloadavg()[0]
    result = asyncio.run(measure(plan))
    head = (
        f"{plan.readers * 2} open pages (room for {plan.streams} streams), {plan.per_s:.0f} views a second. "
        f"{facts['cpu']}, {facts['cores']} cores, Python {facts['python']}, {now:%Y-%m-%d}; load before: {load:.1f}"
    )
    text = f"{head}\n\n{told(result)}"
    print(f"{text}\n", flush=True)
    return text


if __name__ == "__main__":
    sys.exit(main())
