"""All that is said to a club for one member: within a budget, politely, and kept for the timeline."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

from autotennis.domain.booking import Budget
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.holds import RELEASE, SIGN_UPS, Holds
from autotennis.domain.member import Credentials
from autotennis.errors import ClubBusy, ClubUntrusted, LoginRefused, PageNotUnderstood, Permanent, Transient
from autotennis.ports import Answer, Clock, SessionPage, Visit
from autotennis.values import Action, Attempt, Session, Verdict, VerdictKind
from autotennis.visiting.gate import Gate

# The search for a member's id at the club reads this many pages at most.
_SEARCH: Final = 6


class BudgetSpent(Permanent):
    """Nothing more may be sent."""


class Allowance(Protocol):
    """What may be sent, as it stands in the store."""

    @property
    def budget(self) -> Budget:
        """All that may be sent."""
        ...

    async def grow(self) -> None:
        """Asks for more of what is left of the cap. Raises Stale if another instance has taken the booking."""
        ...


class Fixed:
    """An allowance that does not grow."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    @property
    def budget(self) -> Budget:
        """All that may be sent."""
        return self._budget

    async def grow(self) -> None:
        """There is no more."""


class Conversation:
    """One member's visit to the club, with a budget of requests.

    While the club may hold a place, one of them is kept for letting go of it. Making it the member's takes so many
    `steps` here.
    """

    def __init__(self, visit: Visit, gate: Gate, clock: Clock, allowance: Allowance, steps: int = 0) -> None:
        self._visit = visit
        self._gate = gate
        self._clock = clock
        self._allowance = allowance
        self._sign_ups: int = 0
        self._steps = steps
        self._holds = Holds(steps)
        self._completes = False
        self._releases = False
        self._said: list[tuple[Action, Answer]] = []
        visit.keep_within(lambda: allowance.budget.requests - self._kept)

    @property
    def sent(self) -> Budget:
        """What was sent so far."""
        return Budget(requests=self._visit.requests_sent, sign_ups=self._sign_ups)

    @property
    def may_have_won(self) -> bool:
        """Whether something was sent that may have made a place the member's."""
        return bool(self._sign_ups) or self._completes

    @property
    def may_hold(self) -> bool:
        """Whether the club may hold a place for the member, which is not theirs yet."""
        return self._holds.may_be

    @property
    def is_unwelcome(self) -> bool:
        """Whether the club asked us to keep away for now."""
        return self._gate.is_closed

    async def welcome(self) -> None:
        """Returns when the club wants to hear from us again."""
        await self._gate.opened()

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

    async def log_in(self, credentials: Credentials) -> Answer:
        """Logs in. Raises LoginRefused, PageNotUnderstood, BudgetSpent; a club that is silent is in the verdict."""
        # Where nobody knows in which letters the club reads a password, it may be sent twice.
        await self._spend(1 if credentials.password.get_secret_value().isascii() else 2)
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

    async def look(self, session: Session) -> Answer:
        """Reads the session's page. Raises BudgetSpent."""
        await self._spend()
        return self._heard(Action.LOOK, await self._passed(lambda: self._visit.look(session)))

    async def act(self, action: Action, session: Session, club_member_id: int) -> Answer:
        """Takes a place, or gives it back, or takes the steps in between. Raises BudgetSpent."""
        self._releases = action is Action.RELEASE
        # What the steps have come to is looked at.
        await self._spend(self._steps + 1 if action is Action.COMPLETE else 1)
        if action in SIGN_UPS and self._sign_ups >= self._allowance.budget.sign_ups:
            raise BudgetSpent("No more sign-ups may be sent.")

        def ask() -> Awaitable[Answer]:
            self._sent(action)
            return _asked(self._visit, action, session, club_member_id)

        return self._heard(action, await self._passed(ask))

    async def find_club_member_id(self) -> int | None:
        """The member's own id at the club. Raises BudgetSpent."""
        await self._spend(_SEARCH)
        async with self._gate.passing():
            return await self._visit.find_club_member_id()

    def _sent(self, action: Action) -> None:
        self._sign_ups += action in SIGN_UPS
        self._completes |= action is Action.COMPLETE
        self._holds.asked(action)

    @property
    def _kept(self) -> int:
        return RELEASE if self._holds.may_be and not self._releases else 0

    async def _spend(self, requests: int = 1) -> None:
        if self._visit.requests_sent + requests + self._kept <= self._allowance.budget.requests:
            return
        await self._allowance.grow()
        if self._visit.requests_sent + requests + self._kept > self._allowance.budget.requests:
            raise BudgetSpent(f"All {self._allowance.budget.requests} requests that may be sent were sent.")

    async def _passed(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer; where the club asked to be left alone for longer than we wait, that it is busy."""
        sent_s = self._clock.monotonic_s()
        try:
            async with self._gate.passing():
                return await ask()
        except ClubBusy as error:
            return self._answer(_verdict_of(error), sent_s)

    def _answer(self, verdict: Verdict, sent_s: float) -> Answer:
        return Answer(SessionPage(verdict=verdict), sent_s, self._clock.monotonic_s())

    def _heard(self, action: Action, answer: Answer) -> Answer:
        self._said.append((action, answer))
        self._holds.heard(action, answer.verdict)
        self._gate.heard(answer.verdict)
        return answer


async def _asked(visit: Visit, action: Action, session: Session, club_member_id: int) -> Answer:
    match action:
        case Action.SIGN_UP:
            return await visit.sign_up(session, club_member_id)
        case Action.CONFIRM:
            return await visit.confirm(session, club_member_id)
        case Action.WITHDRAW:
            return await visit.withdraw(session, club_member_id)
        case Action.DECLINE:
            return await visit.decline(session, club_member_id)
        case Action.COMPLETE:
            return await visit.complete(session, club_member_id)
        case Action.RELEASE:
            return await visit.release(session, club_member_id)
        case Action.JOIN_LIST:
            return await visit.join_list(session, club_member_id)
        case Action.LOG_IN | Action.LOOK:
            raise ValueError(f"{action} is no action of a session's page")


def _verdict_of(error: LoginRefused | PageNotUnderstood | Transient) -> Verdict:
    match error:
        case LoginRefused():
            return Verdict(kind=VerdictKind.REFUSED)
        case PageNotUnderstood():
            return Verdict(kind=VerdictKind.UNKNOWN, fingerprint=error.fingerprint)
        case ClubBusy():
            return Verdict(kind=VerdictKind.BUSY, retry_after_s=error.retry_after_s)
        case ClubUntrusted():
            return Verdict(kind=VerdictKind.UNTRUSTED)
        case _:
            return Verdict(kind=VerdictKind.NO_ANSWER)
