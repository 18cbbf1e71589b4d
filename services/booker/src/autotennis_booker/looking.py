"""One member at a session's page: looks at it, and knows what it tells by itself."""

import asyncio
from datetime import datetime, timedelta

import structlog

from autotennis.domain.booking import Booking, Outcome
from autotennis.domain.opening import is_elsewhere, opening_by_countdown
from autotennis.domain.pace import opens_later
from autotennis.domain.session import starts_at
from autotennis.ports import Answer, SessionPage
from autotennis.values import Action, FailureReason, Plan, Verdict, VerdictKind
from autotennis.visiting.access import Access
from autotennis.visiting.endings import Unanswered, Won, lost
from autotennis.visiting.holding import completed
from autotennis_booker.conversation import RaceConversation
from autotennis_booker.endings import CalledOff, Ending, Later
from autotennis_booker.fellows import Fellows
from autotennis_booker.memory import Opening
from autotennis_booker.volley import Equipment

_log = structlog.get_logger()


class Looking:
    """What a run has to do with the session's page, whatever it is there for."""

    _access: Access

    def __init__(
        self,
        booking: Booking,
        opening: Opening,
        equipment: Equipment,
        conversation: RaceConversation,
        fellows: Fellows,
    ) -> None:
        self._booking = booking
        self._fellows = fellows
        self._asking: asyncio.Task[CalledOff | None] | None = None
        self._opening = opening
        self._club = opening.club
        self._timekeeper = opening.timekeeper
        self._equipment = equipment
        self._clock = equipment.clock
        self._conversation = conversation
        self._lamp = equipment.lights.of(booking.id, opening)
        self._way_in = Action.SIGN_UP
        self._not_wanted: CalledOff | None = None
        self.is_on_list = False
        self._plan: Plan | None = None
        self.club_member_id: int | None = None

    async def ask(self, action: Action) -> Answer:
        """Asks the club for this, for the member. A page that offers a place, or holds one, shows whose it would be."""
        return await self._conversation.act(action, self._booking.session, self.club_member_id or 0)

    async def afford(self) -> None:
        """Makes sure that one more request may be sent. Raises BudgetSpent."""
        await self._conversation.afford()

    @property
    def _may_have_a_place(self) -> bool:
        return bool(self._booking.sign_ups_sent) or self._conversation.may_have_won

    def outcome(self) -> Outcome:
        """What the run said to the club, what it meant to do, and what is known of the club's clock."""
        timeline = self._conversation.timeline(self._booking.opening_at, self._timekeeper.known())
        reading, progress = self._timekeeper.reading(), self._lamp.progress
        return Outcome(timeline=timeline, clock=reading, plan=self._plan, progress=progress)

    def _noticed(self) -> CalledOff | None:
        """Whether it was called off, as far as the store has said: it is asked beside the race, and no shot waits."""
        if self._asking is None:
            self._asking = asyncio.create_task(self._fellows.called_off())
        elif self._asking.done():
            told, self._asking = self._asking.result(), None
            return told
        return None

    # Time

    def _opening_s(self) -> float:
        """The opening as a reading of our monotonic clock, by what is known of the club's."""
        return sum(self._timekeeper.known().send_window_s(self._booking.opening_at)) / 2

    @property
    def _patient_until_s(self) -> float:
        return max(self._opening_s(), self._clock.monotonic_s()) + self._club.rules.race.give_up_s

    @property
    def _prove_until_s(self) -> float:
        return self._clock.monotonic_s() + self._club.rules.race.prove_s

    def _is_certainly_open(self) -> bool:
        return self._timekeeper.known().has_come(self._booking.opening_at, self._clock.monotonic_s())

    def _club_now(self) -> datetime:
        return self._timekeeper.known().instant_at(self._clock.monotonic_s())

    def _has_started(self) -> bool:
        return self._club_now() >= starts_at(self._booking.session, self._club.rules.zone)

    # The page

    async def _look(self, until_s: float) -> SessionPage:
        """The session's page; where the club holds a place, once the steps were taken that make it the member's."""
        page = await self._read(until_s)
        if page.verdict.kind is not VerdictKind.HELD:
            return page
        # A place that is held is kept for a while: there is time to ask.
        self._not_wanted = await self._fellows.called_off()
        if self._not_wanted:
            return page
        return await completed(page, self.ask, lambda: self._read(self._prove_until_s), self._clock)

    async def _read(self, until_s: float) -> SessionPage:
        """The session's page, and what only it can tell: the member's own id at the club, and how they get in."""
        page = await self._access.look(self._booking.session, until_s)
        self.club_member_id = page.club_member_id or self.club_member_id
        self.is_on_list = page.verdict.kind is VerdictKind.ON_LIST
        self._way_in = page.way_in or self._way_in
        return page

    def _told_by(self, page: SessionPage) -> Ending | None:
        """The ending that a page tells by itself; None if there is still something to race for."""
        verdict = page.verdict
        match verdict.kind:
            case VerdictKind.SIGNED_UP:
                return Won(self._club_now(), page.door_code)
            case VerdictKind.HELD:
                return self._not_wanted or lost(FailureReason.NOT_COMPLETED)
            case VerdictKind.CANCELLED:
                return lost(FailureReason.SESSION_CANCELLED)
            case VerdictKind.NO_SESSION:
                return lost(FailureReason.NO_SESSION)
            case VerdictKind.UNKNOWN | VerdictKind.BUSY | VerdictKind.NO_ANSWER | VerdictKind.UNTRUSTED:
                raise Unanswered(verdict)
            case VerdictKind.LOGGED_OUT if self._may_have_a_place:
                raise Unanswered(verdict)
            case VerdictKind.LOGGED_OUT:
                return lost(FailureReason.LOGIN_REFUSED, "The club logged us out again at once.")
            case _:
                return self._told_by_time(page)

    def _told_by_time(self, page: SessionPage) -> Ending | None:
        if self._has_started():
            return lost(FailureReason.SESSION_STARTED)
        if page.verdict.kind is VerdictKind.ON_LIST:
            return lost(FailureReason.FULL)
        if page.verdict.kind is VerdictKind.FULL and self._is_certainly_open():
            return lost(FailureReason.FULL)
        if page.verdict.opens_at is not None:
            return self._told_exactly(page.verdict, page.verdict.opens_at)
        # A club that opens within the minute, as it may have said for minutes, does not announce a later opening.
        if not page.verdict.opens_in_s:
            return None
        announced = opening_by_countdown(
            self._booking.session, self._club.rules, self._club_now(), page.verdict.opens_in_s
        )
        if abs(announced - self._booking.opening_at) > timedelta(minutes=1):
            _log.warning("the club's page announces another opening", announced=announced.isoformat())
        return Later(announced) if opens_later(self._booking.opening_at, announced) else None

    def _told_exactly(self, verdict: Verdict, opens_at: datetime) -> Ending | None:
        if verdict.kind is VerdictKind.FREE or not is_elsewhere(self._booking.opening_at, opens_at, self._club_now()):
            return None
        _log.info("the club's page tells another opening", opens_at=opens_at.isoformat())
        return Later(opens_at)
