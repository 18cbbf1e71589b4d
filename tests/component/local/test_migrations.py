"""A database of an earlier version is brought up to date, and loses nothing."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from support.lessons import a_lesson, known_from
from support.records import CLUB, NOW, a_request

from autotennis.adapters.local.database import APPLICATION_ID, FILE_NAME, SCHEMA_VERSION, connect
from autotennis.adapters.local.family import open_local
from autotennis.adapters.local.store import LocalStore
from autotennis.adapters.system import SystemClock
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
    path = directory / FILE_NAME
    booking, _ = a_request()
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.executescript((EARLIER / f"version-{version}.sql").read_text())
        made.execute(f"PRAGMA application_id={APPLICATION_ID}")
        made.execute(f"PRAGMA user_version={version}")
        made.execute("PRAGMA journal_mode=WAL")
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
    path.chmod(0o600)
    return path


def tables(path: Path) -> set[tuple[str, str]]:
    """Every table and index, as its statement says."""
    with closing(sqlite3.connect(path)) as opened:
        rows = opened.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(name, " ".join(sql.split())) for name, sql in rows}


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
