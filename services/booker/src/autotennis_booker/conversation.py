"""All that one run says to a club: within its budget, and kept for the timeline."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from autotennis.domain.booking import Budget
from autotennis.domain.clubclock import ClubClock, Probe
from autotennis.domain.member import Credentials
from autotennis.domain.pace import KEPT_SIGN_UPS, may_shoot
from autotennis.errors import ClubBusy, LoginRefused, PageNotUnderstood, Permanent, Transient
from autotennis.ports import Answer, Clock, SessionPage, Visit
from autotennis.values import Action, Attempt, Session, Verdict, VerdictKind
from autotennis_booker.club_time import probe_of
from autotennis_booker.gate import Gate

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
    """One member's visit to the club, with a budget of requests."""

    def __init__(self, visit: Visit, gate: Gate, clock: Clock, allowance: Allowance) -> None:
        self._visit = visit
        self._gate = gate
        self._clock = clock
        self._allowance = allowance
        self._sign_ups = 0
        # Sign-ups that were begun and that the visit may not count yet.
        self._on_their_way = 0
        self._said: list[tuple[Action, Answer]] = []

    @property
    def sent(self) -> Budget:
        """What was sent so far."""
        return Budget(requests=self._visit.requests_sent, sign_ups=self._sign_ups)

    @property
    def may_shoot(self) -> bool:
        """Whether there is room for another sign-up beside those kept for the end, and for the proof after it."""
        return self._may_shoot(KEPT_SIGN_UPS)

    @property
    def may_shoot_last(self) -> bool:
        """Whether there is room for one of the sign-ups kept for the end."""
        return self._may_shoot(0)

    def _may_shoot(self, kept: int) -> bool:
        budget = self._allowance.budget
        left = budget.requests - self._visit.requests_sent - self._on_their_way
        return may_shoot(left, budget.sign_ups - self._sign_ups, kept)

    @property
    def is_unwelcome(self) -> bool:
        """Whether the club asked us to keep away for now."""
        return self._gate.is_closed

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

    def probes(self) -> list[Probe]:
        """What the answers tell of the club's clock, by the way."""
        return [probe for _, answer in self._said if (probe := probe_of(answer))]

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

    async def warm(self, connections: int) -> None:
        """Has that many connections open."""
        await self._visit.warm(connections)

    def prepared(self, way_in: Action, session: Session, club_member_id: int) -> Callable[[], Awaitable[Answer]]:
        """A sign-up made ready beforehand, to be sent by calling it; ask `may_shoot` before each call.

        A regular player's `way_in` is to confirm the own fixed place.
        """
        if way_in is Action.CONFIRM:
            shoot = partial(self._visit.confirm, session, club_member_id)
        else:
            shoot = self._visit.prepared_sign_up(session, club_member_id)

        def sign_up() -> Awaitable[Answer]:
            # Counted before it is sent: several are begun before the first one is on the wire.
            self._sign_ups += 1
            self._on_their_way += 1
            return self._signed_up(way_in, shoot)

        return sign_up

    async def _signed_up(self, way_in: Action, shoot: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            async with self._gate.passing():
                answer = await shoot()
        finally:
            self._on_their_way -= 1
        return self._heard(way_in, answer)

    async def _spend(self, requests: int = 1) -> None:
        if self._visit.requests_sent + requests <= self._allowance.budget.requests:
            return
        await self._allowance.grow()
        if self._visit.requests_sent + requests > self._allowance.budget.requests:
            raise BudgetSpent(f"All {self._allowance.budget.requests} requests that this run may send were sent.")

    def _heard(self, action: Action, answer: Answer) -> Answer:
        self._said.append((action, answer))
        self._gate.heard(answer.verdict)
        return answer


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
