"""A database of an earlier version is brought up to date, and loses nothing."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from support.clock import ManualClock
from support.lessons import a_lesson, known_from
from support.records import CLUB, NOW, OPENING, a_request

from autotennis.adapters.local.database import APPLICATION_ID, FILE_NAME, SCHEMA_VERSION, connect, quick_check
from autotennis.adapters.local.family import open_local
from autotennis.adapters.local.store import LocalStore
from autotennis.adapters.system import SystemClock
from autotennis.domain.booking import State
from autotennis.domain.link_secrets import fingerprint
from autotennis.events import load
from autotennis.flow import Service
from autotennis.values import utc_text

EARLIER = Path(__file__).parent / "earlier"
# What bookings of earlier versions do not have.
NEWER = {
    "trace",
    "waiting",
    "wait",
    "cancel_asked_at",
    "withdrawal",
    "bond",
    "let_go",
    "offer",
    "fixed",
    "no_fixed_place",
}


def database_of(version: int, directory: Path) -> Path:
    """A database as that version made it, with a booking in it."""
    path = empty_database_of(version, directory)
    booking, _ = a_request()
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute(
            "INSERT INTO bookings (id, member_id, club_id, session_key, session_start, opening_at, created_at, live, "
            "requested, waits_from, body) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1, NULL, ?)",
            (
                booking.id,
                booking.member_id,
                booking.club_id,
                booking.session.key,
                booking.session.start.isoformat(),
                utc_text(booking.opening_at),
                utc_text(booking.created_at),
                booking.model_dump_json(exclude=NEWER),
            ),
        )
    return path


def empty_database_of(version: int, directory: Path) -> Path:
    """The same, empty."""
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / FILE_NAME
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.executescript((EARLIER / f"version-{version}.sql").read_text())
        made.execute(f"PRAGMA application_id={APPLICATION_ID}")
        made.execute(f"PRAGMA user_version={version}")
        made.execute("PRAGMA journal_mode=WAL")
    path.chmod(0o600)
    return path


def tables(path: Path) -> set[tuple[str, str]]:
    """Every table and index, as its statement says."""
    with closing(sqlite3.connect(path)) as opened:
        rows = opened.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(name, " ".join(sql.split())) for name, sql in rows}


# The bookings that each version wrote, each called after its state.
WRITTEN = ("requested", "scheduled", "signing_up", "booked", "failed", "cancelled", "waiting")


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_what_that_version_wrote_is_understood(tmp_path: Path, version: int) -> None:
    """Bookings, facts, deliveries and the calendar; of the vault nothing, since its key belongs to no repository."""
    path = empty_database_of(version, tmp_path)
    with closing(sqlite3.connect(path)) as made:
        made.executescript((EARLIER / f"version-{version}-data.sql").read_text())
        (messages,) = made.execute("SELECT count(*) FROM messages").fetchone()
    with open_local(tmp_path, ManualClock()) as family:
        store = family.store
        assert {name: store.booking(name).state for name in WRITTEN} == {name: State(name) for name in WRITTEN}
        assert store.booking("reopened").opening_at == OPENING + timedelta(hours=1)
        assert store.member("m-1").club_member_ids == {CLUB: 4711}
        assert [fact.id for fact in store.unpublished()] == ["BookingRequested/failed", "Failed/failed"]
        assert [one.id for one in store.in_line(CLUB)] == ["waiting"]
        wait = store.booking("waiting").wait
        assert wait
        assert wait.until > OPENING + timedelta(days=2)

        assert len(family.bus.events_since(0)) == messages
        (letter,) = family.bus.dead_letters()
        family.bus.replay(letter.id)
        assert letter.reason == "500 of that version"
        assert [load(one.data).kind for one in family.bus.lease(Service.BOOKER, 60, 100)] == ["RaceDue"]
        assert family.wake.next_at() == OPENING

        if version >= 3:
            assert store.experience(CLUB) == known_from(0)
        if version >= 4:
            assert [one.id for one in store.series_due(OPENING + timedelta(seconds=1))] == ["s-1"]
        if version >= 5:
            assert [one.id for one in store.groups_of("m-2")] == ["g-1"]
            assert store.invitation(fingerprint("link")).most == 1


def test_the_tables_of_a_version_never_change(tmp_path: Path) -> None:
    """Who changes a table makes a new version of the database, as CONTRIBUTING.md says: others have this one."""
    kept = empty_database_of(SCHEMA_VERSION, tmp_path / "kept")
    with open_local(tmp_path / "new", SystemClock()):
        pass
    assert tables(tmp_path / "new" / FILE_NAME) == tables(kept)


# Dies by SIGKILL at every other statement of an upgrade in turn, each time on a database of its own, which syncs to the
# disk. What it prints is at which ones.
DYING = """
import os, pathlib, shutil, signal, sys
from autotennis.adapters.local import database
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock

connect = database.connect

def dying_after(statements):
    left = [statements]
    def count(_statement):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def connect_and_count(*arguments, **more):
        connection = connect(*arguments, **more)
        connection.set_trace_callback(count)
        return connection
    database.connect = connect_and_count

here = pathlib.Path(sys.argv[1])
for number in range(0, 1000, 2):
    directory = here / f"killed-after-{number}"
    shutil.copytree(here / "before", directory)
    child = os.fork()
    if child == 0:
        dying_after(number)
        with open_local(directory, SystemClock()):
            pass
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
        break
    print(number)
"""


def test_an_upgrade_that_is_killed_in_the_middle_is_finished_by_the_next_start(tmp_path: Path) -> None:
    database_of(1, tmp_path / "before")
    command = [sys.executable, "-c", DYING, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)  # noqa: S603 (our own)
    deaths = done.stdout.split()
    assert len(deaths) > 2 * SCHEMA_VERSION, "it was killed between the versions only"
    with open_local(tmp_path / "new", SystemClock()):
        pass
    versions: set[int] = set()
    for number in deaths:
        directory = tmp_path / f"killed-after-{number}"
        quick_check(directory)
        with closing(connect(directory / FILE_NAME, busy_timeout_s=1)) as opened:
            versions.add(int(opened.execute("PRAGMA user_version").fetchone()[0]))
        with open_local(directory, SystemClock()) as family:
            assert family.store.booking("b-1") == a_request()[0]
        assert tables(directory / FILE_NAME) == tables(tmp_path / "new" / FILE_NAME)
    assert versions == set(range(1, SCHEMA_VERSION + 1))


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_it_becomes_what_a_new_one_is_and_keeps_what_it_held(tmp_path: Path, version: int) -> None:
    path = database_of(version, tmp_path)
    with open_local(tmp_path, SystemClock()) as family:
        assert family.store.booking("b-1") == a_request()[0]
        family.store.keep_alive("one", NOW)
        assert family.store.alive_until("one") == NOW
        assert family.store.teach(CLUB, a_lesson()) == known_from(0)
        assert family.store.in_line(CLUB) == []
        assert family.store.bound("bond-1") == []
        assert family.store.groups_of("m-1") == []
        assert family.store.messages_of("m-1") == []
    with open_local(tmp_path / "new", SystemClock()):
        pass
    assert tables(path) == tables(tmp_path / "new" / FILE_NAME)


def test_many_processes_may_open_it_at_once(tmp_path: Path) -> None:
    path = database_of(1, tmp_path)

    def open_it(_number: int) -> None:
        with open_local(tmp_path, SystemClock()) as family:
            family.store.booking("b-1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_it, range(8)))
    with closing(connect(path, busy_timeout_s=1)) as opened:
        assert opened.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_the_version_is_believed_while_it_stands_in_the_log_only(tmp_path: Path) -> None:
    """Another connection that reads keeps SQLite from writing the log back into the file."""
    path = database_of(1, tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM bookings").fetchone()
        for _ in range(2):
            with open_local(tmp_path, SystemClock()) as family:
                assert isinstance(family.store, LocalStore)
                family.store.keep_alive("one", NOW)
