"""What carries the events and keeps the bookings of a system on one machine: the part that differs by family."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from autotennis.flow import Service
from autotennis.ports import Bus, EventFeed, Store, Vault
from autotennis_local.supervision import Program

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Insight:
    """A look into a running system: what it keeps, its bus, and what happens from now on."""

    store: Store
    vault: Vault
    bus: Bus
    feed: EventFeed


class Backbone(Protocol):
    """One family, as programs and settings."""

    @property
    def carrier(self) -> str:
        """The name of the program that pushes events to the services."""
        ...

    @property
    def housed(self) -> tuple[Service, ...]:
        """The services that run inside the carrier, and so need no program of their own."""
        ...

    def programs(self) -> list[Program]:
        """What runs beside the services."""
        ...

    def health(self) -> Mapping[str, str]:
        """An address for each program that has one, which answers once it is ready."""
        ...

    def environment(self) -> Mapping[str, str]:
        """What the services are told of it."""
        ...

    def prepare(self) -> None:
        """What is left to do once its own programs answer."""
        ...

    def looked_into(self) -> AbstractContextManager[Insight]:
        """The insight, open while the context lasts."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a backbone has to know of the system.

    `instances` are the addresses at which each service of events listens; `reserve` finds a port for a program's name;
    `say` tells a person at the terminal.
    """

    instances: Mapping[Service, tuple[str, ...]]
    reserve: Callable[[str], int]
    say: Callable[[str], None]
