"""A booking: a member's wish for one session, its states, and the moves between them.

Every rule is a verb of `Booking`: it takes `now`, and gives the booking as it is afterwards together with the facts to
publish. It raises Stale when the fact was recorded already, and IllegalMove when it can never be.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Self

from pydantic import Field, model_validator

from autotennis.domain.club import RaceRules
from autotennis.errors import ClaimHeld, IllegalMove, Stale
from autotennis.events import Booked, BookingCancelled, BookingRequested, Event, Failed, SessionFull
from autotennis.flow import Service
from autotennis.values import Attempt, ClockReading, Failure, Id, Instant, Plan, Proof, Session, Value


class State(StrEnum):
    """Where a booking stands."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    SIGNING_UP = "signing_up"
    WAITING = "waiting"
    BOOKED = "booked"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class Fact(StrEnum):
    """What can happen to a booking."""

    WAKE_PLANNED = "wake_planned"
    CLAIMED = "claimed"
    BOOKED = "booked"
    SESSION_FULL = "session_full"
    FAILED = "failed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


MOVES: Final[Mapping[State, Mapping[Fact, State]]] = MappingProxyType(
    {
        State.REQUESTED: {Fact.WAKE_PLANNED: State.SCHEDULED, Fact.CANCELLED: State.CANCELLED},
        State.SCHEDULED: {Fact.CLAIMED: State.SIGNING_UP, Fact.CANCELLED: State.CANCELLED},
        State.SIGNING_UP: {
            Fact.BOOKED: State.BOOKED,
            Fact.SESSION_FULL: State.WAITING,
            Fact.FAILED: State.FAILED,
            Fact.CANCELLED: State.CANCELLED,
        },
        State.WAITING: {Fact.BOOKED: State.BOOKED, Fact.FAILED: State.FAILED, Fact.CANCELLED: State.CANCELLED},
        State.BOOKED: {Fact.WITHDRAWN: State.WITHDRAWN},
        State.FAILED: {},
        State.CANCELLED: {},
        State.WITHDRAWN: {},
    }
)

FINAL: Final = frozenset(state for state, moves in MOVES.items() if not moves)
# A member has at most one booking of a session in one of these.
LIVE: Final = frozenset({State.REQUESTED, State.SCHEDULED, State.SIGNING_UP, State.WAITING, State.BOOKED})

# The one service that may move a booking on from a state. A member's own wish (cancel, withdraw) comes by the api from
# any state that MOVES allows. Final states stay with the api, which shows them.
OWNER: Final[Mapping[State, Service]] = MappingProxyType(
    {
        State.REQUESTED: Service.TIMER,
        State.SCHEDULED: Service.BOOKER,
        State.SIGNING_UP: Service.BOOKER,
        State.WAITING: Service.WAITLIST,
        State.BOOKED: Service.BOOKER,
        State.FAILED: Service.API,
        State.CANCELLED: Service.API,
        State.WITHDRAWN: Service.API,
    }
)

SINCE_EVER: Final = datetime.min.replace(tzinfo=UTC)
# After the opening a race lasts for the club's `give_up_s` and `prove_s`; a claim outlives that by this much.
CLAIM_MARGIN_S: Final = 30.0
# Waking up this long after an opening, or after being asked for an open session, is late and is told.
LATE_S: Final = 2.0
# With its claim a run is given enough to log in, to look and to find the member's id; a crash on the way costs no more.
APPROACH: Final = 10
# For its race it is given two thirds of what is left: enough for all of it, and after a crash there is still something.
RACE_SHARE: Final = 2 / 3


class Claim(Value):
    """Which instance works on the booking, and until when nobody else may."""

    holder: Id
    until: Instant


class Budget(Value):
    """So many requests, `sign_ups` of them to be signed up."""

    requests: int = Field(ge=0)
    sign_ups: int = Field(ge=0)

    def plus(self, more: Self) -> Self:
        """Both together."""
        return type(self)(requests=self.requests + more.requests, sign_ups=self.sign_ups + more.sign_ups)


class Outcome(Value):
    """What a run found out, for the booking and for the event that tells of it."""

    timeline: tuple[Attempt, ...] = ()
    clock: ClockReading | None = None
    plan: Plan | None = None


class Booking(Value):
    """A member's wish for one session.

    `reserved` is what runs were allowed to send and have not accounted for: a run that was killed counts as if it had
    sent everything, so that the club's cap holds through crashes. `late_s` is how long after the opening (or after the
    wish, where that came later) the first run began, 0 if it began in time. `trace` is the trace in which it was asked
    for, as a W3C traceparent; empty where nothing is traced.
    """

    id: Id
    member_id: Id
    club_id: Id
    session: Session
    opening_at: Instant
    state: State
    created_at: Instant
    changed_at: Instant
    claim: Claim | None = None
    runs: int = Field(default=0, ge=0)
    late_s: float = Field(default=0.0, ge=0)
    trace: str = Field(default="", max_length=64, pattern=r"^[0-9a-f-]*$")
    requests_sent: int = Field(default=0, ge=0)
    sign_ups_sent: int = Field(default=0, ge=0)
    reserved: Budget = Budget(requests=0, sign_ups=0)
    timeline: tuple[Attempt, ...] = ()
    clock: ClockReading | None = None
    plan: Plan | None = None
    proof: Proof | None = None
    failure: Failure | None = None

    @model_validator(mode="after")
    def _is_legal(self) -> Self:
        if (self.proof is None) != (self.state not in (State.BOOKED, State.WITHDRAWN)):
            raise ValueError("a booking is booked exactly when the club's page proves it")
        if (self.failure is None) != (self.state is not State.FAILED):
            raise ValueError("a booking has failed exactly when it says why")
        if self.claim is not None and self.state is not State.SIGNING_UP:
            raise ValueError("only a booking that is being signed up is claimed")
        return self

    def after(self, fact: Fact) -> State:
        """The state that this fact leads to. Raises Stale if it happened already, IllegalMove if it cannot happen."""
        target = MOVES[self.state].get(fact)
        if target is not None:
            return target
        if self.state in FINAL or self.state in reached_from(fact):
            raise Stale(f"Booking {self.id} is {self.state.value}: {fact.value} was settled before.")
        raise IllegalMove(f"Booking {self.id} is {self.state.value}: {fact.value} cannot happen to it.")

    def waits_from(self) -> datetime | None:
        """From when on it waits for a booker: since ever, or from the end of its claim; None while it does not."""
        if self.state is State.SCHEDULED:
            return SINCE_EVER
        if self.state is State.SIGNING_UP:
            return self.claim.until if self.claim else SINCE_EVER
        return None

    def wake_planned(self, now: datetime) -> "Change":
        """The opening's wake-up stands in the calendar."""
        return self._moved(Fact.WAKE_PLANNED, now), ()

    def claimed(self, holder: str, rules: RaceRules, now: datetime, gone: str = "") -> "Change":
        """An instance takes the booking to race for it, with a small part of what is left of the club's cap.

        Taking it again is allowed to the same holder (it was restarted), and to anybody once the claim ran out or if
        its holder is known to be `gone`; otherwise ClaimHeld is raised.
        """
        if self.state is State.SIGNING_UP:
            self._may_take_over(holder, now, gone)
            state = self.state
        else:
            state = self.after(Fact.CLAIMED)
        spent = self._spent()
        return self._with(
            now,
            state=state,
            claim=self._claim_of(holder, rules, now),
            runs=self.runs + 1,
            late_s=self._lateness_s(now) if self.runs == 0 else self.late_s,
            requests_sent=spent.requests,
            sign_ups_sent=spent.sign_ups,
            reserved=Budget(requests=min(APPROACH, max(0, rules.requests - spent.requests)), sign_ups=0),
        ), ()

    def granted(self, holder: str, rules: RaceRules, now: datetime) -> "Change":
        """The holder of the claim is given more: a share of what is left. Raises Stale if the claim is not its own."""
        self.held_by(holder)
        spent = self._spent()
        share = Budget(
            requests=math.ceil(max(0, rules.requests - spent.requests) * RACE_SHARE),
            sign_ups=math.ceil(max(0, rules.sign_ups - spent.sign_ups) * RACE_SHARE),
        )
        return self._with(now, reserved=self.reserved.plus(share), claim=self._claim_of(holder, rules, now)), ()

    def held_by(self, holder: str) -> "Booking":
        """The booking, for what only the holder of its claim may say of it. Raises Stale if that is another."""
        if self.claim is None or self.claim.holder != holder:
            raise Stale(f"Booking {self.id} is {self.state.value}, and not in the hands of {holder}.")
        return self

    def _claim_of(self, holder: str, rules: RaceRules, now: datetime) -> Claim:
        lasts_s = rules.give_up_s + rules.prove_s + CLAIM_MARGIN_S
        return Claim(holder=holder, until=max(now, self.opening_at) + timedelta(seconds=lasts_s))

    def in_doubt(self, holder: str, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """A run could not find out how it stands: what it sent is accounted for, and the claim goes on.

        Raises Stale if the claim is not its own.
        """
        self.held_by(holder)
        return self._settled(now, sent, outcome), ()

    def _lateness_s(self, now: datetime) -> float:
        late_s = (now - max(self.opening_at, self.created_at)).total_seconds()
        return late_s if late_s > LATE_S else 0.0

    def _may_take_over(self, holder: str, now: datetime, gone: str = "") -> None:
        claim = self.claim
        if claim and claim.holder not in (holder, gone) and claim.until > now:
            wait_s = (claim.until - now).total_seconds()
            text = f"Booking {self.id} is being worked on by {claim.holder}."
            raise ClaimHeld(text, claim.holder, retry_after_s=wait_s)

    def _spent(self) -> Budget:
        """What was sent, all that runs were given and have not accounted for included."""
        return Budget(requests=self.requests_sent, sign_ups=self.sign_ups_sent).plus(self.reserved)

    def reopened(self, opening_at: datetime, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The club's page says that it opens later: give the claim back until then."""
        if self.state is not State.SIGNING_UP:
            raise Stale(f"Booking {self.id} is {self.state.value}: nobody races for it.")
        return self._settled(now, sent, outcome, opening_at=opening_at, claim=None), ()

    def booked(self, proof: Proof, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The club's own page shows the member."""
        state = self.after(Fact.BOOKED)
        changed = self._settled(now, sent, outcome, state=state, claim=None, proof=proof)
        return changed, (Booked(**changed.about(now), **changed.raced(), proof=proof),)

    def failed(self, failure: Failure, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The booking ends without a place."""
        state = self.after(Fact.FAILED)
        changed = self._settled(now, sent, outcome, state=state, claim=None, failure=failure)
        return changed, (Failed(**changed.about(now), **changed.raced(), failure=failure),)

    def found_full(self, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """No place is left: wait for a freed one."""
        state = self.after(Fact.SESSION_FULL)
        changed = self._settled(now, sent, outcome, state=state, claim=None)
        return changed, (SessionFull(**changed.about(now), **changed.raced()),)

    def cancelled(self, now: datetime) -> "Change":
        """The member no longer wishes it. Raises ClaimHeld while an instance signs the member up at this moment."""
        self.after(Fact.CANCELLED)
        self._may_take_over("", now)
        changed = self._moved(Fact.CANCELLED, now, claim=None)
        return changed, (BookingCancelled(**changed.about(now)),)

    def _moved(self, fact: Fact, now: datetime, **changes: Any) -> "Booking":
        return self._with(now, state=self.after(fact), **changes)

    def _settled(self, now: datetime, sent: Budget, outcome: Outcome, **changes: Any) -> "Booking":
        """Accounts for what a run sent, and adds what it learned."""
        return self._with(
            now,
            requests_sent=self.requests_sent + sent.requests,
            sign_ups_sent=self.sign_ups_sent + sent.sign_ups,
            reserved=Budget(requests=0, sign_ups=0),
            timeline=self.timeline + outcome.timeline,
            clock=outcome.clock or self.clock,
            plan=outcome.plan or self.plan,
            **changes,
        )

    def _with(self, now: datetime, **changes: Any) -> "Booking":
        """A changed copy that is checked like a new one: an illegal booking cannot be made."""
        return Booking.model_validate({**dict(self), **changes, "changed_at": now})

    def about(self, now: datetime) -> dict[str, Any]:
        """The fields of an event of `now` that say which booking it is about."""
        return {
            "at": now,
            "booking_id": self.id,
            "member_id": self.member_id,
            "club_id": self.club_id,
            "session": self.session,
            "opening_at": self.opening_at,
        }

    def raced(self) -> dict[str, Any]:
        """The fields of an event that say how its race went."""
        return {"timeline": self.timeline, "clock": self.clock, "late_s": self.late_s}


Change = tuple[Booking, tuple[Event, ...]]


class Wish(Value):
    """What a member asks for: a session of a club, and when that opens."""

    member_id: Id
    club_id: Id
    session: Session
    opening_at: Instant


def requested(booking_id: str, wish: Wish, now: datetime, trace: str = "") -> Change:
    """A new booking, and the fact that it was asked for in this trace."""
    booking = Booking(id=booking_id, state=State.REQUESTED, created_at=now, changed_at=now, trace=trace, **dict(wish))
    return booking, (BookingRequested(**booking.about(now)),)


def reached_from(fact: Fact) -> frozenset[State]:
    """Every state that a booking can be in after this fact happened to it."""
    found: set[State] = set()
    todo = [moves[fact] for moves in MOVES.values() if fact in moves]
    while todo:
        state = todo.pop()
        if state not in found:
            found.add(state)
            todo.extend(MOVES[state].values())
    return frozenset(found)
