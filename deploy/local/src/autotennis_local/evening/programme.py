"""What an evening consists of, free of any network: openings, sessions, wishes, and what goes wrong and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, cycle, islice
from typing import Final

from autotennis.domain.booking import State
from autotennis.domain.club import RaceRules, WatchRules
from autotennis.domain.pace import PROBES
from autotennis.errors import Permanent

FEWEST_MEMBERS: Final = 12
# Between two openings: what is turned at the club for one of them is over before the next one.
SHORTEST_GAP_S: Final = 6.0
LATE_BY_S: Final = 2.0
# The club is turned so long before an opening, and back so long after it.
_TURNED_BEFORE_S: Final = 1.5
_TURNED_AFTER_S: Final = 3.5
# Later than this the sign-up is as good as under way, and the place would be given back.
_CANCELLED_BEFORE_S: Final = 20.0
_MOST_PLACES: Final = 50
_PLACES: Final = 4
# A registration: the login, and a search for the member's id. A wish: it is looked at before and when it is made.
_LOOKS_OF_MEMBER: Final = 4
_LOOKS_OF_WISH: Final = 2


class Unplayable(Permanent):
    """An evening that cannot be: its text says what to ask for instead."""


class Kind(StrEnum):
    """What an opening shows."""

    SEVERAL = "several at once"
    CROWDED = "too few places"
    GIVEN_BACK = "place given back"
    CANCELLED = "a wish cancelled"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 (no password)
    WEEKLY = "weekly series"
    LATE = "club opens late"
    BUSY = "club is busy"
    UNAVAILABLE = "503, come later"
    PLAIN = "two want a place"


# Where the club itself is in trouble, the first yes tells of the trouble.
TROUBLED: Final = frozenset({Kind.LATE, Kind.BUSY, Kind.UNAVAILABLE, Kind.GIVEN_BACK})


class Twist(StrEnum):
    """What becomes of a wish beside being made."""

    NONE = "none"
    CANCELLED = "cancelled"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (no password)
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True)
class PlannedWish:
    """That the `member` (a number from 0) wants a place, and in which states that may end."""

    member: int
    ends: frozenset[State] = frozenset({State.BOOKED})
    twist: Twist = Twist.NONE


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session with so many places, of which others have `taken` some before."""

    wishes: tuple[PlannedWish, ...]
    capacity: int = _PLACES
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """Sessions that open at one instant, `at_s` seconds after the first opening of the evening."""

    number: int
    kind: Kind
    at_s: float
    sessions: tuple[PlannedSession, ...]

    @property
    def wishes(self) -> list[PlannedWish]:
        """All wishes for its sessions."""
        return [wish for session in self.sessions for wish in session.wishes]


class Deed(StrEnum):
    """What is done at the club, or by a member, while the evening goes on."""

    CANCEL = "cancel"
    OPEN_LATE = "open_late"
    BE_BUSY = "be_busy"
    REFUSE_AT_FIRST = "refuse_at_first"
    BE_USUAL = "be_usual"


@dataclass(frozen=True, slots=True)
class Act:
    """A deed for an opening, `at_s` seconds after the first one."""

    at_s: float
    deed: Deed
    opening: Opening


@dataclass(frozen=True, slots=True)
class Programme:
    """The whole evening."""

    members: int
    openings: tuple[Opening, ...]

    @property
    def wishes(self) -> int:
        """How many there are."""
        return sum(len(opening.wishes) for opening in self.openings)

    @property
    def lasts_s(self) -> float:
        """From the first opening to the last."""
        return self.openings[-1].at_s

    @property
    def most_requests(self) -> int:
        """More than this the practice club never receives, by the caps that a club has unless told otherwise."""
        capped = RaceRules().requests + WatchRules().requests + _LOOKS_OF_WISH
        return self.members * _LOOKS_OF_MEMBER + self.wishes * capped + len(self.openings) * PROBES

    def acts(self) -> list[Act]:
        """What is done meanwhile, in its order."""
        return sorted(chain.from_iterable(_acts(opening) for opening in self.openings), key=lambda act: act.at_s)


def programme(members: int, openings: int, minutes: float) -> Programme:
    """An evening of so many openings in so many minutes. Raises Unplayable.

    Each kind of opening has its turn. Whoever is not needed otherwise is among those who want the few places of the
    crowded ones.
    """
    gap_s = minutes * 60 / max(1, openings - 1)
    if openings > 1 and gap_s < SHORTEST_GAP_S:
        least = SHORTEST_GAP_S * (openings - 1) / 60
        raise Unplayable(f"{openings} openings take {least:.1f} minutes or more: give --minutes {least:.1f}.")
    if members < FEWEST_MEMBERS:
        raise Unplayable(f"An evening takes {FEWEST_MEMBERS} members or more, not {members}.")
    kinds = list(islice(cycle(Kind), openings))
    needed = sum(_ORDINARY[kind] for kind in kinds if kind is not Kind.CROWDED)
    crowds = kinds.count(Kind.CROWDED)
    crowd = max(6, (members - needed) // crowds) if crowds else 0
    strangers = kinds.count(Kind.WRONG_PASSWORD)
    if strangers > members // 2:
        raise Unplayable(f"{openings} openings take {2 * strangers} members or more, not {members}.")
    # Whom the club does not let in has no other wish.
    line, lost = cycle(range(members - strangers)), iter(range(members - strangers, members))
    crowd = min(crowd, members - strangers)
    planned: list[Opening] = []
    for number, kind in enumerate(kinds, start=1):
        # Sessions open at whole seconds.
        at_s = float(round((number - 1) * gap_s))
        planned.append(Opening(number, kind, at_s, _sessions(kind, line, lost, crowd)))
    return Programme(members, tuple(planned))


# How many members each kind of opening takes.
_ORDINARY: Final = {
    Kind.SEVERAL: 6,
    Kind.GIVEN_BACK: 1,
    Kind.CANCELLED: 2,
    Kind.WRONG_PASSWORD: 2,
    Kind.WEEKLY: 1,
    Kind.LATE: 2,
    Kind.BUSY: 2,
    Kind.UNAVAILABLE: 2,
    Kind.PLAIN: 2,
}
_TWISTS: Final = {
    # Where the sign-up was under way, the place is given back.
    Kind.CANCELLED: (Twist.CANCELLED, frozenset({State.CANCELLED, State.WITHDRAWN})),
    Kind.WRONG_PASSWORD: (Twist.WRONG_PASSWORD, frozenset({State.FAILED})),
    Kind.WEEKLY: (Twist.WEEKLY, frozenset({State.BOOKED})),
}


def _sessions(kind: Kind, line: Iterator[int], lost: Iterator[int], crowd: int) -> tuple[PlannedSession, ...]:
    if kind is Kind.SEVERAL:
        return tuple(PlannedSession(tuple(PlannedWish(one) for one in islice(line, 2))) for _ in range(3))
    if kind is Kind.CROWDED:
        either = frozenset({State.BOOKED, State.WAITING})
        wishes = tuple(PlannedWish(one, either) for one in islice(line, crowd))
        return (PlannedSession(wishes, capacity=max(1, min(crowd // 2, _MOST_PLACES))),)
    wishes = [PlannedWish(one) for one in islice(line, _ORDINARY[kind])]
    if kind in _TWISTS:
        twist, ends = _TWISTS[kind]
        member = next(lost) if kind is Kind.WRONG_PASSWORD else wishes[0].member
        wishes[0] = PlannedWish(member, ends, twist)
    return (PlannedSession(tuple(wishes), taken=_PLACES if kind is Kind.GIVEN_BACK else 0),)


_TURNED: Final = {
    Kind.LATE: Deed.OPEN_LATE,
    Kind.BUSY: Deed.BE_BUSY,
    Kind.UNAVAILABLE: Deed.REFUSE_AT_FIRST,
}


def _acts(opening: Opening) -> list[Act]:
    if turned := _TURNED.get(opening.kind):
        before, after = opening.at_s - _TURNED_BEFORE_S, opening.at_s + _TURNED_AFTER_S
        return [Act(before, turned, opening), Act(after, Deed.BE_USUAL, opening)]
    if opening.kind is Kind.CANCELLED:
        return [Act(opening.at_s - _CANCELLED_BEFORE_S, Deed.CANCEL, opening)]
    return []
