"""Plays one seed: a whole system whose processes die as planned, while members race for places at the practice club."""

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AsyncExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
from support.mailroom import taking_mail
from support.running import while_running
from support.whole_system import Whole as System
from support.whole_system import whole_system

from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.system import SystemIds
from autotennis.domain.booking import FINAL, Booking, State
from autotennis.domain.message import Message
from autotennis.errors import Transient
from autotennis.events import FACTS, Event, SweepDue, load
from autotennis_local.backbone import Insight
from autotennis_local.choices import Backing
from autotennis_local.evening.api import ApiRefused
from autotennis_local.evening.judging import Evening, Failed, SessionRecord, Told, Wish
from autotennis_local.evening.programme import Kind, Opening, Twist
from chaos.invariants import Known, violations
from chaos.members import Program, Somebody, come_in, speaking
from chaos.plans import Blow, GivingUp, Kill, Plan, PlannedWish, Whole
from chaos.points import BESIDE, POINTS
from chaos.result import Result
from practice_club.orders import NewSession
from practice_club.server import running_club
from practice_club.session import Session as ClubSession

SABOTEUR: Final = Path(__file__).parent / "saboteur"
# So long after the opening everything must be over. A cloud has no names for its instances, so that what a dead one had
# in hand is free only once its claim ends, or it has given no sign of life for a while; and of a relay that dies the
# emulator pushes its messages anew when their time for an answer is over, ten minutes for the booker.
PATIENCE_S: Final = {Backing.LOCAL: 160.0, Backing.EMULATORS: 720.0}
# After so long a seed has hung: the system has started, on a busy machine, and started again.
LONGEST_S: Final = {backing: patience_s + 200.0 for backing, patience_s in PATIENCE_S.items()}
# A member's program asks for so long: longer than a key is kept whose request died on the way.
_ASKS_FOR_S: Final = 100.0
_KEY_IN_USE_S: Final = 3.0
_LOOK_EVERY_S: Final = 0.4
_SWEEP_EVERY_S: Final = 8.0
# Every so many seeds wait for the sweeps that the system does by itself; the others have some more.
_UNSWEPT: Final = 10
# Letters that are due later than that are reminders.
_SOON: Final = timedelta(minutes=30)
_STANDING: Final = ("SweepDue", "WatchDue")
# The programs that ask the club on a booking's budget.
_VISITING: Final = frozenset({"booker", "waitlist", "services"})
_NO_TROUBLE: Final = Kind.GIVEN_BACK
_Answer = TypeVar("_Answer")


class Lost(Exception):
    """The run itself went wrong."""


class Run:
    """One seed, in a directory of its own."""

    def __init__(self, plan: Plan, directory: Path, backing: Backing) -> None:
        self._plan = plan
        self._directory = directory
        self._backing = backing
        self._members: list[Somebody] = []
        self._sessions: list[ClubSession] = []
        self._refused: list[str] = []
        self._system: System | None = None
        self._changed = asyncio.Event()
        self._starts = 0
        self._opens_at = datetime.now(UTC)
        self._struck: list[str] = []
        self._seen: list[Event] = []

    # --- the system, and its deaths ------------------------------------------------------------------------------

    async def play(self) -> Result:
        """Runs it to its end, and judges. Raises nothing but what makes the run itself worthless."""
        begun_s = time.monotonic()
        (self._directory / "kills.json").write_text(json.dumps([kill.as_json() for kill in self._plan.kills]))
        async with AsyncExitStack() as stack:
            self._club = await stack.enter_async_context(running_club(empty=True))
            self._club.turn(**self._plan.knobs)
            self._mail = await stack.enter_async_context(taking_mail())
            hosting = await stack.enter_async_context(while_running(self._host()))
            script = asyncio.create_task(self._script())
            await asyncio.wait([hosting, script], return_when=asyncio.FIRST_COMPLETED)
            if not script.done():
                script.cancel()
                hosting.result()
                raise Lost("The system ended.")
            script.result()
            known = await self._known()
        return self._result(known, time.monotonic() - begun_s)

    async def _host(self) -> None:
        """Runs the system, and again on the same data when it has died as a whole."""
        told = {
            "PYTHONPATH": str(SABOTEUR),
            "CHAOS_DIR": str(self._directory),
            "AUTOTENNIS_SMTP_URL": f"smtp://127.0.0.1:{self._mail.port}",
            "AUTOTENNIS_MAIL_FROM": "Autotennis <booking@club.example>",
        }
        while True:
            async with whole_system(self._directory / "data", self._club, self._backing, told=told) as system:
                self._starts += 1
                self._system = system
                self._changed.set()
                try:
                    while not system.system.died():  # noqa: ASYNC110 (processes die unasked)
                        await asyncio.sleep(_LOOK_EVERY_S)
                finally:
                    self._system = None
                    self._seen += system.seen

    async def _up(self) -> System:
        """The system, once it is up."""
        while self._system is None:
            self._changed.clear()
            await self._changed.wait()
        return self._system

    async def _insight(self, ask: Callable[[Insight], _Answer]) -> _Answer:
        """What a look into the running system gives, whenever there is one."""
        while True:
            system = await self._up()
            try:
                return await asyncio.to_thread(ask, system.insight)
            except (Transient, sqlite3.Error):
                if self._system is system:
                    await asyncio.sleep(_LOOK_EVERY_S)

    async def _strike(self, blow: Blow) -> None:
        await self._at(blow.after_opening_s)
        system = await self._up()
        supervisor = system.system.supervisor.own_pid
        victims = [supervisor, *_below(supervisor)] if blow.what is Whole.EVERYTHING else [supervisor]
        # Of a launcher that dies the kernel tells the supervisor.
        number = signal.SIGTERM if blow.what is Whole.LAUNCHER else signal.SIGKILL
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        self._struck.append(blow.text)

    # --- what members do -----------------------------------------------------------------------------------------

    async def _script(self) -> None:
        plan = self._plan
        for number in range(plan.members):
            self._members.append(await self._insight(lambda it, number=number: come_in(it, self._club, number)))
        now = datetime.fromtimestamp(self._club.now_ns() / 1e9, UTC)
        opens_at = (now + timedelta(seconds=plan.opens_in_s + 1)).replace(microsecond=0)
        self._opens_at = datetime.now(UTC) + (opens_at - now)
        for one in plan.sessions:
            when = opens_at - timedelta(hours=1) if one.is_open else opens_at
            self._sessions.append(
                self._club.add_session(NewSession(opens_at=when, capacity=one.capacity, taken=one.taken))
            )
        async with while_running(self._let_places_free()), while_running(self._sweep()):
            async with asyncio.TaskGroup() as group:
                for wish in plan.wishes:
                    group.create_task(self._live(wish))
                for blow in plan.blows:
                    group.create_task(self._strike(blow))
            await self._settle()

    async def _live(self, planned: PlannedWish) -> None:
        """One member's wish, and what they do about it later."""
        who, session = self._members[planned.member], self._sessions[planned.session]
        others = [self._club.link(self._sessions[one]) for one in planned.others]
        key = SystemIds().new()
        booking_id = await self._asked(
            who, lambda program: self._wished(program, who, session, others, key), f"a wish of {who.id}"
        )
        if not booking_id or planned.giving_up is GivingUp.NEVER:
            return
        if planned.giving_up is GivingUp.CANCEL:
            await self._at(planned.after_opening_s)
            await self._asked(who, lambda program: self._cancelled(program, booking_id), f"to cancel {booking_id}")
        else:
            await self._until_booked(booking_id)
            await self._asked(who, lambda program: program.withdraw(booking_id), f"to give {booking_id} back")

    async def _wished(
        self, program: Program, who: Somebody, session: ClubSession, others: Sequence[str], key: str
    ) -> str:
        try:
            return (await program.wish(session, others, key)).id
        except ApiRefused as refusal:
            # Whoever died over it may have done it: then it stands in the member's list, as it would for a person.
            found = await self._insight(lambda it: it.store.bookings_of(who.id))
            mine = [one.id for one in found if one.session.timeid == session.slot.timeid and one.state not in FINAL]
            if mine:
                return mine[0]
            if "key-in-use" in str(refusal):
                raise Transient(str(refusal), retry_after_s=_KEY_IN_USE_S) from None
            raise

    async def _cancelled(self, program: Program, booking_id: str) -> None:
        try:
            await program.cancel(booking_id)
        except ApiRefused:
            # It was won before.
            await program.withdraw(booking_id)

    async def _asked(self, who: Somebody, ask: Callable[[Program], Awaitable[_Answer]], what: str) -> "_Answer | None":
        """What the API answers, asked until it does."""
        until_s = time.monotonic() + _ASKS_FOR_S
        while True:
            system = await self._up()
            try:
                async with aiohttp.ClientSession(system.system.api_url, timeout=speaking()) as session:
                    return await ask(Program(session, who.token))
            except Transient as error:
                if time.monotonic() > until_s:
                    self._refused.append(f"Nobody did {what}: {error}")
                    return None
                await asyncio.sleep(error.retry_after_s or _LOOK_EVERY_S)
            except ApiRefused as error:
                self._refused.append(f"Refused was {what}: {error}")
                return None

    async def _until_booked(self, booking_id: str) -> None:
        until_s = time.monotonic() + PATIENCE_S[self._backing]
        while time.monotonic() < until_s:
            if (await self._insight(lambda it: it.store.booking(booking_id))).state in FINAL | {State.BOOKED}:
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _let_places_free(self) -> None:
        """For each who waits a rival leaves, until none is left."""
        ours = {one.club_member_id for one in self._members}
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            for booking in await self._bookings():
                if booking.state is State.WAITING:
                    session = next(one for one in self._sessions if one.slot.timeid == booking.session.timeid)
                    rivals = [one for one in session.takers() if one not in ours]
                    if rivals and session.unclaimed() == 0:
                        self._club.free(session, rivals[0])

    async def _sweep(self) -> None:
        """Sweeps come every minute by themselves; so that no run waits for that long, some more do."""
        if self._plan.seed % _UNSWEPT == 0:
            return
        await self._at(3.0)
        while True:
            await self._insight(lambda it: it.bus.publish(SweepDue(at=datetime.now(UTC))))
            await asyncio.sleep(_SWEEP_EVERY_S)

    async def _at(self, after_opening_s: float) -> None:
        left = self._opens_at + timedelta(seconds=after_opening_s) - datetime.now(UTC)
        await asyncio.sleep(max(0.0, left.total_seconds()))

    async def _settle(self) -> None:
        """Returns once nothing waits any more, or when it is too late for that."""
        await self._at(1.0)
        until = self._opens_at + timedelta(seconds=PATIENCE_S[self._backing])
        told: list[str] = []
        while datetime.now(UTC) < until:
            open_ones = [one for one in await self._bookings() if one.state not in FINAL | {State.BOOKED}]
            waiting = [f"{one.id} is {one.state}." for one in open_ones] + await self._waiting()
            # What nobody can see waiting, such as a push of Pub/Sub's, is missed by its effect.
            waiting = waiting or [one.text for one in violations(await self._known())]
            if not waiting:
                return
            if waiting != told:
                told = waiting
                self._say(" ".join(waiting))
            await asyncio.sleep(_LOOK_EVERY_S)

    def _say(self, text: str) -> None:
        """For whoever looks into what a seed did."""
        print(f"{(datetime.now(UTC) - self._opens_at).total_seconds():+.1f} s: {text}", flush=True)

    # --- what is known afterwards --------------------------------------------------------------------------------

    async def _bookings(self) -> list[Booking]:
        def found(insight: Insight) -> list[Booking]:
            return [one for who in self._members for one in insight.store.bookings_of(who.id)]

        return await self._insight(found)

    async def _waiting(self) -> list[str]:
        """What is not done, in words."""

        def found(insight: Insight) -> list[str]:
            store = insight.store
            bookings = [one for who in self._members for one in store.bookings_of(who.id)]
            waiting = [f"{one.id} is claimed by {one.claim.holder}." for one in bookings if one.claim]
            waiting += [
                f"{one.id} is still to be given back."
                for one in bookings
                if one.withdrawal and one.withdrawal.is_under_way and one.state is State.BOOKED
            ]
            waiting += [f"{fact.id} is not published." for fact in store.unpublished()]
            waiting += [f"Message {one.id} is not told." for one in store.messages_due(datetime.now(UTC) + _SOON)]
            return waiting

        return [*await self._insight(found), *self._deliveries()]

    def _deliveries(self) -> list[str]:
        if self._backing is not Backing.LOCAL:
            return []
        query = (
            "SELECT m.event_id, d.consumer, d.state FROM deliveries d JOIN messages m ON m.seq = d.message "
            "WHERE d.state <> 'done' AND m.kind NOT IN (?, ?)"
        )
        return [f"{event} is {state} for the {consumer}." for event, consumer, state in self._rows(query, *_STANDING)]

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        path = self._directory / "data" / FILE_NAME
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()

    async def _known(self) -> Known:
        bookings = await self._bookings()
        waiting = await self._waiting()
        waiting += [
            f"Dead letter {one.kind} for the {one.consumer}: {one.reason}"
            for one in await self._insight(lambda it: it.bus.dead_letters())
        ]
        report = self._club.report()
        return Known(
            bookings=bookings,
            evening=self._evening(bookings, report),
            published=await self._published(),
            keeps_once=self._backing is Backing.LOCAL,
            messages=await self._messages(),
            letters=[str(mail["Message-ID"]) for mail in self._mail.mails],
            waiting=waiting,
            refused=self._refused,
            probes=sum(request["method"] == "HEAD" for request in report["requests"]),
            kills=len(self._killed()) + len(self._struck),
            visiting_kills=sum(kill.program in _VISITING for kill in self._killed()) + len(self._struck),
        )

    async def _messages(self) -> list[Message]:
        def found(insight: Insight) -> list[Message]:
            return [one for who in self._members for one in insight.store.messages_of(who.id)]

        return await self._insight(found)

    async def _published(self) -> Counter[str]:
        if self._backing is Backing.LOCAL:
            events = [load(data) for (data,) in self._rows("SELECT data FROM messages")]
            return Counter(event.id for event in events if isinstance(event, FACTS))
        # Who looks on does not while the system is started again; of what happens then its messages tell.
        told = {message.fact.id for message in await self._messages()}
        seen = [*self._seen, *(await self._up()).seen]
        return Counter(told | {event.id for event in seen if isinstance(event, FACTS)})

    def _evening(self, bookings: Sequence[Booking], report: dict[str, Any]) -> Evening:
        opening = Opening(1, _NO_TROUBLE, 0.0, ())
        records = [SessionRecord.model_validate(self._club.session_report(one)) for one in self._sessions]
        by_timeid = {record.timeid: record for record in records}
        who = {one.id: one.club_member_id for one in self._members}
        wishes = tuple(
            Wish(
                opening=opening,
                session=by_timeid[one.session.timeid].key,
                club_member_id=who[one.member_id],
                ends=self._ends(one),
                twist=Twist.NONE,
                told=_told(one),
            )
            for one in bookings
        )
        logins: dict[str, dict[str, int]] = report["logins"]
        return Evening(
            wishes=wishes,
            sessions={record.key: record for record in records},
            opens_ns={record.key: record.opens_ns for record in records},
            requests={one: logins.get(str(one), {}).get("requests", 0) for one in who.values()},
            requests_total=report["totals"]["requests"],
        )

    def _ends(self, booking: Booking) -> frozenset[State]:
        number = next(n for n, one in enumerate(self._sessions) if one.slot.timeid == booking.session.timeid)
        member = next(n for n, one in enumerate(self._members) if one.id == booking.member_id)
        wishes = [
            wish for wish in self._plan.wishes if wish.member == member and number in (wish.session, *wish.others)
        ]
        (wish,) = wishes
        if wish.giving_up is not GivingUp.NEVER:
            return frozenset({State.CANCELLED, State.WITHDRAWN})
        return frozenset({State.BOOKED, State.CANCELLED, State.WITHDRAWN} if wish.others else {State.BOOKED})

    def _killed(self) -> list[Kill]:
        """Those of the plan's kills that have happened."""
        hits = {int(path.name.removeprefix("hit-")) for path in self._directory.glob("hit-*")}
        return [kill for kill in self._plan.kills if kill.id in hits]

    def _result(self, known: Known, took_s: float) -> Result:
        found = violations(known)
        killed = self._killed()
        catalogue = {f"{one.program}\t{one.name}" for one in POINTS[self._backing.value]}
        seen = Counter(line for line in (self._directory / "points.log").read_text().splitlines())
        return Result(
            seed=self._plan.seed,
            kills=[kill.text for kill in killed] + self._struck,
            missed=[kill.text for kill in self._plan.kills if kill not in killed],
            faults=sum(request.fault is not None for request in self._club.record.requests),
            states=Counter(booking.state.value for booking in known.bookings),
            violations=[f"{one.invariant}: {one.text}" for one in found],
            points={line: n for line, n in seen.items() if not _is_known(line, catalogue)},
            took_s=round(took_s, 1),
        )


def _is_known(line: str, catalogue: AbstractSet[str]) -> bool:
    return line in catalogue or line.partition("\t")[2] in BESIDE


def _told(booking: Booking) -> Told:
    return Told(
        id=booking.id,
        state=booking.state,
        failure=booking.failure and Failed(reason=booking.failure.reason),
        requests_sent=booking.requests_sent,
        sign_ups_sent=booking.sign_ups_sent,
    )


def _below(pid: int) -> Iterator[int]:
    """All processes that it has started, and they."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                yield child
                yield from _below(child)
