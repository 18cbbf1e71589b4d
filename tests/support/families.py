"""The families of adapters that all have to keep the same promises. A new one is added to FAMILIES, nowhere else."""

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr
from support.consumers import PUSH_SECRET
from support.running import while_running

from autotennis.adapters.local.bus import RetryPolicy
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis.dispatcher import Dispatcher, DispatcherOptions
from autotennis.flow import ACK_DEADLINE_S, Service
from autotennis.ports import DeadLetters, EventBus, Store, Vault, WakeScheduler

# Backoff is shortened for tests: the promise is that it grows, not how long it takes.
ATTEMPTS = 3
_FIRST_RETRY_S = 0.05

Endpoints = Mapping[Service, str]


class Bus(EventBus, DeadLetters, Protocol):
    """Everything that a bus promises."""


class RotatingVault(Vault, Protocol):
    """A vault whose keys can be changed."""

    def rotate(self) -> int:
        """Seals everything under a new key; gives how many secrets that were."""
        ...


@dataclass(frozen=True)
class Family:
    """One family, open.

    `delivering(endpoints, ack_deadline_s)` has its events pushed to these services while the context lasts; a
    delivery is given up after ATTEMPTS refusals. `reopened()` gives it as another process would see it.
    """

    store: Store
    bus: Bus
    wake: WakeScheduler
    vault: RotatingVault
    delivering: Callable[[Endpoints, float | None], AbstractAsyncContextManager[None]]
    reopened: Callable[[], AbstractContextManager["Family"]]


@contextmanager
def local(directory: Path) -> Generator[Family, None, None]:
    """The embedded family, with a dispatcher in the test's own event loop."""
    clock = SystemClock()
    with open_local(directory, clock, RetryPolicy(attempts=ATTEMPTS, first_s=_FIRST_RETRY_S, broken_s=0.05)) as opened:

        @asynccontextmanager
        async def delivering(endpoints: Endpoints, ack_deadline_s: float | None) -> AsyncGenerator[None, None]:
            deadlines = dict(ACK_DEADLINE_S) if ack_deadline_s is None else dict.fromkeys(Service, ack_deadline_s)
            options = DispatcherOptions(ack_deadlines_s=deadlines, poll_s=0.005, probe_s=0.02)
            dispatcher = Dispatcher(opened, clock, endpoints, SecretStr(PUSH_SECRET), options)
            async with while_running(dispatcher.run()):
                yield

        yield Family(opened.store, opened.bus, opened.wake, opened.vault, delivering, lambda: local(directory))


FAMILIES: Mapping[str, Callable[[Path], AbstractContextManager[Family]]] = {"local": local}
