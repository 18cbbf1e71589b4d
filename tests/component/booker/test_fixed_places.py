"""A regular player's own fixed place: confirmed as soon as the club allows it, and not before; or else raced for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.booking_desk import RACE, SPOILT, Desk, ShiftedClock, booking_desk, fault, restarted_booker
from support.ntnui_links import session_at
from support.waiting import eventually

from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.domain.booking import Booking, State, Wish, requested
from autotennis.domain.member import Member
from autotennis.domain.opening import confirming_of, opening_of
from autotennis.events import Booked
from autotennis.values import Action, FailureReason
from practice_club.knobs import Fault, FaultKind, Knobs
from practice_club.orders import NewSession
from practice_club.people import Member as ClubMember
from practice_club.session import Session as ClubSession
from practice_club.vocabulary import Action as ClubAction
from practice_club.vocabulary import DstRule, Kind

# A session of an ordinary week, and the instant from which its regular players may confirm.
START = "20261127T18:00:00"
CONFIRMING = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
OPENING = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
LATER = CONFIRMING + timedelta(days=1)
MOST_REQUESTS = 6


@dataclass
class Fixed:
    """A desk with a member, who is a regular player of the session or is not."""

    desk: Desk
    member: Member
    at_club: ClubMember
    session: ClubSession

    def booking(self, **more: Any) -> Booking:
        """The member's wish to have their fixed place confirmed, scheduled."""
        wanted = session_at(self.desk.rules, self.desk.club.link(self.session))
        now = self.desk.ports.clock.now()
        wish = Wish(
            member_id=self.member.id,
            club_id=self.desk.rules.id,
            session=wanted,
            opening_at=max(now, confirming_of(wanted, self.desk.rules)),
            fixed=True,
            **more,
        )
        booking, facts = requested(self.desk.ids.new(), wish, now)
        self.desk.ports.store.create((booking, facts))
        return self.desk.ports.store.change(booking.id, lambda found: found.wake_planned(now))

    def now(self, booking: Booking) -> Booking:
        return self.desk.ports.store.booking(booking.id)

    def to(self, instant: datetime) -> None:
        """Time passes, for the club as for us."""
        clock = self.desk.ports.clock
        assert isinstance(clock, ShiftedClock)
        by = instant - clock.now()
        clock.advance(by)
        self.desk.club.step_clock(by.total_seconds() * 1000)

    def is_left_to_the_race(self, booking: Booking, opening_at: datetime = OPENING) -> None:
        """It was given back for the opening, and is due then."""
        assert (booking.state, booking.claim, booking.no_fixed_place) == (State.SIGNING_UP, None, True)
        assert booking.opening_at == opening_at
        assert self.desk.ports.store.due("practice", opening_at, self.desk.ports.clock.now()) == [booking.id]


@asynccontextmanager
async def fixed(
    directory: Path,
    now: datetime,
    *,
    knobs: Knobs | None = None,
    regular: bool = True,
    starts: str = START,
    **more: Any,
) -> AsyncGenerator[Fixed]:
    async with booking_desk(directory, knobs, now=now) as desk:
        member, at_club = desk.member(known=False)
        regulars = (at_club.id,) if regular else (desk.member()[1].id,)
        session = desk.club.add_session(NewSession(starts=starts, regulars=regulars, **more))
        yield Fixed(desk, member, at_club, session)


async def test_confirmed_at_the_instant_and_not_before(tmp_path: Path) -> None:
    async with fixed(tmp_path, CONFIRMING - timedelta(seconds=3)) as at:
        booking = await at.desk.raced(at.booking())
        assert booking.state is State.BOOKED
        assert booking.proof
        assert at.desk.report(at.session)["members"] == [at.at_club.id]
        (confirmed,) = [attempt for attempt in booking.timeline if attempt.action is Action.CONFIRM]
        assert 0 < confirmed.sent_ms < 10_000
        assert (at.desk.asked("confirm"), at.desk.asked("sign_up"), at.desk.asked("login")) == (1, 0, 1)
        assert booking.requests_sent <= MOST_REQUESTS
        assert len([event for event in at.desk.told() if isinstance(event, Booked)]) == 1
        assert at.desk.ports.store.member(at.member.id).club_member_ids == {"practice": at.at_club.id}
        assert at.desk.asked("page") == 0, "there is no race that the club's clock would be measured for"


async def test_a_club_whose_clock_is_behind_is_waited_for(tmp_path: Path) -> None:
    async with fixed(tmp_path, CONFIRMING - timedelta(seconds=1)) as at:
        at.desk.club.step_clock(-8000)
        booking = await at.desk.raced(at.booking())
        assert booking.state is State.BOOKED
        assert at.desk.asked("confirm") == 1
        assert booking.requests_sent <= MOST_REQUESTS


async def test_what_is_asked_for_later_is_confirmed_at_once(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        booking = await at.desk.raced(at.booking())
        assert booking.state is State.BOOKED
        assert booking.requests_sent <= 4
        assert booking.late_s == 0


async def test_what_the_member_has_confirmed_already_is_booked_by_a_look(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        at.session.said[at.at_club.id] = True
        booking = await at.desk.raced(at.booking())
        assert booking.state is State.BOOKED
        assert at.desk.asked("confirm") == 0


async def test_who_is_no_regular_player_races_at_the_opening(tmp_path: Path) -> None:
    async with fixed(tmp_path, CONFIRMING - timedelta(seconds=3), regular=False) as at:
        booking = await at.desk.raced(at.booking())
        at.is_left_to_the_race(booking)
        assert (at.desk.asked("confirm"), at.desk.asked("sign_up")) == (0, 0)
        assert booking.requests_sent <= MOST_REQUESTS
        assert all(attempt.sent_ms < -3 * 86_400_000 for attempt in booking.timeline), "counted from the opening now"
        assert isinstance(at.desk.ports.wake, LocalWakeScheduler)
        assert at.desk.ports.wake.next_at() == OPENING - timedelta(minutes=2)

        at.to(OPENING - timedelta(seconds=3))
        booking = await at.desk.raced(booking)
        assert booking.state is State.BOOKED
        assert at.desk.report(at.session)["members"] == [at.at_club.id]
        assert (booking.runs, at.desk.asked("confirm")) == (2, 0)


async def test_a_session_without_regular_players_is_raced_for(tmp_path: Path) -> None:
    async with booking_desk(tmp_path, now=CONFIRMING - timedelta(seconds=2)) as desk:
        member, at_club = desk.member()
        at = Fixed(desk, member, at_club, desk.club.add_session(NewSession(starts=START, kind=Kind.DROP_IN)))
        at.is_left_to_the_race(await desk.raced(at.booking()))


async def test_who_said_no_and_whose_place_is_taken_races_at_the_opening(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER, capacity=1) as at:
        at.desk.club.decline(at.session, at.at_club.id)
        at.desk.club.take(at.session)
        booking = await at.desk.raced(at.booking())
        at.is_left_to_the_race(booking)
        assert at.desk.asked("confirm") == 0


async def test_who_said_no_and_wishes_for_the_place_now_gets_it_while_it_is_free(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        at.desk.club.decline(at.session, at.at_club.id)
        assert (await at.desk.raced(at.booking())).state is State.BOOKED
        assert at.desk.report(at.session)["members"] == [at.at_club.id]


@pytest.mark.parametrize("rule", list(DstRule))
@pytest.mark.parametrize(
    ("starts", "elapsed", "calendar"),
    [
        ("20260331T18:00:00", datetime(2026, 3, 24, 16, 0, tzinfo=UTC), datetime(2026, 3, 24, 17, 0, tzinfo=UTC)),
        # The clocks change in the seven days, and not in the three before the start.
        ("20261029T18:00:00", datetime(2026, 10, 22, 17, 0, tzinfo=UTC), datetime(2026, 10, 22, 16, 0, tzinfo=UTC)),
    ],
    ids=["spring", "autumn"],
)
async def test_the_pages_own_countdown_is_the_authority_on_how_the_club_counts(
    tmp_path: Path, starts: str, elapsed: datetime, calendar: datetime, rule: DstRule
) -> None:
    """There are two on it, and the one to the opening is not what a regular player waits for."""
    first, allowed = min(elapsed, calendar), elapsed if rule is DstRule.ELAPSED else calendar
    async with fixed(tmp_path, first - timedelta(seconds=2), knobs=Knobs(dst_rule=rule), starts=starts) as at:
        booking = at.booking()
        assert booking.opening_at == first
        if allowed > first:
            booking = await at.desk.raced(booking)
            assert (booking.state, booking.claim, booking.seeks_fixed_place) == (State.SIGNING_UP, None, True)
            assert booking.opening_at == allowed
            assert at.desk.asked("confirm") == 0
            at.to(allowed - timedelta(seconds=2))
        assert (await at.desk.raced(booking)).state is State.BOOKED
        assert at.desk.asked("confirm") == 1


async def test_a_crash_after_the_yes_ends_in_booked_by_a_look(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        booking, now = at.booking(), at.desk.ports.clock.now()
        at.desk.ports.store.change(booking.id, lambda found: found.claimed("booker", RACE, now))
        at.desk.ports.store.change(booking.id, lambda found: found.granted("booker", RACE, now))
        at.session.said[at.at_club.id] = True
        booking = await at.desk.raced(booking)
        assert (booking.state, booking.runs) == (State.BOOKED, 2)
        assert at.desk.asked("confirm") == 0


async def test_a_crash_costs_the_race_little(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        booking, now = at.booking(), at.desk.ports.clock.now()
        at.desk.ports.store.change(booking.id, lambda found: found.claimed("booker", RACE, now))
        at.desk.ports.store.change(booking.id, lambda found: found.granted("booker", RACE, now))
        booking = await at.desk.raced(booking)
        assert booking.state is State.BOOKED
        assert (booking.sign_ups_sent, at.desk.asked("confirm")) == (3, 1), "two are counted for who was killed"
        assert booking.requests_sent < RACE.requests / 2


async def test_one_that_was_killed_while_it_waited_is_taken_over(tmp_path: Path) -> None:
    async with fixed(tmp_path, CONFIRMING - timedelta(seconds=3)) as at:
        booking, now = at.booking(), at.desk.ports.clock.now()
        at.desk.ports.store.change(booking.id, lambda found: found.claimed("another", RACE, now))
        at.desk.ports.store.keep_alive("another", now - timedelta(seconds=1))
        assert (await at.desk.raced(booking)).state is State.BOOKED
        assert at.desk.asked("confirm") == 1


@pytest.mark.parametrize("kind", SPOILT)
async def test_a_yes_whose_answer_was_spoilt_is_not_repeated(tmp_path: Path, kind: FaultKind) -> None:
    async with fixed(tmp_path, LATER) as at:
        at.desk.club.turn(faults=(fault(kind, action=ClubAction.CONFIRM, times=1, acts=True),))
        assert (await at.desk.raced(at.booking())).state is State.BOOKED
        assert at.desk.asked("confirm") == 1


async def test_a_request_that_was_lost_is_sent_once_more(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        at.desk.club.turn(faults=(Fault(kind=FaultKind.RESET, action=ClubAction.CONFIRM, times=1),))
        assert (await at.desk.raced(at.booking())).state is State.BOOKED
        assert at.desk.asked("confirm") == 2


async def test_a_club_that_never_takes_it_is_asked_again_later_and_then_left_alone(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        at.desk.club.turn(faults=(Fault(kind=FaultKind.RESET, action=ClubAction.CONFIRM),))
        booking, runs = at.booking(), 0
        while booking.seeks_fixed_place:
            booking = await at.desk.raced(booking)
            if booking.seeks_fixed_place:
                assert timedelta(minutes=20) < booking.opening_at - at.desk.ports.clock.now() < timedelta(minutes=31)
                at.to(booking.opening_at)
            runs += 1
        at.is_left_to_the_race(booking)
        assert 1 < runs < 10
        assert booking.requests_sent < RACE.requests / 2


async def test_a_silent_club_has_failed_nobody_yet(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        at.desk.club.turn(faults=(Fault(kind=FaultKind.UNAVAILABLE),))
        booking = await at.desk.raced(at.booking())
        assert (booking.state, booking.claim, booking.seeks_fixed_place) == (State.SIGNING_UP, None, True)
        at.desk.club.turn(faults=())
        at.to(booking.opening_at)
        assert (await at.desk.raced(booking)).state is State.BOOKED


async def test_where_it_may_be_in_silence_is_a_doubt(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        lost = Fault(kind=FaultKind.RESET, action=ClubAction.CONFIRM, times=1, acts=True)
        silent = Fault(kind=FaultKind.SERVER_ERROR, action=ClubAction.VIEW, skip=1)
        at.desk.club.turn(faults=(lost, silent))
        booking = at.booking()
        assert await at.desk.race(booking) == 503
        doubtful = at.now(booking)
        assert doubtful.claim
        assert doubtful.sign_ups_sent == 1
        at.desk.club.turn(faults=())
        assert (await at.desk.raced(booking)).state is State.BOOKED
        assert at.desk.asked("confirm") == 1


async def test_a_refused_login_is_sent_once(tmp_path: Path) -> None:
    async with booking_desk(tmp_path, now=LATER) as desk:
        member, at_club = desk.member(pin="0000")
        at = Fixed(desk, member, at_club, desk.club.add_session(NewSession(starts=START, regulars=(at_club.id,))))
        booking = await desk.raced(at.booking())
        assert booking.failure
        assert booking.failure.reason is FailureReason.LOGIN_REFUSED
        assert desk.asked("login") == 1


async def test_a_cancelled_session_ends_it(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER) as at:
        at.desk.club.cancel(at.session)
        booking = await at.desk.raced(at.booking())
        assert booking.failure
        assert booking.failure.reason is FailureReason.SESSION_CANCELLED


async def test_who_cancels_while_it_waits_for_the_instant_confirms_nothing(tmp_path: Path) -> None:
    async with fixed(tmp_path, CONFIRMING - timedelta(seconds=3)) as at:
        booking = at.booking()
        racing = asyncio.create_task(at.desk.race(booking))
        await eventually(lambda: at.desk.asked("view"), "the page was read")
        now = at.desk.ports.clock.now()
        at.desk.ports.store.change(booking.id, lambda found: found.cancelled(now))
        assert await racing == 204
        assert at.now(booking).state is State.CANCELLED
        assert at.desk.asked("confirm") == 0


async def test_found_only_after_the_opening_it_is_raced_for_at_once(tmp_path: Path) -> None:
    """As when nothing ran for days."""
    async with fixed(tmp_path, CONFIRMING - timedelta(minutes=5), regular=False) as at:
        booking = at.booking()
        at.to(OPENING + timedelta(minutes=5))
        assert (await at.desk.raced(booking)).state is State.BOOKED


async def test_found_only_after_the_opening_and_full_it_waits(tmp_path: Path) -> None:
    async with fixed(tmp_path, CONFIRMING - timedelta(minutes=5), regular=False, capacity=4, taken=4) as at:
        booking = at.booking()
        at.to(OPENING + timedelta(minutes=5))
        booking = await at.desk.raced(booking)
        assert (booking.opening_at, booking.no_fixed_place) == (OPENING, True)
        assert (await at.desk.raced(booking)).state is State.WAITING


async def test_a_place_that_another_regular_player_declined_is_taken_rather_than_left(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER, regular=False) as at:
        at.desk.club.decline(at.session)
        booking = await at.desk.raced(at.booking())
        assert booking.state is State.BOOKED
        assert at.desk.report(at.session)["members"] == [at.at_club.id]


async def test_who_has_no_fixed_place_still_looks_for_an_early_one(tmp_path: Path) -> None:
    async with fixed(tmp_path, LATER, regular=False) as at:
        booking = await at.desk.raced(at.booking(early=True))
        assert [one.id for one in at.desk.ports.store.in_line("practice")] == [booking.id]
        now = at.desk.ports.clock.now()
        at.desk.club.decline(at.session)
        forward = at.desk.ports.store.change(booking.id, lambda found: found.brought_forward(now))
        assert at.desk.ports.store.in_line("practice") == [], "there is one try"
        assert (await at.desk.raced(forward)).state is State.BOOKED


async def test_an_early_try_before_its_time_does_not_cost_the_fixed_place(tmp_path: Path) -> None:
    before = CONFIRMING - timedelta(days=1)
    async with fixed(tmp_path, before) as at:
        booking = at.booking(early=True)
        forward = at.desk.ports.store.change(booking.id, lambda found: found.brought_forward(before))
        back = await at.desk.raced(forward)
        assert (back.opening_at, back.seeks_fixed_place) == (CONFIRMING, True)


async def test_confirmations_do_not_count_among_the_races_of_an_opening(tmp_path: Path) -> None:
    """Another session opens at the instant at which this one may be confirmed: what that race plans is its own."""
    async with fixed(tmp_path, CONFIRMING - timedelta(seconds=4)) as at:
        racer, racer_at_club = at.desk.member()
        other = at.desk.club.add_session(NewSession(starts="20261123T18:00:00"))
        booking = at.desk.booking(racer, other)
        assert booking.opening_at == CONFIRMING == opening_of(booking.session, at.desk.rules)
        mine = at.booking()
        assert await at.desk.race(booking, mine) == 204
        assert [at.now(one).state for one in (booking, mine)] == [State.BOOKED] * 2
        assert at.desk.report(other)["members"] == [racer_at_club.id]


async def test_another_instance_keeps_away(tmp_path: Path) -> None:
    async with fixed(tmp_path, CONFIRMING - timedelta(seconds=3)) as at:
        booking = at.booking()
        racing = asyncio.create_task(at.desk.race(booking))
        await eventually(lambda: at.now(booking).claim, "it is claimed")
        async with restarted_booker(at.desk.ports, "another") as url:
            assert await at.desk.race(booking, url=url) == 503
        assert await racing == 204
        assert at.desk.asked("confirm") == 1
