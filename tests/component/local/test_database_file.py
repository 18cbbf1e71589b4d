"""The SQLite file: what is made, what is refused, and what its errors become."""

import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from support.clock import ManualClock
from support.records import a_request

from autotennis.adapters.local.database import (
    FILE_NAME,
    SCHEMA_VERSION,
    Database,
    DatabaseTooNew,
    open_database,
    quick_check,
)
from autotennis.adapters.local.family import SCHEMA, open_local
from autotennis.adapters.local.files import DiskTrouble
from autotennis.adapters.local.store import LocalStore
from autotennis.adapters.system import SystemClock
from autotennis.errors import DatabaseDamaged, NotFound, StoreBusy


def filled(directory: Path, bookings: int = 60) -> Path:
    """A good database with bookings in it, closed."""
    with open_local(directory, SystemClock()) as family:
        for number in range(bookings):
            family.store.create(a_request(f"b-{number}", member_id=f"m-{number}"))
    return directory / FILE_NAME


def patched(path: Path, offset: int, data: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[offset : offset + len(data)] = data
    path.write_bytes(content)


def make_empty(path: Path) -> None:
    path.write_bytes(b"")


def make_text(path: Path) -> None:
    path.write_text("Handleliste: egg, melk, tennisballer.\n" * 50, encoding="utf-8")


def make_other_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def make_cut_header(path: Path) -> None:
    path.write_bytes(filled(path.parent).read_bytes()[:60])


def make_overwritten_header(path: Path) -> None:
    patched(filled(path.parent), 0, b"\x00" * 16)


def make_overwritten_pages(path: Path) -> None:
    """Everything but the first page, which holds the header and the schema."""
    patched(path, 4096, b"\xff" * (filled(path.parent).stat().st_size - 4096))


def make_cut_in_half(path: Path) -> None:
    content = filled(path.parent).read_bytes()
    path.write_bytes(content[: len(content) // 8192 * 4096])


def read_everything(directory: Path) -> None:
    with open_local(directory, SystemClock()) as family:
        for number in range(60):
            family.store.booking(f"b-{number}")


UNKNOWN = [make_empty, make_text, make_other_program, make_cut_header, make_overwritten_header]
BROKEN_INSIDE = [make_overwritten_pages, make_cut_in_half]


def remade(directory: Path, make: Callable[[Path], None]) -> Path:
    directory.mkdir(exist_ok=True)
    path = directory / FILE_NAME
    make(path)
    return path


@pytest.mark.parametrize("make", [*UNKNOWN, *BROKEN_INSIDE])
def test_a_damaged_file_gives_a_clear_error_and_stays_as_it_is(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = remade(tmp_path / "data", make)
    before = path.read_bytes()
    with pytest.raises(DatabaseDamaged) as raised:
        read_everything(path.parent)
    assert str(path) in str(raised.value)
    assert "backup" in str(raised.value)
    assert "move it away" in str(raised.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("make", [*UNKNOWN, *BROKEN_INSIDE])
def test_the_check_at_the_start_finds_the_damage_and_writes_nothing(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    path = remade(tmp_path / "data", make)
    before = path.read_bytes()
    with pytest.raises(DatabaseDamaged, match="backup"):
        quick_check(path.parent)
    assert path.read_bytes() == before


def test_the_check_is_content_with_a_good_database_and_with_none(tmp_path: Path) -> None:
    quick_check(tmp_path)
    assert list(tmp_path.iterdir()) == []
    filled(tmp_path)
    quick_check(tmp_path)


def test_a_record_that_cannot_be_read_is_damage_and_its_values_are_not_told(tmp_path: Path) -> None:
    path = filled(tmp_path, bookings=1)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE bookings SET body = json_set(body, '$.state', 'hemmelig')")
    with open_local(tmp_path, SystemClock()) as family, pytest.raises(DatabaseDamaged, match="state") as raised:
        family.store.booking("b-0")
    assert "hemmelig" not in str(raised.value)


def test_a_newer_database_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = filled(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    before = path.read_bytes()
    with pytest.raises(DatabaseTooNew, match=f"version {SCHEMA_VERSION + 1}"), open_local(tmp_path, SystemClock()):
        pass
    assert path.read_bytes() == before


def test_a_log_without_its_database_is_not_poured_into_a_new_one(tmp_path: Path) -> None:
    (tmp_path / f"{FILE_NAME}-wal").write_bytes(b"what is left of another database")
    with pytest.raises(DatabaseDamaged, match="-wal is there"), open_local(tmp_path, SystemClock()):
        pass
    assert not (tmp_path / FILE_NAME).exists()


def test_a_draft_left_by_a_killed_process_is_no_hindrance(tmp_path: Path) -> None:
    for suffix in ("", "-journal", "-wal"):
        (tmp_path / f"{FILE_NAME}.draft{suffix}").write_bytes(b"half a database" * 400)
    filled(tmp_path)
    quick_check(tmp_path)


def test_nobody_else_can_read_what_is_made(tmp_path: Path) -> None:
    with open_local(tmp_path / "data", SystemClock()) as family:
        family.store.create(a_request())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "data").iterdir()}
    assert {FILE_NAME, f"{FILE_NAME}-wal", "vault.key"} <= modes.keys()
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_threads_that_open_a_new_directory_at_once_share_one_database(tmp_path: Path) -> None:
    def add(number: int) -> None:
        with open_local(tmp_path / "data", SystemClock()) as family:
            family.store.create(a_request(f"b-{number}", member_id=f"m-{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    with open_local(tmp_path / "data", SystemClock()) as family:
        assert len(family.store.unpublished()) == 8


def database(tmp_path: Path, busy_timeout_s: float = 10.0) -> Database:
    return open_database(tmp_path, SCHEMA, busy_timeout_s)


def test_a_full_disk_is_named_and_nothing_is_half_done(tmp_path: Path) -> None:
    opened = database(tmp_path)
    store = LocalStore(opened)
    with opened.reading() as connection:
        # SQLite's own limit gives the error of a full disk; it holds for this connection, which is the next one used.
        connection.execute("PRAGMA max_page_count=1")

    def fill() -> None:
        for number in range(2000):
            store.create(a_request(f"b-{number}", member_id=f"m-{number}"))

    with pytest.raises(DiskTrouble, match="the disk is full"):
        fill()
    quick_check(tmp_path)
    kept = store.unpublished(limit=5000)
    assert len(kept) < 2000
    # The connection that saw the trouble was thrown away, so that it goes on as soon as there is room.
    store.create(a_request("b-after", member_id="m-after"))
    opened.close()


def test_a_database_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    opened = database(tmp_path)
    with opened.reading() as connection:
        connection.execute("PRAGMA query_only=ON")
    with pytest.raises(DiskTrouble, match="may not be written"):
        LocalStore(opened).create(a_request())
    opened.close()


def test_a_database_that_vanished_is_not_made_anew_by_a_running_process(tmp_path: Path) -> None:
    opened = database(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    with pytest.raises(DiskTrouble, match="cannot be opened"):
        LocalStore(opened).booking("b-1")
    assert not (tmp_path / FILE_NAME).exists()
    opened.close()


def test_who_waits_too_long_for_another_process_is_told(tmp_path: Path) -> None:
    opened = database(tmp_path, busy_timeout_s=0.05)
    store = LocalStore(opened)
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="other processes"):
            store.create(a_request())
        # Reading goes on meanwhile.
        with pytest.raises(NotFound):
            store.booking("b-1")
    store.create(a_request())
    opened.close()


def test_who_reads_for_long_keeps_nobody_from_writing(tmp_path: Path) -> None:
    """As a backup does, or somebody who looks around in the file by hand."""
    with (
        open_local(tmp_path, ManualClock()) as family,
        closing(sqlite3.connect(family.database.path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM bookings").fetchone() == (0,)
        family.store.create(a_request())
        assert family.store.booking("b-1")
        assert other.execute("SELECT count(*) FROM bookings").fetchone() == (0,), "it reads what there was"


def test_who_waits_too_long_for_another_thread_is_told(tmp_path: Path) -> None:
    opened = database(tmp_path, busy_timeout_s=0.05)
    with opened.writing(), pytest.raises(StoreBusy, match="other threads"):
        LocalStore(opened).create(a_request())
    LocalStore(opened).create(a_request())
    opened.close()


def test_a_watch_sees_what_others_commit_and_nothing_else(tmp_path: Path) -> None:
    opened = database(tmp_path)
    watch = opened.watch()
    assert watch.changed()
    assert not watch.changed()
    LocalStore(opened).create(a_request())
    assert watch.changed()
    assert not watch.changed()
    watch.close()
    opened.close()
