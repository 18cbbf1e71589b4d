"""Each fault of an installation on one machine is made for real, found by the doctor, and its mending named."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from pydantic import HttpUrl
from support.api_site import CLUB_ID, ClubBeside, club_beside
from support.beside import open_beside
from support.dead_letters import publish_and_give_up
from support.disks import small_disk
from support.doctor import OF_THE_MACHINE, Doctor, installed, worst
from support.mailroom import MailServer

from autotennis.adapters.local.database import FILE_NAME
from autotennis_local.doctor.finding import Level
from google_stand_ins.emulators import free_port

CLUB = f"club {CLUB_ID}"


@pytest.fixture(scope="module")
def club() -> Generator[ClubBeside]:
    with club_beside(empty=False) as club:
        yield club


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, club: ClubBeside) -> Doctor:
    club.turn(clock_offset_ms=0.0, rebuilt=[], faults=[])
    return Doctor(monkeypatch, club)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return installed(tmp_path / "data")


def test_an_installation_that_is_well_and_not_started(doctor: Doctor, directory: Path, club: ClubBeside) -> None:
    club.do(lambda one: one.record.clear())
    found = doctor.looks(directory)
    levels = {about: worst(some).level for about, some in found.items() if about not in OF_THE_MACHINE}
    assert {about for about, level in levels.items() if level is not Level.FINE} == {
        "services",
        "backups",
        "pages",
        "e-mail",
    }
    assert {levels[about] for about in ("services", "backups", "pages", "e-mail")} == {Level.WARNING}
    # Polite: a HEAD, and the front page.
    assert len(club.actions()) == 2


def _remove_key(directory: Path) -> None:
    (directory / "vault.key").unlink()


def _open_key(directory: Path) -> None:
    (directory / "vault.key").chmod(0o644)


def _another_key(directory: Path) -> None:
    other = installed(directory.parent / "other")
    (other / "vault.key").replace(directory / "vault.key")


def _damage(directory: Path) -> None:
    with (directory / FILE_NAME).open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff" * 20_000)


def _no_database(directory: Path) -> None:
    (directory / FILE_NAME).write_bytes(b"this is a text" * 100)


def _newer(directory: Path) -> None:
    with closing(sqlite3.connect(directory / FILE_NAME)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open_directory(directory: Path) -> None:
    directory.chmod(0o755)


def _damaged_secrets(directory: Path) -> None:
    (directory / "secrets.json").write_text("{")


@dataclass(frozen=True)
class Fault:
    make: Callable[[Path], None]
    about: str
    level: Level
    said: str


FAULTS = {
    "no key": Fault(_remove_key, "vault", Level.BROKEN, "put it back from a backup"),
    "key for all": Fault(_open_key, "directory", Level.BROKEN, "chmod 600"),
    "key for all, at the vault": Fault(_open_key, "vault", Level.BROKEN, "chmod 600"),
    "key of another": Fault(_another_key, "vault", Level.BROKEN, "put the two of one backup together"),
    "damaged database": Fault(_damage, "database", Level.BROKEN, "put a backup in its place"),
    "no database": Fault(_no_database, "database", Level.BROKEN, "it is not an SQLite database"),
    "newer database": Fault(_newer, "database", Level.BROKEN, "Start the newer program again"),
    "open directory": Fault(_open_directory, "directory", Level.WARNING, "chmod 700"),
    "damaged secrets": Fault(_damaged_secrets, "settings", Level.BROKEN, "secrets.json cannot be read"),
    "dead letter": Fault(publish_and_give_up, "dead letters", Level.BROKEN, "autotennis replay ID"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_its_mending_named(doctor: Doctor, directory: Path, name: str) -> None:
    fault = FAULTS[name]
    fault.make(directory)
    finding = worst(doctor.looks(directory)[fault.about])
    assert finding.level is fault.level
    assert fault.said in str(finding)


def test_a_disk_that_is_full_or_may_only_be_read(doctor: Doctor, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        directory = installed(disk.path / "data")
        with disk.only_to_be_read():
            finding = worst(doctor.looks(directory)["database"])
            assert finding.level is Level.BROKEN
            assert "mounted read-only" in finding.said
        disk.fill()
        found = doctor.looks(directory)
        assert worst(found["disk"]).level is Level.BROKEN
        assert "Make room" in worst(found["disk"]).advice
        assert worst(found["database"]).level is Level.BROKEN
        assert "the disk is full" in worst(found["database"]).said


@pytest.mark.parametrize(("offset_s", "way"), [(3, "behind"), (-3, "ahead of")])
def test_a_clock_that_is_off(doctor: Doctor, directory: Path, club: ClubBeside, offset_s: int, way: str) -> None:
    club.turn(clock_offset_ms=offset_s * 1000.0)
    finding = worst(doctor.looks(directory)[CLUB])
    assert finding.level is Level.WARNING
    assert way in finding.said
    assert "timedatectl set-ntp true" in finding.advice


def test_a_club_that_does_not_answer(doctor: Doctor, directory: Path, club: ClubBeside) -> None:
    rules = club.rules().model_copy(update={"base_url": HttpUrl(f"http://127.0.0.1:{free_port()}/")})
    doctor.tell({"CLUBS": f"[{rules.model_dump_json()}]"})
    finding = worst(doctor.looks(directory)[CLUB])
    assert finding.level is Level.BROKEN
    assert "does not answer" in finding.said
    assert "firewall" in finding.advice


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"rebuilt": ["timetable", "free_places"]}, "its front page is not understood"),
        ({"faults": [{"kind": "no_date"}]}, "do not tell its time"),
        ({"faults": [{"kind": "unavailable", "retry_after_s": 60}]}, "asks to be left alone"),
    ],
)
def test_a_club_that_is_not_as_we_know_it(
    doctor: Doctor, directory: Path, club: ClubBeside, knobs: dict[str, object], said: str
) -> None:
    club.turn(**knobs)
    assert said in " ".join(str(one) for one in doctor.looks(directory)[CLUB])


def test_a_club_without_an_address(doctor: Doctor, directory: Path, club: ClubBeside) -> None:
    rules = club.rules().model_copy(update={"base_url": HttpUrl("https://no-such-club.invalid/")})
    doctor.tell({"CLUBS": f"[{rules.model_dump_json()}]"})
    assert "no-such-club.invalid has no address" in worst(doctor.looks(directory)[CLUB]).said


def test_a_backup_that_is_old(doctor: Doctor, directory: Path) -> None:
    (directory / "backups").mkdir()
    made = directory / "backups" / "autotennis-20260101T000000Z.tar"
    made.touch()
    assert worst(doctor.looks(directory)["backups"]).level is Level.FINE
    before = (datetime.now(UTC) - timedelta(days=30)).timestamp()
    os.utime(made, (before, before))
    finding = worst(doctor.looks(directory)["backups"])
    assert finding.level is Level.WARNING
    assert "autotennis backup" in finding.advice


def test_settings_that_are_wrong_are_named_and_the_rest_is_looked_at(doctor: Doctor, directory: Path) -> None:
    doctor.tell({"LOG_LEVEL": "LOUD", "CONTCAT": "mailto:ola@example.org"})
    found = doctor.looks(directory)
    assert "AUTOTENNIS_LOG_LEVEL" in worst(found["settings"]).said
    assert any("AUTOTENNIS_CONTACT" in one.said for one in found["settings"] if one.level is Level.WARNING)
    assert worst(found["database"]).level is Level.FINE


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"CONTACT": ""}, "AUTOTENNIS_CONTACT|mailto:you@example.org"),
        ({"PUBLIC_URL": "https://book.example.invalid", "PLAIN_HTTP": "true"}, "AUTOTENNIS_PLAIN_HTTP=false"),
        ({"PUBLIC_URL": "https://book.example.invalid"}, "AUTOTENNIS_PROXIES"),
    ],
)
def test_what_is_not_wise(doctor: Doctor, directory: Path, settings: dict[str, str], advice: str) -> None:
    doctor.tell(settings)
    told = " ".join(str(one) for one in doctor.looks(directory)["settings"])
    assert any(word in told for word in advice.split("|"))


@asynccontextmanager
async def mail_server(password: str) -> AsyncGenerator[int]:
    """Takes who has this password; gives its port."""

    def authenticate(*given: object) -> AuthResult:
        return AuthResult(success=getattr(given[-1], "password", b"") == password.encode(), handled=False)

    loop = asyncio.get_running_loop()

    def make() -> SMTP:
        return SMTP(MailServer(), hostname="mail.test", loop=loop, auth_require_tls=False, authenticator=authenticate)

    server = await loop.create_server(make, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def test_a_mail_server_that_does_not_take_our_password(doctor: Doctor, directory: Path) -> None:
    with open_beside(mail_server("right-word")) as port:
        doctor.tell({"MAIL_FROM": "club@example.org", "SMTP_URL": f"smtp://club:right-word@127.0.0.1:{port}"})
        assert worst(doctor.looks(directory)["e-mail"]).level is Level.FINE
        doctor.tell({"SMTP_URL": f"smtp://club:wrong-word@127.0.0.1:{port}"})
        finding = worst(doctor.looks(directory)["e-mail"])
    assert finding.level is Level.BROKEN
    assert "status 535" in finding.said
    assert "AUTOTENNIS_SMTP_URL" in finding.advice
    assert "wrong-word" not in str(finding)


def test_a_mail_server_that_is_away(doctor: Doctor, directory: Path) -> None:
    doctor.tell({"MAIL_FROM": "club@example.org", "SMTP_URL": f"smtp://club:word@127.0.0.1:{free_port()}"})
    assert worst(doctor.looks(directory)["e-mail"]).level is Level.BROKEN


def test_pages_that_nobody_reaches(doctor: Doctor, directory: Path) -> None:
    doctor.tell({"PUBLIC_URL": "https://book.example.invalid", "PLAIN_HTTP": "false", "PROXIES": "1"})
    finding = worst(doctor.looks(directory)["pages"])
    assert finding.level is Level.BROKEN
    assert "https://book.example.invalid/sign-in" in finding.said
