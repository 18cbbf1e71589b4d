"""From the wish to the end of the race for it."""

import math
from datetime import datetime, timedelta
from typing import Final, Self

from autotennis.domain.checks import CheckRules
from autotennis.domain.club import RaceRules
from autotennis.domain.giving_up import GivingUp
from autotennis.domain.progress import Progress, Reached, Stage, further
from autotennis.domain.record import Facts
from autotennis.domain.runs import Budget, Claim, Outcome
from autotennis.domain.states import Fact, State
from autotennis.domain.waiting import Wait
from autotennis.errors import Stale
from autotennis.events import BondSettled, Booked, Failed, SessionFull
from autotennis.values import Failure, FailureReason, Party, Proof

# After the opening a race lasts for the club's `give_up_s` and `prove_s`; a claim outlives that by this much.
CLAIM_MARGIN_S: Final = 30.0
# Waking up this long after an opening, or after being asked for an open session, is late and is told.
LATE_S: Final = 2.0
# With its claim a run is given enough to log in, to look and to find the member's id; a crash on the way costs no more.
APPROACH: Final = 10
# For its race it is given two thirds of what is left: enough for all of it, and after a crash there is still something.
RACE_SHARE: Final = 2 / 3
# Confirming a fixed place takes no more than this, and as many requests as the approach: the rest is for a race, should
# there be no such place.
CONFIRMATIONS: Final = 2
# What a page of the club has shown; other failures leave open whether it took the member.
_SHOWN: Final = frozenset(
    {
        FailureReason.FULL,
        FailureReason.NOT_OPENED,
        FailureReason.SESSION_CANCELLED,
        FailureReason.NO_SESSION,
        FailureReason.TOO_LATE,
        FailureReason.NOT_COMPLETED,
    }
)


class Racing(GivingUp):
    """Is scheduled, claimed, raced for, and ends."""

    def wake_planned(self, now: datetime, checks: CheckRules | None = None) -> "tuple[Self, Facts]":
        """The opening's wake-up stands in the calendar, and the first check before it is planned."""
        check_at = self.next_check(checks, now) if checks else None
        scheduled = (Reached(stage=Stage.SCHEDULED, at=now),)
        return self._moved(Fact.WAKE_PLANNED, now, progress=scheduled, check_at=check_at), ()

    def claimed(self, holder: str, rules: RaceRules, now: datetime, gone: str = "") -> "tuple[Self, Facts]":
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

    def granted(self, holder: str, rules: RaceRules, now: datetime) -> "tuple[Self, Facts]":
        """The holder of the claim is given more: a share of what is left. Raises Stale if the claim is not its own."""
        self.held_by(holder)
        spent = self._spent()
        requests, sign_ups = max(0, rules.requests - spent.requests), max(0, rules.sign_ups - spent.sign_ups)
        if self.seeks_fixed_place:
            share = Budget(requests=min(APPROACH, requests), sign_ups=min(CONFIRMATIONS, sign_ups))
        else:
            share = Budget(requests=math.ceil(requests * RACE_SHARE), sign_ups=math.ceil(sign_ups * RACE_SHARE))
        return self._with(now, reserved=self.reserved.plus(share), claim=self._claim_of(holder, rules, now)), ()

    def _claim_of(self, holder: str, rules: RaceRules, now: datetime) -> Claim:
        lasts_s = rules.give_up_s + rules.prove_s + CLAIM_MARGIN_S
        return Claim(holder=holder, until=max(now, self.opening_at) + timedelta(seconds=lasts_s))

    def in_doubt(self, holder: str, sent: Budget, outcome: Outcome, now: datetime) -> "tuple[Self, Facts]":
        """A run could not find out how it stands: what it sent is accounted for, and the claim goes on.

        Raises Stale if the claim is not its own.
        """
        self.held_by(holder)
        return self._settled(now, sent, outcome), ()

    def handed_on(self, holder: str, sent: Budget, outcome: Outcome, now: datetime) -> "tuple[Self, Facts]":
        """Its holder has to stop: what was sent is accounted for, and anybody may take the booking from now on.

        The claim stays as one that ran out does. So a wish to cancel is still for whoever takes it up, and looks at the
        club's page first. Raises Stale if the claim is not its own.
        """
        self.held_by(holder)
        return self._settled(now, sent, outcome, claim=Claim(holder=holder, until=now)), ()

    def progressed(self, holder: str, reached: Progress, now: datetime) -> "tuple[Self, Facts]":
        """The holder of the claim has come so far. Raises Stale if the claim is not its own, or if that was told."""
        progress = further(self.held_by(holder).progress, reached)
        if progress == self.progress:
            raise Stale(f"Booking {self.id} shows already how far its run has come.")
        return self._with(now, progress=progress), ()

    def _lateness_s(self, now: datetime) -> float:
        late_s = (now - max(self.opening_at, self.created_at)).total_seconds()
        return late_s if late_s > LATE_S else 0.0

    def reopened(
        self, opening_at: datetime, sent: Budget, outcome: Outcome, now: datetime, *, no_fixed_place: bool = False
    ) -> "tuple[Self, Facts]":
        """The club's page says that it opens later, or that there is no fixed place: give the claim back until then."""
        if self.state is not State.SIGNING_UP:
            raise Stale(f"Booking {self.id} is {self.state.value}: nobody races for it.")
        if self.cancel_asked_at:
            return self.called_off(sent, outcome, now)
        no_fixed_place |= self.no_fixed_place
        changed = self._settled(now, sent, outcome, claim=None, no_fixed_place=no_fixed_place)
        return changed._opening_moved(opening_at, now), ()  # noqa: SLF001 (it is one of us)

    def booked(self, proof: Proof, sent: Budget, outcome: Outcome, now: datetime) -> "tuple[Self, Facts]":
        """The club's own page shows the member. Who wished to cancel meanwhile has the place given back."""
        state = self.after(Fact.BOOKED)
        proven = (*outcome.progress, Reached(stage=Stage.PROVEN, at=now))
        told = outcome.model_copy(update={"progress": proven})
        changed = self._settled(now, sent, told, state=state, claim=None, proof=proof)
        facts: Facts = (Booked(**changed.about(now), **changed.raced(), proof=proof), *changed.settles_its_bond(now))
        if self.cancel_asked_at is None:
            return changed, facts
        changed, asked = changed.withdrawal_asked(now)
        return changed, (*facts, *asked)

    def failed(self, failure: Failure, sent: Budget, outcome: Outcome, now: datetime) -> "tuple[Self, Facts]":
        """The booking ends without a place.

        Who wished to cancel meanwhile has cancelled, unless nobody knows whether the club took them.
        """
        is_open = failure.reason not in _SHOWN and self.sign_ups_sent + sent.sign_ups > 0
        if self.cancel_asked_at and not is_open:
            return self.called_off(sent, outcome, now)
        state = self.after(Fact.FAILED)
        changed = self._settled(now, sent, outcome, state=state, claim=None, failure=failure)
        failed = Failed(**changed.about(now), **changed.raced(), failure=failure)
        return changed, (failed, *changed.settles_its_bond(now))

    def settles_its_bond(self, now: datetime) -> Facts:
        """What those have to be told that it is bound to, now that it has ended."""
        return (BondSettled(**self.about(now), bond_id=self.bond.id),) if self.bond else ()

    def waits_when_full(self) -> bool:
        """Whether a freed place is waited for. Who wants a place only together with others does not."""
        return self.waiting.wanted and not (isinstance(self.bond, Party) and self.bond.all_or_none)

    @property
    def wants_list(self) -> bool:
        """Whether a turn on the club's own waiting list is to be asked for, now that the session is full."""
        return self.waiting.club_list and self.list_asked_at is None and self.waits_when_full()

    def list_asked(self, holder: str, now: datetime) -> "tuple[Self, Facts]":
        """The holder is about to ask for a turn on the club's own waiting list: nobody else ever does.

        Raises Stale if that was asked for, or is not wished any more, or if the claim is not its own.
        """
        if not self.held_by(holder).wants_list or self.cancel_asked_at:
            raise Stale(f"Booking {self.id} has asked for a turn on the club's list, or does not wish for one.")
        return self._with(now, list_asked_at=now), ()

    def still_held(self, holder: str, rules: RaceRules, now: datetime) -> "tuple[Self, Facts]":
        """The holder of the claim goes on. Raises Stale if the claim is not its own."""
        self.held_by(holder)
        return self._with(now, claim=self._claim_of(holder, rules, now)), ()

    def found_full(self, until: datetime, sent: Budget, outcome: Outcome, now: datetime) -> "tuple[Self, Facts]":
        """No place is left: wait for a freed one until the session starts."""
        if self.cancel_asked_at:
            return self.called_off(sent, outcome, now)
        state = self.after(Fact.SESSION_FULL)
        wait = Wait(since=now, until=until)
        changed = self._settled(now, sent, outcome, state=state, claim=None, wait=wait)
        return changed, (SessionFull(**changed.about(now), **changed.raced()),)
