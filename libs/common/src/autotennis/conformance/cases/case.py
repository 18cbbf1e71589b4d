"""A case: its name, and what is tried."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from autotennis.conformance.desk import Desk


@dataclass(frozen=True, slots=True)
class Case:
    """A case by its name. `acts` tells that it takes places or gives some back."""

    name: str
    run: Callable[[Desk], Awaitable[str]]
    acts: bool = False
