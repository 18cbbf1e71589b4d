"""`python -m bench.load`: measures, prints the tables, and keeps them under bench/results."""

import argparse
import asyncio
import contextlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from bench.race.telling import machine
from bench.workplace import PREFIX

RESULTS: Final = Path(__file__).parent.parent / "results"
ARENAS: Final = "2"
QUICK_SOAK_S: Final = 80.0
SOAK_S: Final = 3600.0
MANY: Final = 10_000
QUICK_MANY: Final = 2_000


def opening(*, quick: bool) -> tuple[str, bool]:
    """One opening for many; whether all that we said is true."""
    from bench.load.opening import Plan, measure, told

    plan = Plan(200, 60.0) if quick else Plan()
    # What the system says while it starts is not what was measured.
    with contextlib.redirect_stdout(io.StringIO()):
        result = asyncio.run(measure(plan))
    return told(plan, result), result.is_true


def stored(*, quick: bool) -> tuple[str, bool]:
    """Much that is kept beside little."""
    from bench.load.stored import FEW, measure, told

    many = QUICK_MANY if quick else MANY
    with contextlib.redirect_stdout(io.StringIO()):
        few, found = measure(FEW), measure(many)
    return told(many, few, found), True


def events(*, quick: bool) -> tuple[str, bool]:
    """Events a second, and what they cost where many wait."""
    from bench.load.events import QUICK, Plan, measured

    return measured(QUICK if quick else Plan()), True


def soak(*, quick: bool) -> tuple[str, bool]:
    """Weeks that pass in minutes; whether nothing grows with them."""
    from bench.load.soak import grown, soak, told

    samples, bookings = asyncio.run(soak(QUICK_SOAK_S if quick else SOAK_S))
    text = told(samples, bookings)
    # Within minutes memory has not been used up to where it stays.
    return (f"{text}\nToo short to tell: nothing is judged.", True) if quick else (text, not grown(samples))


PARTS: Final[Mapping[str, Callable[..., tuple[str, bool]]]] = {
    "opening": opening,
    "stored": stored,
    "events": events,
    "soak": soak,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 0 if all could be measured, nothing untrue was said, and nothing grows."""
    parser = argparse.ArgumentParser(prog="bench.load", description="What much work and much that is kept cost.")
    parser.add_argument("--quick", action="store_true", help="smaller, within six minutes; the results are not kept")
    parser.add_argument("--part", choices=PARTS, help="only this one; the results are not kept")
    parser.add_argument("--inside", action="store_true", help="in this process, as each part is run")
    options = parser.parse_args(arguments)
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        # What is measured is not the operator's own installation.
        del os.environ[name]
    if options.inside:
        return _measured(options.part or next(iter(PARTS)), quick=options.quick)
    parts = (options.part,) if options.part else tuple(PARTS)
    return _all(parts, quick=options.quick)


def _measured(part: str, *, quick: bool) -> int:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    text, is_good = PARTS[part](quick=quick)
    print(text, flush=True)
    return 0 if is_good else 1


def _all(parts: Sequence[str], *, quick: bool) -> int:
    """Each part in a process of its own: what one leaves in memory is none of the next one's."""
    # As the system gives it to its programs.
    environment = {**os.environ, "MALLOC_ARENA_MAX": ARENAS}
    facts, now, load = machine(), datetime.now(UTC), os.getloadavg()[0]
    head = (
        f"Load. {facts['cpu']}, {facts['cores']} cores, Python {facts['python']}, {now:%Y-%m-%d}; "
        f"load before: {load:.1f}"
    )
    print(head, flush=True)
    texts, status = [head], 0
    for part in parts:
        command = [sys.executable, "-m", "bench.load", "--inside", "--part", part, *(["--quick"] if quick else [])]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 (our own program)
        texts.append(f"[{part}]\n{done.stdout.rstrip()}")
        print(f"\n{texts[-1]}", flush=True)
        status = max(status, abs(done.returncode))
    if not quick and len(parts) == len(PARTS):
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "load.txt").write_text("\n\n".join(texts) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
