"""The one SQLite file: making it, opening it, transactions, and what its errors mean."""

import os
import shutil
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autotennis.adapters.local.files import DiskTrouble, locked, make_private_directory, put_in_place
from autotennis.errors import AutotennisError, DatabaseDamaged, Permanent, StoreBusy

FILE_NAME: Final = "autotennis.db"
SCHEMA_VERSION: Final = 7
# "ATen": stands in the file's header, so that a database of another program is told from ours.
APPLICATION_ID: Final = 0x4154656E
_MAGIC: Final = b"SQLite format 3\x00"
_HEADER_BYTES: Final = 100
# The sidecars in which SQLite keeps what is not yet in the file itself.
SIDECARS: Final = ("-wal", "-shm", "-journal")

_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_DISK: Final = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: (
        "it may not be written: it has to belong to the user who runs this, with mode 600, on a disk that is not "
        "mounted read-only"
    ),
    sqlite3.SQLITE_IOERR: "the disk failed",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_PERM: "access is denied",
}
# SQLite takes it for a failure of the disk if there is no room for its index of the log.
_NO_ROOM_BYTES: Final = 65_536


class DatabaseTooNew(Permanent):
    """The database was written by a newer version of the program. It was left as it is."""


class Database:
    """Connections to the file, shared by all threads of a process: each call has one for itself while it lasts.

    Open it after a process has forked, never before.
    """

    def __init__(self, path: Path, busy_timeout_s: float = 10.0) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self._idle: list[sqlite3.Connection] = []
        self._idle_lock = threading.Lock()
        self._closed = False
        # Threads of this process queue here, since SQLite's own way of waiting is to sleep and to try again.
        self._writing = threading.Lock()

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """A connection to read with. Raises StoreBusy, DatabaseDamaged, DiskTrouble."""
        with translated(self.path), self._connection() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """A transaction that nobody else writes beside: committed at the end, undone by whatever is raised inside.

        Raises StoreBusy if others write for too long, DatabaseDamaged, DiskTrouble.
        """
        if not self._writing.acquire(timeout=self._busy_timeout_s):
            raise StoreBusy("The database is busy: other threads are writing to it.")
        try:
            with self.reading() as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
        finally:
            self._writing.release()

    def watch(self) -> "Watch":
        """A cheap way to learn whether anybody has written. Close it after use."""
        with translated(self.path):
            return Watch(connect(self.path, self._busy_timeout_s), self.path)

    def close(self) -> None:
        """Closes all connections; one that is in use is closed when its call ends."""
        with self._idle_lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Generator[sqlite3.Connection, None, None]:
        with self._idle_lock:
            connection = self._idle.pop() if self._idle else None
        connection = connection or connect(self.path, self._busy_timeout_s)
        try:
            yield connection
        except sqlite3.Error:
            # It may be in any state after an error of its own, and a new one costs next to nothing.
            connection.close()
            raise
        finally:
            self._put_back(connection)

    def _put_back(self, connection: sqlite3.Connection) -> None:
        with self._idle_lock:
            if not self._closed and _is_open(connection):
                self._idle.append(connection)
                return
        connection.close()


class Watch:
    """Tells whether any connection of any process has committed since it was last asked."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._seen = -1

    def changed(self) -> bool:
        """Whether something was committed; always yes the first time. Costs a few microseconds."""
        with translated(self._path):
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        seen, self._seen = self._seen, version
        return version != seen

    def close(self) -> None:
        """Gives its connection back."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Schema:
    """What a new database is made with, and the statements that lead from version 1 to 2, from 2 to 3, and so on."""

    statements: Sequence[str]
    migrations: Sequence[Sequence[str]]


def open_database(directory: Path, schema: Schema, busy_timeout_s: float = 10.0) -> Database:
    """The database in this directory, made if it is not there, and brought up to date if it is of an earlier version.

    Raises DatabaseDamaged, DatabaseTooNew, DiskTrouble; whatever lies there is then left byte for byte as it was.
    """
    make_private_directory(directory)
    path = directory / FILE_NAME
    with locked(directory / "setup.lock"):
        if not path.exists():
            _make(path, schema.statements)
        if check_header(path) < SCHEMA_VERSION:
            _migrate(path, schema.migrations)
    return Database(path, busy_timeout_s)


def _migrate(path: Path, migrations: Sequence[Sequence[str]]) -> None:
    """Takes each step in one transaction: a crash leaves the version before or the one after."""
    with translated(path), closing(connect(path, busy_timeout_s=10.0)) as connection:
        # Asked of SQLite: in the file's header the version may stand only once the log was written back.
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        for number in range(version, SCHEMA_VERSION):
            statements = ("BEGIN IMMEDIATE", *migrations[number - 1], f"PRAGMA user_version={number + 1}", "COMMIT")
            connection.executescript(";\n".join(statements))
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def check_header(path: Path) -> int:
    """The version in the file's header.

    Raises DatabaseDamaged or DatabaseTooNew if the file's first bytes are not those of our database.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise DiskTrouble(f"The database {path} cannot be read: {error.strerror}.") from error
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise damaged(path, "it is not an SQLite database")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise damaged(path, "it is the database of another program")
    version = int.from_bytes(header[60:64], "big")
    if version > SCHEMA_VERSION:
        raise DatabaseTooNew(
            f"The database {path} has version {version}; this program knows {SCHEMA_VERSION} at most. "
            "Start the newer program again, or give this one another directory (AUTOTENNIS_DATA_DIR)."
        )
    return version


def quick_check(directory: Path) -> None:
    """Reads the whole database and raises DatabaseDamaged if something in it does not fit; writes nothing to it.

    Takes about a second for each few hundred MB, so it is for the start of the system and not of every process.
    A database that does not exist is a good one.
    """
    path = directory / FILE_NAME
    if not path.exists():
        return
    check_header(path)
    with translated(path), closing(connect(path, busy_timeout_s=10.0, mode="ro")) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    if found != ["ok"]:
        raise damaged(path, "SQLite finds in it: " + "; ".join(found))


def check_writable(directory: Path) -> None:
    """Raises DiskTrouble if the database may be read and not written: whatever started would fail over each request.

    Raises StoreBusy, DatabaseDamaged, too. A database that does not exist is a good one.
    """
    path = directory / FILE_NAME
    if path.exists():
        with translated(path), closing(connect(path, busy_timeout_s=10.0)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            # To begin alone is granted on what may only be read, too. Nothing comes of this change.
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("ROLLBACK")


def damaged(path: Path, what: str) -> DatabaseDamaged:
    """The error which says what is wrong with the file and what to do."""
    aside = ", ".join(f"{path.name}{suffix}" for suffix in SIDECARS)
    return DatabaseDamaged(
        f"The database {path} cannot be used: {what}. It was left as it is. Stop the system; then put a backup in its "
        f"place, or move it away together with {aside} (where they exist) to start with an empty one."
    )


def connect(path: Path, busy_timeout_s: float, mode: str = "rw") -> sqlite3.Connection:
    """A connection that never makes a file and begins no transaction by itself."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    # FULL: what was committed outlives a power cut too. secure_delete: what was deleted is overwritten.
    connection.executescript("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON")
    return connection


def _make(path: Path, schema: Sequence[str]) -> None:
    """Makes the file aside and gives it its name when it is whole: nobody ever sees half a schema."""
    for suffix in SIDECARS:
        if path.with_name(path.name + suffix).exists():
            # SQLite would pour the old log into the new file.
            raise damaged(path, f"it is missing, while its {path.name}{suffix} is there")

    def fill(draft: Path) -> None:
        for suffix in SIDECARS:
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
        with closing(connect(draft, busy_timeout_s=0)) as connection:
            connection.executescript(";\n".join(("BEGIN", *schema)))
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode=WAL")

    with translated(path):
        put_in_place(path, fill)


@contextmanager
def translated(path: Path) -> Generator[None, None, None]:
    """Turns SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        meaning = _meaning(error, path)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: sqlite3.Error, path: Path) -> AutotennisError | None:
    # An extended code carries the plain one in its lowest byte; errors of the Python module itself have none.
    code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
    if code in _BUSY:
        return StoreBusy("The database is busy: other processes are writing to it.")
    if code in _DAMAGED:
        return damaged(path, f"SQLite says: {error}")
    if code == sqlite3.SQLITE_IOERR and _is_full(path):
        code = sqlite3.SQLITE_FULL
    if code == sqlite3.SQLITE_CANTOPEN and path.exists() and not os.access(path.parent, os.W_OK):
        # Nor can its index of the log be made there.
        code = sqlite3.SQLITE_READONLY
    if code in _DISK:
        return DiskTrouble(
            f"The database {path} cannot be used now: {_DISK[code]} ({error}). Mend that; nothing is lost."
        )
    return None


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _NO_ROOM_BYTES
    except OSError:
        return False


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.total_changes  # noqa: B018 (a closed connection refuses even this)
    except sqlite3.ProgrammingError:
        return False
    return True
