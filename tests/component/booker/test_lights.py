"""How far a race has come is told beside it: in time for an open page, and in silence around the opening."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.booking_desk import Desk, booking_desk

from autotennis.domain.booking import Booking, Change, State
from autotennis.domain.progress import Progress, Stage
from autotennis.errors import StoreBusy
from autotennis_booker.lights import Lights
from practice_club.knobs import Fault, FaultKind
from practice_club.vocabulary import Action as ClubAction

# A race reaches all but the check that comes long before it.
ALL = [one for one in Stage if one is not Stage.PRE_CHECKED]
MOST_WRITES = 4


@dataclass(frozen=True)
class Written:
    """A write of a booking: when it was begun and ended, and how far the run had come by it."""

    begun: datetime
    ended: datetime
    stages: list[Stage]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """A club and a booker."""
    async with booking_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def writes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[Written]:
    """What is written of bookings from now on."""
    written: list[Written] = []
    store, now = desk.ports.store, desk.ports.clock.now
    change = store.change

    def noted(booking_id: str, fn: Callable[[Booking], Change]) -> Booking:
        begun = now()
        changed = change(booking_id, fn)
        written.append(Written(begun, now(), stages(changed)))
        return changed

    monkeypatch.setattr(store, "change", noted)
    return written


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bookings of which it is told how far they have come, by a write of its own."""
    told: list[str] = []
    keep = Lights.keep

    def counted(self: Lights, booking_id: str, reached: Progress) -> None:
        told.append(booking_id)
        keep(self, booking_id, reached)

    monkeypatch.setattr(Lights, "keep", counted)
    return told


def stages(booking: Booking) -> list[Stage]:
    return [one.stage for one in booking.progress]


async def test_every_stage_is_reached_in_its_order_and_at_its_time(desk: Desk) -> None:
    booking = await desk.raced(desk.booking(desk.member()[0], desk.session(opens_in_s=7)))
    assert booking.state is State.BOOKED
    assert stages(booking) == ALL
    instants = [one.at for one in booking.progress]
    assert instants == sorted(instants)
    fired = booking.progress[ALL.index(Stage.FIRED)].at
    assert abs(fired - booking.opening_at) < timedelta(seconds=1)


async def test_nothing_is_written_in_the_last_second_and_the_log_in_is_told_before(
    desk: Desk, writes: list[Written], told: list[str]
) -> None:
    wished = desk.booking(desk.member()[0], desk.session(opens_in_s=7))
    booking = await desk.raced(wished)
    opening = booking.opening_at
    before = [one for one in writes if one.begun < opening]
    assert [one for one in before if one.ended > opening - timedelta(seconds=1)] == []
    assert any(Stage.LOGGED_IN in one.stages for one in before)
    assert 1 <= len(told) <= MOST_WRITES


async def test_shots_that_nobody_answers_are_told_within_a_second(desk: Desk, writes: list[Written]) -> None:
    desk.club.turn(faults=(Fault(kind=FaultKind.TIMEOUT, action=ClubAction.SIGN_UP, acts=True, hold_s=3),))
    booking = await desk.raced(desk.booking(desk.member()[0], desk.session(opens_in_s=4)))
    first = next(one for one in writes if Stage.FIRED in one.stages)
    assert booking.state is State.BOOKED
    assert timedelta(seconds=0.2) < first.begun - booking.opening_at < timedelta(seconds=1)


async def test_a_store_that_is_away_costs_nothing_but_the_lights(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_lights: Lights, _booking_id: str, _reached: object) -> None:
        raise StoreBusy("The store is away.")

    monkeypatch.setattr(Lights, "keep", away)
    booking = await desk.raced(desk.booking(desk.member()[0], desk.session(opens_in_s=4)))
    assert booking.state is State.BOOKED
    # The outcome brings them along.
    assert stages(booking) == ALL


async def test_an_open_session_is_told_without_a_clock(desk: Desk) -> None:
    booking = await desk.raced(desk.booking(desk.member()[0], desk.session(opens_in_s=-60)))
    assert stages(booking) == [Stage.SCHEDULED, Stage.LOGGED_IN, Stage.FIRED, Stage.PROVEN]


async def test_what_a_busy_thread_would_write_in_the_silence_is_not_written(
    desk: Desk, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(_lights: Lights) -> float:
        """By the time that a thread is free."""
        return 0.0

    monkeypatch.setattr(Lights, "_silent_from_s", begun)
    booking = await desk.raced(desk.booking(desk.member()[0], desk.session(opens_in_s=4)))
    assert told == []
    assert stages(booking) == ALL
