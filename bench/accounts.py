"""How many bookings of one opening one booker fires, with what spread, and what one more booker gives.

All members want places at one practice club, over a network of 20 ms without jitter; there is a place for each. They
are handed over as the timer does it, in events of a hundred bookings at most. Figures of the requests are the club's,
those of processor and memory the operating system's.

    python -m bench.accounts [--quick]
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
from pydantic import HttpUrl

from autotennis.domain.club import ClubRules, RaceRules
from autotennis_timer.handlers import SHARD
from bench.race.cells import network
from bench.race.clubs import ClubOffice, offices
from bench.race.figures import Entry, Race, Spread, race_of, shared_between
from bench.race.programs import started
from bench.race.service import Booker, Desk, booker, desk
from bench.race.telling import machine
from bench.usage import cpu_s, peak_mb
from bench.workplace import PREFIX

RESULTS: Final = Path(__file__).parent / "results"
# Members, and bookers that share them.
LOADS: Final = ((1, 1), (20, 1), (100, 1), (500, 1), (100, 2), (500, 2))
QUICK_LOADS: Final = ((20, 1),)
PLACES: Final = 4
KNOBS: Final = network(20)
RACE: Final = RaceRules(locks_login=False, in_flight_in_all=1000)
# For logging in, one after the other if need be: the most members take longest.
LEAD_S: Final = 14.0
LEAD_PER_MEMBER_S: Final = 0.03


@dataclass(frozen=True)
class Row:
    """What was measured of one load. Instants are ms after the opening, on the club's clock; memory is MB."""

    members: int
    bookers: int
    won: int
    first_ms: Spread
    decided_ms: Spread
    requests: float
    most_requests: float
    cpu_s: float
    memory_mb: float

    @property
    def spread_ms(self) -> float | None:
        """From the first of the first shots to the last, but for one in a hundred."""
        values = self.first_ms.values
        return None if not values or self.first_ms.p99 is None else self.first_ms.p99 - min(values)

    @property
    def text(self) -> str:
        """A line of the table."""
        times = (self.first_ms.median, self.spread_ms, self.decided_ms.median, self.decided_ms.p99)
        return (
            f"{self.members:>8}{self.bookers:>9}{f'{self.won}/{self.members}':>10}"
            + "".join(f"{'-' if value is None else f'{value:.2f}':>11}" for value in times)
            + f"{self.requests:>11.1f}{self.most_requests:>7.0f}{self.cpu_s:>9.2f}{self.memory_mb:>9.0f}"
        )


_HEAD: Final = (
    f"{'':>27}{'first shot arrives':^22}{'decision':^22}{'requests':^18}{'processor':>9}{'memory':>9}\n"
    f"{'members':>8}{'bookers':>9}{'got':>10}{'median ms':>11}{'spread ms':>11}{'median ms':>11}{'p99 ms':>11}"
    f"{'mean':>11}{'most':>7}{'s':>9}{'MB':>9}"
)


@dataclass
class _Usage:
    """What the bookers used: seconds of processor, and the most memory that one of them held, in MB."""

    cpu_s: float = 0.0
    memory_mb: float = 0.0


@contextmanager
def _using(bookers: Sequence[Booker]) -> Generator[_Usage]:
    """Reads it at the end of the context."""
    usage, before_s = _Usage(), sum(cpu_s(one.pid) for one in bookers)
    yield usage
    usage.cpu_s = sum(cpu_s(one.pid) for one in bookers) - before_s
    usage.memory_mb = max(peak_mb(one.pid) for one in bookers)


async def measure(members: int, bookers: int) -> Row:
    """One opening with so many members, shared between so many bookers."""
    async with AsyncExitStack() as stack:
        data_dir = Path(stack.enter_context(TemporaryDirectory(prefix="autotennis-bench-")))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        host = await stack.enter_async_context(started("bench.race.clubs"))
        (office,) = await offices(host, http, [{"seed": members, "knobs": dict(KNOBS)}])
        rules = ClubRules(id="club", name="Club", base_url=HttpUrl(f"{office.base_url}/"), race=RACE)
        opening = _Opening(office, stack.enter_context(desk(data_dir, (rules,))))
        opens_at = datetime.now(UTC).replace(microsecond=0) + timedelta(
            seconds=1 + LEAD_S + members * LEAD_PER_MEMBER_S * 2
        )
        await opening.prepare(members, opens_at)
        running = [stack.enter_context(booker(data_dir, (rules,))) for _ in range(bookers)]
        await asyncio.sleep(max(0.0, opens_at.timestamp() - LEAD_S - members * LEAD_PER_MEMBER_S - time.time()))
        with _using(running) as usage:
            shards = opening.shards(bookers)
            await asyncio.gather(
                *(running[number % bookers].race(http, opens_at, "club", ids) for number, ids in enumerate(shards))
            )
        return _row(bookers, opening.races(await office.requests()), usage)


class _Opening:
    def __init__(self, office: ClubOffice, at_desk: Desk) -> None:
        self._office = office
        self._desk = at_desk
        self._entries: list[Entry] = []
        self._bookings: list[str] = []

    async def prepare(self, members: int, opens_at: datetime) -> None:
        """Makes members, sessions and bookings."""
        sessions = [await self._office.add_session(opens_at, PLACES) for _ in range(-(-members // PLACES))]
        round_trip_ms = KNOBS["latency_in_ms"] + KNOBS["latency_out_ms"]
        for number in range(members):
            member, session = await self._office.add_member(), sessions[number % len(sessions)]
            self._entries.append(Entry(member.id, session.timeid, session.opens_ns, round_trip_ms))
            self._bookings.append(self._desk.booking("club", member, session))

    def shards(self, bookers: int) -> list[list[str]]:
        """The bookings as the timer hands them over, and at least an event for each booker."""
        size = min(SHARD, -(-len(self._bookings) // bookers))
        return [self._bookings[first : first + size] for first in range(0, len(self._bookings), size)]

    def races(self, requests: Sequence[Mapping[str, Any]]) -> list[tuple[Race, float | None]]:
        """Each member's race, and when the first of their sign-ups arrived."""
        shared = sum(shared_between([self._entries[0].opens_ns], requests, "Autotennis").values())
        of_member: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for one in requests:
            of_member[one["member_id"]].append(one)
        return [
            (race_of(entry, of_member[entry.member_id], shared / len(self._entries)), _first_ms(entry, of_member))
            for entry in self._entries
        ]


def _first_ms(entry: Entry, of_member: Mapping[int, Iterable[Mapping[str, Any]]]) -> float | None:
    arrived = [one["arrived_ns"] for one in of_member[entry.member_id] if one["action"] == "sign_up"]
    return (min(arrived) - entry.opens_ns) / 1e6 if arrived else None


def _row(bookers: int, found: Sequence[tuple[Race, float | None]], usage: _Usage) -> Row:
    requests = Spread(tuple(race.requests for race, _ in found))
    return Row(
        members=len(found),
        bookers=bookers,
        won=sum(race.decided_ms is not None for race, _ in found),
        first_ms=Spread(tuple(first for _, first in found if first is not None)),
        decided_ms=Spread(tuple(race.decided_ms for race, _ in found if race.decided_ms is not None)),
        requests=requests.mean or 0.0,
        most_requests=requests.most or 0.0,
        cpu_s=usage.cpu_s,
        memory_mb=usage.memory_mb,
    )


async def _main(loads: Iterable[tuple[int, int]]) -> list[Row]:
    print(_HEAD)
    rows: list[Row] = []
    for members, bookers in loads:
        rows.append(await measure(members, bookers))
        print(rows[-1].text, flush=True)
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints the table, and keeps it; gives the exit status."""
    parser = argparse.ArgumentParser(prog="bench.accounts", description="Bookings of one opening in one booker.")
    parser.add_argument("--quick", action="store_true", help="one load; the results are not kept")
    quick = parser.parse_args(arguments).quick
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        # What is measured is not the operator's own installation.
        del os.environ[name]
    facts, now = machine(), datetime.now(UTC)
    print(f"Bookings of one opening. {facts['cpu']}, {facts['cores']} cores, Python {facts['python']}, {now:%Y-%m-%d}")
    rows = asyncio.run(_main(QUICK_LOADS if quick else LOADS))
    if not quick:
        RESULTS.mkdir(exist_ok=True)
        found = {"machine": facts, "date": now.isoformat(timespec="seconds"), "rows": [asdict(row) for row in rows]}
        (RESULTS / "accounts.json").write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
