"""The cells of the table: which club, which clock, which rivals, and what is to be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from bench.race.contestants import AT_A_GUESS, Who
from bench.race.goals import (
    Goal,
    contested,
    decided_median,
    decided_p99,
    mean_requests,
    most_requests,
    none_after_verdict,
    share_of_forerunner,
    wins,
)

OPENINGS: Final = 25
QUICK_OPENINGS: Final = 3
LESSONS: Final = 20
QUICK_LESSONS: Final = 2
SERVICE_MS: Final = 2.0
_PLACES: Final = 4


@dataclass(frozen=True)
class Cell:
    """One line of the table.

    `knobs` are the practice club's; its clock is `offset_ms` ahead of this machine's, and takes one of `steps_ms`,
    in turn, `step_lead_s` before each opening. With `lessons` all openings are of one club, and that many come before
    those that count; without, each opening is of a club that the booker has never seen. `after` names the cell whose
    club this one goes on with.

    A booking is handed to the booker `lead_s` before its opening; before that, nothing would happen. `members` of ours
    want a place in one of `sessions`; there are just as many places as ours want where rivals come, to the first
    `contested` sessions, and a few where nobody races for them. `peers` race elsewhere, for sessions of their own.
    `alone` tells that nothing else is measured at the same time.
    """

    name: str
    title: str
    knobs: Mapping[str, Any]
    goals: tuple[Goal, ...] = ()
    openings: int = OPENINGS
    offset_ms: float = 0.0
    steps_ms: tuple[float, ...] = ()
    step_lead_s: float = 10.0
    lessons: int = 0
    after: str = ""
    every_s: float = 3.0
    lead_s: float = 15.0
    members: int = 1
    sessions: int = 1
    contested: int = 0
    rivals: tuple[Who, ...] = ()
    peers: tuple[Who, ...] = (Who.FORERUNNER, *AT_A_GUESS)
    alone: bool = False
    race: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def described(self) -> str:
        """The title, with the club's clock."""
        return f"{self.title}; clock {f'off by {self.offset_ms / 1000:+.2f} s' if self.offset_ms else 'right'}"

    @property
    def is_of_one_club(self) -> bool:
        """Whether its openings follow each other at one club."""
        return bool(self.lessons or self.after or self.alone)

    @property
    def places(self) -> int:
        """How many places each session has."""
        return self.members // self.sessions if self.contested else _PLACES

    def step_ms(self, number: int) -> float:
        """The step of the club's clock before the opening of this number; 0 for none."""
        return self.steps_ms[number % len(self.steps_ms)] if self.steps_ms else 0.0


def network(round_trip_ms: float, jitter_ms: float = 0.0, **more: Any) -> Mapping[str, Any]:
    """The knobs of a club behind such a network: half the round trip each way, and up to the jitter each way."""
    half_ms = round_trip_ms / 2
    ways = {"latency_in_ms": half_ms, "latency_out_ms": half_ms, "jitter_in_ms": jitter_ms, "jitter_out_ms": jitter_ms}
    return MappingProxyType({**ways, "service_before_ms": SERVICE_MS, "session_lock": False, **more})


_SLOW: Final = network(20, 5, service_before_ms=30.0, service_after_ms=50.0)
# At work on 200 requests a second, it gets 250: at the opening, the queue is a quarter of a second long.
_RUSH: Final = network(
    20, 5, service_before_ms=10.0, workers=2, rush={"requests": 500, "from_ms": -1000, "to_ms": 1000}
)
_TENTH: Final = (share_of_forerunner(10), most_requests(16))
_FLOODS: Final = (Who.FORERUNNER,) * 8
_FIVE_KINDS: Final = (
    *(Who.FORERUNNER,) * 3,
    *(Who.LOCAL_LOOP,) * 3,
    *(Who.LOCAL_BURST,) * 2,
    *(Who.ONE_DATE,) * 2,
    *(Who.CRON,) * 2,
)

CELLS: Final[Sequence[Cell]] = (
    Cell(
        "rtt-2",
        "RTT 2 ms, no jitter",
        network(2),
        (decided_median(SERVICE_MS + 2), decided_p99(6), most_requests(16), none_after_verdict()),
        offset_ms=-420,
    ),
    Cell("rtt-20", "RTT 20 ms, jitter 5 ms", network(20, 5), _TENTH),
    Cell(
        "rtt-80",
        "RTT 80 ms, jitter 20 ms",
        network(80, 20),
        (share_of_forerunner(15), most_requests(18)),
        offset_ms=-200,
    ),
    Cell("behind", "RTT 20 ms, jitter 5 ms", network(20, 5), _TENTH, offset_ms=-4200),
    Cell("ahead", "RTT 20 ms, jitter 5 ms", network(20, 5), _TENTH, offset_ms=1370),
    Cell(
        "stepping",
        "RTT 20 ms, jitter 5 ms, clock steps once, 10 s before",
        network(20, 5),
        _TENTH,
        steps_ms=(580, -420, 1580, -1420),
    ),
    Cell(
        "learned",
        "a learned club, RTT 20, jitter 5",
        network(20, 5),
        (share_of_forerunner(10), decided_p99(10), mean_requests(8)),
        offset_ms=-420,
        lessons=LESSONS,
        every_s=4.0,
    ),
    Cell(
        "slow",
        "slow club (30 ms before, 50 after), learned; RTT 20, jitter 5",
        _SLOW,
        (share_of_forerunner(10), most_requests(12)),
        offset_ms=370,
        lessons=LESSONS,
        every_s=4.0,
    ),
    Cell(
        "slow-last",
        "last place of the slow club, 8 forerunner floods",
        _SLOW,
        (wins(23, OPENINGS), most_requests(12)),
        offset_ms=370,
        after="slow",
        every_s=4.0,
        contested=1,
        rivals=_FLOODS,
        peers=(),
    ),
    Cell(
        "rush",
        "club queueing under the rush, learned",
        _RUSH,
        (share_of_forerunner(3), most_requests(30)),
        lessons=LESSONS,
        every_s=4.0,
    ),
    Cell("rush-new", "club queueing under the rush, never seen (no goal)", _RUSH, peers=()),
    Cell(
        "last",
        "last place, 12 rivals of five kinds; RTT 20, jitter 5",
        network(20, 5),
        (wins(23, OPENINGS), most_requests(16)),
        offset_ms=-420,
        after="learned",
        every_s=4.0,
        contested=1,
        rivals=_FIVE_KINDS,
        peers=(),
    ),
    Cell(
        "lock",
        "RTT 20, jitter 5; locks by login, service 10 ms (no goal)",
        network(20, 5, service_before_ms=10.0, session_lock=True),
        offset_ms=-200,
        peers=(Who.FORERUNNER,),
        race=MappingProxyType({"locks_login": True}),
    ),
    Cell(
        "crowd",
        "100 members at one opening, 25 sessions, 5 contested; RTT 20, jitter 5",
        network(20, 5),
        (decided_median(5), decided_p99(15), contested(), mean_requests(8)),
        every_s=9.0,
        lead_s=8.0,
        members=100,
        sessions=25,
        contested=5,
        rivals=(Who.FORERUNNER,),
        peers=(),
        alone=True,
        race=MappingProxyType({"in_flight_in_all": 1000}),
    ),
)
_QUICK: Final = ("rtt-2", "rtt-20", "ahead", "learned", "last")


def chosen(names: Sequence[str], *, quick: bool) -> list[Cell]:
    """The cells of these names, or all; a cell that goes on with another's club brings that one. Raises KeyError."""
    known = {cell.name: cell for cell in CELLS}
    wanted = [known[name] for name in names or (_QUICK if quick else known)]
    needed = {*(cell.name for cell in wanted), *(cell.after for cell in wanted)}
    cells = [cell for cell in CELLS if cell.name in needed]
    return [_quick(cell) for cell in cells] if quick else cells


def _quick(cell: Cell) -> Cell:
    return replace(cell, openings=QUICK_OPENINGS, lessons=min(cell.lessons, QUICK_LESSONS))
