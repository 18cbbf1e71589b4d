"""A booking that looks for a freed place, or for one before its opening."""

from datetime import datetime, timedelta
from typing import Final, Self

from autotennis.domain.club import ClubRules
from autotennis.domain.holds import kept_for_steps
from autotennis.domain.racing import Racing
from autotennis.domain.record import TRY, TRY_LASTS_S, Facts
from autotennis.domain.runs import Budget, Claim, Outcome
from autotennis.domain.states import State
from autotennis.domain.waiting import Offer
from autotennis.errors import Stale
from autotennis.events import OfferAccepted, PlaceOffered
from autotennis.values import Failure

# A place before the opening is not tried for so shortly before it: the race is about to begin.
NOT_EARLY_S: Final = 600.0


class InLine(Racing):
    """Waits, tries, and is asked."""

    def tried(self, holder: str, rules: ClubRules, now: datetime) -> "tuple[Self, Facts]":
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
            reserved=Budget(requests=min(_try_of(rules), left.requests), sign_ups=min(1, left.sign_ups)),
        ), ()

    def still_tried(self, holder: str, now: datetime) -> "tuple[Self, Facts]":
        """The holder is about to sign the member up. Raises Stale if that is not for it, or not wished for any more."""
        claim = self.held_by(holder).claim
        if claim is None or self.cancel_asked_at:
            raise Stale(f"Booking {self.id} is being cancelled.")
        until = now + timedelta(seconds=TRY_LASTS_S)
        return self._with(now, claim=claim.model_copy(update={"until": until})), ()

    def ended_in_line(self, failure: Failure, now: datetime) -> "tuple[Self, Facts]":
        """The wait ends without a place. Raises Stale while somebody tries for it, or where it is not known."""
        if self.state is not State.WAITING or self.claim is not None:
            raise Stale(f"Booking {self.id} is {self.state.value}, and may be in somebody's hands.")
        return self.failed(failure, Budget(requests=0, sign_ups=0), Outcome(), now)

    def may_try(self, rules: ClubRules) -> bool:
        """Whether the caps leave enough for one more try."""
        left = self._left_to_wait_with(rules)
        return left.requests >= _try_of(rules) and left.sign_ups > 0

    def is_in_doubt(self, holder: str, now: datetime) -> bool:
        """Whether a try was begun and never accounted for: by an instance that died, or by `holder` before it did."""
        return self.state is State.WAITING and self.claim is not None and self._is_free_for(holder, now)

    def missed(self, holder: str, sent: Budget, outcome: Outcome, now: datetime) -> "tuple[Self, Facts]":
        """The place was gone when it was tried for: back into the line. Raises Stale if the claim is not its own."""
        if self.held_by(holder).cancel_asked_at:
            return self.called_off(sent, outcome, now)
        return self._settled(now, sent, outcome, claim=None, offer=None), ()

    # Asked first

    def offered(self, now: datetime) -> "tuple[Self, Facts]":
        """A place is free, and the member is asked. Raises Stale if they were asked already, or do not wait."""
        if self.state is not State.WAITING or self.wait is None or self.offer is not None or self.claim is not None:
            raise Stale(f"Booking {self.id} is {self.state.value}: its member was asked, or need not be.")
        latest = self.wait.until - timedelta(minutes=self.waiting.notice_min)
        until = min(now + timedelta(minutes=self.waiting.ask_min), latest)
        changed = self._with(now, offer=Offer(made_at=now, until=until))
        return changed, (PlaceOffered(**changed.about(now), until=until),)

    def answered(self, now: datetime, *, wants_it: bool) -> "tuple[Self, Facts]":
        """The member wants the place that they were asked about, or leaves it to the next in line.

        Raises Stale if that is not asked, or not any more.
        """
        if self.state is not State.WAITING or self.offer is None or not self.offer.is_open(now):
            raise Stale(f"Booking {self.id} is {self.state.value}: its member is not asked (any more).")
        changed = self._with(now, offer=self.offer.model_copy(update={"accepted": wants_it}))
        return changed, (OfferAccepted(**changed.about(now)),) if wants_it else ()

    def offer_over(self, now: datetime) -> "tuple[Self, Facts]":
        """The place that was offered is gone: of the next one the member is told anew. Raises Stale if none was."""
        if self.state is not State.WAITING or self.offer is None or self.claim is not None:
            raise Stale(f"Booking {self.id} is {self.state.value}: no place is offered.")
        return self._with(now, offer=None), ()

    def may_take(self) -> bool:
        """Whether a freed place may be taken at once: the member has not to be asked first, or has said yes."""
        return not self.waiting.ask_min or (self.offer is not None and self.offer.accepted is True)

    def _left_to_wait_with(self, rules: ClubRules) -> Budget:
        spent, race, watch = self._spent(), rules.race, rules.watch
        return Budget(
            requests=max(0, race.requests + watch.requests - spent.requests),
            sign_ups=max(0, race.sign_ups + watch.sign_ups - spent.sign_ups),
        )

    def brought_forward(self, now: datetime) -> "tuple[Self, Facts]":
        """A place is free before the opening: it is due now. Where that comes to nothing, the page names the opening.

        Raises Stale if it is not looked for any more, or if the opening is close.
        """
        if not self.may_be_brought_forward(now):
            raise Stale(f"Booking {self.id} is {self.state.value}: it looks for no place before its opening.")
        # There is one such try: what was given back for want of a fixed place is out of the line from now on.
        changed = self._with(now, fixed=self.seeks_fixed_place, no_fixed_place=False)
        return changed._opening_moved(now, now), ()  # noqa: SLF001 (it is one of us)

    def may_be_brought_forward(self, now: datetime) -> bool:
        """Whether a place before the opening is worth the one try: not shortly before it."""
        is_early = self.opening_at - now > timedelta(seconds=NOT_EARLY_S)
        return self.early and self._is_planned() and is_early


def _try_of(rules: ClubRules) -> int:
    """How many requests one try is given."""
    return TRY + kept_for_steps(rules.race)
