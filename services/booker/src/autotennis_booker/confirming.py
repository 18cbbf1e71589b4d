"""A run that confirms a regular player's own fixed place: nobody contests that, so nothing is raced for."""

from datetime import datetime, timedelta
from typing import Final

from autotennis.domain import pace
from autotennis.domain.opening import confirming_after, confirming_by_countdown, opening_by_page, opening_of
from autotennis.domain.progress import Stage
from autotennis.domain.racing import CONFIRMATIONS
from autotennis.domain.spread import spread
from autotennis.ports import SessionPage
from autotennis.values import FailureReason, Verdict, VerdictKind
from autotennis.visiting.conversation import BudgetSpent
from autotennis.visiting.endings import lost
from autotennis_booker.endings import Ending, Later, Unproven
from autotennis_booker.run import Run

# All sessions of an hour may be confirmed from the same instant on, and others may open then: the looks wait until the
# races for those are run, and are spread over some time.
_LOOKS_AFTER_S: Final = 1.0
_LOOKS_SPREAD_S: Final = 4.0
# A club that cannot tell just now is asked again after this, since the place is kept for days; but not so shortly
# before the opening, and not once this share of what the booking may ask is spent: the rest is for the race.
_AGAIN: Final = timedelta(minutes=30)
_NOT_BEFORE_OPENING: Final = timedelta(minutes=10)
_SHARE: Final = 1 / 3
# What comes sooner than this is waited for.
_SOON: Final = timedelta(minutes=1)


class Confirming(Run):
    """Confirms one member's fixed place once the club allows it, and sees the proof.

    The booking's opening is the instant from which regular players may. Where the club's page offers no place by then,
    the booking is given back for the opening of the session, to be raced for as any other.
    """

    @property
    def _patient_until_s(self) -> float:
        return self._prove_until_s

    async def _raced(self, page: SessionPage) -> Ending:
        if page.verdict.kind is not VerdictKind.FREE and not self._is_certainly_open():
            page = await self._looked_at_when_due()
        until_s, waits, asked = self._patient_until_s, 0, 0
        while self._clock.monotonic_s() < until_s:
            if ending := self._told_by(page) or await self._fellows.called_off():
                return ending
            is_free = page.verdict.kind is VerdictKind.FREE
            if not is_free and page.confirms_in_s is None:
                return self._none(page)
            # Once is enough; only a page that goes on offering it after a while has not heard of it.
            if is_free and asked <= waits and asked < CONFIRMATIONS:
                asked += 1
                await self._ask(is_first=asked == 1)
            else:
                waits += 1
                await self._clock.sleep_until(self._clock.monotonic_s() + pace.patience_s(waits))
            page = await self._looked_again()
        return self._told_by(page) or self._again()

    async def _looked_at_when_due(self) -> SessionPage:
        _, certainly_s = self._timekeeper.known().send_window_s(self._booking.opening_at)
        await self._clock.sleep_until(certainly_s + _LOOKS_AFTER_S + spread(self._booking.id) * _LOOKS_SPREAD_S)
        return await self._look(self._prove_until_s)

    async def _looked_again(self) -> SessionPage:
        try:
            return await self._look(self._prove_until_s)
        except BudgetSpent:
            if self._may_have_a_place:
                raise Unproven("The requests were spent before the club's page settled it.") from None
            raise

    async def _ask(self, *, is_first: bool) -> None:
        """Confirms the own place or, where the page offers that, takes one that another regular player declined."""
        if is_first:
            await self._conversation.arm()
        # A page that offers a place shows whose it would be.
        if self.club_member_id is not None:
            await self._conversation.act(self._way_in, self._booking.session, self.club_member_id)
            self._lamp.reached(Stage.FIRED)

    def _told_by_time(self, page: SessionPage) -> Ending | None:
        """By the countdown for regular players alone: the other one, to the opening, is what others wait for."""
        if self._has_started():
            return lost(FailureReason.SESSION_STARTED)
        if page.confirms_in_s is None or page.verdict.kind is VerdictKind.FREE:
            return None
        session, now = self._booking.session, self._club_now()
        announced = confirming_by_countdown(session, self._club.rules, now, page.confirms_in_s)
        # As seen from now, where a wish for an early place had it look before its time.
        is_later = announced - max(self._booking.opening_at, now) > _SOON
        return self._later(announced) if is_later else None

    def _given_up(self, verdict: Verdict) -> Ending:
        """A club that is silent days before the opening has not failed anybody yet."""
        if self._may_have_a_place or self._has_started():
            return super()._given_up(verdict)
        # What cannot be read may be a refusal: that is not asked for again and again.
        return self._left_to_the_race() if verdict.kind is VerdictKind.UNKNOWN else self._again()

    def _none(self, page: SessionPage) -> Ending:
        """The page offers nothing: not yet, where nobody knows how the club counts, or not at all."""
        session, rules, now = self._booking.session, self._club.rules, self._club_now()
        if later := confirming_after(max(self._booking.opening_at, now), session, rules):
            return self._later(later)
        opening = opening_by_page(session, rules, now, page.verdict)
        return Later(opening, no_fixed_place=True) if opening else self._left_to_the_race()

    def _again(self) -> Ending:
        return self._later(self._club_now() + _AGAIN)

    def _later(self, at: datetime) -> Ending:
        spent = self._booking.requests_sent + self._conversation.sent.requests
        is_spent = spent > self._club.rules.race.requests * _SHARE
        is_late = at > opening_of(self._booking.session, self._club.rules) - _NOT_BEFORE_OPENING
        return self._left_to_the_race() if is_spent or is_late else Later(at)

    def _left_to_the_race(self) -> Ending:
        return Later(opening_of(self._booking.session, self._club.rules), no_fixed_place=True)
