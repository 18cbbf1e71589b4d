"""One run: from waking up to knowing how a booking ended."""

from typing import Final

import structlog

from autotennis.domain import pace
from autotennis.domain.member import Credentials
from autotennis.domain.opening import opening_after
from autotennis.domain.pace import CLOCK_END_S, LOG_IN_LEAD_S, Step
from autotennis.domain.progress import Stage
from autotennis.domain.spread import spread
from autotennis.errors import LoginRefused, PageNotUnderstood
from autotennis.ports import SessionPage
from autotennis.values import FailureReason, Verdict, VerdictKind
from autotennis.visiting.access import Access
from autotennis.visiting.conversation import BudgetSpent
from autotennis.visiting.endings import Lost, Unanswered, lost, unsaid
from autotennis.visiting.holding import let_go
from autotennis_booker.endings import CalledOff, Ending, Later, Unproven
from autotennis_booker.looking import Looking
from autotennis_booker.volley import Volley

_log = structlog.get_logger()

# The logins of one opening are spread over this time, so that they are no rush of their own.
_LOGINS_SPREAD_S: Final = 30.0
# The store answers one of a crowd within this time, its share of everything else included.
_ASKING_TAKES_S: Final = 0.006
# A site that wants to have shown its page before a sign-up is asked for it this long before the clock is measured last.
_PRIME_LEAD_S: Final = 1.0


class Run(Looking):
    """Signs one member up for one session.

    However it ends without a place, one that the club may hold is let go of. Where the process dies, it frees itself,
    and what the page shows to the next run, which logs in anew, decides.
    """

    async def ending(self, credentials: Credentials, known_club_member_id: int | None) -> Ending:
        """Waits, races and proves. Raises Unproven if the club would not say how it stands."""
        logins = self._club.rules.race.logins
        self._access = Access(self._conversation, self._clock, credentials, lambda: self._may_have_a_place, logins)
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
            await let_go(self._conversation, self.ask)

    def _given_up(self, verdict: Verdict) -> Ending:
        """Where a sign-up may have been taken, silence is no failure: raises Unproven, to look again later."""
        if self._has_started():
            return lost(FailureReason.SESSION_STARTED)
        if self._may_have_a_place:
            raise Unproven(f"The club does not say how it stands: {verdict.kind.value}.")
        return unsaid(verdict)

    def may_go_on(self, left_s: float) -> bool:
        """Whether it comes to its end within so many seconds: else another instance does better to begin anew."""
        return pace.may_finish(self._opening_s() - self._clock.monotonic_s(), left_s)

    # Before the opening

    async def _until_before_opening(self, lead_s: float) -> None:
        await self._clock.sleep_until(self._opening_s() - lead_s)

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
        is_ahead = not is_open and self._opening_s() > self._clock.monotonic_s()
        if is_ahead and (ending := await self._prepared()):
            return ending
        if self._fellows.are_there:
            await self._fellows.turn(self._club_now)
            if called_off := await self._fellows.called_off():
                return called_off
            is_open = self._is_certainly_open()
        if self.club_member_id is None:
            return await self._raced_without_id()
        return await self._fired(self.club_member_id, at_once=is_open)

    async def _prepared(self) -> Ending | None:
        """What is left to do before the opening: the last look, where the site wants one, and the club's clock.

        That look may tell another opening. Whether it was called off is asked last; a crowd asks somewhat earlier and
        one after another, because by then the store could not answer all of them, nor is there time to hear it.
        """
        is_crowded = self._opening.is_crowded
        if is_crowded and (called_off := await self._called_off_in_turn()):
            return called_off
        if self._club.rules.race.primes and (ending := await self._primed()):
            return ending
        await self._timekeeper.measured(self._booking.opening_at)
        if (reading := self._timekeeper.reading()) and reading.probes:
            self._lamp.reached(Stage.CLOCK_MEASURED)
        return None if is_crowded else await self._fellows.called_off()

    async def _primed(self) -> Ending | None:
        await self._until_before_opening(CLOCK_END_S + _PRIME_LEAD_S)
        page = await self._look(self._prove_until_s)
        return self._told_exactly(page.verdict, page.verdict.opens_at) if page.verdict.opens_at else None

    async def _called_off_in_turn(self) -> CalledOff | None:
        """Whether it was called off; each of a crowd asks at a time of its own, the last one before all is prepared."""
        others_s = spread(self._booking.id) * self._opening.races * _ASKING_TAKES_S
        await self._until_before_opening(CLOCK_END_S + 2 * _PRIME_LEAD_S + others_s)
        return await self._fellows.called_off()

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
            return await self._heard_out(await self._decided(step, volley), volley)
        finally:
            self._plan = volley.plan
            await volley.aclose()

    async def _heard_out(self, ending: Ending, volley: Volley) -> Ending:
        """A sign-up that is not answered yet may be what holds the last place: what comes of it is looked at."""
        if not self._club.rules.race.steps or not isinstance(ending, Lost) or not volley.has_pending:
            return ending
        await volley.all_answered()
        return self._told_by(await self._proof()) or ending if self._conversation.may_hold else ending

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
                return self._not_given() if page.verdict.kind is VerdictKind.FREE else self._not_opened()
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

    def _not_given(self) -> Ending:
        """The page shows a free place, and what the club says to sign-ups is why it is not ours."""
        said = self._conversation.last_said_to_a_shot
        if said is None or said.kind is VerdictKind.NOT_OPEN:
            return self._not_opened()
        silent = (VerdictKind.NO_ANSWER, VerdictKind.UNTRUSTED, VerdictKind.UNKNOWN)
        return unsaid(said) if said.kind in silent else lost(FailureReason.CLUB_BUSY)

    def _not_opened(self, detail: str = "") -> Ending:
        """The club stayed closed: where nobody knows how it counts, it may open an hour later."""
        later = opening_after(self._booking.opening_at, self._booking.session, self._club.rules)
        return Later(later) if later else lost(FailureReason.NOT_OPENED, detail)
