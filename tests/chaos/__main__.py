"""Plays seeds of chaos, several systems side by side: `PYTHONPATH=tests python -m chaos --seeds 200`.

`--seed 17` plays one again. Exits 0 only if every invariant held for every seed.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from autotennis_local.choices import Backing
from autotennis_local.stopping import until_told
from chaos.keeping import keep
from chaos.plans import plan_of
from chaos.playing import LONGEST_S, Run
from chaos.result import Result
from chaos.table import line, table
from google_stand_ins.emulators import NoEmulators
from google_stand_ins.emulators import running as running_emulators

_INTERRUPTED: Final = 130
# A system that is told to stop needs some seconds.
_STOPS_WITHIN_S: Final = 40.0
_COUNTED_SEEDS: Final = 3


def main() -> int:
    """Plays what the command line says; gives the exit status."""
    wanted = _wanted()
    backing = Backing(wanted.backend)
    if wanted.play_in:
        return until_told(_play(wanted.seed, backing, Path(wanted.play_in), bare=wanted.bare), _INTERRUPTED)
    with contextlib.ExitStack() as stack:
        if backing is Backing.EMULATORS:
            try:
                # One pair for all: they keep what they hold through every kill, as the cloud would.
                os.environ.update(stack.enter_context(running_emulators()).variables())
            except NoEmulators as reason:
                print(reason, file=sys.stderr)
                return 1
        return until_told(_Round(wanted, backing).run(), _INTERRUPTED)


def _wanted() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="play the seeds from --first on, so many of them")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int, help="play this one alone")
    parser.add_argument("--backend", default=Backing.LOCAL.value, choices=[one.value for one in Backing])
    parser.add_argument("--workers", type=int, default=8, help="so many systems side by side")
    parser.add_argument("--keep-in", default="var/chaos", help="where the logs of failed seeds are kept")
    parser.add_argument("--count", action="store_true", help="kill nothing, and tell which points there are")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--play-in", help=argparse.SUPPRESS)
    return parser.parse_args()


async def _play(seed: int, backing: Backing, directory: Path, *, bare: bool) -> int:
    """One seed in this process; leaves its result in the directory."""
    plan = plan_of(seed, backing.value)
    if bare:
        plan = replace(plan, kills=(), blows=())
    result = await Run(plan, directory, backing).play()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    result.cpu_s = round(sum(one.ru_utime + one.ru_stime for one in used), 1)
    (directory / "result.json").write_text(result.model_dump_json())
    return 0


class _Round:
    """Many seeds, each in a process of its own, so that none can hold up another."""

    def __init__(self, wanted: argparse.Namespace, backing: Backing) -> None:
        self._wanted = wanted
        self._backing = backing
        self._room = asyncio.Semaphore(wanted.workers)
        self._seen: list[Counter[str]] = []

    async def run(self) -> int:
        """Plays them all; gives the exit status."""
        results = await asyncio.gather(*map(self._one, self._seeds()))
        if self._wanted.count:
            self._tell_points()
            return 0
        backend = "" if self._backing is Backing.LOCAL else f" BACKEND={self._backing.value}"
        print(table(results, f"make chaos{backend} SEED="))
        return 1 if any(result.violations for result in results) else 0

    def _seeds(self) -> Sequence[int]:
        if self._wanted.seed is not None:
            return [self._wanted.seed]
        count = _COUNTED_SEEDS if self._wanted.count else self._wanted.seeds
        return range(self._wanted.first, self._wanted.first + count)

    async def _one(self, seed: int) -> Result:
        async with self._room:
            with tempfile.TemporaryDirectory(prefix=f"chaos-{seed}-", ignore_cleanup_errors=True) as name:
                directory = Path(name)
                result = await self._played(seed, directory)
                if self._wanted.count:
                    self._seen.append(Counter((directory / "points.log").read_text().splitlines()))
                if result.violations or self._wanted.seed is not None:
                    result.kept_in = str(keep(directory, Path(self._wanted.keep_in) / f"{self._backing.value}-{seed}"))
        print(line(result), flush=True)
        return result

    async def _played(self, seed: int, directory: Path) -> Result:
        command = [sys.executable, "-m", "chaos", "--seed", str(seed), "--backend", self._backing.value]
        command += ["--play-in", str(directory)]
        command += ["--bare"] if self._wanted.count else []
        with (directory / "run.log").open("wb") as log:
            # Ctrl-C in a terminal goes to all its processes: only the one in front should act on it.
            child = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, start_new_session=True)
            why = "It ended without a result."
            try:
                await asyncio.wait_for(child.wait(), LONGEST_S[self._backing])
            except TimeoutError:
                why = f"It was not over after {LONGEST_S[self._backing]:.0f} s."
            finally:
                await _ended(child)
        with contextlib.suppress(FileNotFoundError):
            return Result.model_validate_json((directory / "result.json").read_text())
        said = (directory / "run.log").read_text(errors="replace").strip().splitlines()
        return Result(seed=seed, violations=[f"the run itself: {why} {said[-1] if said else ''}".strip()])

    def _tell_points(self) -> None:
        for point in sorted({point for seen in self._seen for point in seen}):
            counts = [seen[point] for seen in self._seen]
            print(f"{point.replace(chr(9), ' '):<90} {min(counts):>4} to {max(counts)}")


async def _ended(child: asyncio.subprocess.Process) -> None:
    """Stops it if it still runs: it then stops its system. What does not is killed, and its system stops by itself."""
    for number, within_s in ((signal.SIGTERM, _STOPS_WITHIN_S), (signal.SIGKILL, None)):
        if child.returncode is None:
            child.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), within_s)


if __name__ == "__main__":
    sys.exit(main())
