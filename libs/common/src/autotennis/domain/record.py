"""What is kept of a booking, and what all its verbs have in common."""

from datetime import UTC, datetime
from typing import Any, Final, Self

from pydantic import Field, model_validator

from autotennis.domain.checks import Checked
from autotennis.domain.progress import Progress, begun_anew, further
from autotennis.domain.runs import Budget, Claim, LetGo, Outcome, Withdrawal
from autotennis.domain.states import FINAL, MOVES, Fact, State, reached_from
from autotennis.domain.waiting import Offer, Wait
from autotennis.errors import ClaimHeld, IllegalMove, Stale
from autotennis.events import Event
from autotennis.values import (
    Attempt,
    Bond,
    ClockReading,
    Failure,
    Id,
    Instant,
    Plan,
    Proof,
    Seen,
    Session,
    Value,
    WaitingWish,
)

Facts = tuple[Event, ...]
SINCE_EVER: Final = datetime.min.replace(tzinfo=UTC)
# Trying for a place in a line, or giving one back, is given so many requests and so much time. Either logs in, looks,
# asks and looks again; the rest is for a club that does not answer at once.
TRY: Final = 10
TRY_LASTS_S: Final = 90.0


class Record(Value):
    """A member's wish for one session.

    `reserved` is what runs were allowed to send and have not accounted for: a run that was killed counts as if it had
    sent everything, so that the club's cap holds through crashes. `series_id` names the series that it is a week of.
    `early` tells that a place which is free before the opening is wished for, too. `fixed` tells that the member is a
    regular player whose fixed place is to be confirmed, and `no_fixed_place` that the club's page offered none: until
    then `opening_at` is when to confirm it, and from then on the opening. `waiting` is the member's wish in
    case the session is full, `wait` is there once the booking has waited. `cancel_asked_at` is when the member wished
    to cancel while a sign-up may have been under way. `late_s` is how long after the opening (or after the wish, where
    that came later) the first run began, 0 if it began in time. `trace` is the trace in which it was asked for, as a
    W3C traceparent; empty where nothing is traced. `bond` binds it to others, and `let_go` tells that it was given up
    because of one of those. `offer` is the freed place that its member was asked about last. `seen` is what the club's
    pages said of the session when it was asked for. `progress` is how far its run has come, for its member to watch:
    nothing depends on it. `check_at` is when it is to be checked before its opening, None for not again, and `checked`
    is what the last check found. `list_asked_at` is when a turn on the club's own waiting list was asked for: once at
    most.
    """

    id: Id
    member_id: Id
    club_id: Id
    session: Session
    opening_at: Instant
    state: State
    created_at: Instant
    changed_at: Instant
    series_id: Id | None = None
    early: bool = False
    fixed: bool = False
    no_fixed_place: bool = False
    bond: Bond | None = None
    seen: Seen | None = None
    waiting: WaitingWish = WaitingWish()
    wait: Wait | None = None
    offer: Offer | None = None
    list_asked_at: Instant | None = None
    cancel_asked_at: Instant | None = None
    let_go: LetGo | None = None
    withdrawal: Withdrawal | None = None
    claim: Claim | None = None
    runs: int = Field(default=0, ge=0)
    late_s: float = Field(default=0.0, ge=0)
    trace: str = Field(default="", max_length=64, pattern=r"^[0-9a-f-]*$")
    requests_sent: int = Field(default=0, ge=0)
    sign_ups_sent: int = Field(default=0, ge=0)
    reserved: Budget = Budget(requests=0, sign_ups=0)
    timeline: tuple[Attempt, ...] = ()
    progress: Progress = ()
    check_at: Instant | None = None
    checked: Checked | None = None
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
        if self.claim is not None and self.state not in (State.SIGNING_UP, State.WAITING):
            raise ValueError("only a booking that is being signed up is claimed")
        if self.wait is None and self.state is State.WAITING:
            raise ValueError("a booking that waits knows since when, and until when")
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

    def in_line_since(self) -> datetime | None:
        """Since when it looks for a freed place, or for one before its opening; None while it does not."""
        if self.state is State.WAITING and self.wait:
            return self.wait.since
        return self.created_at if self.early and self._is_planned() else None

    @property
    def seeks_fixed_place(self) -> bool:
        """Whether it is to be confirmed, and not raced for (or was to, until it ended)."""
        return self.fixed and not self.no_fixed_place

    @property
    def is_given_back(self) -> bool:
        """Whether a run has given it back for a later instant: it is planned as before."""
        return self.state is State.SIGNING_UP and self.claim is None

    def _is_planned(self) -> bool:
        """Whether nothing but the opening is waited for, and no place before that was tried for."""
        return self.state is State.SCHEDULED or (self.is_given_back and self.no_fixed_place)

    def held_by(self, holder: str) -> Self:
        """The booking, for what only the holder of its claim may say of it. Raises Stale if that is another."""
        if self.claim is None or self.claim.holder != holder:
            raise Stale(f"Booking {self.id} is {self.state.value}, and not in the hands of {holder}.")
        return self

    def repeated(self, series_id: str, now: datetime) -> "tuple[Self, Facts]":
        """It is a week of that series from now on. Raises Stale if it is one of a series already."""
        if self.series_id is not None:
            raise Stale(f"Booking {self.id} is a week of a series already.")
        return self._with(now, series_id=series_id), ()

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

    def _may_take_over(self, holder: str, now: datetime, gone: str = "") -> None:
        claim = self.claim
        if claim and not self._is_free_for(holder, now, gone):
            wait_s = (claim.until - now).total_seconds()
            text = f"Booking {self.id} is being worked on by {claim.holder}."
            raise ClaimHeld(text, claim.holder, retry_after_s=wait_s)

    def _is_free_for(self, holder: str, now: datetime, gone: str = "") -> bool:
        return self.claim is None or self.claim.holder in (holder, gone) or self.claim.until <= now

    def _spent(self) -> Budget:
        """What was sent, all that runs were given and have not accounted for included."""
        return Budget(requests=self.requests_sent, sign_ups=self.sign_ups_sent).plus(self.reserved)

    def _opening_moved(self, opening_at: datetime, now: datetime) -> Self:
        """Opens at another instant; what was done is counted from there from now on."""
        by_ms = (self.opening_at - opening_at).total_seconds() * 1000
        timeline = tuple(one.model_copy(update={"sent_ms": round(one.sent_ms + by_ms, 3)}) for one in self.timeline)
        return self._with(now, opening_at=opening_at, timeline=timeline, progress=begun_anew(self.progress))

    def _moved(self, fact: Fact, now: datetime, **changes: Any) -> Self:
        return self._with(now, state=self.after(fact), **changes)

    def _settled(self, now: datetime, sent: Budget, outcome: Outcome, **changes: Any) -> Self:
        """Accounts for what a run sent, and adds what it learned."""
        return self._with(
            now,
            requests_sent=self.requests_sent + sent.requests,
            sign_ups_sent=self.sign_ups_sent + sent.sign_ups,
            reserved=Budget(requests=0, sign_ups=0),
            timeline=self.timeline + outcome.timeline,
            progress=further(self.progress, outcome.progress),
            clock=outcome.clock or self.clock,
            plan=outcome.plan or self.plan,
            **changes,
        )

    def _with(self, now: datetime, **changes: Any) -> Self:
        """A changed copy that is checked like a new one: an illegal booking cannot be made."""
        return type(self).model_validate({**dict(self), **changes, "changed_at": now})
