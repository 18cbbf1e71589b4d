"""How far a booking's run has come: what its member may watch on an open page."""

from collections.abc import Iterable
from enum import StrEnum

from autotennis.values import Instant, Value


class Stage(StrEnum):
    """A stage of a run, in the order in which they are reached."""

    SCHEDULED = "scheduled"
    PRE_CHECKED = "pre_checked"
    LOGGED_IN = "logged_in"
    CLOCK_MEASURED = "clock_measured"
    FIRED = "fired"
    PROVEN = "proven"


class Reached(Value):
    """A stage, and when (by our clock) it was reached."""

    stage: Stage
    at: Instant


Progress = tuple[Reached, ...]
_ORDER = tuple(Stage)


def further(progress: Progress, reached: Iterable[Reached]) -> Progress:
    """Both together, in the stages' order. A stage is reached once: of two instants the one known before stays."""
    found: dict[Stage, Reached] = {}
    for one in (*progress, *reached):
        found.setdefault(one.stage, one)
    return tuple(sorted(found.values(), key=lambda one: _ORDER.index(one.stage)))


def begun_anew(progress: Progress) -> Progress:
    """What is left of it where another run is to come: it is scheduled, and nothing else has been done for it."""
    return tuple(one for one in progress if one.stage is Stage.SCHEDULED)
