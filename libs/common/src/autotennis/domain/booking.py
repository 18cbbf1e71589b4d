"""A booking: a member's wish for one session, and all that can happen to it.

Every rule is a verb of `Booking`: it takes `now`, and gives the booking as it is afterwards together with the facts to
publish. It raises Stale when the fact was recorded already, and IllegalMove when it can never be.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from pydantic import Field, model_validator

from autotennis.domain.club import ClubRules, RaceRules
from autotennis.domain.runs import Budget as Budget
from autotennis.domain.runs import Claim as Claim
from autotennis.domain.runs import Outcome as Outcome
from autotennis.domain.runs import Withdrawal as Withdrawal
from autotennis.domain.states import FINAL as FINAL
from autotennis.domain.states import LIVE as LIVE
from autotennis.domain.states import MOVES as MOVES
from autotennis.domain.states import OWNER as OWNER
from autotennis.domain.states import Fact as Fact
from autotennis.domain.states import State as State
from autotennis.domain.states import reached_from as reached_from
from autotennis.domain.waiting import Wait
from autotennis.errors import ClaimHeld, IllegalMove, Stale
from autotennis.events import (
    Booked,
    BookingCancelled,
    BookingRequested,
    Event,
    Failed,
    SessionFull,
    WithdrawalFailed,
    WithdrawalRequested,
    Withdrawn,
)
from autotennis.values import (
    Attempt,
    ClockReading,
    Failure,
    FailureReason,
    Id,
    Instant,
    Plan,
    Proof,
    Session,
    Value,
    WaitingWish,
)

SINCE_EVER: Final = datetime.min.replace(tzinfo=UTC)
# After the opening a race lasts for the club's `give_up_s` and `prove_s`; a claim outlives that by this much.
CLAIM_MARGIN_S: Final = 30.0
# Waking up this long after an opening, or after being asked for an open session, is late and is told.
LATE_S: Final = 2.0
# With its claim a run is given enough to log in, to look and to find the member's id; a crash on the way costs no more.
APPROACH: Final = 10
# One try for a freed place is given so much, and a claim that lasts for so long. A try logs in, looks, signs up and
# looks again; the rest is for a club that does not answer at once.
TRY: Final = 10
TRY_LASTS_S: Final = 90.0
# A place before the opening is not tried for so shortly before it: the race is about to begin.
NOT_EARLY_S: Final = 600.0
# A place is given back by one at a time, and a crash on the way is made up for so many times. What nobody has heard of
# for so long may be asked for again.
WITHDRAWAL_TRIES: Final = 3
WITHDRAWAL_LOST_S: Final = 900.0
# What a page of the club has shown; other failures leave open whether it took the member.
_SHOWN: Final = frozenset(
    {
        FailureReason.FULL,
        FailureReason.NOT_OPENED,
        FailureReason.SESSION_CANCELLED,
        FailureReason.NO_SESSION,
        FailureReason.TOO_LATE,
    }
)
# For its race it is given two thirds of what is left: enough for all of it, and after a crash there is still something.
RACE_SHARE: Final = 2 / 3


class Booking(Value):
    """A member's wish for one session.

    `reserved` is what runs were allowed to send and have not accounted for: a run that was killed counts as if it had
    sent everything, so that the club's cap holds through crashes. `series_id` names the series that it is a week of.
    `early` tells that a place which is free before the opening is wished for, too. `waiting` is the member's wish in
    case the session is full, `wait` is there once the booking has waited. `cancel_asked_at` is when the member wished
    to cancel while a sign-up may have been under way. `late_s` is how long after the opening (or after the wish, where
    that came later) the first run began, 0 if it began in time. `trace` is the trace in which it was asked for, as a
    W3C traceparent; empty where nothing is traced.
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
    waiting: WaitingWish = WaitingWish()
    wait: Wait | None = None
    cancel_asked_at: Instant | None = None
    withdrawal: Withdrawal | None = None
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
        return self.created_at if self.state is State.SCHEDULED and self.early else None

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
        if claim and not self._is_free_for(holder, now, gone):
            wait_s = (claim.until - now).total_seconds()
            text = f"Booking {self.id} is being worked on by {claim.holder}."
            raise ClaimHeld(text, claim.holder, retry_after_s=wait_s)

    def _is_free_for(self, holder: str, now: datetime, gone: str = "") -> bool:
        return self.claim is None or self.claim.holder in (holder, gone) or self.claim.until <= now

    def _spent(self) -> Budget:
        """What was sent, all that runs were given and have not accounted for included."""
        return Budget(requests=self.requests_sent, sign_ups=self.sign_ups_sent).plus(self.reserved)

    def reopened(self, opening_at: datetime, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The club's page says that it opens later: give the claim back until then."""
        if self.state is not State.SIGNING_UP:
            raise Stale(f"Booking {self.id} is {self.state.value}: nobody races for it.")
        if self.cancel_asked_at:
            return self.called_off(sent, outcome, now)
        return self._settled(now, sent, outcome, opening_at=opening_at, claim=None), ()

    def booked(self, proof: Proof, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The club's own page shows the member. Who wished to cancel meanwhile has the place given back."""
        state = self.after(Fact.BOOKED)
        changed = self._settled(now, sent, outcome, state=state, claim=None, proof=proof)
        booked = Booked(**changed.about(now), **changed.raced(), proof=proof)
        if self.cancel_asked_at is None:
            return changed, (booked,)
        changed, asked = changed.withdrawal_asked(now)
        return changed, (booked, *asked)

    def failed(self, failure: Failure, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The booking ends without a place.

        Who wished to cancel meanwhile has cancelled, unless nobody knows whether the club took them.
        """
        is_open = failure.reason not in _SHOWN and self.sign_ups_sent + sent.sign_ups > 0
        if self.cancel_asked_at and not is_open:
            return self.called_off(sent, outcome, now)
        state = self.after(Fact.FAILED)
        changed = self._settled(now, sent, outcome, state=state, claim=None, failure=failure)
        return changed, (Failed(**changed.about(now), **changed.raced(), failure=failure),)

    def found_full(self, until: datetime, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """No place is left: wait for a freed one until the session starts."""
        if self.cancel_asked_at:
            return self.called_off(sent, outcome, now)
        state = self.after(Fact.SESSION_FULL)
        wait = Wait(since=now, until=until)
        changed = self._settled(now, sent, outcome, state=state, claim=None, wait=wait)
        return changed, (SessionFull(**changed.about(now), **changed.raced()),)

    # Waiting

    def tried(self, holder: str, rules: ClubRules, now: datetime) -> "Change":
        """An instance takes the booking out of the line to try for a place, with a small part of what is left.

        Raises Stale if it does not wait any more, ClaimHeld while another instance tries.
        """
        if self.state is not State.WAITING:
            raise Stale(f"Booking {self.id} is {self.state.value}: it does not wait.")
        self._may_take_over(holder, now)
        spent, left = self._spent(), self._left_to_wait_with(rules)
        return self._with(
            now,
            claim=Claim(holder=holder, until=now + timedelta(seconds=TRY_LASTS_S)),
            requests_sent=spent.requests,
            sign_ups_sent=spent.sign_ups,
            reserved=Budget(requests=min(TRY, left.requests), sign_ups=min(1, left.sign_ups)),
        ), ()

    def still_tried(self, holder: str, now: datetime) -> "Change":
        """The holder is about to sign the member up. Raises Stale if that is not for it, or not wished for any more."""
        claim = self.held_by(holder).claim
        if claim is None or self.cancel_asked_at:
            raise Stale(f"Booking {self.id} is being cancelled.")
        until = now + timedelta(seconds=TRY_LASTS_S)
        return self._with(now, claim=claim.model_copy(update={"until": until})), ()

    def ended_in_line(self, failure: Failure, now: datetime) -> "Change":
        """The wait ends without a place. Raises Stale while somebody tries for it, or where it is not known."""
        if self.state is not State.WAITING or self.claim is not None:
            raise Stale(f"Booking {self.id} is {self.state.value}, and may be in somebody's hands.")
        return self.failed(failure, Budget(requests=0, sign_ups=0), Outcome(), now)

    def may_try(self, rules: ClubRules) -> bool:
        """Whether the caps leave enough for one more try."""
        left = self._left_to_wait_with(rules)
        return left.requests >= TRY and left.sign_ups > 0

    def is_in_doubt(self, holder: str, now: datetime) -> bool:
        """Whether a try was begun and never accounted for: by an instance that died, or by `holder` before it did."""
        return self.state is State.WAITING and self.claim is not None and self._is_free_for(holder, now)

    def missed(self, holder: str, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The place was gone when it was tried for: back into the line. Raises Stale if the claim is not its own."""
        if self.held_by(holder).cancel_asked_at:
            return self.called_off(sent, outcome, now)
        return self._settled(now, sent, outcome, claim=None), ()

    def _left_to_wait_with(self, rules: ClubRules) -> Budget:
        spent, race, watch = self._spent(), rules.race, rules.watch
        return Budget(
            requests=max(0, race.requests + watch.requests - spent.requests),
            sign_ups=max(0, race.sign_ups + watch.sign_ups - spent.sign_ups),
        )

    def brought_forward(self, now: datetime) -> "Change":
        """A place is free before the opening: it is due now. Where that comes to nothing, the page names the opening.

        Raises Stale if it is not looked for any more, or if the opening is close.
        """
        if not self.may_be_brought_forward(now):
            raise Stale(f"Booking {self.id} is {self.state.value}: it looks for no place before its opening.")
        return self._with(now, opening_at=now), ()

    def may_be_brought_forward(self, now: datetime) -> bool:
        """Whether a place before the opening is worth the one try: not shortly before it."""
        is_early = self.opening_at - now > timedelta(seconds=NOT_EARLY_S)
        return self.state is State.SCHEDULED and self.early and is_early

    # What the member takes back

    def cancelled(self, now: datetime) -> "Change":
        """The member no longer wishes it.

        Where a sign-up may be under way, only the wish is noted: whoever has the booking in hand finds out whether the
        club took the member, and then it is called off, or the place is given back.
        """
        self.after(Fact.CANCELLED)
        if self.cancel_asked_at:
            raise Stale(f"Booking {self.id} is being cancelled already.")
        if self.claim is not None and self._spent().sign_ups:
            return self._with(now, cancel_asked_at=now), ()
        # Who has it in hand is told no when asking for what a sign-up takes.
        changed = self._moved(Fact.CANCELLED, now, claim=None)
        return changed, (BookingCancelled(**changed.about(now)),)

    def called_off(self, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The club has not taken the member, who wished to cancel meanwhile."""
        changed = self._settled(now, sent, outcome, state=self.after(Fact.CANCELLED), claim=None)
        return changed, (BookingCancelled(**changed.about(now)),)

    def withdrawal_asked(self, now: datetime) -> "Change":
        """The member wishes to give the place back. Raises Stale if that is under way, IllegalMove without a place."""
        self.after(Fact.WITHDRAWN)
        if not self.may_ask_to_withdraw(now):
            raise Stale(f"Booking {self.id} is being withdrawn already.")
        changed = self._with(now, withdrawal=Withdrawal(asked_at=now))
        return changed, (WithdrawalRequested(**changed.about(now)),)

    def may_ask_to_withdraw(self, now: datetime) -> bool:
        """Whether there is a place that nobody is giving back, or nobody has been heard of for long."""
        under_way = self.withdrawal and self.withdrawal.is_under_way
        is_lost = self.withdrawal and now - self.withdrawal.asked_at > timedelta(seconds=WITHDRAWAL_LOST_S)
        return self.state is State.BOOKED and (not under_way or bool(is_lost))

    def withdrawing(self, now: datetime) -> "Change":
        """An instance begins to give the place back, with a fixed number of requests.

        Raises Stale if nobody wishes that any more, ClaimHeld while another is at it.
        """
        self.after(Fact.WITHDRAWN)
        asked = self._withdrawal()
        if asked.held_until and asked.held_until > now:
            wait_s = (asked.held_until - now).total_seconds()
            raise ClaimHeld(f"The place of booking {self.id} is being given back.", "", retry_after_s=wait_s)
        held = asked.model_copy(update={"tries": asked.tries + 1, "held_until": now + timedelta(seconds=TRY_LASTS_S)})
        spent = self._spent()
        return self._with(
            now,
            withdrawal=held,
            requests_sent=spent.requests,
            sign_ups_sent=spent.sign_ups,
            reserved=Budget(requests=TRY, sign_ups=0),
        ), ()

    def withdrawn(self, seen_at: datetime, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The club's own page shows the member no more. Raises Stale if nobody asked for that."""
        state, withdrawal = self.after(Fact.WITHDRAWN), self._withdrawal(seen_at=seen_at)
        changed = self._settled(now, sent, outcome, state=state, withdrawal=withdrawal)
        return changed, (Withdrawn(**changed.about(now)),)

    def withdrawal_failed(self, failure: Failure, sent: Budget, outcome: Outcome, now: datetime) -> "Change":
        """The place could not be given back. Raises Stale if nobody asked for that any more."""
        self.after(Fact.WITHDRAWN)
        changed = self._settled(now, sent, outcome, withdrawal=self._withdrawal(failure=failure))
        return changed, (WithdrawalFailed(**changed.about(now), failure=failure),)

    def _withdrawal(self, **came_of_it: Any) -> Withdrawal:
        if self.withdrawal is None or not self.withdrawal.is_under_way:
            raise Stale(f"Booking {self.id} is not being withdrawn.")
        return self.withdrawal.model_copy(update=came_of_it)

    # What the verbs have in common

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
    """What a member asks for: a session of a club, when that opens, and whether to wait if it is full.

    `series_id` names the series that it is a week of; `early` asks for a place that is free before the opening, too.
    """

    member_id: Id
    club_id: Id
    session: Session
    opening_at: Instant
    waiting: WaitingWish = WaitingWish()
    series_id: Id | None = None
    early: bool = False


def requested(booking_id: str, wish: Wish, now: datetime, trace: str = "") -> Change:
    """A new booking, and the fact that it was asked for in this trace."""
    booking = Booking(id=booking_id, state=State.REQUESTED, created_at=now, changed_at=now, trace=trace, **dict(wish))
    return booking, (BookingRequested(**booking.about(now)),)
