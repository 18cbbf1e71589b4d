"""What many races of one opening cost: counted, since a machine on which tests run is no measure of time.

In the last seconds there is room for the shots alone, and what is the same for all is done once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import floor
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from aiohappyeyeballs import start_connection  # pyright: ignore[reportUnknownVariableType] (a bare `tuple` in it)
from structlog.testing import capture_logs
from structlog.typing import EventDict, WrappedLogger
from support.booking_desk import RACE, Desk, booking_desk
from support.clock import ManualClock
from support.ntnui_visits import club_at

from autotennis.adapters.clubs import wires
from autotennis.adapters.system import SystemClock
from autotennis.domain import clockmemory
from autotennis.domain.booking import Booking, State
from autotennis.domain.clockmeasure import measured
from autotennis.domain.pace import planned
from autotennis.ports import Answer, SessionPage
from autotennis.values import Verdict, VerdictKind
from autotennis.visiting.gate import Gate
from autotennis_booker import memory
from autotennis_booker.club_time import ClubTime, Timekeeper
from autotennis_booker.firing import FiringLine, Shot

CLOCK: Final = SystemClock()
# Both are crowds.
FEW, MANY = 12, 36
OPENS_IN_S: Final = 9.0
# All is asked and known by then, and the shots are fired from then on.
LAST_S: Final = 1.9
# Of the sign-ups that a booking may send, some are kept for the end.
SHOTS: Final = 3
SPARING: Final = RACE.model_copy(update={"sign_ups": SHOTS + 2})
AT_ONCE: Final = 5

_T = TypeVar("_T")


@dataclass
class Work:
    """What was done, each with its instant."""

    done: list[tuple[str, datetime]] = field(default_factory=list[tuple[str, datetime]])
    opening: int = 0
    most_opening: int = 0

    def counted(self, name: str, do: Callable[..., _T]) -> Callable[..., _T]:
        """The same function, noted whenever it is called."""

        def counting(*args: Any, **more: Any) -> _T:
            self.done.append((name, CLOCK.now()))
            return do(*args, **more)

        return counting

    def of_a_line(self, _logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        """A log line is work, too."""
        self.done.append(("line", CLOCK.now()))
        return line

    async def connected(self, *args: Any, **more: Any) -> Any:
        """Opens a connection for a sign-up, and notes how many are being opened."""
        self.done.append(("connection", CLOCK.now()))
        self.opening += 1
        self.most_opening = max(self.most_opening, self.opening)
        try:
            return await start_connection(*args, **more)
        finally:
            self.opening -= 1

    def before(self, opening_at: datetime, within_s: float = 60.0) -> list[str]:
        """What was done before the opening, within so many seconds of it."""
        since = opening_at - timedelta(seconds=within_s)
        return [name for name, at in self.done if since <= at < opening_at]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    work = Work()
    monkeypatch.setattr(memory, "planned", work.counted("plan", planned))
    monkeypatch.setattr(memory, "_OPENED_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(wires, "start_connection", work.connected)
    return work


async def raced(directory: Path, work: Work, members: int, monkeypatch: pytest.MonkeyPatch) -> list[Booking]:
    """So many bookings of one opening, after their races."""
    async with booking_desk(directory, race=SPARING) as desk:
        bookings = wished(desk, members)
        monkeypatch.setattr(desk.family.store, "booking", work.counted("reading", desk.family.store.booking))
        with capture_logs(processors=[work.of_a_line]):
            assert await desk.race(*bookings) == 204
        return [desk.ports.store.booking(one.id) for one in bookings]


def wished(desk: Desk, members: int) -> list[Booking]:
    session = desk.session(opens_in_s=OPENS_IN_S, capacity=members)
    return [desk.booking(desk.member()[0], session) for _ in range(members)]


async def test_the_last_seconds_before_an_opening_belong_to_the_shots(
    tmp_path: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    bookings = await raced(tmp_path, work, MANY, monkeypatch)
    assert {one.state for one in bookings} == {State.BOOKED}
    last = work.before(bookings[0].opening_at, LAST_S)
    # Of the club's clock one line is written, when it is measured.
    assert last.count("line") <= 1
    assert last.count("reading") == 0, "whether they were called off was asked before"
    assert "reading" in work.before(bookings[0].opening_at), "and it was asked"
    assert 0 < last.count("connection") <= MANY * SHOTS, "nobody opens more connections than there are shots"
    assert work.most_opening <= AT_ONCE


async def test_planning_does_not_grow_with_the_crowd(
    tmp_path: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[int] = []
    for members in (FEW, MANY):
        work.done.clear()
        bookings = await raced(tmp_path / str(members), work, members, monkeypatch)
        assert all(one.plan and len(one.plan.shots_ms) <= SHOTS for one in bookings)
        plans.append(work.before(bookings[0].opening_at).count("plan"))
    # What is known is looked at anew each half second or so, and a machine that is busy takes its time.
    assert 1 <= plans[1] <= MANY / 2, plans


def told(answers: int, within_s: float) -> Timekeeper:
    """Somebody who has heard so many answers within that time, and was asked for the club's clock after each."""
    clock = ManualClock()
    keeper = ClubTime(clock).of(club_at("http://127.0.0.1:9"), Gate(clock, 1))
    for _ in range(answers):
        clock.advance(within_s / answers)
        keeper.heard(answer(clock))
        keeper.known()
        keeper.reading()
    return keeper


def answer(clock: ManualClock) -> Answer:
    """A page that was asked for 40 ms ago, and stamped on its way."""
    now_s, at_s = clock.monotonic_s(), clock.now().timestamp()
    stamp = datetime.fromtimestamp(floor(at_s - 0.02), clock.now().tzinfo)
    page = SessionPage(verdict=Verdict(kind=VerdictKind.NOT_OPEN))
    return Answer(page, now_s - 0.04, now_s, 200, stamp)


def test_weighing_the_answers_does_not_grow_with_the_crowd_that_gets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    monkeypatch.setattr(clockmemory, "measured", work.counted("weighing", measured))
    weighings: list[int] = []
    for answers in (100, 800):
        work.done.clear()
        assert told(answers, within_s=4.0).known().width_s < 0.1, "they tell"
        weighings.append(len(work.done))
    assert weighings[1] < 2 * weighings[0], weighings


def test_the_clock_of_few_bookings_is_weighed_with_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    monkeypatch.setattr(clockmemory, "measured", work.counted("weighing", measured))
    told(20, within_s=0.02)
    assert len(work.done) == 20


async def test_a_shot_is_on_the_line_before_its_connections_are_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever keeps the races of a crowd busy until the opening, the first shot does not wait for them."""
    asked: list[datetime] = []

    async def never_open(*_: Any, **__: Any) -> None:
        asked.append(CLOCK.now())
        await asyncio.sleep(60)

    monkeypatch.setattr(wires, "start_connection", never_open)
    on_the_line: list[datetime] = []
    add = FiringLine.add

    def added(self: FiringLine, shot: Shot) -> None:
        on_the_line.append(CLOCK.now())
        add(self, shot)

    monkeypatch.setattr(FiringLine, "add", added)
    async with booking_desk(tmp_path) as desk:
        booking = desk.booking(desk.member()[0], desk.session(opens_in_s=4.0))
        await desk.race(booking)
    assert asked
    assert on_the_line[0] < booking.opening_at - timedelta(milliseconds=100)
