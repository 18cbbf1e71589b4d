"""One process learns the clock of a practice club over real sockets: within its bound, and with few requests."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from support.ntnui_visits import club_at, credentials, open_session
from support.waiting import eventually

from autotennis.adapters.system import SystemClock
from autotennis.domain.clubclock import ClubClock
from autotennis.domain.experience import Experience
from autotennis.values import ClockDoubt, Lesson
from autotennis.visiting.gate import Gate
from autotennis_booker.club_time import ClubTime, Timekeeper
from practice_club.club import PracticeClub
from practice_club.knobs import CachedPages, Fault, FaultKind, Knobs
from practice_club.server import running_club

CLOCK = SystemClock()
# A fault that no request is spared.
DATELESS = Fault(kind=FaultKind.NO_DATE)


@dataclass
class Bench:
    """A practice club, and one process's knowledge of its clock."""

    club: PracticeClub
    timekeeper: Timekeeper

    @property
    def heads(self) -> int:
        """How many probes the club has seen."""
        return sum(request["method"] == "HEAD" for request in self.club.report()["requests"])

    @property
    def one_way_s(self) -> float:
        """How long a request is on its way to the club, and stamped, at least."""
        knobs = self.club.knobs
        return (knobs.latency_in_ms + knobs.service_before_ms + knobs.service_after_ms) / 1000

    @property
    def round_trip_s(self) -> float:
        """How long an answer takes at least."""
        return self.one_way_s + self.club.knobs.latency_out_ms / 1000

    def opening_in(self, seconds: float) -> datetime:
        """An opening at that time from now, by the club's clock."""
        return CLOCK.now() + timedelta(seconds=seconds, milliseconds=self.club.clock.offset_ms())

    def wrong_by_s(self, clock: ClubClock, ahead_ms: float = 0.0) -> float:
        """How far a server, so much ahead of the club's clock, is outside of what is known of it; 0 if inside.

        What even the quickest answer lost on this machine may be missing from the lower bound.
        """
        now, monotonic_s = CLOCK.now(), CLOCK.monotonic_s()
        offset_s = (self.club.clock.offset_ms() + ahead_ms) / 1000
        phi_s = now.timestamp() + offset_s + self.one_way_s - monotonic_s
        lost_s = clock.round_trip_s - self.round_trip_s
        return max(0.0, clock.low_s - lost_s - phi_s, phi_s - clock.high_s)

    async def booked(self) -> None:
        """What every booking does ahead of its opening: it logs in and looks, each at a good moment."""
        member = self.club.add_member()
        _, session = open_session(self.club, opens_in_s=600)
        async with club_at(self.club.base_url).visit() as visit:
            await self.timekeeper.good_moment()
            self.timekeeper.heard(await visit.log_in(credentials(member)))
            await self.timekeeper.good_moment()
            self.timekeeper.heard(await visit.look(session))

    def experience(self, offset_ms: float) -> Experience:
        """What an opening one minute ago taught."""
        lesson = Lesson(
            at=CLOCK.now() - timedelta(minutes=1), bound_ms=1.0, round_trip_ms=1.0, jitter_ms=0.2, offset_ms=offset_ms
        )
        return Experience(lessons=(lesson,))


@asynccontextmanager
async def bench(knobs: Knobs | None = None) -> AsyncGenerator[Bench]:
    async with running_club(empty=True, knobs=knobs) as club:
        ours = club_at(club.base_url)
        yield Bench(club, ClubTime(CLOCK).of(ours, Gate(CLOCK, 16)))


def test_a_club_has_one_timekeeper() -> None:
    ours, gate = club_at("http://127.0.0.1:1/"), Gate(CLOCK, 16)
    club_time = ClubTime(CLOCK)
    assert club_time.of(ours, gate) is club_time.of(ours, Gate(CLOCK, 16))


def test_of_a_club_that_never_answered_only_our_own_time_is_assumed() -> None:
    timekeeper = ClubTime(CLOCK).of(club_at("http://127.0.0.1:1/"), Gate(CLOCK, 16))
    assert timekeeper.reading() is None
    assert timekeeper.rush_s() == 0
    assert timekeeper.known().width_s == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize(
    "knobs",
    [
        pytest.param(Knobs(clock_offset_ms=1370, latency_in_ms=1, latency_out_ms=1), id="quick"),
        pytest.param(
            Knobs(clock_offset_ms=-4200, latency_in_ms=7.5, latency_out_ms=7.5, jitter_in_ms=5, jitter_out_ms=5),
            id="jitter",
        ),
    ],
)
async def test_the_clock_is_learned_once_for_all_bookings_of_an_opening(knobs: Knobs) -> None:
    """Eight probes are enough on a machine that has nothing else to do; a slow one may blur some."""
    async with bench(knobs) as at:
        await at.booked()
        # Woken fourteen seconds before, and a little was spent on logging in.
        opening_at = at.opening_in(13)
        clocks = await asyncio.gather(*(at.timekeeper.measured(opening_at) for _ in range(3)))
        assert at.opening_in(1.5) <= opening_at, "it ended in time"
        assert at.heads <= 13
        assert at.wrong_by_s(clocks[0]) < 0.001
        assert clocks[0].width_s < 0.1
        assert {clock.probes for clock in clocks} == {at.heads + 2}
        reading = at.timekeeper.reading()
        assert reading
        assert abs(reading.offset_ms - at.club.clock.offset_ms()) <= reading.bound_ms + 1
        assert reading.doubts == ()
        # A booking that comes late finds the work done.
        heads = at.heads
        await at.timekeeper.measured(opening_at)
        assert at.heads == heads


async def test_a_learned_clock_takes_two_probes_and_more_only_for_slow_answers() -> None:
    async with bench(Knobs(clock_offset_ms=1370)) as at:
        for _ in range(2):
            at.timekeeper.believe(at.experience(1370))
        assert at.wrong_by_s(at.timekeeper.known()) < 0.001
        clock = await at.timekeeper.measured(at.opening_in(6))
        assert 2 <= at.heads <= 4
        assert at.wrong_by_s(clock) < 0.001
        assert not clock.doubts


async def test_a_booking_that_logs_in_and_looks_verifies_what_was_learned() -> None:
    async with bench(Knobs(clock_offset_ms=1370)) as at:
        at.timekeeper.believe(at.experience(1370))
        await at.booked()
        known = at.timekeeper.known()
        assert known.probes == 2
        assert at.wrong_by_s(known) < 0.001
        # The work on these pages may hide what a probe has to tell then.
        await at.timekeeper.measured(at.opening_in(5))
        assert at.heads <= 4


async def test_many_bookings_learn_the_clock_by_the_way() -> None:
    async with bench(Knobs(clock_offset_ms=-300)) as at:

        async def booked_after(seconds: float) -> None:
            await asyncio.sleep(seconds)
            await at.booked()

        await asyncio.gather(*(booked_after(0.2 * number) for number in range(30)))
        clock = await at.timekeeper.measured(at.opening_in(6))
        # None, unless this machine was slow to answer: a booking that is alone needs eight.
        assert at.heads <= 5
        assert at.wrong_by_s(clock) < 0.001
        assert clock.probes >= 60


async def test_bookings_that_come_all_at_once_do_not_bunch() -> None:
    async with bench() as at:
        asked_s: list[float] = []

        async def asked() -> None:
            await at.timekeeper.good_moment(0.5)
            asked_s.append(CLOCK.monotonic_s())

        begun_s = CLOCK.monotonic_s()
        await asyncio.gather(*(asked() for _ in range(20)))
        assert asked_s == sorted(asked_s)
        # Twenty moments that are 25 ms apart; however busy the machine is, nobody goes before their moment.
        assert all(at_s >= begun_s + 0.025 * number for number, at_s in enumerate(asked_s))


async def test_what_was_learned_is_forgotten_when_the_clock_has_stepped() -> None:
    async with bench(Knobs(clock_offset_ms=1370)) as at:
        at.timekeeper.believe(at.experience(1370))
        at.club.step_clock(300)
        clock = await at.timekeeper.measured(at.opening_in(15))
        assert at.wrong_by_s(clock) < 0.001
        assert clock.width_s < 0.4
        assert at.heads <= 13


async def test_a_step_in_the_middle_of_the_measurement_is_noticed() -> None:
    async with bench(Knobs(latency_in_ms=1, latency_out_ms=1)) as at:
        await at.booked()
        measuring = asyncio.create_task(at.timekeeper.measured(at.opening_in(15)))
        await eventually(lambda: at.heads >= 3, "three probes were sent")
        at.club.step_clock(-400)
        clock = await measuring
        assert at.wrong_by_s(clock) < 0.001
        assert ClockDoubt.STEPPED in clock.doubts
        assert at.heads <= 13


@pytest.mark.parametrize(
    ("knobs", "doubt"),
    [
        pytest.param(Knobs(faults=(DATELESS,)), ClockDoubt.NO_DATE, id="no-date"),
        pytest.param(Knobs(clock_offset_ms=3_600_000), ClockDoubt.IMPLAUSIBLE, id="an-hour-off"),
    ],
)
async def test_a_club_that_tells_nothing_is_asked_three_times_and_taken_to_keep_our_time(
    knobs: Knobs, doubt: ClockDoubt
) -> None:
    async with bench(knobs) as at:
        clock = await at.timekeeper.measured(CLOCK.now() + timedelta(seconds=5))
        assert at.heads == 3
        assert clock.probes == 0
        assert clock.width_s == pytest.approx(2.0, abs=1e-6)
        reading = at.timekeeper.reading()
        assert reading
        assert reading.doubts == (doubt,)
        assert reading.offset_ms == pytest.approx(0.0, abs=1)


@pytest.mark.parametrize(("says_so", "doubt"), [(True, ClockDoubt.SECOND_HAND), (False, ClockDoubt.STUCK)])
async def test_copies_from_a_cache_are_no_evidence(says_so: bool, doubt: ClockDoubt) -> None:
    caching = CachedPages(seconds=60, age=says_so)
    async with bench(Knobs(clock_offset_ms=370, cached_pages=caching)) as at:
        await at.booked()
        clock = await at.timekeeper.measured(at.opening_in(8))
        reading = at.timekeeper.reading()
        assert reading
        assert doubt in reading.doubts
        assert at.wrong_by_s(clock) < 0.001
        assert at.heads <= 13


async def test_several_servers_give_an_estimate_around_all_of_them() -> None:
    # The booking's connection is one server's, and that over which the clock is measured is the other's. There may be
    # no time to tell this from a step: but then both are taken as possible, too.
    async with bench(Knobs(servers=(0.0, 700.0))) as at:
        await at.booked()
        clock = await at.timekeeper.measured(at.opening_in(13))
        assert clock.doubts
        assert at.wrong_by_s(clock) < 0.01
        assert at.wrong_by_s(clock, ahead_ms=700.0) < 0.01
        assert at.heads <= 13


async def test_a_club_that_is_silent_or_busy_holds_nobody_up() -> None:
    for kind in (FaultKind.RESET, FaultKind.UNAVAILABLE):
        async with bench(Knobs(faults=(Fault(kind=kind),))) as at:
            clock = await at.timekeeper.measured(CLOCK.now() + timedelta(seconds=4))
            assert clock.probes == 0
            assert at.heads <= 3
            assert at.timekeeper.reading() is None


async def test_an_opening_that_has_come_is_not_measured_for() -> None:
    async with bench() as at:
        assert (await at.timekeeper.measured(CLOCK.now())).probes == 0
        assert at.heads == 0


async def test_how_slow_a_club_has_become_is_felt_with_two_requests_for_all() -> None:
    async with bench(Knobs(latency_in_ms=1, latency_out_ms=1)) as at:
        async with club_at(at.club.base_url).visit() as visit:
            for _ in range(5):
                at.timekeeper.heard(await visit.probe(deep=True))
        at.club.turn(latency_in_ms=400)
        felt_s = await asyncio.gather(at.timekeeper.feel_rush(3.0), at.timekeeper.feel_rush(3.0))
        assert at.heads == 7
        assert all(rush_s > 0.3 for rush_s in felt_s)


async def test_who_waits_in_vain_for_a_sign_of_life_knows_that_the_club_is_slow() -> None:
    async with bench(Knobs(latency_in_ms=800)) as at:
        assert await at.timekeeper.feel_rush(0.2) >= 0.2


async def test_what_is_known_is_forgotten_when_the_machine_has_slept() -> None:
    """Our monotonic clock stands still meanwhile, so what is known of the club's would be late by all of that."""
    clock = SleepyClock()
    async with running_club(empty=True) as club:
        ours = club_at(club.base_url)
        timekeeper = ClubTime(clock).of(ours, Gate(clock, 16))
        async with ours.visit() as visit:
            timekeeper.heard(await visit.probe(), light=True)
            assert timekeeper.known().probes == 1
            clock.slept = timedelta(hours=2)
            assert timekeeper.known().probes == 0
            off = timekeeper.known().instant_at(clock.monotonic_s()) - clock.now()
            assert abs(off) < timedelta(seconds=1)


class SleepyClock(SystemClock):
    """The machine's clocks after it has slept."""

    def __init__(self) -> None:
        self.slept = timedelta(0)

    def now(self) -> datetime:
        """The instant."""
        return super().now() + self.slept
