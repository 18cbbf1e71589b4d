"""How closely together the sign-ups of many members leave one process: prepared ones, beside the general client's.

A hundred visitors, each with a connection that is open, have one sign-up to send at the same instant. The baseline is
the same request as an ordinary GET through aiohttp. The server is another process, which does nothing but note when
each request was there and answer with a short page; the time from the first to the last of these notes is the spread,
and what the server itself needs for a hundred of them is in it. The processor's time is that of the visitors' process
from the instant until all answers are read. Both ways take turns in every round.

    python -m bench.prepared [--quick]
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from multiprocessing.connection import Connection
from typing import Final

from pydantic import HttpUrl

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.system import SystemClock
from autotennis.domain.club import ClubRules
from autotennis.ports import Answer, PreparedRequest, Visit
from autotennis.values import Action, Session

VISITORS: Final = 100
ROUNDS: Final = 30
QUICK_ROUNDS: Final = 8
PATIENCE_S: Final = 30.0
SESSION: Final = Session(timeid=194, start=datetime(2026, 11, 27, 9, 0))  # noqa: DTZ001 (the club's local time)
MEMBER_ID: Final = 40123
# So short that reading it is no part of what is compared.
PAGE: Final = b"<html>"
ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)
MS: Final = 1e3
US: Final = 1e6


class Way(StrEnum):
    """How the sign-ups are sent."""

    ORDINARY = "aiohttp"
    PREPARED = "prepared"


class Measure(StrEnum):
    """What is measured in one round."""

    ARRIVALS = "first to last arrival, ms"
    SENT = "first to last sending, ms"
    CPU = "processor for a request and its answer, us"


Run = dict[Measure, float]


class Noting(asyncio.Protocol):
    """Notes when a request was there, and answers; the head comes in one piece."""

    def __init__(self, arrivals: list[float]) -> None:
        self._arrivals = arrivals
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 (asyncio calls it with that)
        """A request is there."""
        self._arrivals.append(time.monotonic())
        if isinstance(self._transport, asyncio.Transport):
            # After what else has arrived already was noted.
            asyncio.get_running_loop().call_soon(self._transport.write, ANSWER)


def serve(pipe: Connection) -> None:
    """Serves in a process of its own; tells the port, and whenever it is asked the arrivals since it was last asked."""
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    arrivals: list[float] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Noting(arrivals), "127.0.0.1", 0, backlog=512)
    pipe.send(server.sockets[0].getsockname()[1])

    def tell() -> None:
        pipe.recv()
        pipe.send(list(arrivals))
        arrivals.clear()

    loop.add_reader(pipe.fileno(), tell)
    await asyncio.Event().wait()


@dataclass(frozen=True)
class Server:
    """The server's process, as seen from here."""

    port: int
    pipe: Connection

    def arrivals(self) -> list[float]:
        """When requests were there since this was last asked: machine-wide seconds that never step."""
        self.pipe.send(None)
        if not self.pipe.poll(PATIENCE_S):
            raise TimeoutError("The server does not answer.")
        return self.pipe.recv()


@contextmanager
def server() -> Generator[Server]:
    """The server, while the context lasts."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        if not ours.poll(PATIENCE_S):
            raise TimeoutError("The server did not start.")
        yield Server(ours.recv(), ours)
    finally:
        process.terminate()
        process.join()


@asynccontextmanager
async def visitors(port: int) -> AsyncGenerator[Sequence[tuple[Visit, PreparedRequest]]]:
    """Visitors of the server, each with a sign-up made ready."""
    rules = ClubRules(id="bench", name="Bench", base_url=HttpUrl(f"http://127.0.0.1:{port}/"))
    club = open_club(rules, "autotennis-bench", SystemClock())
    async with AsyncExitStack() as visits:
        all_visits = [await visits.enter_async_context(club.visit()) for _ in range(VISITORS)]
        yield [(visit, visit.prepared(Action.SIGN_UP, SESSION, MEMBER_ID)) for visit in all_visits]


async def warmed(people: Sequence[tuple[Visit, PreparedRequest]]) -> None:
    """Has a connection open for each of them, both ways."""
    for visit, prepared in people:
        await visit.look(SESSION)
        await prepared.warm(1)


async def measured(send: Sequence[Callable[[], Awaitable[Answer]]], arrivals: Callable[[], list[float]]) -> Run:
    """Sends all at once. Raises RuntimeError if one has no answer."""
    arrivals()
    began_cpu_s = time.process_time()
    answers = await asyncio.gather(*[one() for one in send])
    cpu_s = time.process_time() - began_cpu_s
    if any(answer.status is None for answer in answers):
        raise RuntimeError("A request was not answered.")
    there = arrivals()
    sent = [answer.sent_s for answer in answers]
    return {
        Measure.ARRIVALS: (max(there) - min(there)) * MS,
        Measure.SENT: (max(sent) - min(sent)) * MS,
        Measure.CPU: cpu_s / len(send) * US,
    }


async def rounds(count: int) -> dict[Way, list[Run]]:
    """Both ways in each round, and once before: that fills caches."""
    runs: dict[Way, list[Run]] = defaultdict(list)
    with server() as there:
        async with visitors(there.port) as people:
            for number in range(count + 1):
                await warmed(people)
                for way in Way:
                    run = await measured([_sender(way, *person) for person in people], there.arrivals)
                    if number:
                        runs[way].append(run)
    return runs


def _sender(way: Way, visit: Visit, prepared: PreparedRequest) -> Callable[[], Awaitable[Answer]]:
    if way is Way.PREPARED:
        return prepared.send
    return lambda: visit.sign_up(SESSION, MEMBER_ID)


def tell(runs: dict[Way, list[Run]]) -> None:
    """Prints a table of medians, with the ratio to the baseline."""
    print(f"{'':<44} {'min':>8} {'median':>8} {'max':>8} {'ratio':>7}")
    for measure in Measure:
        print(measure)
        baseline = statistics.median(run[measure] for run in runs[Way.ORDINARY])
        for way, some in runs.items():
            found = [run[measure] for run in some]
            middle = statistics.median(found)
            print(f"  {way:<42} {min(found):>8.2f} {middle:>8.2f} {max(found):>8.2f} {middle / baseline:>7.3f}")


async def main() -> int:
    """Measures, and prints the table; gives the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds instead of {ROUNDS}")
    count = QUICK_ROUNDS if parser.parse_args().quick else ROUNDS
    runs = await rounds(count)
    print(f"{VISITORS} sign-ups at one instant, {count} rounds on {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    tell(runs)
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
