"""One run: from waking up to knowing how a booking ended."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis.domain import pace
from autotennis.domain.booking import Booking, Outcome
from autotennis.domain.clubclock import ClubClock, measured
from autotennis.domain.member import Credentials
from autotennis.domain.opening import opening_after, opening_by_countdown
from autotennis.domain.pace import (
    LOG_IN_LEAD_S,
    STILL_LEAD_S,
    WARM_LEAD_S,
    Step,
    opens_later,
    patience_s,
)
from autotennis.domain.session import starts_at
from autotennis.errors import LoginRefused, PageNotUnderstood
from autotennis.ports import Answer, Clock, Club, SessionPage
from autotennis.values import Action, FailureReason, Verdict, VerdictKind
from autotennis_booker.club_time import ClubTime
from autotennis_booker.conversation import BudgetSpent, Conversation
from autotennis_booker.endings import Ending, Later, Lost, Unanswered, Unproven, Won, lost
from autotennis_booker.gate import Gate
from autotennis_booker.stillness import Stillness
from autotennis_booker.volley import Shoot, Volley

_log = structlog.get_logger()

# A login that expired is renewed this often in one run, and no more: a club that throws us out again means it.
_LOGINS: Final = 2
# How long an unclear answer to a login is left alone before the one other try.
_UNCLEAR_LOGIN_S: Final = 4.0
# Connections have to be there this long before the first shot; one that is not yet is not waited for.
_WARM_BY_S: Final = 0.01
# Nothing can be said of the session by an answer of these kinds; asking again may help.
_SAYS_NOTHING: Final = frozenset({VerdictKind.BUSY, VerdictKind.NO_ANSWER, VerdictKind.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the runs of one process share: our clock, the clubs' clocks, the door to the club, and quiet."""

    clock: Clock
    club_time: ClubTime
    gate: Gate
    stillness: Stillness


class Run:
    """Signs one member up for one session."""

    def __init__(self, booking: Booking, club: Club, equipment: Equipment, conversation: Conversation) -> None:
        self._booking = booking
        self._club = club
        self._equipment = equipment
        self._clock = equipment.clock
        self._conversation = conversation
        self._club_clock: ClubClock | None = None
        self._logins = 0
        self._way_in = Action.SIGN_UP
        self.club_member_id: int | None = None

    async def ending(self, credentials: Credentials, known_club_member_id: int | None) -> Ending:
        """Waits, races and proves. Raises Unproven if the club would not say how it stands."""
        self._credentials = credentials
        self.club_member_id = known_club_member_id
        await self._until_before_opening(LOG_IN_LEAD_S)
        try:
            page = await self._first_look()
            return self._told_by(page) or await self._raced(page)
        except LoginRefused as error:
            return lost(FailureReason.LOGIN_REFUSED, str(error))
        except BudgetSpent:
            return lost(FailureReason.REQUEST_CAP)
        except PageNotUnderstood as error:
            return self._given_up(Verdict(kind=VerdictKind.UNKNOWN, fingerprint=error.fingerprint))
        except Unanswered as error:
            return self._given_up(error.verdict)

    def _given_up(self, verdict: Verdict) -> Lost:
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
        """What the run said to the club, and what it learned of its clock."""
        now, monotonic_s = self._clock.now(), self._clock.monotonic_s()
        known = self._known_clock()
        reading = known.reading(now, monotonic_s) if known.probes else None
        return Outcome(timeline=self._conversation.timeline(self._booking.opening_at, known), clock=reading)

    # Before the opening

    async def _until_before_opening(self, lead_s: float) -> None:
        await self._clock.sleep_until(self._opening_s() - lead_s)

    def _opening_s(self) -> float:
        """The opening as a reading of our monotonic clock, by what is known of the club's."""
        return sum(self._known_clock().send_window_s(self._booking.opening_at)) / 2

    @property
    def _patient_until_s(self) -> float:
        return max(self._opening_s(), self._clock.monotonic_s()) + self._club.rules.race.give_up_s

    @property
    def _prove_until_s(self) -> float:
        return self._clock.monotonic_s() + self._club.rules.race.prove_s

    async def _first_look(self) -> SessionPage:
        until_s = self._patient_until_s
        await self._log_in(until_s)
        page = await self._look(until_s)
        self._heed(page)
        return page

    def _heed(self, page: SessionPage) -> None:
        """Takes what only a page can tell: the member's own id at the club, and how they get in."""
        self.club_member_id = page.club_member_id or self.club_member_id
        self._way_in = page.way_in or self._way_in

    async def _log_in(self, until_s: float) -> None:
        """Raises LoginRefused, PageNotUnderstood, and Unanswered if the club does not answer in time."""
        self._logins += 1
        try:
            answer = await self._insist(lambda: self._conversation.log_in(self._credentials), until_s)
        except PageNotUnderstood:
            # Perhaps a page of maintenance; once more, and not again, because it may be a refusal that we cannot read.
            await self._clock.sleep_until(self._clock.monotonic_s() + _UNCLEAR_LOGIN_S)
            answer = await self._insist(lambda: self._conversation.log_in(self._credentials), until_s)
        if answer.verdict.kind is not VerdictKind.LOGGED_IN:
            raise Unanswered(answer.verdict)

    async def _look(self, until_s: float) -> SessionPage:
        """The session's page, read while logged in."""
        answer = await self._insist(lambda: self._conversation.look(self._booking.session), until_s)
        if answer.verdict.kind is VerdictKind.LOGGED_OUT and self._may_log_in:
            await self._log_in(until_s)
            answer = await self._insist(lambda: self._conversation.look(self._booking.session), until_s)
        return answer.page

    @property
    def _may_log_in(self) -> bool:
        """A login that expired is renewed once, and once more where only a look can tell whether we are in."""
        return self._logins < (_LOGINS + 1 if self._may_have_a_place else _LOGINS)

    async def _insist(self, ask: Callable[[], Awaitable[Answer]], until_s: float) -> Answer:
        """Asks until the answer says something, ever more patiently, but not beyond `until_s`."""
        tries = 0
        while True:
            answer = await ask()
            tries += 1
            next_s = self._clock.monotonic_s() + patience_s(tries, answer.verdict)
            if answer.verdict.kind not in _SAYS_NOTHING or next_s > until_s:
                return answer
            await self._clock.sleep_until(next_s)

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
        return self._known_clock().instant_at(self._clock.monotonic_s())

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
        if not is_open and (opening_s := self._opening_s()) > self._clock.monotonic_s():
            club, gate = self._club, self._equipment.gate
            opening_at = self._booking.opening_at
            self._club_clock = await self._equipment.club_time.at_opening(club, gate, opening_at, opening_s)
        if self.club_member_id is None:
            return await self._raced_without_id()
        return await self._fired(self.club_member_id, at_once=is_open)

    def _is_certainly_open(self) -> bool:
        return self._known_clock().has_come(self._booking.opening_at, self._clock.monotonic_s())

    async def _tried_early(self) -> Ending | None:
        """A place that is free before the opening is asked for once; None if the opening must be waited for."""
        if self.club_member_id is None:
            return None
        shoot = self._conversation.prepared(self._way_in, self._booking.session, self.club_member_id)
        await shoot()
        return self._told_by(await self._look(self._prove_until_s))

    async def _raced_without_id(self) -> Ending:
        """Nobody knows the member's id at the club yet: its page shows it as soon as there is a place to take."""
        _, latest_s = self._known_clock().send_window_s(self._booking.opening_at)
        until_s = self._patient_until_s
        await self._clock.sleep_until(latest_s)
        for gap_s in pace.tail_gaps_s():
            page = await self._look(until_s)
            self._heed(page)
            if self.club_member_id is not None:
                return await self._fired(self.club_member_id, at_once=True)
            if ending := self._told_by(page):
                return ending
            next_s = self._clock.monotonic_s() + gap_s
            if next_s > until_s:
                break
            await self._clock.sleep_until(next_s)
        return self._not_opened("The club's page showed no way to sign up.")

    def _known_clock(self) -> ClubClock:
        now, monotonic_s = self._clock.now(), self._clock.monotonic_s()
        probed = self._club_clock or measured(self._conversation.probes())
        if probed and probed.is_plausible(now, monotonic_s):
            return probed
        return ClubClock.assumed(now, monotonic_s)

    async def _fired(self, club_member_id: int, *, at_once: bool) -> Ending:
        rules = self._club.rules.race
        now_s = self._clock.monotonic_s()
        planned = pace.at_once(rules, now_s) if at_once else self._burst(now_s)
        volley = Volley(self._clock, self._conversation, planned, rules.in_flight)
        shoot = self._conversation.prepared(self._way_in, self._booking.session, club_member_id)
        await self._clock.sleep_until(planned.at_s[0] - STILL_LEAD_S)
        with self._equipment.stillness.kept():
            await self._clock.sleep_until(planned.at_s[0] - WARM_LEAD_S)
            await self._warmed(min(len(planned.at_s), rules.in_flight), planned.at_s[0] - _WARM_BY_S)
            step = await volley.burst(shoot)
        try:
            return await self._decided(step, volley, shoot)
        finally:
            await volley.aclose()

    async def _warmed(self, connections: int, until_s: float) -> None:
        """Opens connections, without waiting for one that takes too long: the others are there."""
        left_s = max(0.0, until_s - self._clock.monotonic_s())
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await self._conversation.warm(connections)

    def _burst(self, now_s: float) -> pace.Burst:
        return pace.burst(self._booking.opening_at, self._known_clock(), self._club.rules.race, now_s)

    async def _decided(self, step: Step, volley: Volley, shoot: Shoot) -> Ending:
        """Takes the steps that the answers ask for, until the club's page settles it."""
        while True:
            match step:
                case Step.SHOOT:
                    step = await volley.follow_up(shoot)
                    continue
                case Step.WAIT:
                    await self._conversation.welcome()
                case Step.STOP:
                    return await self._watched(volley, shoot)
                case Step.LOG_IN if self._may_log_in:
                    await self._log_in(self._prove_until_s)
                case _:
                    pass
            page = await self._proof()
            if ending := self._told_by(page):
                return ending
            step = Step.SHOOT

    async def _watched(self, volley: Volley, shoot: Shoot) -> Ending:
        """After the quick shots: looks now and then, and shoots the last ones at a place that the page shows."""
        for gap_s in pace.watch_gaps_s():
            page = await self._proof()
            if ending := self._told_by(page):
                return ending
            if page.verdict.kind is VerdictKind.FULL:
                return lost(FailureReason.FULL)
            if page.verdict.kind is VerdictKind.FREE:
                if not self._conversation.may_shoot_last:
                    return lost(FailureReason.REQUEST_CAP)
                await volley.single(shoot)
                continue
            next_s = self._clock.monotonic_s() + gap_s
            if next_s > volley.until_s:
                break
            await self._clock.sleep_until(next_s)
        return self._not_opened()

    async def _proof(self) -> SessionPage:
        """The club's plain page, after sign-ups were sent. Raises Unproven if there is no request left for it."""
        try:
            return await self._look(self._prove_until_s)
        except BudgetSpent:
            raise Unproven("The requests of this run were spent before the club's page settled it.") from None

    def _not_opened(self, detail: str = "") -> Ending:
        """The club stayed closed: where nobody knows how it counts, it may open an hour later."""
        later = opening_after(self._booking.opening_at, self._booking.session, self._club.rules)
        return Later(later) if later else lost(FailureReason.NOT_OPENED, detail)
