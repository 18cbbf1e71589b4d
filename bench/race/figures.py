"""From the clubs' records to figures. Arithmetic only."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.race.contestants import Who

_NS_PER_MS: Final = 1e6
_AT_OPENING_MS: Final = 1000.0
# The club's machine writes an answer, and the contestant's reads it, up to so much later than the record says.
_HANDED_OVER_MS: Final = 3.0
_SIGN_UP: Final = "sign_up"
_SIGNED_UP: Final = "signed_up"


@dataclass(frozen=True)
class Race:
    """How one contestant fared at one opening, by the club's record.

    `decided_ms` is when the club gave the place, `arrived_ms` when that request reached it, both after the opening;
    None where the place was lost. `requests` is all that reached the club for this one, `early` and `at_opening` the
    sign-ups before the opening and in its first second, `after_verdict` those sent when the verdict was known.
    """

    decided_ms: float | None
    arrived_ms: float | None
    requests: float
    sign_ups: int
    early: int
    at_opening: int
    after_verdict: int
    contested: bool = False


@dataclass(frozen=True)
class Entry:
    """Who raced for what: the club's ids, and its instant of the opening."""

    member_id: int
    timeid: int
    opens_ns: int
    round_trip_ms: float = 0.0
    contested: bool = False


Request = Mapping[str, Any]


def race_of(entry: Entry, requests: Iterable[Request], shared: float = 0.0) -> Race:
    """The race of one entry, from the requests of its member; `shared` is its part of those of nobody's login."""
    own = sorted((one for one in requests if one["member_id"] == entry.member_id), key=_arrived_ns)
    sign_ups = [one for one in own if one["action"] == _SIGN_UP and one["timeid"] == entry.timeid]
    late_ms = [_after_ms(one["arrived_ns"], entry.opens_ns) for one in sign_ups]
    taken = next((one for one in sign_ups if one["verdict"] == _SIGNED_UP), None)
    return Race(
        decided_ms=_after_ms(taken["decided_ns"], entry.opens_ns) if taken else None,
        arrived_ms=_after_ms(taken["arrived_ns"], entry.opens_ns) if taken else None,
        requests=len(own) + shared,
        sign_ups=len(sign_ups),
        early=sum(late < 0 for late in late_ms),
        at_opening=sum(0 <= late < _AT_OPENING_MS for late in late_ms),
        after_verdict=_after_verdict(sign_ups, taken, entry.round_trip_ms),
        contested=entry.contested,
    )


def _after_verdict(sign_ups: Sequence[Request], taken: Request | None, round_trip_ms: float) -> int:
    """What was sent after the answer was there arrives at least a round trip after the club has written it."""
    if taken is None:
        return 0
    known_ns = (taken["answered_ns"] or taken["decided_ns"]) + (round_trip_ms + _HANDED_OVER_MS) * _NS_PER_MS
    return sum(one["arrived_ns"] > known_ns for one in sign_ups)


def shared_between(openings_ns: Sequence[int], requests: Iterable[Request], agent: str) -> dict[int, int]:
    """How many requests without a login this agent sent before each opening, counted for the one that came next."""
    ordered = sorted(openings_ns)
    found = dict.fromkeys(ordered, 0)
    for one in requests:
        if one["member_id"] is None and one["user_agent"].startswith(agent) and ordered:
            following = next((opens_ns for opens_ns in ordered if opens_ns > one["arrived_ns"]), ordered[-1])
            found[following] += 1
    return found


def _arrived_ns(request: Request) -> int:
    return int(request["arrived_ns"])


def _after_ms(moment_ns: int, opens_ns: int) -> float:
    return round((moment_ns - opens_ns) / _NS_PER_MS, 3)


@dataclass(frozen=True)
class Spread:
    """What matters of some numbers; None where there are none."""

    values: tuple[float, ...]

    @property
    def median(self) -> float | None:
        """The middle one."""
        return quantile(self.values, 0.5)

    @property
    def p90(self) -> float | None:
        """Nine of ten are no more."""
        return quantile(self.values, 0.9)

    @property
    def p99(self) -> float | None:
        """Ninety-nine of a hundred are no more: of so few it lies close to the greatest."""
        return quantile(self.values, 0.99)

    @property
    def most(self) -> float | None:
        """The greatest."""
        return max(self.values, default=None)

    @property
    def mean(self) -> float | None:
        """The arithmetic mean."""
        return math.fsum(self.values) / len(self.values) if self.values else None


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which that share lies, on the straight line between its neighbours; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True)
class Figures:
    """All races of one contestant in one cell."""

    all: tuple[Race, ...]

    @property
    def races(self) -> int:
        """How many places were wanted."""
        return len(self.all)

    @property
    def won(self) -> int:
        """How many were got."""
        return sum(race.decided_ms is not None for race in self.all)

    @property
    def contested(self) -> int:
        """How many were wanted by rivals, too."""
        return sum(race.contested for race in self.all)

    @property
    def contested_won(self) -> int:
        """How many of those were got."""
        return sum(race.contested and race.decided_ms is not None for race in self.all)

    @property
    def decided(self) -> Spread:
        """Decision after the opening, ms, of the places that were got."""
        return Spread(tuple(race.decided_ms for race in self.all if race.decided_ms is not None))

    @property
    def arrived(self) -> Spread:
        """Arrival of those requests after the opening, ms."""
        return Spread(tuple(race.arrived_ms for race in self.all if race.arrived_ms is not None))

    @property
    def requests(self) -> Spread:
        """Requests for a booking."""
        return Spread(tuple(race.requests for race in self.all))

    @property
    def sign_ups(self) -> Spread:
        """Sign-ups for a booking."""
        return Spread(tuple(float(race.sign_ups) for race in self.all))

    @property
    def early(self) -> Spread:
        """Sign-ups before the opening, for a booking."""
        return Spread(tuple(float(race.early) for race in self.all))

    @property
    def at_opening(self) -> Spread:
        """Sign-ups in the opening's first second, for a booking."""
        return Spread(tuple(float(race.at_opening) for race in self.all))

    @property
    def after_verdict(self) -> int:
        """Sign-ups sent when the verdict was known, of all bookings."""
        return sum(race.after_verdict for race in self.all)


# A cell's figures by contestant, and those of all cells by their names.
OfCell = Mapping[Who, Figures]
Results = Mapping[str, OfCell]
