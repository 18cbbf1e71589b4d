"""How a case went, in a line."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from autotennis.terminal import in_one_line


class Outcome(StrEnum):
    """How a case went."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """A case, how it went, what was seen (why it failed, what is missing), and how many requests it took."""

    case: str
    outcome: Outcome
    said: str
    requests: int

    def __str__(self) -> str:
        return f"{self.outcome.value:8}{self.case}: {in_one_line(self.said)} ({counted(self.requests)})"

    def as_json(self) -> dict[str, Any]:
        """As programs read it."""
        return {**asdict(self), "outcome": self.outcome.value}


def counted(requests: int) -> str:
    """So many requests, in words."""
    return f"{requests} request{'' if requests == 1 else 's'}"


class Failed(Exception):
    """A promise is not kept: how, stands in the text."""


class Missing(Exception):
    """What a case needs is not there: what, stands in the text."""


class LeftAlone(Exception):
    """The club asks to be left alone, so nothing more is asked of it."""


def promise(kept: bool, otherwise: str) -> None:
    """Raises Failed with that text unless it is kept."""
    if not kept:
        raise Failed(otherwise)


def summary(results: Sequence[Result]) -> str:
    """How many cases went how, and how much was asked of the club."""
    counts = {outcome: sum(one.outcome is outcome for one in results) for outcome in Outcome}
    told = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    return f"{told}; {counted(sum(one.requests for one in results))} in all."
