"""Openings of one club after one another: each is planned by what those before it taught, also by a new process."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from support.booking_desk import CLUB_ID, RACE, Desk, booking_desk, restarted_booker
from support.situations import Round, Situation, race_at

from autotennis.adapters.local.database import FILE_NAME
from autotennis.domain.booking import State
from autotennis.values import PlanBasis
from practice_club.knobs import Knobs, Rush

# All races of this module are run at the same time, by one worker.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("situations_learning")]

# With some work before it decides: what past openings do not tell of that is at least within its limits.
OPENING = Situation(Knobs(latency_in_ms=2, latency_out_ms=2, service_before_ms=10, service_after_ms=10), opens_in_s=9.0)
# In the second before the opening half as many visitors more come than two workers can serve in it.
RUSHED = Situation(
    Knobs(
        latency_in_ms=2,
        latency_out_ms=2,
        service_before_ms=10,
        service_after_ms=10,
        workers=2,
        rush=Rush(requests=300),
    ),
    RACE.model_copy(update={"give_up_s": 8.0}),
    opens_in_s=9.0,
)
# Two that teach, and one that is planned by it.
OPENINGS = 3
RUSHED_REQUESTS = 30
LEARNED_REQUESTS = 12


async def after_one_another(directory: Path, situation: Situation) -> list[Round]:
    """Openings raced for by one process, and the last one by another, which knows nothing of what that one did."""
    async with booking_desk(directory, situation.knobs, race=situation.rules) as desk:
        rounds = [await race_at(desk, situation) for _ in range(OPENINGS)]
        async with restarted_booker(desk.ports, "another") as url:
            rounds.append(await race_at(desk, situation, url))
    return rounds


def damage(desk: Desk, statement: str) -> None:
    """Does something to the database that nobody should."""
    with closing(sqlite3.connect(desk.directory / FILE_NAME)) as database, database:
        database.execute("INSERT INTO experiences VALUES (?, '{}')", (CLUB_ID,))
        database.execute(statement)


async def with_damage(directory: Path, statement: str) -> list[Round]:
    """One opening, with what was kept of earlier ones damaged."""
    situation = Situation(Knobs(), opens_in_s=6.0)
    async with booking_desk(directory, situation.knobs, race=situation.rules) as desk:
        damage(desk, statement)
        return [await race_at(desk, situation)]


STORIES: dict[str, Callable[[Path], Awaitable[list[Round]]]] = {
    "steady": lambda directory: after_one_another(directory, OPENING),
    "rushed": lambda directory: after_one_another(directory, RUSHED),
    "unreadable": lambda directory: with_damage(directory, "UPDATE experiences SET body = '{\"lessons\": [1'"),
    "strange": lambda directory: with_damage(directory, 'UPDATE experiences SET body = \'{"lessons": [{"at": 1}]}\''),
    "gone": lambda directory: with_damage(directory, "DROP TABLE experiences"),
}
DAMAGED = ["unreadable", "strange", "gone"]
Told = dict[str, "asyncio.Task[list[Round]]"]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Told]:
    """All of it at the same time, since it mostly waits."""

    async def run(name: str) -> list[Round]:
        return await STORIES[name](tmp_path_factory.mktemp(name))

    tasks = {name: asyncio.create_task(run(name)) for name in STORIES}
    yield tasks
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("name", STORIES)
async def test_caps_and_the_truth(told: Told, name: str) -> None:
    for one in await asyncio.shield(told[name]):
        one.keeps_the_promises()
        assert one.states == {State.BOOKED}


def bases(rounds: Sequence[Round]) -> list[PlanBasis | None]:
    return [one.booking.plan and one.booking.plan.basis for one in rounds]


async def test_the_third_opening_is_planned_by_what_the_first_two_taught(told: Told) -> None:
    rounds = await asyncio.shield(told["steady"])
    assert bases(rounds)[:2] == [PlanBasis.MEASURED] * 2
    assert bases(rounds)[2] is PlanBasis.LEARNED


async def test_what_was_taught_survives_the_process(told: Told) -> None:
    assert bases(await asyncio.shield(told["steady"]))[-1] is PlanBasis.LEARNED


async def test_a_learned_club_gets_no_more_requests_than_a_strange_one(told: Told) -> None:
    first, *_, learned, restarted = await asyncio.shield(told["steady"])
    # Where the machine is slow, the first one may have too little time to ask for more.
    most = max(LEARNED_REQUESTS, len(first.requests))
    assert len(learned.requests) <= most
    assert len(restarted.requests) <= most


async def test_a_club_that_queues_is_not_flooded_while_it_is_learned(told: Told) -> None:
    for one in await asyncio.shield(told["rushed"]):
        assert len(one.requests) <= RUSHED_REQUESTS


async def test_a_club_that_queues_is_shot_at_earlier_once_it_is_known(told: Told) -> None:
    rounds = await asyncio.shield(told["rushed"])
    first, *_, learned, restarted = (one.booking.plan for one in rounds)
    assert first
    assert learned
    assert restarted
    for plan in (learned, restarted):
        assert plan.basis in (PlanBasis.LEARNED, PlanBasis.RUSH)
        assert plan.shots_ms[0] < first.shots_ms[0]


@pytest.mark.parametrize("name", DAMAGED)
async def test_a_store_that_cannot_say_what_was_taught_loses_no_race(told: Told, name: str) -> None:
    (only,) = await asyncio.shield(told[name])
    assert only.booking.state is State.BOOKED
    assert only.booking.plan
    assert only.booking.plan.basis is PlanBasis.MEASURED
