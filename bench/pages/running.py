"""Runs the services, the clubs, the readers and the races, and reads how all of it went."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
from pydantic import HttpUrl

from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules, RaceRules
from autotennis.settings import Settings, read_settings
from autotennis.values import Action
from autotennis.wiring import open_ports
from bench.cold_start import program, until_it_answers
from bench.pages.figures import Looked, Open, Phase, Result, Shot, Shown, Way
from bench.pages.town import PASSWORD, Inhabitant, Town
from bench.race.cells import network
from bench.race.clubs import ClubOffice, offices
from bench.race.figures import Entry, race_of
from bench.race.programs import Program, started
from bench.race.service import Booker, booker
from bench.usage import family_cpu_s, family_peak_mb
from bench.workplace import PASSPHRASE, PREFIX, NotDone
from google_stand_ins.emulators import free_port

# Of every club; each race is at one of its own, so that none is learned.
KNOBS: Final = network(20, 5)
LEAD_S: Final = 14.0
_READY_S: Final = 3.0
_AFTER_S: Final = 2.0
_OPEN_ONLY_S: Final = 6.0


@dataclass(frozen=True)
class Plan:
    """How much is measured: `readers` with two open pages each, `per_s` views a second, `openings` in each of two
    times `rounds` phases, `every_s` apart; `streams` open pages are told of news, the others ask.
    """

    readers: int = 100
    per_s: float = 50.0
    rounds: int = 2
    openings: int = 10
    every_s: int = 1
    streams: int = 208

    @property
    def races(self) -> int:
        """All openings."""
        return 2 * self.rounds * self.openings


@dataclass
class Course:
    """Everything that runs."""

    plan: Plan
    http: aiohttp.ClientSession
    town: Town
    inhabitants: Sequence[Inhabitant]
    offices: Sequence[ClubOffice]
    clubs: Sequence[ClubRules]
    booker: Booker
    readers: Program
    pids: Mapping[str, int]
    raced: int = 0


@dataclass(frozen=True)
class _Race:
    """One opening: whose, at which club."""

    who: int
    booking_id: str
    office: ClubOffice
    club_id: str
    entry: Entry


async def measure(plan: Plan) -> Result:
    """Runs all phases in turn: nobody looks, the open pages alone, many look."""
    async with AsyncExitStack() as stack:
        course = await _set_up(stack, plan)
        quiet, loaded, alone = list[Phase](), list[Phase](), list[Phase]()
        looked, opened = list[Looked](), list[Open]()
        for _ in range(plan.rounds):
            quiet.append(await _Phase(course, await _enter(course)).races())
            phase = _Phase(course, await _enter(course, after_s=_OPEN_ONLY_S + _READY_S))
            kept = await _asked(course.readers, "open", phase.pages())
            alone.append(await phase.only_time(_OPEN_ONLY_S))
            course.readers.tell({"look": {"per_s": plan.per_s, "lasts_s": phase.left_s}})
            loaded.append(await phase.races())
            looked.extend(Looked.heard(await course.readers.hear()))
            opened.append(_opened(kept, await _asked(course.readers, "close", None)))
        memory = {who: family_peak_mb(pid) for who, pid in course.pids.items()}
        return Result(plan.per_s, quiet, loaded, alone, looked, opened, memory)


async def _set_up(stack: AsyncExitStack, plan: Plan) -> Course:
    data_dir = Path(stack.enter_context(TemporaryDirectory(prefix="autotennis-bench-")))
    http = await stack.enter_async_context(aiohttp.ClientSession())
    host = await stack.enter_async_context(started("bench.race.clubs"))
    # The first is the one whose week is looked at, and races for nothing.
    home = {"seed": 1, "empty": False, "knobs": dict(KNOBS)}
    found = await offices(host, http, [home, *({"seed": 2 + one, "knobs": dict(KNOBS)} for one in range(plan.races))])
    clubs = [_rules(number, office) for number, office in enumerate(found)]
    settings = read_settings(Settings, backend="local", data_dir=data_dir, push_secret=PASSPHRASE, clubs=tuple(clubs))
    town = Town(stack.enter_context(open_ports(settings)), clubs)
    inhabitants = town.settle(plan.readers)
    racing = stack.enter_context(booker(data_dir, clubs))
    pages = stack.enter_context(_pages(data_dir, clubs, plan.streams))
    readers = await stack.enter_async_context(started("bench.pages.readers"))
    pids = {"api": pages.pid, "booker": racing.pid, "clubs": host.pid, "readers": readers.pid}
    course = Course(plan, http, town, inhabitants, found[1:], clubs[1:], racing, readers, pids)
    known = [one.reader.__dict__ for one in inhabitants]
    await _asked(readers, "sign_in", {"url": pages.url, "password": PASSWORD, "readers": known})
    return course


def _rules(number: int, office: ClubOffice) -> ClubRules:
    race = RaceRules(locks_login=False)
    return ClubRules(id=f"c{number}", name=f"Club {number}", base_url=HttpUrl(f"{office.base_url}/"), race=race)


@dataclass(frozen=True)
class _Served:
    url: str
    pid: int


@contextmanager
def _pages(data_dir: Path, clubs: Sequence[ClubRules], streams: int) -> Generator[_Served]:
    """The service of the pages, with room for so many streams."""
    port = free_port()
    own = {
        "BACKEND": "local",
        "CLUBS": json.dumps([club.model_dump(mode="json", exclude_defaults=True) for club in clubs]),
        "DATA_DIR": str(data_dir),
        "LOG_LEVEL": "WARNING",
        "PLAIN_HTTP": "true",
        "PORT": str(port),
        # Each reader comes from an address of their own, or the door would think that one tries for all of them.
        "PROXIES": "1",
        "PUSH_SECRET": PASSPHRASE,
        "SESSION_SECRET": PASSPHRASE,
        "LINK_SECRET": PASSPHRASE,
        "STREAMS": str(streams),
    }
    environment = {**os.environ, **{f"{PREFIX}{name}": value for name, value in own.items()}}
    url = f"http://127.0.0.1:{port}"
    with program(("-m", "autotennis_api"), environment) as process:
        until_it_answers(url, process)
        yield _Served(url, process.pid)


async def _asked(readers: Program, what: str, how: Any) -> Any:
    readers.tell({what: how})
    return await readers.hear()


async def _enter(course: Course, after_s: float = 0.0) -> "_Races":
    """The races of the next phase: of other members, at other clubs than those before."""
    first_s = int(time.time() + after_s + _READY_S + LEAD_S) + 1
    races: list[_Race] = []
    for number in range(course.plan.openings):
        opens_at = datetime.fromtimestamp(first_s, UTC) + timedelta(seconds=number * course.plan.every_s)
        races.append(await _entered(course, opens_at))
    return _Races(first_s, races)


async def _entered(course: Course, opens_at: datetime) -> _Race:
    turn, course.raced = course.raced, course.raced + 1
    office, club, who = course.offices[turn], course.clubs[turn], turn % len(course.inhabitants)
    at_club, session = await office.add_member(), await office.add_session(opens_at, 4)
    booking_id = course.town.enter(course.inhabitants[who], club.id, at_club, session)
    entry = Entry(at_club.id, session.timeid, session.opens_ns, KNOBS["latency_in_ms"] + KNOBS["latency_out_ms"])
    return _Race(who, booking_id, office, club.id, entry)


@dataclass(frozen=True)
class _Races:
    """Those of one phase, and when the first one opens."""

    first_s: int
    all: Sequence[_Race] = field(default_factory=list[_Race])


class _Phase:
    """Some seconds in which races are run, and processors are looked at."""

    def __init__(self, course: Course, races: _Races) -> None:
        self._course = course
        self._races = races

    def pages(self) -> list[tuple[int, str]]:
        """Two of each member, to be kept open: the agenda, and a booking, if possible one that is raced for."""
        racing = {one.who: one.booking_id for one in self._races.all}
        return [
            (number, path)
            for number, one in enumerate(self._course.inhabitants)
            for path in ("/", f"/bookings/{racing.get(number, one.reader.booking_id)}")
        ]

    @property
    def left_s(self) -> float:
        """Until everything is over."""
        last_s = self._races.first_s + (self._course.plan.openings - 1) * self._course.plan.every_s
        return last_s + _AFTER_S - time.time()

    async def only_time(self, lasts_s: float) -> Phase:
        """So long nothing is done but what is done already."""
        return await self._measured(asyncio.sleep(lasts_s, list[Shot]()))

    async def races(self) -> Phase:
        """Runs the races."""
        return await self._measured(self._run())

    async def _measured(self, work: Awaitable[Sequence[Shot]]) -> Phase:
        began_s, before = time.monotonic(), self._cpu_s()
        shots = await work
        used = {who: after_s - before[who] for who, after_s in self._cpu_s().items()}
        return Phase(tuple(shots), used, time.monotonic() - began_s)

    def _cpu_s(self) -> dict[str, float]:
        return {who: family_cpu_s(pid) for who, pid in self._course.pids.items()}

    async def _run(self) -> Sequence[Shot]:
        """Until the time is over for all, so that each phase is as long as the next one."""
        over = asyncio.create_task(asyncio.sleep(self.left_s))
        shots = await asyncio.gather(*(self._race(one) for one in self._races.all))
        await over
        return shots

    async def _race(self, race: _Race) -> Shot:
        opens_s = race.entry.opens_ns / 1e9
        # Nobody is woken at the turn of a second by plan.
        await asyncio.sleep(max(0.0, opens_s - LEAD_S - race.who % 7 / 7 - time.time()))
        opening_at = datetime.fromtimestamp(opens_s, UTC)
        await self._course.booker.race(self._course.http, opening_at, race.club_id, [race.booking_id])
        found = race_of(race.entry, await race.office.requests())
        return Shot(_aim_ms(self._course.town.booking(race.booking_id)), found.decided_ms)


def _aim_ms(booking: Booking) -> float | None:
    """By how much later than planned the first sign-up was sent."""
    sent = [one.sent_ms for one in booking.timeline if one.action is Action.SIGN_UP]
    return sent[0] - booking.plan.shots_ms[0] if sent and booking.plan else None


def _opened(kept: Mapping[str, int], closed: Mapping[str, Any]) -> Open:
    if not closed["shown"]:
        raise NotDone("No open page has shown anything of a race: are its words still the same?")
    shown = tuple(Shown(stage, Way(way), late_ms) for stage, way, late_ms in closed["shown"])
    return Open(kept["streams"], kept["asking"], closed["asked"], closed["failed"], shown, tuple(closed["why"]))
