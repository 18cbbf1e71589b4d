"""All that one run says to a club: within its budget, and kept for the timeline."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

from autotennis.domain.booking import Budget
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.member import Credentials
from autotennis.domain.pace import KEPT_FOR_PROOF, KEPT_SIGN_UPS
from autotennis.errors import ClubBusy, LoginRefused, PageNotUnderstood, Permanent, Transient
from autotennis.ports import Answer, Clock, PreparedRequest, SessionPage, Visit
from autotennis.values import Action, Attempt, Session, Verdict, VerdictKind
from autotennis_booker.memory import Opening

# The search for a member's id at the club reads this many pages at most.
_SEARCH: Final = 6


class BudgetSpent(Permanent):
    """This run may send no more requests."""


class Allowance(Protocol):
    """What a run may send, as it stands in the store."""

    @property
    def budget(self) -> Budget:
        """All that the run may send."""
        ...

    async def grow(self) -> None:
        """Asks for a share of what is left of the cap. Raises Stale if another instance has taken the booking."""
        ...


class Conversation:
    """One member's visit to the club, with a budget of requests. Every answer tells of the club's clock, too."""

    def __init__(self, visit: Visit, opening: Opening, clock: Clock, allowance: Allowance) -> None:
        self._visit = visit
        self._timekeeper = opening.timekeeper
        self._gate = opening.gate
        self._clock = clock
        self._allowance = allowance
        self._sign_ups = 0
        self._said: list[tuple[Action, Answer]] = []

    @property
    def sent(self) -> Budget:
        """What was sent so far."""
        return Budget(requests=self._visit.requests_sent, sign_ups=self._sign_ups)

    @property
    def shots_left(self) -> int:
        """How many sign-ups there is room for beside those kept for the end, and for the proof after them."""
        return max(0, self._shots_left() - KEPT_SIGN_UPS)

    @property
    def may_shoot(self) -> bool:
        """Whether there is room for another sign-up beside those kept for the end, and for the proof after it."""
        return self.shots_left > 0

    @property
    def may_shoot_last(self) -> bool:
        """Whether there is room for one of the sign-ups kept for the end."""
        return self._shots_left() > 0

    def _shots_left(self) -> int:
        budget = self._allowance.budget
        requests_left = budget.requests - self._visit.requests_sent - KEPT_FOR_PROOF
        return min(requests_left, budget.sign_ups - self._sign_ups)

    @property
    def is_unwelcome(self) -> bool:
        """Whether the club asked us to keep away for now."""
        return self._gate.is_closed

    @property
    def has_room(self) -> bool:
        """Whether one more request of this process may be unanswered."""
        return self._gate.lets_pass

    def when_room(self, act: Callable[[], None]) -> None:
        """Calls `act` once there may be room: first come, first served."""
        self._gate.when_left(act)

    async def welcome(self) -> None:
        """Returns when the club wants to hear from us again."""
        await self._gate.opened()

    async def arm(self) -> None:
        """Gets what a race may send, beforehand: at the opening there is no time for it."""
        await self._allowance.grow()

    def timeline(self, opening_at: datetime, clock: ClubClock) -> tuple[Attempt, ...]:
        """Everything that was said, in the order in which it was sent."""
        return tuple(
            Attempt(
                action=action,
                sent_ms=round(clock.sent_after_ms(opening_at, answer.sent_s), 3),
                latency_ms=round(max(0.0, answer.received_s - answer.sent_s) * 1000, 3),
                verdict=answer.verdict,
            )
            for action, answer in sorted(self._said, key=lambda said: said[1].sent_s)
        )

    @property
    def quickest_look_s(self) -> float | None:
        """How long the session's page took at best; None if it was never seen."""
        looks = (answer for action, answer in self._said if action is Action.LOOK and answer.status is not None)
        return min((answer.received_s - answer.sent_s for answer in looks), default=None)

    async def log_in(self, credentials: Credentials) -> Answer:
        """Logs in. Raises LoginRefused, PageNotUnderstood, BudgetSpent; a club that is silent is in the verdict."""
        await self._spend()
        sent_s = self._clock.monotonic_s()
        try:
            async with self._gate.passing():
                sent_s = self._clock.monotonic_s()
                answer = await self._visit.log_in(credentials)
        except (LoginRefused, PageNotUnderstood) as error:
            self._heard(Action.LOG_IN, self._answer(_verdict_of(error), sent_s))
            raise
        except Transient as error:
            answer = self._answer(_verdict_of(error), sent_s)
        return self._heard(Action.LOG_IN, answer)

    def _answer(self, verdict: Verdict, sent_s: float) -> Answer:
        return Answer(SessionPage(verdict=verdict), sent_s, self._clock.monotonic_s())

    async def look(self, session: Session) -> Answer:
        """Reads the session's page. Raises BudgetSpent."""
        await self._spend()
        async with self._gate.passing():
            answer = await self._visit.look(session)
        return self._heard(Action.LOOK, answer)

    async def find_club_member_id(self) -> int | None:
        """The member's own id at the club. Raises BudgetSpent."""
        await self._spend(_SEARCH)
        async with self._gate.passing():
            return await self._visit.find_club_member_id()

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> "Shooter":
        """A sign-up made ready beforehand; a regular player's `way_in` is to confirm the own fixed place."""
        return Shooter(self, way_in, self._visit.prepared(way_in, session, club_member_id))

    def send(self, request: PreparedRequest) -> Awaitable[Answer]:
        """Sends a sign-up before it returns. Ask `may_shoot` and `has_room` first; the answer is for `listen`."""
        self._gate.enter()
        self._sign_ups += 1
        return request.send()

    def listen(self, way_in: Action, asked: Awaitable[Answer]) -> "asyncio.Task[Answer]":
        """The answer to a sign-up that was sent."""
        task = asyncio.create_task(self._fired(way_in, asked))
        task.add_done_callback(lambda _task: self._gate.leave())
        return task

    async def _fired(self, way_in: Action, asked: Awaitable[Answer]) -> Answer:
        return self._heard(way_in, await asked)

    async def _spend(self, requests: int = 1) -> None:
        if self._visit.requests_sent + requests <= self._allowance.budget.requests:
            return
        await self._allowance.grow()
        if self._visit.requests_sent + requests > self._allowance.budget.requests:
            raise BudgetSpent(f"All {self._allowance.budget.requests} requests that this run may send were sent.")

    def _heard(self, action: Action, answer: Answer) -> Answer:
        self._said.append((action, answer))
        self._gate.heard(answer.verdict)
        self._timekeeper.heard(answer)
        return answer


class Shooter:
    """Fires one member's sign-ups, all alike."""

    def __init__(self, conversation: Conversation, way_in: Action, request: PreparedRequest) -> None:
        self._conversation = conversation
        self._way_in = way_in
        self._request = request

    async def warm(self, connections: int) -> None:
        """Has that many connections open and idle."""
        await self._request.warm(connections)

    def send(self) -> Awaitable[Answer]:
        """Sends one before it returns; the answer is for `listen`."""
        return self._conversation.send(self._request)

    def listen(self, asked: Awaitable[Answer]) -> "asyncio.Task[Answer]":
        """The answer to one that was sent."""
        return self._conversation.listen(self._way_in, asked)


def _verdict_of(error: LoginRefused | PageNotUnderstood | Transient) -> Verdict:
    match error:
        case LoginRefused():
            return Verdict(kind=VerdictKind.REFUSED)
        case PageNotUnderstood():
            return Verdict(kind=VerdictKind.UNKNOWN, fingerprint=error.fingerprint)
        case ClubBusy():
            return Verdict(kind=VerdictKind.BUSY, retry_after_s=error.retry_after_s)
        case _:
            return Verdict(kind=VerdictKind.NO_ANSWER)
