"""Which openings there are, at which club, and when: drawn up before anything runs. No clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.race.cells import Cell
from bench.race.contestants import AT_A_GUESS, Who
from bench.race.schedule import Lane, planned


@dataclass(frozen=True)
class Heat:
    """One opening of one club.

    `number` counts the openings of the cell, from below nought for those that only teach. `club` is the number of the
    club among those of `ours`, or those of the others. `at_s` is when it opens on this machine's clock.
    """

    cell: Cell
    number: int
    who: tuple[Who, ...]
    club: int
    at_s: float

    @property
    def is_ours(self) -> bool:
        """Whether the booker service races here."""
        return Who.AUTOTENNIS in self.who

    @property
    def counts(self) -> bool:
        """Whether it is one of those that are measured."""
        return self.number >= 0

    @property
    def step_ms(self) -> float:
        """The step of the club's clock before this opening."""
        return self.cell.step_ms(self.number)

    @property
    def ahead_ms(self) -> float:
        """How far the club's clock is ahead of the machine's when it opens."""
        return ahead_ms(self.cell, self.number)


@dataclass(frozen=True)
class Programme:
    """All heats, and the clubs that they are at: `seed` and `knobs` of each."""

    heats: Sequence[Heat]
    our_clubs: Sequence[dict[str, Any]]
    our_cells: Sequence[Cell]
    other_clubs: Sequence[dict[str, Any]]


def ahead_ms(cell: Cell, number: int) -> float:
    """How far the club's clock of this opening is ahead of the machine's then."""
    return cell.offset_ms + cell.step_ms(number)


@dataclass(frozen=True)
class _Wanted:
    """Openings that follow each other: each of a cell, by its number, at a club."""

    who: tuple[Who, ...]
    every_s: float
    openings: list[tuple[Cell, int, int]]

    @property
    def lane(self) -> Lane:
        """What is to be known of them to find instants."""
        return Lane(self.every_s, tuple(ahead_ms(cell, number) for cell, number, _ in self.openings))


def programme(cells: Sequence[Cell]) -> Programme:
    """Draws up the heats of these cells."""
    draft = _Draft()
    for cell in cells:
        if not cell.after:
            draft.add_ours([cell, *(other for other in cells if other.after == cell.name)])
        for who in ((Who.FORERUNNER,), AT_A_GUESS):
            if set(who) <= set(cell.peers):
                draft.add_others(cell, who)
    lanes = [one.lane for one in draft.wanted]
    heats = [
        Heat(cell, number, one.who, club, at_s)
        for one, instants in zip(draft.wanted, planned(lanes), strict=True)
        for (cell, number, club), at_s in zip(one.openings, instants, strict=True)
    ]
    return Programme(sorted(heats, key=lambda heat: heat.at_s), draft.our_clubs, draft.our_cells, draft.other_clubs)


class _Draft:
    def __init__(self) -> None:
        self.wanted: list[_Wanted] = []
        self.our_clubs: list[dict[str, Any]] = []
        self.our_cells: list[Cell] = []
        self.other_clubs: list[dict[str, Any]] = []

    def add_ours(self, cells: Sequence[Cell]) -> None:
        """Our openings of a cell, and of those that go on with its club."""
        openings: list[tuple[Cell, int, int]] = []
        for cell in cells:
            for number in range(-cell.lessons, cell.openings):
                if not openings or not cell.is_of_one_club:
                    self.our_clubs.append(_club(cell, max(number, 0)))
                    self.our_cells.append(cell)
                openings.append((cell, number, len(self.our_clubs) - 1))
        self.wanted.append(_Wanted((Who.AUTOTENNIS,), cells[0].every_s, openings))

    def add_others(self, cell: Cell, who: tuple[Who, ...]) -> None:
        """The openings of those who race elsewhere. They learn nothing: each is at a club of the same kind."""
        openings: list[tuple[Cell, int, int]] = []
        for number in range(cell.openings):
            self.other_clubs.append(_club(cell, number))
            openings.append((cell, number, len(self.other_clubs) - 1))
        self.wanted.append(_Wanted(who, cell.every_s, openings))


def _club(cell: Cell, number: int) -> dict[str, Any]:
    return {"seed": number + 1, "knobs": {**cell.knobs, "clock_offset_ms": cell.offset_ms}}
