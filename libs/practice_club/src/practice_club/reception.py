"""What becomes of each request, at the instants at which the club would have come to it.

The program is slower than the club that it plays: two hundred requests of one instant keep it busy for 50 ms. So
nothing here happens when the program gets round to it. A request arrives when its bytes have reached this machine and
the network's delay has passed; from that follow the instants of its decision and of the end of its work. The arrivals
and the decisions of all requests are made in the order of their instants, none before the real time has reached it,
and each *as of* its instant. The program's slowness delays the writing of answers, and nothing else.

A straggler is a request that becomes known when later ones have been decided already: its connection was not accepted
yet, or it followed another one on its connection without waiting. It is decided as of its own instant as long as the
club has not changed since: whoever only looked or was refused would have seen the same. But if anything has changed
(a place was taken), it is decided as of the instant of that change, because what was given cannot be taken back.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from practice_club.agenda import Act
from practice_club.club import PracticeClub
from practice_club.knobs import Fault, FaultKind, FloodGuard
from practice_club.logins import SESSION_COOKIE
from practice_club.proxy import Kept
from practice_club.record import RequestRecord
from practice_club.site import Reply, Visit
from practice_club.times import write_spilletid
from practice_club.traffic import Journey, Turn
from practice_club.trouble import Caller
from practice_club.vocabulary import Verdict

_ANSWERED_FIRST = frozenset({FaultKind.NO_DATE, FaultKind.TRUNCATED, FaultKind.LOGIN_PAGE, FaultKind.OTHER_LETTERS})
_FRONT_PAGE = Visit("GET", "/index.php", {})

Plan = Callable[[int, Act], None]


class Outcome(NamedTuple):
    """What has become of a request, and when the club had its answer ready (machine's clock)."""

    record: RequestRecord
    answered_ns: int
    reply: Reply | None = None
    kept: Kept | None = None
    guard: FloodGuard | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A request on its way. Instants are the machine's, in nanoseconds since 1970.

    `arrives_ns`: after the network. `free_ns`: when the one before it on its connection was answered.
    """

    visit: Visit
    connection: int
    address: str
    user_agent: str
    journey: Journey
    arrives_ns: int
    free_ns: int
    outcome: asyncio.Future[Outcome]

    def settle(self, outcome: Outcome) -> None:
        """Say what has become of it, if anybody still waits for that."""
        if not self.outcome.done():
            self.outcome.set_result(outcome)


class Reception:
    """Receives the requests of one club."""

    def __init__(self, club: PracticeClub, plan: Plan) -> None:
        """`plan` puts an act on the agenda."""
        self._club = club
        self._plan = plan
        self._changed_ns = 0

    def receive(self, call: Call) -> None:
        """Let a request come when it is due; its `outcome` is set then."""
        self._plan_step(call, call.arrives_ns, partial(self._arrive, call))

    def _plan_step(self, call: Call, at_ns: int, step: Act) -> None:
        """A step that fails is that request's trouble alone."""

        def act() -> None:
            try:
                step()
            except Exception as error:
                if call.outcome.done():
                    raise
                call.outcome.set_exception(error)

        self._plan(at_ns, act)

    def _arrive(self, call: Call) -> None:
        record = self._open_record(call)
        caller = Caller(call.visit.action, record.member_id, call.address, call.user_agent)
        guard = self._club.troubles.ban_for(caller, record.arrived_ns)
        fault = None if guard else self._club.troubles.fault_for(caller, record.arrived_ns)
        kept = None if guard or fault else self._club.proxy.find(call.visit, record.member_id, call.arrives_ns)
        if guard or kept or (fault and not fault.acts and fault.kind not in _ANSWERED_FIRST):
            record.verdict = Verdict.BANNED if guard else Verdict.CACHED if kept else Verdict.FAULT
            record.fault = fault.kind.value if fault else None
            record.answered_ns = record.arrived_ns
            call.settle(Outcome(record, call.arrives_ns, kept=kept, guard=guard, fault=fault))
            return
        record.fault = fault.kind.value if fault else None
        self._queue(call, record, fault)

    def _open_record(self, call: Call) -> RequestRecord:
        arrived_ns, key = self._club_ns(call, call.arrives_ns), call.visit.session_key
        record = RequestRecord(
            number=self._club.record.total + 1,
            connection=call.connection,
            arrived_ns=arrived_ns,
            method=call.visit.method,
            path=call.visit.path[:100],
            action=call.visit.action,
            timeid=key.timeid if key else None,
            spilletid=write_spilletid(key.start) if key else None,
            user_agent=call.user_agent,
            member_id=self._club.site.member_of(call.visit.cookies, arrived_ns),
            server=self._club.server_of(call.connection),
        )
        self._club.record.add(record)
        return record

    def _queue(self, call: Call, record: RequestRecord, fault: Fault | None) -> None:
        self._club.let_the_rush_in(call.arrives_ns)
        ready_ns = max(call.arrives_ns, call.free_ns)
        turn = Turn(ready_ns, ready_ns) if call.visit.is_for_file else self._turn(call, ready_ns)
        outcome = Outcome(record, turn.answered_ns, fault=fault)
        self._plan_step(call, turn.decided_ns, partial(self._decide, call, outcome, turn.decided_ns))

    def _turn(self, call: Call, ready_ns: int) -> Turn:
        return self._club.traffic.turn(ready_ns, call.visit.cookies.get(SESSION_COOKIE, ""), call.journey)

    def _decide(self, call: Call, outcome: Outcome, at_ns: int) -> None:
        club, record = self._club, outcome.record
        as_of_ns = max(at_ns, self._changed_ns)
        version = club.model.version
        record.decided_ns = self._club_ns(call, as_of_ns)
        reply = self._reply(call.visit, outcome.fault, record.decided_ns)
        if club.model.version != version:
            self._changed_ns = as_of_ns
        answered_ns = max(outcome.answered_ns, as_of_ns)
        record.verdict, record.member_id = reply.verdict, reply.member_id
        record.answered_ns = self._club_ns(call, answered_ns)
        club.proxy.keep(call.visit, reply, answered_ns, record.answered_ns)
        call.settle(outcome._replace(answered_ns=answered_ns, reply=reply))

    def _reply(self, visit: Visit, fault: Fault | None, at_ns: int) -> Reply:
        """The club's answer; or, where the fault is so, what it shows to somebody who is not logged in."""
        site = self._club.site
        if fault is None or fault.kind is not FaultKind.LOGIN_PAGE:
            return site.answer(visit, at_ns)
        reply = site.answer(visit, at_ns) if fault.acts else Reply(Verdict.FAULT)
        return replace(site.answer(_FRONT_PAGE, at_ns), verdict=reply.verdict, member_id=reply.member_id)

    def _club_ns(self, call: Call, machine_ns: int) -> int:
        """The time on the clock of the server that the request's connection belongs to."""
        return self._club.server_ns(machine_ns, self._club.server_of(call.connection))
