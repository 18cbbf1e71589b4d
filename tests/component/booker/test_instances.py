"""Several bookers: one that lives is left alone, one that died is taken over from, in time for the opening."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from support.booking_desk import QUICK_PULSE, Desk, booking_desk, restarted_booker, sign_ups
from support.running import while_running
from support.waiting import eventually

from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.domain.booking import Booking, Budget, Outcome, State
from autotennis.errors import Stale, StoreBusy
from autotennis.ports import Ports, Store
from autotennis.values import Failure, FailureReason
from autotennis_booker.pulse import Pulse, Rhythm


def claimed_by(desk: Desk, holder: str, booking: Booking) -> Booking:
    """The booking as another instance left it that claimed it and sent nothing yet."""
    now = desk.ports.clock.now()
    return desk.ports.store.change(booking.id, lambda found: found.claimed(holder, desk.rules.race, now))


def lives(desk: Desk, holder: str, for_s: float) -> None:
    desk.ports.store.keep_alive(holder, desk.ports.clock.now() + timedelta(seconds=for_s))


@asynccontextmanager
async def living(desk: Desk, holder: str) -> AsyncGenerator[None]:
    """Another instance that gives signs of life while the context lasts."""
    async with Pulse(desk.ports, holder, QUICK_PULSE).beating():
        yield


async def test_a_booking_of_an_instance_that_lives_is_left_to_it(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk, living(desk, "another"):
        member, _ = desk.member()
        booking = claimed_by(desk, "another", desk.booking(member, desk.session(opens_in_s=1.0)))
        assert await desk.race(booking) == 503
        assert desk.ports.store.booking(booking.id).claim == booking.claim


async def test_a_booking_of_an_instance_that_died_is_taken_over_at_once(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk:
        member, _ = desk.member()
        booking = claimed_by(desk, "another", desk.booking(member, desk.session(opens_in_s=1.0)))
        lives(desk, "another", for_s=-1)
        assert (await desk.raced(booking)).state is State.BOOKED


async def test_who_shares_a_delivery_with_a_dead_instances_booking_does_not_make_it_late(tmp_path: Path) -> None:
    """The delivery is held until all of its bookings have ended, so the one that is still claimed is waited for."""
    async with booking_desk(tmp_path) as desk:
        session = desk.session(opens_in_s=4.0, capacity=4)
        free, held = (desk.booking(desk.member(name)[0], session) for name in ("Ida Fjeldstad", "Geir Ås"))
        held = claimed_by(desk, "another", held)
        lives(desk, "another", for_s=1.0)
        assert await desk.race(free, held) == 204
        for booking in (free, held):
            ended = desk.ports.store.booking(booking.id)
            assert ended.state is State.BOOKED
            assert min(attempt.sent_ms for attempt in sign_ups(ended)) < 500


async def test_an_instance_gives_signs_of_life_for_as_long_as_it_races(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk, restarted_booker(desk.ports, "second") as second:
        member, _ = desk.member()
        # Far longer than a life.
        booking = desk.booking(member, desk.session(opens_in_s=3.5))
        first = asyncio.create_task(desk.race(booking))
        await eventually(lambda: desk.ports.store.booking(booking.id).claim, "the first has claimed it")
        await asyncio.sleep(1.5)
        assert await desk.race(booking, url=second) == 503
        assert await first == 204
        ended = desk.ports.store.booking(booking.id)
        assert (ended.state, ended.runs) == (State.BOOKED, 1)


async def test_an_instance_that_was_overtaken_can_no_longer_end_the_booking(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk:
        member, _ = desk.member()
        booking = claimed_by(desk, "second", desk.booking(member, desk.session(opens_in_s=60)))
        nothing, now = Budget(requests=0, sign_ups=0), desk.ports.clock.now()
        failure = Failure(reason=FailureReason.CLUB_UNREACHABLE)
        with pytest.raises(Stale):
            desk.ports.store.change(
                booking.id, lambda found: found.held_by("booker").failed(failure, nothing, Outcome(), now)
            )
        with pytest.raises(Stale):
            desk.ports.store.change(
                booking.id, lambda found: found.held_by("booker").reopened(now, nothing, Outcome(), now)
            )
        assert desk.ports.store.booking(booking.id) == booking


class _Unsteady:
    """The real store, which raises these first when it is to note signs of life; None: it does not."""

    def __init__(self, store: Store, errors: list[Exception | None]) -> None:
        self._store = store
        self._errors = errors
        self.noted: list[datetime] = []

    def keep_alive(self, holder: str, until: datetime) -> None:
        if self._errors and (error := self._errors.pop(0)):
            raise error
        self.noted.append(until)
        self._store.keep_alive(holder, until)


async def test_no_error_silences_an_instance_for_good(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk:
        store = _Unsteady(desk.ports.store, [StoreBusy("not now"), None, RuntimeError("?"), StoreBusy("not now")])
        pulse = Pulse(_with(desk.ports, store), "booker", Rhythm(beat_s=0.05, life_s=5.0))
        async with pulse.beating():
            await eventually(lambda: len(store.noted) >= 3, "it beats on")


async def test_an_instance_that_is_told_to_stop_says_so(tmp_path: Path) -> None:
    async with booking_desk(tmp_path) as desk:
        pulse = Pulse(desk.ports, "booker", Rhythm(beat_s=60, life_s=600))

        async def race() -> None:
            async with pulse.beating():
                await asyncio.sleep(3600)

        async with while_running(race()):
            await eventually(lambda: desk.ports.store.alive_until("booker"), "it lives")
        until = desk.ports.store.alive_until("booker")
        assert until is not None
        assert until <= datetime.now(UTC)


def _with(ports: Ports, store: _Unsteady) -> Ports:
    """The ports, but for the store, of which only signs of life are asked."""
    return replace(ports, store=cast("Store", store))


async def test_what_opens_far_ahead_is_planned_and_not_waited_for(tmp_path: Path) -> None:
    """As when a crash came between giving a booking back for a later opening and planning that one's wake-up."""
    async with booking_desk(tmp_path) as desk:
        member, _ = desk.member()
        booking = desk.booking(member, desk.session(opens_in_s=1200))
        assert await desk.race(booking) == 204
        assert desk.ports.store.booking(booking.id) == booking
        assert isinstance(desk.ports.wake, LocalWakeScheduler)
        assert desk.ports.wake.next_at() == booking.opening_at - timedelta(minutes=2)
