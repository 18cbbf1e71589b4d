"""Runs the heats, and reads how they went from the clubs' records."""

import asyncio
import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
from pydantic import HttpUrl

from autotennis.domain.club import ClubRules, RaceRules
from bench.race.cells import Cell
from bench.race.clubs import ClubOffice, Member, Session, offices
from bench.race.contestants import Who
from bench.race.figures import Entry, Figures, OfCell, Race, race_of, shared_between
from bench.race.heats import Heat, Programme, programme
from bench.race.people import Order
from bench.race.programs import Program, started
from bench.race.service import Booker, Desk, booker, desk
from bench.workplace import NotDone

# The others log in so long before.
_LOG_IN_LEAD_S: Final = 12.0
# Members, sessions and bookings are made this long before that.
_READY_S: Final = 2.5
_START_S: Final = 1.0
_PEER_GIVES_UP_S: Final = 5.0
_RIVAL_GIVES_UP_S: Final = 0.5
_AGENT: Final = "Autotennis"


@dataclass(frozen=True)
class Course:
    """Everything that runs: the clubs' offices, the booker and its store, and the programs of the others."""

    http: aiohttp.ClientSession
    our_offices: Sequence[ClubOffice]
    other_offices: Sequence[ClubOffice]
    clubs: Sequence[ClubRules]
    desk: Desk
    booker: Booker
    rivals: Program
    peers: Program

    def office(self, heat: Heat) -> ClubOffice:
        """The office of the club where this opening is."""
        return (self.our_offices if heat.is_ours else self.other_offices)[heat.club]


# Who raced at which club.
_Entered = tuple[Heat, Who, Entry]
_Entries = dict[ClubOffice, list[_Entered]]


async def run(cells: Sequence[Cell], logs: Path | None = None) -> dict[str, OfCell]:
    """The figures of each cell, by its name and contestant; what the booker logs goes into that directory."""
    plan = programme(cells)
    async with AsyncExitStack() as stack:
        course = await _set_up(stack, plan, logs)
        entries: _Entries = defaultdict(list)
        lead_s = max(cell.lead_s for cell in cells)
        start_s = math.ceil(time.time() + _START_S + _READY_S + lead_s)
        last_s = max(heat.at_s for heat in plan.heats)
        print(f"{len(plan.heats)} openings in {last_s + lead_s:.0f} s...", file=sys.stderr)
        async with asyncio.TaskGroup() as heats:
            for heat in plan.heats:
                heats.create_task(_run(heat, start_s + heat.at_s, course, entries))
        for program in (course.rivals, course.peers):
            await program.finish()
        return await _figures(entries)


async def _set_up(stack: AsyncExitStack, plan: Programme, logs: Path | None) -> Course:
    data_dir = Path(stack.enter_context(TemporaryDirectory(prefix="autotennis-bench-")))
    http = await stack.enter_async_context(aiohttp.ClientSession())
    hosts = [await stack.enter_async_context(started("bench.race.clubs")) for _ in range(2)]
    our_offices = await offices(hosts[0], http, plan.our_clubs)
    other_offices = await offices(hosts[1], http, plan.other_clubs)
    described = zip(our_offices, plan.our_cells, strict=True)
    clubs = [_rules(number, office, cell) for number, (office, cell) in enumerate(described)]
    return Course(
        http,
        our_offices,
        other_offices,
        clubs,
        stack.enter_context(desk(data_dir, clubs)),
        stack.enter_context(booker(data_dir, clubs, logs)),
        await stack.enter_async_context(started("bench.race.people")),
        await stack.enter_async_context(started("bench.race.people")),
    )


def _rules(number: int, office: ClubOffice, cell: Cell) -> ClubRules:
    race = RaceRules(**{"locks_login": False, **cell.race})
    return ClubRules(id=f"c{number}", name=f"Club {number}", base_url=HttpUrl(f"{office.base_url}/"), race=race)


async def _run(heat: Heat, at_s: float, course: Course, entries: _Entries) -> None:
    """One opening, at this instant of the machine's clock."""
    await _until(at_s - heat.cell.lead_s - _READY_S)
    office = course.office(heat)
    opens_at = datetime.fromtimestamp(round(at_s + heat.ahead_ms / 1000), UTC)
    step = asyncio.create_task(_step(office, heat, at_s))
    if heat.is_ours:
        await _run_ours(_Opening(heat, at_s, opens_at, office), course, entries)
    else:
        await _run_others(_Opening(heat, at_s, opens_at, office), course, entries)
    await step


@dataclass(frozen=True)
class _Opening:
    """A heat that has an instant: `at_s` on the machine's clock, `opens_at` on the club's."""

    heat: Heat
    at_s: float
    opens_at: datetime
    office: ClubOffice

    def by_chance(self, what: str) -> float:
        """A part of a second, always the same: nobody comes at the turn of the club's second by plan."""
        heat = self.heat
        return random.Random(f"{heat.cell.name} {heat.number} {what}").random()  # noqa: S311 (no secret)

    async def session(self) -> Session:
        """One more session of this opening."""
        cell = self.heat.cell
        return await self.office.add_session(self.opens_at, cell.places)

    def entry(self, member: Member, session: Session, *, contested: bool) -> Entry:
        """The member as one who races for the session."""
        knobs = self.heat.cell.knobs
        round_trip_ms = knobs["latency_in_ms"] + knobs["latency_out_ms"]
        return Entry(member.id, session.timeid, session.opens_ns, round_trip_ms, contested)


async def _step(office: ClubOffice, heat: Heat, at_s: float) -> None:
    if heat.step_ms:
        await _until(at_s - heat.cell.step_lead_s)
        await office.step(heat.step_ms)


async def _run_ours(opening: _Opening, course: Course, entries: _Entries) -> None:
    heat, cell, office = opening.heat, opening.heat.cell, opening.office
    club_id = course.clubs[heat.club].id
    sessions = [await opening.session() for _ in range(cell.sessions)]
    bookings: list[str] = []
    for number in range(cell.members):
        member, session = await office.add_member(), sessions[number % cell.sessions]
        entry = opening.entry(member, session, contested=number % cell.sessions < cell.contested)
        entries[office].append((heat, Who.AUTOTENNIS, entry))
        bookings.append(course.desk.booking(club_id, member, session))
    for session in sessions[: cell.contested]:
        for who in cell.rivals:
            member = await office.add_member()
            entries[office].append((heat, who, opening.entry(member, session, contested=True)))
            course.rivals.tell(_order(who, opening, member, session, _RIVAL_GIVES_UP_S).told())
    await _until(opening.at_s - opening.heat.cell.lead_s + opening.by_chance("push"))
    try:
        await course.booker.race(course.http, opening.opens_at, club_id, bookings)
    except NotDone as error:
        # The places are lost, as the club's record will show: the others go on.
        print(f"{cell.name}, opening {heat.number}: {error}", file=sys.stderr)


async def _run_others(opening: _Opening, course: Course, entries: _Entries) -> None:
    for who in opening.heat.who:
        session, member = await opening.session(), await opening.office.add_member()
        entries[opening.office].append((opening.heat, who, opening.entry(member, session, contested=False)))
        course.peers.tell(_order(who, opening, member, session, _PEER_GIVES_UP_S).told())


def _order(who: Who, opening: _Opening, member: Member, session: Session, give_up_s: float) -> Order:
    url = f"{session.link}&leggtilvikarid={member.id}"
    return Order(
        who=who,
        club_url=opening.office.base_url,
        email=member.email,
        pin=member.pin,
        sign_up_url=url,
        opens_s=opening.opens_at.timestamp(),
        near_s=opening.at_s,
        lead_s=_LOG_IN_LEAD_S + opening.by_chance(f"{who}{member.id}"),
        give_up_s=give_up_s,
    )


async def _until(instant_s: float) -> None:
    await asyncio.sleep(max(0.0, instant_s - time.time()))


async def _figures(entries: _Entries) -> dict[str, OfCell]:
    races: dict[str, dict[Who, list[Race]]] = defaultdict(lambda: defaultdict(list))
    for office, entered in entries.items():
        for (heat, who, _), race in zip(entered, _races(entered, await office.requests()), strict=True):
            if heat.counts:
                races[heat.cell.name][who].append(race)
    return {name: {who: Figures(tuple(by_who[who])) for who in Who if who in by_who} for name, by_who in races.items()}


def _races(entered: Iterable[_Entered], requests: Sequence[Mapping[str, Any]]) -> list[Race]:
    entered = list(entered)
    ours = [entry for _, who, entry in entered if who is Who.AUTOTENNIS]
    probes = shared_between([entry.opens_ns for entry in ours], requests, _AGENT)
    sharing = {opens_ns: sum(entry.opens_ns == opens_ns for entry in ours) for opens_ns in probes}
    of_member: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for one in requests:
        of_member[one["member_id"]].append(one)
    return [
        race_of(
            entry,
            of_member[entry.member_id],
            probes[entry.opens_ns] / sharing[entry.opens_ns] if who is Who.AUTOTENNIS else 0.0,
        )
        for _, who, entry in entered
    ]
