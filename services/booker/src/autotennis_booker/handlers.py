"""What the booker does with each event."""

import asyncio
import itertools
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from autotennis import signals
from autotennis.domain.booking import Booking, Budget, Change, Outcome
from autotennis.domain.checks import CheckRules
from autotennis.domain.club import RaceRules
from autotennis.domain.member import Credentials
from autotennis.domain.session import starts_at
from autotennis.errors import ClaimHeld, NotFound, Stale, StoreBusy, Transient
from autotennis.events import RaceDue
from autotennis.member_secrets import keep_secrets_of, usable_credentials
from autotennis.outbox import publish_outbox
from autotennis.ports import Club, Ports
from autotennis.serving import Handler
from autotennis.stopping import Stopped, Stopping
from autotennis.tracing import span
from autotennis.values import FailureReason, Proof
from autotennis.visiting.endings import Lost, Won, lost
from autotennis.visiting.gate import Gate
from autotennis_booker.canary import Canary
from autotennis_booker.checks import Checks
from autotennis_booker.club_list import ask_for_turn, is_for_list
from autotennis_booker.club_time import ClubTime
from autotennis_booker.confirming import Confirming
from autotennis_booker.conversation import RaceConversation
from autotennis_booker.endings import CalledOff, Ending, Later, Unproven
from autotennis_booker.fellows import Bell, Fellows
from autotennis_booker.firing import FiringLine
from autotennis_booker.held_back import HoldingBack, Paused, ending_of_paused
from autotennis_booker.lights import Lights
from autotennis_booker.memory import Memory
from autotennis_booker.pulse import Pulse, Rhythm
from autotennis_booker.quiet import QuietTimes
from autotennis_booker.run import Run
from autotennis_booker.stillness import Stillness
from autotennis_booker.volley import Equipment
from autotennis_booker.waking import is_near, wake_for
from autotennis_booker.withdrawals import Withdrawals

_PATIENT_CLAIMS: Final = 4
_BETWEEN_CLAIMS_S: Final = 1.0
# An opening that is told anew each time is raced for no more often by one delivery.
_MOST_TIMES: Final = 3
# A delivery may be held for ten minutes in all, so nothing is waited for from longer before its opening.
FAR_AHEAD: Final = timedelta(minutes=6)

_log = structlog.get_logger()


class _OpensLater(Stale):
    """It is not time for this booking yet."""

    def __init__(self, booking: Booking) -> None:
        super().__init__(f"Booking {booking.id} opens at {booking.opening_at.isoformat()}: that is too far ahead.")
        self.booking = booking


class Booker:
    """Races for bookings, one task each, and reports how they ended."""

    def __init__(
        self,
        ports: Ports,
        holder: str,
        rhythm: Rhythm = Rhythm(),  # noqa: B008 (it is frozen)
        checks: CheckRules = CheckRules(),  # noqa: B008 (likewise)
        stopping: Stopping | None = None,
    ) -> None:
        self._ports = ports
        self._checks = checks
        self._holder = holder
        self._stopping = stopping or Stopping()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._memory = Memory(ports.store, ClubTime(ports.clock))
        lights = Lights(ports, holder)
        self._equipment = Equipment(ports.clock, FiringLine(ports.clock), Stillness(), lights)
        self._bell = Bell()
        self._holding = HoldingBack(ports)
        self._pulse = Pulse(ports, holder, rhythm, self._stopping)
        self._gates = {
            club_id: Gate(ports.clock, club.rules.race.in_flight_in_all) for club_id, club in ports.clubs.items()
        }

    def handlers(self) -> dict[str, Handler]:
        """The handler of each kind that the booker consumes."""
        withdrawals = Withdrawals(self._ports, self._gates)
        quiet = QuietTimes(self._ports, self._checks, lambda: bool(self._running))
        checks = Checks(self._ports, self._checks, quiet, self._gates, self._stopping)
        return {
            "RaceDue": self.on_race_due,
            "WithdrawalRequested": withdrawals.on_withdrawal_requested,
            "CheckDue": checks.on_check_due,
            "CanaryDue": Canary(self._ports, quiet, self._gates).on_canary_due,
        }

    async def on_race_due(self, event: RaceDue) -> None:
        """Holds the delivery until each of its bookings has ended.

        A booking that this process races for already, by an earlier delivery, is waited for and not raced for twice.
        Raises Transient if one has not ended, so that the delivery comes again; Stopped is one, where this instance was
        told to stop and could not finish it.
        """
        tasks = [self._task(booking_id) for booking_id in event.booking_ids]
        results = await asyncio.gather(*(asyncio.shield(task) for task in tasks), return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        for error in sorted(failed, key=lambda error: isinstance(error, Transient)):
            raise error

    def _task(self, booking_id: str) -> asyncio.Task[None]:
        if booking_id not in self._running:
            task = asyncio.create_task(self._race_for(booking_id))
            self._running[booking_id] = task
            task.add_done_callback(lambda _task: self._running.pop(booking_id))
        return self._running[booking_id]

    async def _race_for(self, booking_id: str) -> None:
        trace = ""
        with structlog.contextvars.bound_contextvars(booking_id=booking_id):
            try:
                is_paused = await self._stopping.unless_told(self._holding.is_paused_for_good(booking_id, FAR_AHEAD))
                async with self._pulse.beating():
                    # Should the claim be ours all the same, the last sign of life sets it free.
                    booking = await self._stopping.unless_told(self._in_hand(booking_id))
                    trace = booking.trace
                    with span("race", trace, booking_id=booking_id), self._ports.metrics.races.track_inprogress():
                        await self._raced_until_given_back(booking, is_paused=is_paused)
            except (NotFound, Stale) as error:
                # Its member may have left for good meanwhile.
                _log.info("nothing to race for", reason=str(error))
            # In the booking's own trace, if this delivery took it up: the facts carry it on.
            with span("publish", trace, booking_id=booking_id):
                await asyncio.to_thread(publish_outbox, self._ports, booking_id)

    async def _raced_until_given_back(self, booking: Booking, *, is_paused: bool) -> None:
        """Races; and again where the page told another opening, so near that nobody would be woken for it in time."""
        for times in itertools.count(1):
            booking = await self._heard_by_fellows(booking, is_paused=is_paused)
            if not booking.is_given_back or not is_near(booking.opening_at, self._ports.clock.now()):
                return
            if is_paused or times == _MOST_TIMES:
                await asyncio.to_thread(wake_for, self._ports, booking.club_id, booking.opening_at)
                return
            _log.info("taken up at once", opening_at=booking.opening_at.isoformat())
            booking = await self._stopping.unless_told(self._in_hand(booking.id))

    async def _in_hand(self, booking_id: str) -> Booking:
        """The booking in our hands. Raises ClaimHeld, Stale, and StoreBusy if the store is away for too long.

        It is waited for here: the delivery is held by the other bookings anyway, until after the opening.
        """
        for _ in range(_PATIENT_CLAIMS):
            with suppress(StoreBusy):
                return await self._claimed(booking_id)
            await asyncio.sleep(_BETWEEN_CLAIMS_S)
        return await self._claimed(booking_id)

    async def _claimed(self, booking_id: str) -> Booking:
        """The booking in our hands, also if whoever held it has died. Raises ClaimHeld, Stale, StoreBusy."""
        try:
            return await asyncio.to_thread(self._claim, booking_id)
        except _OpensLater as error:
            # It was given back for a later opening, and a crash may have come before that one's wake-up was planned.
            await asyncio.to_thread(wake_for, self._ports, error.booking.club_id, error.booking.opening_at)
            raise
        except ClaimHeld as error:
            if not await self._pulse.is_gone(error.holder):
                raise
            _log.warning("taken over from an instance that died", holder=error.holder)
            return await asyncio.to_thread(self._claim, booking_id, error.holder)

    def _claim(self, booking_id: str, gone: str = "") -> Booking:
        now = self._ports.clock.now()

        def claim(found: Booking) -> Change:
            if found.opening_at - now > FAR_AHEAD:
                raise _OpensLater(found)
            club = self._ports.clubs.get(found.club_id)
            return found.claimed(self._holder, club.rules.race if club else RaceRules(), now, gone)

        return self._ports.store.change(booking_id, claim)

    async def _heard_by_fellows(self, booking: Booking, *, is_paused: bool) -> Booking:
        try:
            return await (self._end_paused(booking) if is_paused else self._race(booking))
        finally:
            if booking.bond:
                self._bell.ring(booking.bond.id)

    async def _race(self, booking: Booking) -> Booking:
        _log.info("claimed", run=booking.runs, budget=booking.reserved.requests, late_s=round(booking.late_s, 3))
        club = self._ports.clubs.get(booking.club_id)
        credentials = await asyncio.to_thread(usable_credentials, self._ports.vault, booking.member_id, booking.club_id)
        if club is None:
            return await self._give_up(booking, FailureReason.CLUB_GONE)
        if isinstance(credentials, FailureReason):
            return await self._give_up(booking, credentials)
        return await self._run(booking, club, credentials)

    async def _end_paused(self, booking: Booking) -> Booking:
        """Nothing was asked of the club, and its time is over."""
        club = self._ports.clubs.get(booking.club_id)
        if club is None:
            return await self._give_up(booking, FailureReason.CLUB_GONE)
        ending = ending_of_paused(booking, club.rules, self._ports.clock.now())
        return await asyncio.to_thread(self._report, booking, ending, Budget(requests=0, sign_ups=0), Outcome())

    async def _give_up(self, booking: Booking, reason: FailureReason) -> Booking:
        """Ends a booking for which nothing can be asked of the club."""
        return await asyncio.to_thread(self._report, booking, lost(reason), Budget(requests=0, sign_ups=0), Outcome())

    async def _run(self, booking: Booking, club: Club, credentials: Credentials) -> Booking:
        gate = self._gates[booking.club_id]
        races = not booking.seeks_fixed_place
        about = self._memory.opening(club, booking.opening_at, gate, races=races)
        async with about as opening, club.visit() as visit:
            allowance = _Allowance(self._ports, club, booking, self._holder, self._holding)
            conversation = RaceConversation(visit, opening, self._ports.clock, allowance)
            fellows = Fellows(self._ports, booking, club.rules.race, self._holder, self._bell)
            kind = Run if races else Confirming
            run = kind(booking, opening, self._equipment, conversation, fellows)
            known = await asyncio.to_thread(self._known_club_member_id, booking)
            try:
                ending = await self._stopping.finished(run.ending(credentials, known), run.may_go_on)
                if is_for_list(ending, booking, club):
                    await ask_for_turn(self._ports, booking, self._holder, run)
            except Paused:
                ending = ending_of_paused(booking, club.rules, self._ports.clock.now())
            except Unproven:
                await asyncio.to_thread(self._account, booking, conversation.sent, run.outcome())
                raise
            except Stopped:
                await asyncio.to_thread(self._hand_on, booking, conversation.sent, run.outcome())
                raise
            finally:
                _tell(run.outcome())
            ended = await asyncio.to_thread(self._report, booking, ending, conversation.sent, run.outcome())
        if run.club_member_id not in (None, known):
            await asyncio.to_thread(self._keep_club_member_id, booking, run.club_member_id)
        return ended

    def _known_club_member_id(self, booking: Booking) -> int | None:
        return self._ports.store.member(booking.member_id).club_member_ids.get(booking.club_id)

    def _keep_club_member_id(self, booking: Booking, club_member_id: int | None) -> None:
        if club_member_id is not None:
            self._ports.store.change_member(
                booking.member_id, lambda member: member.known_at(booking.club_id, club_member_id)
            )

    def _account(self, booking: Booking, sent: Budget, outcome: Outcome) -> None:
        """Commits what was sent and learned by a run that could not find out how it stands."""
        now = self._ports.clock.now()
        self._ports.store.change(booking.id, lambda found: found.in_doubt(self._holder, sent, outcome, now))
        signals.said(self._ports.metrics, booking.club_id, outcome)

    def _hand_on(self, booking: Booking, sent: Budget, outcome: Outcome) -> None:
        """Commits what was sent and learned by a run that could not be finished, and lets go of the booking."""
        now = self._ports.clock.now()
        self._ports.store.change(booking.id, lambda found: found.handed_on(self._holder, sent, outcome, now))
        signals.said(self._ports.metrics, booking.club_id, outcome)
        _log.warning("handed on", sign_ups=sent.sign_ups, requests=sent.requests)

    def _report(self, booking: Booking, ending: Ending, sent: Budget, outcome: Outcome) -> Booking:
        """Commits how it ended. Secrets go into the vault before anything says that they are there."""
        keep_secrets_of(self._ports.vault, booking, ending)
        now = self._ports.clock.now()

        def end(found: Booking) -> Change:
            match ending:
                # A proof is a proof, whoever saw it. All else is for whoever has the booking in hand to say.
                case Won(seen_at):
                    return found.booked(Proof(seen_at=seen_at), sent, outcome, now)
                case Lost(failure) if failure.reason is FailureReason.FULL and found.waits_when_full():
                    return found.held_by(self._holder).found_full(self._start_of(found), sent, outcome, now)
                case Lost(failure):
                    return found.held_by(self._holder).failed(failure, sent, outcome, now)
                case Later(opening_at, no_fixed_place):
                    held = found.held_by(self._holder)
                    later, facts = held.reopened(opening_at, sent, outcome, now, no_fixed_place=no_fixed_place)
                    return later.checks_planned(self._checks, now)[0], facts
                case CalledOff(let_go):
                    return found.held_by(self._holder).called_off(sent, outcome, now, let_go)

        ended = self._ports.store.change(booking.id, end)
        club = self._ports.clubs.get(ended.club_id)
        signals.run_ended(self._ports.metrics, ended, outcome, club.rules.race if club else RaceRules())
        # For what is near, the delivery is still in our hands.
        if isinstance(ending, Later) and ended.is_given_back and not is_near(ended.opening_at, now):
            wake_for(self._ports, ended.club_id, ended.opening_at)
        return ended

    def _start_of(self, booking: Booking) -> datetime:
        return starts_at(booking.session, self._ports.clubs[booking.club_id].rules.zone)


def _tell(outcome: Outcome) -> None:
    """Logs what an operator wants to know of a run: the club's clock, the plan, and each attempt.

    Only now, when it is over: to write a line takes longer than a crowd at one opening has for each of them.
    """
    if outcome.clock:
        _log.info("club's clock", **outcome.clock.model_dump(mode="json"))
    if outcome.plan:
        _log.info("planned", **outcome.plan.model_dump(mode="json"))
    for attempt in outcome.timeline:
        _log.info("attempt", **attempt.model_dump(mode="json", exclude_none=True))


class _Allowance:
    """What a run may send, kept with its booking, so that it counts as sent if the run dies."""

    def __init__(self, ports: Ports, club: Club, booking: Booking, holder: str, holding: HoldingBack) -> None:
        self._ports = ports
        self._holding = holding
        self._is_checked = False
        self._rules = club.rules.race
        self._booking = booking
        self._holder = holder

    @property
    def budget(self) -> Budget:
        """All that the run may send."""
        return self._booking.reserved

    async def grow(self) -> None:
        """Asks for a share of what is left. Raises Stale if another instance has taken the booking.

        The first time is before anything is fired: raises Paused then if nothing may be asked for it any more.
        """
        if not self._is_checked:
            await self._holding.check(self._booking)
            self._is_checked = True
        now = self._ports.clock.now()
        self._booking = await asyncio.to_thread(
            self._ports.store.change, self._booking.id, lambda found: found.granted(self._holder, self._rules, now)
        )
