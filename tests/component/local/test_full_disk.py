"""A disk that is full, or may only be read: a real one, of a few megabytes.

Nothing is said to be done that was not kept, nothing is damaged, and as soon as there is room everything goes on.
"""

import os
import sys
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.clock import ManualClock
from support.disks import Disk, small_disk
from support.records import a_request, an_opening, to_race
from support.town import RUN_UP, town
from support.users import NOBODY, as_nobody, within_reach
from support.waiting import eventually

from autotennis.adapters.local.database import FILE_NAME, check_writable, quick_check
from autotennis.adapters.local.family import open_local
from autotennis.adapters.local.files import DiskTrouble
from autotennis.adapters.system import SystemClock, environment
from autotennis.domain.booking import State
from autotennis.events import Booked
from autotennis_local.installation import held
from autotennis_local.supervision import Program, supervised
from autotennis_local.visitor import PageRefused

TODAY = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path) -> Generator[Disk]:
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


def test_what_was_said_to_be_kept_is_there_after_the_disk_was_full(disk: Disk) -> None:
    said: list[str] = []
    with open_local(disk.path, ManualClock()) as family:
        disk.fill()

        def keep(number: int) -> None:
            family.store.create(a_request(f"b-{number}", member_id=f"m-{number}"))
            said.append(f"b-{number}")
            family.vault.put(f"m-{number}", "pin", SecretStr(f"{number}"))
            family.bus.publish(to_race(f"b-{number}"))
            family.wake.wake(an_opening(number), TODAY)

        def keep_many() -> None:
            for number in range(5000):
                keep(number)

        with pytest.raises(DiskTrouble, match="the disk is full"):
            keep_many()
        # Reading goes on without any room.
        assert [family.store.booking(one).id for one in said] == said
        disk.make_room()
        keep(5000)
        assert family.vault.get("m-5000", "pin") == SecretStr("5000")
    quick_check(disk.path)
    with open_local(disk.path, ManualClock()) as family:
        assert [family.store.booking(one).id for one in said] == said


def test_a_start_on_a_full_disk_says_so(disk: Disk) -> None:
    with open_local(disk.path, SystemClock()) as family:
        family.store.create(a_request())
    disk.fill()
    with held(disk.path), pytest.raises(DiskTrouble, match="the disk is full"):
        check_writable(disk.path)
    disk.make_room()
    check_writable(disk.path)


async def test_a_race_on_a_full_disk_ends_in_the_truth(disk: Disk) -> None:
    """The disk fills up while the booker is about it, and nothing can be kept until after the opening."""
    async with town(disk.path, TODAY) as at, at.reader() as (reader, at_club):
        session = at.desk.session(timedelta(days=2).total_seconds())
        booking_id = await reader.book(at.desk.club.link(session))
        other_id = await reader.book(at.desk.club.link(at.desk.session(timedelta(days=3).total_seconds())))
        await at.comes(at.booking(booking_id).opening_at - RUN_UP)
        await eventually(lambda: at.booking(booking_id).state is State.SIGNING_UP, "the booker has it in hand")
        disk.fill()
        opening = at.booking(booking_id).opening_at
        await eventually(lambda: at.clock.now() > opening + timedelta(seconds=1), "the opening has passed")
        with pytest.raises(PageRefused, match="Nothing was lost, but this could not be done right now"):
            await reader.cancel(other_id)
        assert at.booking(booking_id).state is State.SIGNING_UP
        assert at.booking(other_id).state is State.SCHEDULED
        assert at.told(Booked) == []
        assert "You have a place" not in await reader.words(f"/bookings/{booking_id}")

        disk.make_room()
        await eventually(lambda: at.booking(booking_id).state is State.BOOKED, "it is told", within_s=60)
        await at.settled()
        assert session.takers() == [at_club.id]
        assert [told.booking_id for told in at.told(Booked)] == [booking_id]
        assert len(at.desk.club.record.requests) <= at.desk.rules.race.requests
        assert "You have a place" in await reader.words(f"/bookings/{booking_id}")
        await reader.cancel(other_id)
        assert at.booking(other_id).state is State.CANCELLED
    quick_check(disk.path)


# The size of a file of its own tells how far it has come.
TALKER = """
import sys, time
for number in range(1_000_000):
    print(number, "x" * 500, flush=True)
    with open(sys.argv[1], "a") as said:
        said.write(".")
    time.sleep(0.001)
"""
# More than a buffer holds.
HEARD = 20_000


async def test_logs_that_cannot_be_written_stop_no_program(disk: Disk, tmp_path: Path) -> None:
    """Its pipe is read on, and the supervisor does not die of telling that its own log cannot be written."""
    script, said = tmp_path / "talker.py", tmp_path / "said"
    script.write_text(TALKER)
    talker = Program("talker", (sys.executable, str(script), str(said)))
    with supervised([talker], disk.path, environment()) as supervisor:
        log = disk.path / "log" / "talker.log"
        await eventually(lambda: log.exists() and log.stat().st_size > HEARD, "it talks", every_s=0.02)
        first = supervisor.pid("talker")
        disk.fill()
        number = said.stat().st_size
        await eventually(lambda: said.stat().st_size > number + 300, "it goes on unheard", every_s=0.02)
        assert supervisor.pid("talker") == first
        size = log.stat().st_size
        disk.make_room()
        await eventually(lambda: log.stat().st_size > size + HEARD, "it is heard again", every_s=0.02)
        assert supervisor.pid("talker") == first


def test_a_disk_that_may_only_be_read_is_named(disk: Disk) -> None:
    with open_local(disk.path, SystemClock()) as family:
        family.store.create(a_request())
    with disk.only_to_be_read():
        with pytest.raises(DiskTrouble, match=r"mounted read-only: mount it to be written"), held(disk.path):
            pass
        with pytest.raises(DiskTrouble, match=r"mounted read-only"):
            check_writable(disk.path)


def test_a_file_that_may_only_be_read_is_named() -> None:
    """SQLite opens it all the same, and would refuse each change."""
    with within_reach() as directory:
        os.chown(directory, NOBODY, -1)
        with as_nobody():
            with open_local(directory / "data", SystemClock()) as family:
                family.store.create(a_request())
            (directory / "data" / FILE_NAME).chmod(0o400)
            quick_check(directory / "data")
            with pytest.raises(DiskTrouble, match="may not be written: it has to belong to the user who runs this"):
                check_writable(directory / "data")
