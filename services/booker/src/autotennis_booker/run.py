"""One run: from waking up to knowing how a booking ended."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis.domain import pace
from autotennis.domain.booking import Booking, Outcome
from autotennis.domain.member import Credentials
from autotennis.domain.opening import opening_after, opening_by_countdown
from autotennis.domain.pace import CLOCK_END_S, LOG_IN_LEAD_S, Step, opens_later
from autotennis.domain.progress import Stage
from autotennis.domain.session import starts_at
from autotennis.domain.spread import spread
from autotennis.errors import LoginRefused, PageNotUnderstood
from autotennis.ports import SessionPage
from autotennis.values import Action, FailureReason, Plan, Verdict, VerdictKind
from autotennis.visiting.access import Access
from autotennis.visiting.conversation import BudgetSpent
from autotennis.visiting.endings import Unanswered, Won, lost
from autotennis_booker.conversation import RaceConversation
from autotennis_booker.endings import CalledOff, Ending, Later, Unproven
from autotennis_booker.fellows import Fellows
from autotennis_booker.memory import Opening
from autotennis_booker.volley import Equipment, Volley

_log = structlog.get_logger()

# The logins of one opening are spread over this time, so that they are no rush of their own.
_LOGINS_SPREAD_S: Final = 30.0
# A site that wants to have shown its page before a sign-up is asked for it this long before the clock is measured last.
_PRIME_LEAD_S: Final = 1.0


class Run:
    """Signs one member up for one session."""

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
        self._plan: Plan | None = None
        self.club_member_id: int | None = None

    async def ending(self, credentials: Credentials, known_club_member_id: int | None) -> Ending:
        """Waits, races and proves. Raises Unproven if the club would not say how it stands."""
        self._access = Access(self._conversation, self._clock, credentials, lambda: self._may_have_a_place)
        self.club_member_id = known_club_member_id
        await self._until_before_opening(LOG_IN_LEAD_S - spread(self._booking.id) * _LOGINS_SPREAD_S)
        try:
            page = await self._first_look()
            # It may be called off at any time; this is asked where there is time for it.
            return self._told_by(page) or await self._fellows.called_off() or await self._raced(page)
        except LoginRefused as error:
            return lost(FailureReason.LOGIN_REFUSED, str(error))
        except BudgetSpent:
            return lost(FailureReason.REQUEST_CAP)
        except PageNotUnderstood as error:
            return self._given_up(Verdict(kind=VerdictKind.UNKNOWN, fingerprint=error.fingerprint))
        except Unanswered as error:
            return self._given_up(error.verdict)
        finally:
            self._lamp.close()
            if self._asking is not None:
                self._asking.cancel()

    def _given_up(self, verdict: Verdict) -> Ending:
        """Where a sign-up may have been taken, silence is no failure: raises Unproven, to look again later."""
        if self._has_started():
            return lost(FailureReason.SESSION_STARTED)
        if self._may_have_a_place:
            raise Unproven(f"The club does not say how it stands: {verdict.kind.value}.")
        if verdict.kind is VerdictKind.UNKNOWN:
            return lost(FailureReason.PAGE_NOT_UNDERSTOOD, verdict.fingerprint or "")
        return lost(FailureReason.CLUB_UNREACHABLE)

    @property
    def _may_have_a_place(self) -> bool:
        return bool(self._booking.sign_ups_sent or self._conversation.sent.sign_ups)

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

    # Before the opening

    async def _until_before_opening(self, lead_s: float) -> None:
        await self._clock.sleep_until(self._opening_s() - lead_s)

    def _opening_s(self) -> float:
        """The opening as a reading of our monotonic clock, by what is known of the club's."""
        return sum(self._timekeeper.known().send_window_s(self._booking.opening_at)) / 2

    @property
    def _patient_until_s(self) -> float:
        return max(self._opening_s(), self._clock.monotonic_s()) + self._club.rules.race.give_up_s

    @property
    def _prove_until_s(self) -> float:
        return self._clock.monotonic_s() + self._club.rules.race.prove_s

    async def _first_look(self) -> SessionPage:
        until_s = self._patient_until_s
        if self._is_ahead:
            await self._timekeeper.good_moment()
        await self._access.log_in(until_s)
        self._lamp.reached(Stage.LOGGED_IN)
        if self._is_ahead:
            await self._timekeeper.good_moment()
        return await self._look(until_s)

    @property
    def _is_ahead(self) -> bool:
        """Whether there is time to learn of the club's clock by the way."""
        return self._opening_s() - self._clock.monotonic_s() > CLOCK_END_S

    async def _look(self, until_s: float) -> SessionPage:
        """The session's page, and what only it can tell: the member's own id at the club, and how they get in."""
        page = await self._access.look(self._booking.session, until_s)
        self.club_member_id = page.club_member_id or self.club_member_id
        self._way_in = page.way_in or self._way_in
        return page

    def _told_by(self, page: SessionPage) -> Ending | None:
        """The ending that a page tells by itself; None if there is still something to race for."""
        verdict = page.verdict
        match verdict.kind:
            case VerdictKind.SIGNED_UP:
                return Won(self._club_now(), page.door_code)
            case VerdictKind.CANCELLED:
                return lost(FailureReason.SESSION_CANCELLED)
            case VerdictKind.NO_SESSION:
                return lost(FailureReason.NO_SESSION)
            case VerdictKind.UNKNOWN | VerdictKind.BUSY | VerdictKind.NO_ANSWER:
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
        if page.verdict.kind is VerdictKind.FULL and self._is_certainly_open():
            return lost(FailureReason.FULL)
        if page.verdict.opens_in_s is None:
            return None
        announced = opening_by_countdown(
            self._booking.session, self._club.rules, self._club_now(), page.verdict.opens_in_s
        )
        if abs(announced - self._booking.opening_at) > timedelta(minutes=1):
            _log.warning("the club's page announces another opening", announced=announced.isoformat())
        return Later(announced) if opens_later(self._booking.opening_at, announced) else None

    def _club_now(self) -> datetime:
        return self._timekeeper.known().instant_at(self._clock.monotonic_s())

    def _has_started(self) -> bool:
        return self._club_now() >= starts_at(self._booking.session, self._club.rules.zone)

    # The opening

    async def _raced(self, page: SessionPage) -> Ending:
        is_open = page.verdict.kind is VerdictKind.FREE
        # Now, because at the opening there is no time to ask the store for anything.
        await self._conversation.arm()
        if self.club_member_id is None:
            self.club_member_id = await self._conversation.find_club_member_id()
        if is_open and not self._is_certainly_open() and (ending := await self._tried_early()):
            return ending
        is_open = is_open and self._is_certainly_open()
        if not is_open and self._opening_s() > self._clock.monotonic_s():
            await self._prepared()
            if called_off := await self._fellows.called_off():
                return called_off
        if self._fellows.are_there:
            await self._fellows.turn(self._club_now)
            if called_off := await self._fellows.called_off():
                return called_off
            is_open = self._is_certainly_open()
        if self.club_member_id is None:
            return await self._raced_without_id()
        return await self._fired(self.club_member_id, at_once=is_open)

    async def _prepared(self) -> None:
        """What is left to do before the opening: the last look, where the site wants one, and the club's clock."""
        if self._club.rules.race.primes:
            await self._until_before_opening(CLOCK_END_S + _PRIME_LEAD_S)
            await self._look(self._prove_until_s)
        await self._timekeeper.measured(self._booking.opening_at)
        if (reading := self._timekeeper.reading()) and reading.probes:
            self._lamp.reached(Stage.CLOCK_MEASURED)

    def _is_certainly_open(self) -> bool:
        return self._timekeeper.known().has_come(self._booking.opening_at, self._clock.monotonic_s())

    async def _tried_early(self) -> Ending | None:
        """A place that is free before the opening is asked for once; None if the opening must be waited for."""
        if self.club_member_id is None:
            return None
        volley = self._volley(self.club_member_id)
        try:
            await volley.single()
        finally:
            await volley.aclose()
        return self._told_by(await self._look(self._prove_until_s))

    async def _raced_without_id(self) -> Ending:
        """Nobody knows the member's id at the club yet: its page shows it as soon as there is a place to take."""
        _, latest_s = self._timekeeper.known().send_window_s(self._booking.opening_at)
        until_s = self._patient_until_s
        await self._clock.sleep_until(latest_s)
        for gap_s in pace.look_gaps_s():
            page = await self._look(until_s)
            if called_off := self._noticed():
                return called_off
            if self.club_member_id is not None:
                return await self._fired(self.club_member_id, at_once=True)
            if ending := self._told_by(page):
                return ending
            next_s = self._clock.monotonic_s() + gap_s
            if next_s > until_s:
                break
            await self._clock.sleep_until(next_s)
        return self._not_opened("The club's page showed no way to sign up.")

    def _volley(self, club_member_id: int) -> Volley:
        shooter = self._conversation.prepared(self._way_in, self._booking.session, club_member_id)
        # First come, first served, where members compete for one session.
        rank = self._booking.created_at.timestamp()
        volley = Volley(self._equipment, self._opening, self._conversation, shooter, rank)
        self._lamp.looks_out(lambda: volley.first_sent_s)
        return volley

    async def _fired(self, club_member_id: int, *, at_once: bool) -> Ending:
        volley = self._volley(club_member_id)
        try:
            step = await (volley.at_once() if at_once else volley.at_opening())
            return await self._decided(step, volley)
        finally:
            self._plan = volley.plan
            await volley.aclose()

    async def _decided(self, step: Step, volley: Volley) -> Ending:
        """Takes the steps that the answers ask for, until the club's page settles it."""
        in_vain = 0
        while True:
            match step:
                case Step.LOOK:
                    if in_vain:
                        # A club that goes on losing answers is given ever more time.
                        await self._clock.sleep_until(self._clock.monotonic_s() + pace.patience_s(in_vain))
                    in_vain += 1
                case Step.WAIT:
                    await self._conversation.welcome()
                case Step.STOP:
                    return await self._watched(volley)
                case Step.LOG_IN if self._access.may_log_in:
                    await self._access.log_in(self._prove_until_s)
                case _:
                    pass
            page = await self._proof()
            if ending := self._told_by(page) or await self._stopped(volley):
                return ending
            step = await volley.step()

    async def _watched(self, volley: Volley) -> Ending:
        """After the quick shots: looks now and then, and shoots the last ones at a place that the page shows."""
        just_shot = False
        for gap_s in pace.watch_gaps_s():
            page = await self._proof()
            if ending := self._told_by(page) or await self._stopped(volley):
                return ending
            if page.verdict.kind is VerdictKind.FULL:
                return lost(FailureReason.FULL)
            if page.verdict.kind is VerdictKind.FREE and not self._conversation.may_shoot_last:
                return lost(FailureReason.REQUEST_CAP)
            just_shot = page.verdict.kind is VerdictKind.FREE and not just_shot
            if just_shot:
                await volley.single()
                continue
            next_s = self._clock.monotonic_s() + gap_s
            if next_s > volley.until_s:
                break
            await self._clock.sleep_until(next_s)
        return self._not_opened()

    async def _stopped(self, volley: Volley) -> Ending | None:
        """Whether it was called off meanwhile, and what the page shows once no sign-up is under way any more.

        Raises Unproven if the club does not answer one of those that were sent.
        """
        called_off = self._noticed()
        if called_off is None or not volley.has_pending:
            return called_off
        if not await volley.all_answered():
            raise Unproven("A sign-up was sent before it was called off, and the club has not answered it.")
        return self._told_by(await self._proof()) or called_off

    async def _proof(self) -> SessionPage:
        """The club's plain page, after sign-ups were sent. Raises Unproven if there is no request left for it."""
        try:
            page = await self._look(self._prove_until_s)
        except BudgetSpent:
            raise Unproven("The requests of this run were spent before the club's page settled it.") from None
        self._opening.filled |= page.verdict.kind is VerdictKind.FULL or page.verdict.free == 0
        return page

    def _not_opened(self, detail: str = "") -> Ending:
        """The club stayed closed: where nobody knows how it counts, it may open an hour later."""
        later = opening_after(self._booking.opening_at, self._booking.session, self._club.rules)
        return Later(later) if later else lost(FailureReason.NOT_OPENED, detail)
