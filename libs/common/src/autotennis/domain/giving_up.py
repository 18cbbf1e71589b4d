"""What becomes of a booking that is not wished for any more: by its member, or because of others it belongs with."""

from datetime import datetime, timedelta
from typing import Any, Final, Self

from autotennis.domain.checking import Checking
from autotennis.domain.record import TRY, TRY_LASTS_S, Facts
from autotennis.domain.runs import Budget, LetGo, Outcome, Withdrawal
from autotennis.domain.states import Fact, State
from autotennis.errors import ClaimHeld, Stale
from autotennis.events import BookingCancelled, WithdrawalFailed, WithdrawalRequested, Withdrawn
from autotennis.values import Failure

# A place is given back by one at a time, and a crash on the way is made up for so many times. What nobody has heard of
# for so long may be asked for again.
WITHDRAWAL_TRIES: Final = 3
WITHDRAWAL_LOST_S: Final = 900.0


class GivingUp(Checking):
    """Cancels, calls off and gives back."""

    def cancelled(self, now: datetime) -> "tuple[Self, Facts]":
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

    def let_go_for(self, why: LetGo, now: datetime) -> "tuple[Self, Facts]":
        """One that it is bound to makes it needless: as if the member cancelled it, or gave its place back.

        Raises Stale if it is given up already.
        """
        changed, facts = self.withdrawal_asked(now) if self.state is State.BOOKED else self.cancelled(now)
        return changed._with(now, let_go=why), facts  # noqa: SLF001 (it is one of us)

    def called_off(
        self, sent: Budget, outcome: Outcome, now: datetime, let_go: LetGo | None = None
    ) -> "tuple[Self, Facts]":
        """The club has not taken the member, who wished to cancel meanwhile; or another one made it needless."""
        given_up = self._settled(now, sent, outcome, state=self.after(Fact.CANCELLED), claim=None)
        changed = given_up._with(now, let_go=let_go or self.let_go)  # noqa: SLF001 (it is one of us)
        return changed, (BookingCancelled(**changed.about(now)),)

    def withdrawal_asked(self, now: datetime) -> "tuple[Self, Facts]":
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

    def withdrawing(self, now: datetime) -> "tuple[Self, Facts]":
        """An instance begins to give the place back, with a fixed number of requests.

        Raises Stale if nobody wishes that any more, ClaimHeld while another is at it.
        """
        self.after(Fact.WITHDRAWN)
        asked = self._withdrawal()
        wait_s = (asked.held_until - now).total_seconds() if asked.held_until else 0.0
        # What is held for longer than any try lasts was begun before the clock was set back, by nobody knows whom.
        if 0 < wait_s <= TRY_LASTS_S:
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

    def withdrawn(self, seen_at: datetime, sent: Budget, outcome: Outcome, now: datetime) -> "tuple[Self, Facts]":
        """The club's own page shows the member no more. Raises Stale if nobody asked for that."""
        state, withdrawal = self.after(Fact.WITHDRAWN), self._withdrawal(seen_at=seen_at)
        changed = self._settled(now, sent, outcome, state=state, withdrawal=withdrawal)
        return changed, (Withdrawn(**changed.about(now)),)

    def withdrawal_failed(
        self, failure: Failure, sent: Budget, outcome: Outcome, now: datetime
    ) -> "tuple[Self, Facts]":
        """The place could not be given back. Raises Stale if nobody asked for that any more."""
        self.after(Fact.WITHDRAWN)
        changed = self._settled(now, sent, outcome, withdrawal=self._withdrawal(failure=failure))
        return changed, (WithdrawalFailed(**changed.about(now), failure=failure),)

    def _withdrawal(self, **came_of_it: Any) -> Withdrawal:
        if self.withdrawal is None or not self.withdrawal.is_under_way:
            raise Stale(f"Booking {self.id} is not being withdrawn.")
        return self.withdrawal.model_copy(update=came_of_it)
