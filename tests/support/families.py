"""The families of adapters that all have to keep the same promises. A new one is added to FAMILIES, nowhere else."""

import hashlib
import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr
from support.beside import open_beside
from support.clockwork import planned_wakes
from support.consumers import PUSH_SECRET
from support.emulators import need_emulators
from support.gcp_bus import ATTEMPTS, relaying, topics_of
from support.running import while_running

from autotennis.adapters.gcp.documents import Documents, Update
from autotennis.adapters.gcp.door import GcpDoor
from autotennis.adapters.gcp.family import open_gcp
from autotennis.adapters.gcp.feed import open_feed
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place, Pusher
from autotennis.adapters.gcp.rows import booking_key, group_key, message_key, series_key
from autotennis.adapters.local.bus import RetryPolicy
from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.local.family import open_local
from autotennis.adapters.local.feed import LocalFeed
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.dispatcher import Dispatcher, DispatcherOptions
from autotennis.domain.booking import Booking
from autotennis.domain.group import Group
from autotennis.domain.message import Message
from autotennis.domain.series import Series
from autotennis.flow import ACK_DEADLINE_S, Service
from autotennis.ports import Bus, Clock, Door, EventFeed, Refusals, Store, Vault, WakeScheduler
from google_stand_ins.issuer import serving_issuer
from google_stand_ins.kms import running_kms
from google_stand_ins.pushing import Sender
from google_stand_ins.scheduler import SchedulerOptions, running_scheduler

# Backoff is shortened for tests: the promise is that it grows, not how long it takes.
_FIRST_RETRY_S = 0.05

Endpoints = Mapping[Service, str]
# What stands whole in the store, and what becomes of it where a newer version wrote what this one does not know.
Kept = Booking | Series | Group | Message
DAMAGED = '{"of": "a newer version"}'


@dataclass(frozen=True)
class Family:
    """One family, open.

    `delivering(endpoints, ack_deadline_s)` has its events pushed to these services while the context lasts; a
    delivery is given up after ATTEMPTS refusals. `feed()` looks on. `reopened()` gives the family as another process
    would see it. `planned()` gives the instants of the wake-ups to come, earliest first. `damage(record)` spoils a
    record that is kept whole, as an upgrade that was rolled back may. `meter` counts what it uses of Google; None for a
    family that uses nothing.
    """

    store: Store
    bus: Bus
    wake: WakeScheduler
    vault: Vault
    door: Door
    refusals: Refusals | None
    delivering: Callable[[Endpoints, float | None], AbstractAsyncContextManager[None]]
    feed: Callable[[], AbstractContextManager[EventFeed]]
    reopened: Callable[[], AbstractContextManager["Family"]]
    planned: Callable[[], Sequence[datetime]]
    damage: Callable[[Kept], None]
    meter: Meter | None = None


class Opener(Protocol):
    """Opens a family on a directory. It lives by the clock that it is given, else by the machine's."""

    def __call__(self, directory: Path, clock: Clock | None = None) -> AbstractContextManager[Family]: ...


@contextmanager
def local(directory: Path, clock: Clock | None = None) -> Generator[Family, None, None]:
    """The embedded family, with a dispatcher in the test's own event loop."""
    clock = clock or SystemClock()
    retry = RetryPolicy(attempts=ATTEMPTS, first_s=_FIRST_RETRY_S, longest_s=_FIRST_RETRY_S, broken_s=0.05)
    with open_local(directory, clock, retry) as opened:

        @asynccontextmanager
        async def delivering(endpoints: Endpoints, ack_deadline_s: float | None) -> AsyncGenerator[None, None]:
            deadlines = dict(ACK_DEADLINE_S) if ack_deadline_s is None else dict.fromkeys(Service, ack_deadline_s)
            options = DispatcherOptions(ack_deadlines_s=deadlines, poll_s=0.005, probe_s=0.02)
            dispatcher = Dispatcher(opened, clock, endpoints, SecretStr(PUSH_SECRET), options)
            async with while_running(dispatcher.run()):
                yield

        @contextmanager
        def feed() -> Generator[EventFeed, None, None]:
            yield LocalFeed(opened.bus)

        yield Family(
            opened.store,
            opened.bus,
            opened.wake,
            opened.vault,
            SecretDoor(SecretStr(PUSH_SECRET)),
            None,
            delivering,
            feed,
            lambda: local(directory, clock),
            partial(_planned_in, directory / FILE_NAME),
            partial(_damaged_in, directory / FILE_NAME),
        )


def _planned_in(database: Path) -> Sequence[datetime]:
    with closing(sqlite3.connect(database)) as connection:
        return [datetime.fromisoformat(at) for (at,) in connection.execute("SELECT at FROM wakes ORDER BY at")]


def _damaged_in(database: Path, record: Kept) -> None:
    tables = {Booking: "bookings", Series: "series", Group: "groups", Message: "member_messages"}
    with closing(sqlite3.connect(database)) as connection, connection:
        statement = f"UPDATE {tables[type(record)]} SET body = ? WHERE id = ?"  # noqa: S608 (the names are these)
        assert connection.execute(statement, (DAMAGED, record.id)).rowcount == 1


@dataclass(frozen=True)
class _Cloud:
    """What stands in for Google's cloud in one test."""

    place: Place
    pusher: Pusher
    sender: Sender
    clock: Clock


@contextmanager
def gcp(directory: Path, clock: Clock | None = None) -> Generator[Family, None, None]:
    """The Google Cloud family on the emulators and the stand-ins, in a project of its own."""
    engines, clock = need_emulators(), clock or SystemClock()
    project = f"test-{hashlib.sha256(str(directory).encode()).hexdigest()[:12]}"
    key = f"projects/{project}/locations/europe-north1/keyRings/autotennis/cryptoKeys/vault"
    with (
        running_scheduler(engines.pubsub_host, SchedulerOptions(now=clock.now)) as scheduler_host,
        running_kms([key]) as kms_host,
        open_beside(serving_issuer()) as issuer,
    ):
        place = Place(project, "europe-north1", key, scheduler_host=scheduler_host, kms_host=kms_host)
        pusher = Pusher("autotennis", "pusher@example.org", issuer.url, issuer.keys_url)
        sender = Sender(issuer, pusher.audience, pusher.account)
        with topics_of(place), _opened(_Cloud(place, pusher, sender, clock)) as family:
            yield family


@contextmanager
def _opened(cloud: _Cloud) -> Generator[Family, None, None]:
    with open_gcp(cloud.place, cloud.clock) as opened:
        yield Family(
            opened.store,
            opened.bus,
            opened.wake,
            opened.vault,
            # Tokens are of the machine's time, whatever the family lives by.
            GcpDoor(cloud.pusher, SystemClock()),
            opened.refusals,
            partial(relaying, cloud.place, cloud.sender),
            lambda: open_feed(cloud.place, SystemIds()),
            lambda: _opened(cloud),
            partial(planned_wakes, cloud.place),
            partial(_damaged_at, cloud.place),
            opened.meter,
        )


def _damaged_at(place: Place, record: Kept) -> None:
    keys = {Booking: booking_key, Series: series_key, Group: group_key, Message: message_key}
    with closing(Documents(place, Meter())) as documents:
        found = documents.get(keys[type(record)](record.id))
        assert found
        documents.commit(Update(found, {"body": DAMAGED}))


FAMILIES: Mapping[str, Opener] = {"local": local, "gcp": gcp}
