"""How long a service takes from its start as a process to its first answer, and to the end of its first real work.

Measured for each service on each family of adapters: `local`, and `gcp` on Google's emulators and stand-ins. The
baseline is the least program of the same kind: bare aiohttp, or bare Flask in gunicorn. Every round runs each program
once, so that whatever else the machine does strikes all of them. Files are compiled, and in the machine's cache: what
is cold is the process.

The first work is what a service is mostly started for, and answered only when it is done:
- timer: an opening is due, its booking is handed to the booker (store, bus; on gcp Cloud Scheduler);
- booker: a race for a booking whose login the club refused before, so that the club is not asked (store, vault, bus);
- api: a member signs in and sees the bookings (store; three requests, and a password's hash that is meant to be slow).

    python -m bench.cold_start [--quick]
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Final

from autotennis.flow import Service
from bench.workplace import PATIENCE_S, PREFIX, Installation, NotDone, Work, ask, on_emulators, on_one_machine
from google_stand_ins.emulators import NoEmulators, free_port, running

ROUNDS: Final = 8
QUICK_ROUNDS: Final = 1
LOOK_EVERY_S: Final = 0.003
BARE: Final[Mapping[Service, str]] = {Service.TIMER: "aiohttp", Service.BOOKER: "aiohttp", Service.API: "flask"}
GOOGLES: Final = ("firestore", "pubsub_v1", "scheduler_v1", "kms_v1")
# What is imported at the start; and what the gcp family imports on first use, alone and all together.
IMPORTS: Final[Mapping[str, str]] = {
    "aiohttp": "aiohttp",
    **{f"autotennis_{service}": f"autotennis_{service}.__main__" for service in BARE},
    "tink": "tink",
    **{f"google.cloud.{name}": f"google.cloud.{name}" for name in GOOGLES},
    "all four of google.cloud": ", ".join(f"google.cloud.{name}" for name in GOOGLES),
}


class Measure(StrEnum):
    """What is measured in one life of a program."""

    READY = "start to first answer, s"
    WORKED = "start to the end of the first work, s"
    AGAIN = "the same work again, s"
    MEMORY = "memory after that, MB"


Run = Mapping[Measure, float]


@dataclass(frozen=True)
class Contestant:
    """A program to run, and the installation that its service works in; None for a bare one."""

    service: Service
    name: str
    installation: Installation | None

    def command(self, port: int) -> tuple[str, ...]:
        """The program, listening on that port."""
        if self.installation is None:
            return ("-m", "bench.bare", BARE[self.service], str(port))
        return ("-m", f"autotennis_{self.service}")

    def run(self) -> Run:
        """Runs it once. Raises NotDone."""
        tasks = [self.installation.work(self.service) for _ in range(2)] if self.installation else []
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {
            **(self.installation.environment if self.installation else os.environ),
            f"{PREFIX}PORT": str(port),
        }
        started_s = time.perf_counter()
        with program(self.command(port), environment) as process:
            until_it_answers(url, process)
            run = {Measure.READY: time.perf_counter() - started_s}
            if tasks:
                tasks[0](url)
                run[Measure.WORKED] = time.perf_counter() - started_s
                run[Measure.AGAIN] = timed(tasks[1], url)
            return {**run, Measure.MEMORY: memory_mb(process.pid)}


@contextmanager
def program(arguments: Sequence[str], environment: Mapping[str, str]) -> Generator[subprocess.Popen[bytes]]:
    """A Python program that runs while the context lasts."""
    process = subprocess.Popen([sys.executable, *arguments], env=dict(environment))  # noqa: S603 (our own programs)
    try:
        yield process
        process.terminate()
        process.wait(PATIENCE_S)
    finally:
        process.kill()
        process.wait()


def until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Returns with the first answer. Raises NotDone."""
    deadline_s = time.perf_counter() + PATIENCE_S
    while process.poll() is None and time.perf_counter() < deadline_s:
        try:
            if ask(url, "GET", "/healthz") == HTTPStatus.OK:
                return
        except ConnectionError:
            time.sleep(LOOK_EVERY_S)
    raise NotDone("A program did not start.")


def timed(task: Work, url: str) -> float:
    """How many seconds the work takes."""
    began_s = time.perf_counter()
    task(url)
    return time.perf_counter() - began_s


def memory_mb(pid: int) -> float:
    """What a program holds in memory, or the largest of its children: they share what they have from before a fork."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    own_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return max([own_kb / 1000, *(memory_mb(int(child)) for child in children)])


def import_s(modules: str) -> float:
    """How many seconds a fresh Python needs to import these."""
    code = f"import time; began = time.perf_counter(); import {modules}; print(time.perf_counter() - began)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 (ours)
    return float(done.stdout)


def table(title: str, figures: Mapping[str, Sequence[float]]) -> None:
    """Prints a row for each name, and the ratio of its median to the first one's."""
    print(f"\n{title:<44} {'min':>8} {'median':>8} {'max':>8} {'ratio':>7}")
    baseline = statistics.median(next(iter(figures.values())))
    for name, found in figures.items():
        median = statistics.median(found)
        print(f"  {name:<42} {min(found):>8.3f} {median:>8.3f} {max(found):>8.3f} {median / baseline:>7.2f}")


def tell(service: Service, runs: Mapping[str, Sequence[Run]]) -> None:
    """Prints all tables of one service."""
    for measure in Measure:
        figures = {name: [run[measure] for run in some] for name, some in runs.items() if measure in some[0]}
        table(f"{service}: {measure}", figures)


@asynccontextmanager
async def installations(emulators: ExitStack) -> AsyncGenerator[Mapping[str, Installation]]:
    """An installation of each family that is to be had here."""
    with tempfile.TemporaryDirectory(prefix="autotennis-bench-") as data_dir, on_one_machine(Path(data_dir)) as local:
        try:
            engines = emulators.enter_context(running())
        except NoEmulators as reason:
            print(f"!!! GCP IS LEFT OUT, only local was measured: {reason}", file=sys.stderr)
            yield {"local": local}
            return
        os.environ.update(engines.variables())
        async with on_emulators(engines) as gcp:
            yield {"local": local, "gcp": gcp}


def measure(found: Mapping[str, Installation], rounds: int) -> Mapping[Service, Mapping[str, Sequence[Run]]]:
    """Runs every contestant once in each round, and once before: that compiles, and fills caches."""
    contestants = [
        Contestant(service, name, installation)
        for service in BARE
        for name, installation in {f"bare {BARE[service]}": None, **found}.items()
    ]
    runs: dict[Service, dict[str, list[Run]]] = {service: defaultdict(list) for service in BARE}
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}..." if number else "warming up...", file=sys.stderr)
        for one in contestants:
            run = one.run()
            if number:
                runs[one.service][one.name].append(run)
    return runs


async def main() -> int:
    """Measures, and prints the tables; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} round instead of {ROUNDS}")
    rounds = QUICK_ROUNDS if parser.parse_args().quick else ROUNDS
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        # What is measured is not the operator's own installation.
        del os.environ[name]
    with ExitStack() as emulators:
        async with installations(emulators) as found:
            # In a thread: the issuer of tokens lives in this one.
            runs = await asyncio.to_thread(measure, found, rounds)
    print("imports...", file=sys.stderr)
    imported = [{name: import_s(modules) for name, modules in IMPORTS.items()} for _ in range(rounds)]
    families = " and ".join(found) if len(found) > 1 else "local ONLY"
    print(f"Cold start on {families}, {rounds} rounds on {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    print("(a ratio is of medians, to the first row of its table)")
    table("Imported alone, s", {name: [one[name] for one in imported] for name in IMPORTS})
    for service, some in runs.items():
        tell(service, some)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
