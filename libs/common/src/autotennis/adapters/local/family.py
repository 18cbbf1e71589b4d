"""The embedded family as a whole."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autotennis.adapters.local import (
    bus,
    checks,
    experiences,
    groups,
    invitations,
    messages,
    notes,
    oversight,
    store,
    vault,
    wake,
    weekly,
)
from autotennis.adapters.local.bus import LocalBus, RetryPolicy
from autotennis.adapters.local.database import Database, Schema, open_database
from autotennis.adapters.local.store import LocalStore
from autotennis.adapters.local.vault import LocalVault
from autotennis.adapters.local.wake import LocalWakeScheduler
from autotennis.ports import Clock

SCHEMA = Schema(
    statements=(
        store.SCHEMA,
        store.IN_LINE_SINCE,
        store.BOND_ID,
        weekly.SCHEMA,
        groups.SCHEMA,
        oversight.SCHEMA,
        notes.SCHEMA,
        invitations.SCHEMA,
        checks.CHECK_AT,
        checks.OPERATORS_INDEX,
        messages.SCHEMA,
        store.INSTANCES,
        store.TALLIES,
        store.TALLIES_BY_END,
        store.WAITING_FOR_SESSION,
        experiences.SCHEMA,
        bus.SCHEMA,
        wake.SCHEMA,
        wake.WATCHES,
        vault.SCHEMA,
    ),
    migrations=(
        (store.INSTANCES, store.TALLIES, wake.WATCHES),
        (experiences.SCHEMA,),
        (store.IN_LINE_SINCE, store.INTO_THE_LINE, weekly.SCHEMA),
        (store.BOND_ID, groups.SCHEMA, oversight.SCHEMA, notes.SCHEMA, invitations.SCHEMA),
        (checks.CHECK_AT, checks.OPERATORS_INDEX, messages.SCHEMA),
        (store.TALLIES_BY_END, store.WAITING_FOR_SESSION),
    ),
)


@dataclass(frozen=True, slots=True)
class LocalFamily:
    """All embedded adapters on one directory."""

    database: Database
    store: LocalStore
    bus: LocalBus
    wake: LocalWakeScheduler
    vault: LocalVault


@contextmanager
def open_local(data_dir: Path, clock: Clock, retry: RetryPolicy | None = None) -> Generator[LocalFamily, None, None]:
    """The adapters on this directory, which is made on first use. `retry` is only the dispatcher's concern.

    Raises DatabaseDamaged, DatabaseTooNew, VaultLocked, DiskTrouble.
    """
    database = open_database(data_dir, SCHEMA)
    try:
        yield LocalFamily(
            database,
            LocalStore(database),
            LocalBus(database, clock, retry),
            LocalWakeScheduler(database, clock),
            LocalVault(database),
        )
    finally:
        database.close()
