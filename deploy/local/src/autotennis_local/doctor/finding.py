"""What the doctor found: how it is, in words, and what to do."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from autotennis.terminal import in_one_line


class Level(StrEnum):
    """How it is."""

    FINE = "fine"
    WARNING = "warning"
    BROKEN = "broken"
    # Neither good nor bad is known of it.
    UNKNOWN = "could not be checked"


_MARKS: Final = {Level.FINE: "ok     ", Level.WARNING: "WARNING", Level.BROKEN: "BROKEN ", Level.UNKNOWN: "?      "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the check `about`; `advice` says what to mend, and is empty where there is nothing."""

    level: Level
    said: str
    advice: str = ""
    about: str = ""

    def __str__(self) -> str:
        line = f"{_MARKS[self.level]} {self.about}: {in_one_line(self.said)}"
        return f"{line}\n          {self.advice}" if self.advice else line

    def as_json(self) -> dict[str, Any]:
        """As programs read it."""
        return {**asdict(self), "level": self.level.value}


def fine(said: str) -> Finding:
    """All is well."""
    return Finding(Level.FINE, said)


def warning(said: str, advice: str) -> Finding:
    """It works, but not as well as it should, or not for long."""
    return Finding(Level.WARNING, said, advice)


def broken(said: str, advice: str) -> Finding:
    """It does not work."""
    return Finding(Level.BROKEN, said, advice)


def unknown(said: str, advice: str = "") -> Finding:
    """It could not be checked."""
    return Finding(Level.UNKNOWN, said, advice)


def status_of(findings: Iterable[Finding]) -> int:
    """The exit status: 1 if anything is broken."""
    return 1 if any(one.level is Level.BROKEN for one in findings) else 0


def summary(findings: Sequence[Finding]) -> str:
    """How many are how."""
    counts = {level: sum(one.level is level for one in findings) for level in Level}
    return ", ".join(f"{count} {level.value}" for level, count in counts.items() if count) + "."
