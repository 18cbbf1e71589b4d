"""What one seed decides: who wishes for what, how the club behaves, and which process is killed where. Free of any I/O.

The same seed is the same plan. Time is not the same: a second run of it races anew, on a machine as busy as it is then.
"""

import random
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from chaos.points import POINTS, Need, Point
from practice_club.knobs import Fault, FaultKind
from practice_club.vocabulary import Action


class Moment(StrEnum):
    """On which side of a commit or a send the process dies."""

    BEFORE = "before"
    AFTER = "after"


class Whole(StrEnum):
    """What is killed that is more than one of the programs: all of it comes again, on the same data.

    The launcher is the harness's own process, so that of its death only the effect is brought about.
    """

    LAUNCHER = "launcher"
    SUPERVISOR = "supervisor"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Kill:
    """That a program dies at its `number`th point of that name, or at a later one if its count began anew."""

    id: int
    program: str
    point: str
    number: int
    when: Moment

    @property
    def text(self) -> str:
        """For the table."""
        return f"{self.program} {self.when} {self.point}"

    def as_json(self) -> dict[str, Any]:
        """As the saboteur reads it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Blow:
    """That the supervisor, or everything at once, is killed so long before (negative) or after the opening."""

    what: Whole
    after_opening_s: float

    @property
    def text(self) -> str:
        """For the table."""
        return str(self.what)


class GivingUp(StrEnum):
    """How a member comes to want a place no more."""

    NEVER = "never"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class PlannedWish:
    """That the `member` (a number from 0) wants a place in the session of that number, or in one of `others` instead.

    With a `giving_up` the member cancels so long after the opening, or gives the place back once it is won.
    """

    member: int
    session: int
    others: tuple[int, ...] = ()
    giving_up: GivingUp = GivingUp.NEVER
    after_opening_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session with so many places, of which rivals have `taken` some; they leave for those who wait.

    Its sign-up opens with the others', or was open long before.
    """

    capacity: int
    taken: int = 0
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a seed decides."""

    seed: int
    sessions: tuple[PlannedSession, ...]
    wishes: tuple[PlannedWish, ...]
    knobs: dict[str, Any]
    kills: tuple[Kill, ...]
    blows: tuple[Blow, ...] = ()
    opens_in_s: float = 9.0

    @property
    def members(self) -> int:
        """How many there are."""
        return 1 + max(wish.member for wish in self.wishes)

    @property
    def faults(self) -> int:
        """How many requests the club is to answer badly, at most."""
        return sum(fault.times or 0 for fault in self.knobs.get("faults", ())) + int(self.knobs.get("lose_accepted", 0))


# A seed beyond the sweep kills so many times, mostly few.
_KILLS: Final = (1, 2, 2, 3, 3, 4)
_TROUBLES: Final = (
    Fault(kind=FaultKind.UNAVAILABLE, action=Action.LOGIN, times=1),
    Fault(kind=FaultKind.UNAVAILABLE, action=Action.SIGN_UP, times=2, retry_after_s=1),
    Fault(kind=FaultKind.RESET, action=Action.SIGN_UP, times=1, acts=True),
    Fault(kind=FaultKind.RESET, action=Action.SIGN_UP, skip=3, times=1, acts=True),
    Fault(kind=FaultKind.SERVER_ERROR, action=Action.VIEW, skip=1, times=1),
    Fault(kind=FaultKind.TRUNCATED, action=Action.VIEW, skip=2, times=1),
)


def plan_of(seed: int, backend: str = "local") -> Plan:
    """The plan of a seed from 1 on: first each point by itself, just before it and just after it; then at random."""
    luck = random.Random(f"{backend}/{seed}")  # noqa: S311 (repeatable on purpose)
    points = POINTS[backend]
    alone = [(point, when) for point in points for when in Moment]
    if seed <= len(alone):
        # Neighbours in the list are alike, so a short run takes them from all over it.
        point, when = alone[_scattered(seed - 1, len(alone))]
        kills = (Kill(1, point.program, point.name, luck.randint(1, point.at_most), when),)
        blows: tuple[Blow, ...] = ()
        needed = point.needs
    else:
        count = luck.choice(_KILLS)
        kills = tuple(_random_kill(luck, number, points) for number in range(1, count + 1))
        blows = (_random_blow(luck),) if luck.random() < 0.3 else ()
        needed = luck.choice(list(Need))
    sessions, wishes = _evening(luck, needed)
    return Plan(seed, sessions, wishes, _knobs(luck), kills, blows)


def _scattered(number: int, length: int) -> int:
    """A permutation of the numbers below the length, in which neighbours lie far apart."""
    stride = next(one for one in (37, 41, 43, 47, 53) if length % one)
    return number * stride % length


def _random_kill(luck: random.Random, number: int, points: tuple[Point, ...]) -> Kill:
    point = luck.choice(points)
    return Kill(number, point.program, point.name, luck.randint(1, point.at_most), luck.choice(list(Moment)))


def _random_blow(luck: random.Random) -> Blow:
    return Blow(luck.choice(list(Whole)), round(luck.uniform(-6.0, 4.0), 1))


def _evening(luck: random.Random, needed: Need) -> tuple[tuple[PlannedSession, ...], tuple[PlannedWish, ...]]:
    """Too few places, a full session that was open before, one that is given up, and at times one or another."""
    sessions = (
        PlannedSession(capacity=3, taken=1),
        PlannedSession(capacity=4, taken=4, is_open=True),
        PlannedSession(capacity=4),
        PlannedSession(capacity=4),
    )
    giving_up, after_opening_s = _given_up(luck, needed)
    has_choice = luck.random() < 0.5 or needed is Need.CHOICE
    wishes = (
        PlannedWish(0, 0),
        PlannedWish(1, 0),
        PlannedWish(2, 0),
        PlannedWish(3, 1),
        PlannedWish(0, 2, giving_up=giving_up, after_opening_s=after_opening_s),
        PlannedWish(3, 2, others=(3,) if has_choice else ()),
    )
    return sessions, wishes


def _given_up(luck: random.Random, needed: Need) -> tuple[GivingUp, float]:
    """How a place is given up, and how long after the opening."""
    giving_up, after_opening_s = luck.choice((GivingUp.CANCEL, GivingUp.WITHDRAW)), round(luck.uniform(-4.0, 3.0), 1)
    match needed:
        case Need.WITHDRAWAL:
            return GivingUp.WITHDRAW, after_opening_s
        case Need.CANCELLING:
            return GivingUp.CANCEL, -4.0
        case Need.CANCELLING_IN_THE_RACE:
            return GivingUp.CANCEL, -0.5
        case Need.NOTHING | Need.CHOICE:
            return giving_up, after_opening_s


def _knobs(luck: random.Random) -> dict[str, Any]:
    one_way_ms = luck.choice((0.0, 2.0, 10.0, 150.0))
    return {
        "clock_offset_ms": luck.uniform(-2000, 2000),
        "latency_in_ms": one_way_ms,
        "latency_out_ms": one_way_ms,
        "jitter_out_ms": one_way_ms / 4,
        "lose_accepted": int(luck.random() < 0.1),
        "faults": tuple(luck.sample(_TROUBLES, luck.choice((0, 0, 1, 2)))),
    }
