"""One opening for a thousand bookings, on one machine with everything that runs there.

The whole system as `make serve` starts it, each service in a process of its own; the wishes lie on its bus when it
starts, as if they had just come in. The baseline is the least that could be done: as many people, each of whom logs in,
reads the club's clock once, and asks once. It races first, for sessions of its own at a club of its own, which has the
same network; both clubs are served by one process, so whoever waits for that one waits in both.
"""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from pydantic import HttpUrl, SecretStr

from autotennis.adapters.clubs.ntnui.links import NtnuiLinks
from autotennis.adapters.local.family import LocalFamily
from autotennis.adapters.system import SystemClock
from autotennis.domain.booking import FINAL, Booking, State, Wish, requested
from autotennis.domain.club import ClubRules, RaceRules
from autotennis.domain.member import Credentials, Member
from autotennis.member_secrets import keep_credentials
from autotennis.values import Action, FailureReason, WaitingWish
from autotennis_local.system import LocalSystem, Wanted, running
from bench.load.stock import in_one_transaction
from bench.load.tables import Row, table
from bench.race.cells import network
from bench.race.clubs import ClubOffice, offices
from bench.race.clubs import Member as ClubMember
from bench.race.clubs import Session as ClubSession
from bench.race.contestants import Who
from bench.race.figures import Entry, Race, Spread, race_of
from bench.race.people import Order
from bench.race.programs import Program, started
from bench.usage import cpu_s, peak_mb
from bench.workplace import PREFIX, NotDone

CLUB_ID: Final = "club"
PLACES: Final = 20
# So many want each session.
SHARE: Final = 100
KNOBS: Final = network(20)
ROUND_TRIP_MS: Final = 40.0
# The club lets us have a request of everybody under way at once: what is measured is not that cap.
RACE: Final = RaceRules(locks_login=False, in_flight_in_all=2000)
PROGRAMS: Final = ("api", "timer", "booker", "waitlist", "notifier", "dispatcher")
_BASELINE_LEAD_S: Final = 20.0
_GIVE_UP_S: Final = 60.0
_PATIENCE_S: Final = 240.0


@dataclass(frozen=True)
class Plan:
    """So many bookings, whose opening is so long after the system is started."""

    bookings: int = 1000
    ahead_s: float = 150.0


@dataclass(frozen=True)
class Side:
    """How one side fared, by the club's own record."""

    races: Sequence[Race]
    first_ms: Spread

    @property
    def won(self) -> int:
        """How many have a place."""
        return sum(one.decided_ms is not None for one in self.races)

    @property
    def requests(self) -> float:
        """Of each member, in the mean."""
        return Spread(tuple(one.requests for one in self.races)).mean or 0.0


@dataclass(frozen=True)
class Result:
    """Both sides, how our bookings ended, whether that is true, and what our programs used."""

    ours: Side
    theirs: Side
    ended: Mapping[str, int]
    untrue: int
    planned_s: float
    over_s: float
    steps_s: Mapping[Action, Spread]
    cpu_s: Mapping[str, float]
    memory_mb: Mapping[str, float]

    @property
    def is_true(self) -> bool:
        """Whether every booking has ended, as the club's record says."""
        return not self.untrue and sum(self.ended.values()) == len(self.ours.races)


async def measure(plan: Plan) -> Result:
    """The baseline first, then everything."""
    async with AsyncExitStack() as stack:
        data_dir = Path(stack.enter_context(TemporaryDirectory(prefix="autotennis-bench-")))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        host = await stack.enter_async_context(started("bench.race.clubs"))
        theirs, ours = await offices(host, http, [{"seed": seed, "knobs": dict(KNOBS)} for seed in (1, 2)])
        baseline = await _baseline(theirs, plan)
        return await _everything(stack, ours, plan, data_dir, baseline)


async def _baseline(office: ClubOffice, plan: Plan) -> Side:
    # Logging in takes the club some milliseconds of processor for each.
    lead_s = _BASELINE_LEAD_S + plan.bookings * 0.02
    opens_at = _in(lead_s + 3.0 + plan.bookings * 0.005)
    entries = await _entered(office, plan, opens_at)
    async with started("bench.race.people") as people:
        for number, (member, session, _) in enumerate(entries):
            _send(people, office, member, session, lead_s * (1.0 - 0.5 * number / len(entries)))
        await asyncio.sleep(opens_at.timestamp() + 1 - time.time())
        await people.finish()
    return _side(entries, await office.requests())


def _send(people: Program, office: ClubOffice, member: ClubMember, session: ClubSession, lead_s: float) -> None:
    opens_s = session.opens_ns / 1e9
    order = Order(
        who=Who.ONE_DATE,
        club_url=office.base_url,
        email=member.email,
        pin=member.pin,
        sign_up_url=f"{session.link}&leggtilvikarid={member.id}",
        opens_s=opens_s,
        near_s=opens_s,
        lead_s=lead_s,
        give_up_s=_GIVE_UP_S,
    )
    people.tell(order.told())


_Entered = tuple[ClubMember, ClubSession, Entry]


async def _entered(office: ClubOffice, plan: Plan, opens_at: datetime) -> list[_Entered]:
    sessions = [await office.add_session(opens_at, PLACES) for _ in range(-(-plan.bookings // SHARE))]
    found: list[_Entered] = []
    for number in range(plan.bookings):
        member, session = await office.add_member(), sessions[number % len(sessions)]
        found.append((member, session, Entry(member.id, session.timeid, session.opens_ns, ROUND_TRIP_MS)))
    return found


def _in(seconds: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=int(seconds) + 1)


async def _everything(stack: AsyncExitStack, office: ClubOffice, plan: Plan, data_dir: Path, baseline: Side) -> Result:
    rules = ClubRules(id=CLUB_ID, name="Club", base_url=HttpUrl(f"{office.base_url}/"), race=RACE)
    # Members are made at the club before the time begins to count.
    opens_at = _in(plan.ahead_s + plan.bookings * 0.006)
    entries = await _entered(office, plan, opens_at)
    with in_one_transaction(data_dir, SystemClock()) as family:
        booked_by = [_wish(family, rules, *one[:2]) for one in entries]
    clubs = json.dumps([rules.model_dump(mode="json", exclude_defaults=True)])
    # Nothing is asked of the club but what the opening takes.
    settings = {f"{PREFIX}CLUBS": clubs, f"{PREFIX}CHECKS_BEFORE_H": "", f"{PREFIX}CANARY": "false"}
    wanted = Wanted(data_dir, api_port=0, apart=True, settings=settings)
    system = await stack.enter_async_context(running(wanted, print))
    began_s = time.monotonic()
    await _until(system, booked_by, opens_at, lambda one: one.state is not State.REQUESTED)
    planned_s = time.monotonic() - began_s
    ended = await _until(system, booked_by, opens_at, lambda one: one.state in FINAL | {State.BOOKED})
    over_s = time.time() - opens_at.timestamp()
    pids = {name: system.supervisor.pid(system.program_of(name)) for name in PROGRAMS}
    side = _side(entries, await office.requests())
    return Result(
        ours=side,
        theirs=baseline,
        ended=Counter(_how(one) for one in ended),
        untrue=sum(not _is_true(one, race) for one, race in zip(ended, side.races, strict=True)),
        planned_s=planned_s,
        over_s=over_s,
        steps_s={action: _first_s(ended, action) for action in (Action.LOG_IN, Action.LOOK, Action.SIGN_UP)},
        cpu_s={name: cpu_s(pid) for name, pid in pids.items() if pid},
        memory_mb={name: peak_mb(pid) for name, pid in pids.items() if pid},
    )


def _wish(family: LocalFamily, rules: ClubRules, at_club: ClubMember, session: ClubSession) -> str:
    """A member with an account who has just asked for the session; gives the booking's id."""
    now, member_id = datetime.now(UTC), f"m-{at_club.id}"
    family.store.add_member(
        Member(
            id=member_id,
            email=at_club.email,
            password_hash="unused",  # noqa: S106 (nobody signs in)
            created_at=now,
            club_member_ids={rules.id: at_club.id},
        )
    )
    credentials = Credentials(email=at_club.email, password=SecretStr(at_club.pin))
    keep_credentials(family.vault, member_id, rules.id, credentials)
    wanted = NtnuiLinks(rules).session_of(urlsplit(session.link))
    opening_at = datetime.fromtimestamp(session.opens_ns / 1e9, UTC)
    wish = Wish(
        member_id=member_id,
        club_id=rules.id,
        session=wanted,
        opening_at=opening_at,
        waiting=WaitingWish(wanted=False),
    )
    booking, facts = requested(f"b-{at_club.id}", wish, now)
    family.store.create((booking, ()))
    for fact in facts:
        family.bus.publish(fact)
    return booking.id


async def _until(
    system: LocalSystem, ids: Sequence[str], opens_at: datetime, is_so: Callable[[Booking], bool]
) -> Sequence[Booking]:
    """All bookings, once that is so of each. Raises NotDone if it never is."""
    deadline_s = opens_at.timestamp() + _PATIENCE_S
    with system.looked_into() as kept:
        left = list(ids)
        while left:
            left = [one for one in left if not is_so(await asyncio.to_thread(kept.store.booking, one))]
            if time.time() > deadline_s:
                states = Counter(kept.store.booking(one).state.value for one in left)
                raise NotDone(f"{len(left)} of {len(ids)} bookings have come to nothing: {dict(states)}.")
            # Whoever looks all the time takes the processor from whom it looks at.
            await asyncio.sleep(1.0)
        return [kept.store.booking(one) for one in ids]


def _first_s(bookings: Sequence[Booking], action: Action) -> Spread:
    """When each of them did that first, in seconds after the opening."""
    sent = ([attempt.sent_ms for attempt in one.timeline if attempt.action is action] for one in bookings)
    return Spread(tuple(some[0] / 1000 for some in sent if some))


def _how(booking: Booking) -> str:
    return booking.failure.reason.value if booking.failure else booking.state.value


def _is_true(booking: Booking, race: Race) -> bool:
    """Whether what we say is what the club has done."""
    if booking.state is State.BOOKED:
        return race.decided_ms is not None
    return race.decided_ms is None and booking.failure is not None and booking.failure.reason is FailureReason.FULL


def _side(entries: Sequence[_Entered], requests: Sequence[Mapping[str, Any]]) -> Side:
    of_member: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for one in requests:
        of_member[one["member_id"]].append(one)
    # Nobody's probes are shared by all.
    shared = len(of_member[None]) / len(entries)  # type: ignore[index]
    races = [race_of(entry, of_member[member.id], shared) for member, _, entry in entries]
    firsts = [
        (min(arrived) - entry.opens_ns) / 1e6
        for member, _, entry in entries
        if (arrived := [one["arrived_ns"] for one in of_member[member.id] if one["action"] == "sign_up"])
    ]
    return Side(races, Spread(tuple(firsts)))


def told(plan: Plan, result: Result) -> str:
    """All of it in words."""
    ours, theirs = result.ours, result.theirs
    decided = [
        Spread(tuple(one.decided_ms for one in side.races if one.decided_ms is not None)) for side in (ours, theirs)
    ]
    rows = [
        Row("first sign-up of a member arrives, median ms", ours.first_ms.median, theirs.first_ms.median),
        Row("the same, p99 ms", ours.first_ms.p99, theirs.first_ms.p99),
        Row("the same, the last, ms", ours.first_ms.most, theirs.first_ms.most),
        Row("a place is given, first, ms", min(decided[0].values, default=None), min(decided[1].values, default=None)),
        Row("a place is given, median ms", decided[0].median, decided[1].median),
        Row("a place is given, last, ms", decided[0].most, decided[1].most),
        Row("requests a booking, mean", ours.requests, theirs.requests),
    ]
    sessions = -(-plan.bookings // SHARE)
    lines = [
        table(f"{plan.bookings} bookings, {sessions} sessions, one opening", ("autotennis", "bare people"), rows),
        f"places: {sessions * PLACES}; ours took {ours.won}, the bare people {theirs.won}",
        f"how ours ended: {dict(result.ended)}; untrue: {result.untrue}",
        f"planned within {result.planned_s:.1f} s of the start; all over {result.over_s:.1f} s after the opening",
        "first sent after the opening, s: "
        + "; ".join(
            f"{action.value} from {min(steps.values):.1f} (median {steps.median:.1f}) to {steps.most:.1f}"
            for action, steps in result.steps_s.items()
            if steps.values
        ),
        "processor and most memory: "
        + ", ".join(f"{name} {result.cpu_s[name]:.1f} s {result.memory_mb[name]:.0f} MB" for name in result.cpu_s),
    ]
    return "\n".join(lines)
