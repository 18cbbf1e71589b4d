"""Races in many situations, all at the same time, and what each club's own record says of them afterwards."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from support.booking_desk import RACE, Desk, Way, booking_desk, sign_ups

from autotennis.domain.booking import Booking, State
from autotennis.domain.club import RaceRules
from autotennis.domain.pace import PROBES
from autotennis.values import Attempt, FailureReason, VerdictKind
from practice_club.knobs import Knobs
from practice_club.record import RequestRecord
from practice_club.session import Session as ClubSession
from practice_club.vocabulary import Action as ClubAction

_NS_PER_S: Final = 10**9
_NS_PER_MS: Final = 10**6
# No situation takes as long; a race that hangs must not hold up the others.
_ENDED_WITHIN_S: Final = 45.0
# What was sent before an answer was read has arrived by then, however slow the machine is.
_UNREAD_S: Final = 0.7
_REFUSED: Final = 503


@dataclass(frozen=True, slots=True)
class Situation:
    """A club, the rules for it, and who races there at one opening. Each of `sessions` says what makes one special.

    `meanwhile` goes on beside the race and gets the first session. `way` is what lies between us and the club. The
    event of the race comes again while it is refused, up to so many `deliveries` in all.
    """

    knobs: Knobs
    rules: RaceRules = RACE
    opens_in_s: float = 4.0
    members: int = 1
    sessions: tuple[Mapping[str, Any], ...] = ({},)
    meanwhile: Callable[[Desk, ClubSession], Awaitable[object]] | None = None
    way: Way | None = None
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class Round:
    """One opening: how the bookings ended, and what the club's record says of it.

    `ahead_ms` is by how much the club's clock is ahead of ours.
    """

    rules: RaceRules
    bookings: tuple[Booking, ...]
    # Whether the club's list shows the member of each booking.
    has_place: tuple[bool, ...]
    requests: tuple[RequestRecord, ...]
    reports: tuple[dict[str, Any], ...]
    ahead_ms: float
    # Whether all that was sent has arrived, too.
    all_arrived: bool = True
    # How much was sent of answers without end.
    flooded_bytes: int = 0

    @property
    def booking(self) -> Booking:
        """Of the first member."""
        return self.bookings[0]

    @property
    def states(self) -> set[State]:
        """In which states the bookings ended."""
        return {booking.state for booking in self.bookings}

    @property
    def opens_ns(self) -> int:
        """When the first session opened, on the club's clock."""
        return self.reports[0]["opens_ns"]

    @property
    def probes(self) -> list[RequestRecord]:
        """What was asked only for the club's clock."""
        return [request for request in self.requests if request.method == "HEAD"]

    def asked(self, action: ClubAction) -> list[RequestRecord]:
        """The requests for that, in the order of their arrival."""
        found = [request for request in self.requests if request.action is action and request.method != "HEAD"]
        return sorted(found, key=lambda request: request.arrived_ns)

    @property
    def sign_ups(self) -> list[RequestRecord]:
        """The sign-ups, in the order of their arrival."""
        return self.asked(ClubAction.SIGN_UP)

    def after_opening_ms(self, request: RequestRecord) -> float:
        """How long after the opening a request arrived, on the club's clock (negative: before)."""
        return (request.arrived_ns - self.opens_ns) / _NS_PER_MS

    @property
    def reasons(self) -> set[FailureReason | None]:
        """Why the bookings ended as they did; None for one that did not fail."""
        return {booking.failure and booking.failure.reason for booking in self.bookings}

    # What has to hold in every situation

    def keeps_the_promises(self) -> None:
        """All three of them."""
        self.is_within_the_caps()
        self.is_left_alone_after_the_yes()
        self.ends_in_the_truth()

    def is_within_the_caps(self) -> None:
        """No booking asked for more than the rules allow, and each says truly how much that was."""
        asked, probes = len(self.requests) - len(self.probes), len(self.probes)
        sent = sum(booking.requests_sent for booking in self.bookings)
        shot = sum(booking.sign_ups_sent for booking in self.bookings)
        assert asked <= sent
        assert len(self.sign_ups) <= shot
        if self.all_arrived:
            assert (asked, len(self.sign_ups)) == (sent, shot)
        assert probes <= PROBES
        for booking in self.bookings:
            assert booking.requests_sent <= self.rules.requests
            assert booking.sign_ups_sent <= self.rules.sign_ups

    def is_left_alone_after_the_yes(self) -> None:
        """After a member's yes only those sign-ups came that were on their way, or part of the first burst."""
        for report in self.reports:
            assert report["sign_ups"]["after_accepted"] <= len(self.bookings) * (self.rules.in_flight - 1)
        for booking in self.bookings:
            shots = sign_ups(booking)
            heard_ms = min((_heard_ms(shot) for shot in shots if _is_yes(shot)), default=float("inf"))
            planned = len(booking.plan.shots_ms) if booking.plan else 0
            assert not [shot for shot in shots[planned:] if shot.sent_ms > heard_ms]

    def ends_in_the_truth(self) -> None:
        """Booked is who has a place at the club, and nobody else."""
        assert tuple(booking.state is State.BOOKED for booking in self.bookings) == self.has_place
        assert State.SIGNING_UP not in self.states
        assert not [report for report in self.reports if report["overbooked"]]

    def is_quiet_when_asked_to_be(self, retry_after_s: float) -> None:
        """Nobody asks the club for anything for that long after it said so."""
        for busy in (request for request in self.requests if request.status in {403, 429, 503} and request.fault):
            assert busy.answered_ns is not None
            from_ns, to_ns = (busy.answered_ns + round(s * _NS_PER_S) for s in (_UNREAD_S, retry_after_s))
            assert not [one for one in self.requests if from_ns < one.arrived_ns < to_ns]


def _is_yes(attempt: Attempt) -> bool:
    return attempt.verdict.kind is VerdictKind.SIGNED_UP


def _heard_ms(attempt: Attempt) -> float:
    return attempt.sent_ms + attempt.latency_ms


def apart_ms(requests: Iterable[RequestRecord]) -> list[float]:
    """How far apart requests arrived that are given in that order."""
    arrived = [request.arrived_ns for request in requests]
    return [(after - before) / _NS_PER_MS for before, after in itertools.pairwise(arrived)]


def most_at_once(requests: Iterable[RequestRecord]) -> int:
    """How many requests the club had in hand at most, from the arrival of each to the end of the work on it."""
    known = list(requests)
    turns = [(request.arrived_ns, 1) for request in known]
    turns += [(request.answered_ns, -1) for request in known if request.answered_ns is not None]
    at_once = most = 0
    for _, change in sorted(turns):
        at_once += change
        most = max(most, at_once)
    return most


async def race_at(desk: Desk, situation: Situation, url: str = "") -> Round:
    """Races for one opening, members and sessions in turn; what the club recorded before is forgotten."""
    desk.club.record.clear()
    sessions = [desk.session(situation.opens_in_s, **special) for special in situation.sessions]
    members = [desk.member(f"Medlem {number}") for number in range(situation.members)]
    wanted = [sessions[number % len(sessions)] for number in range(situation.members)]
    bookings = [desk.booking(member, session) for (member, _), session in zip(members, wanted, strict=True)]
    racing = asyncio.create_task(_delivered(desk, bookings, situation.deliveries, url))
    if situation.meanwhile:
        await situation.meanwhile(desk, sessions[0])
    assert await asyncio.wait_for(racing, _ENDED_WITHIN_S) == 204
    return Round(
        situation.rules,
        tuple(desk.ports.store.booking(booking.id) for booking in bookings),
        tuple(at_club.id in session.takers() for (_, at_club), session in zip(members, wanted, strict=True)),
        tuple(desk.club.record.requests),
        tuple(desk.report(session) for session in sessions),
        desk.club.clock.offset_ms(),
        all_arrived=situation.way is None,
        flooded_bytes=desk.proxy.flooded_bytes if desk.proxy else 0,
    )


async def _delivered(desk: Desk, bookings: Sequence[Booking], most: int, url: str) -> int:
    """Races, and once more while that is refused; what the bus waits for in between is not waited for."""
    for _ in range(most - 1):
        if (status := await desk.race(*bookings, url=url)) != _REFUSED:
            return status
    return await desk.race(*bookings, url=url)


class Stories:
    """Races that are run beside each other, since they mostly wait; each is told when it is asked for.

    No more than so many are run `at_once`: each wants the processor for a moment now and then, and that at once.
    """

    def __init__(self, directory: Path, situations: Mapping[str, Situation], at_once: int = 25) -> None:
        self._directory = directory
        self._room = asyncio.Semaphore(at_once)
        # The clubs' clocks are off, each otherwise: sessions open at whole seconds, and so not all at once.
        self._tasks = {
            name: asyncio.create_task(self._run(name, one, number / len(situations) * 1000))
            for number, (name, one) in enumerate(situations.items(), 1)
        }

    async def of(self, name: str) -> Round:
        """What became of that situation's race."""
        return await asyncio.shield(self._tasks[name])

    async def aclose(self) -> None:
        """Ends those that nobody asked for."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, name: str, situation: Situation, offset_ms: float) -> Round:
        directory = self._directory / name
        directory.mkdir()
        knobs = situation.knobs.turned({"clock_offset_ms": offset_ms})
        async with (
            self._room,
            booking_desk(directory, knobs, race=situation.rules, way=situation.way) as desk,
        ):
            return await race_at(desk, situation)


def fixture_of(name: str, situations: Mapping[str, Situation]) -> Callable[[pytest.TempPathFactory], object]:
    """A module's fixture `stories`: the races of all these situations, begun by the first test that asks for one."""

    @pytest_asyncio.fixture(loop_scope="module", scope="module", name="stories")
    async def stories(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stories]:
        begun = Stories(tmp_path_factory.mktemp(name), situations)
        yield begun
        await begun.aclose()

    return stories
