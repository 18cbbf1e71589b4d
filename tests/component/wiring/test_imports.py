"""What each service imports of Google: its program runs, does its work, and tells at its end what it has imported."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.api_site import PIN, ClubBeside, club_beside
from support.beside import open_beside
from support.emulators import fresh_project, need_emulators
from support.records import CLUB, a_member, a_request, scheduled
from support.waiting import serves

from autotennis.adapters.gcp.setting_up import ON_EMULATOR, set_up
from autotennis.domain.booking import State
from autotennis.events import Event, OpeningDue, RaceDue, SweepDue, dump
from autotennis.member_secrets import note_refusal
from autotennis.push import seal_envelope
from autotennis.settings import Settings, read_settings
from autotennis.values import FailureReason
from autotennis.wiring import open_ports, place_of
from autotennis_local.visitor import Person, visiting
from google_stand_ins.emulators import free_port
from google_stand_ins.issuer import serving_issuer
from google_stand_ins.kms import running_kms
from google_stand_ins.scheduler import running_scheduler
from practice_club.orders import NewSession

SECRET = "a secret of many letters, for the bus and for sessions"
ACCOUNT = "pusher@tennis-example.iam.gserviceaccount.com"
OPENING = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=4)

CLIENTS = frozenset(f"google.cloud.{name}" for name in ("firestore", "kms", "pubsub", "scheduler"))
# What is only imported because a client needs it, or because traces are on. The door has to know tokens: jwt.
BENEATH = frozenset({"google.api_core", "google.auth", "google.pubsub_v1", "grpc", "opentelemetry"})
# Tink is the vault's: it costs a tenth of a second, and is no client of Google's cloud.
USED: Mapping[str, frozenset[str]] = {
    "api": CLIENTS - {"google.cloud.scheduler"} | {"tink"},
    "booker": CLIENTS - {"google.cloud.scheduler"} | {"tink"},
    "timer": CLIENTS - {"google.cloud.kms"},
}

_TELLING = """
import atexit, os, pathlib, sys

atexit.register(lambda: pathlib.Path(os.environ["TOLD_IN"], str(os.getpid())).write_text("\\n".join(sys.modules)))
"""


@dataclass(frozen=True)
class Installation:
    """A family of adapters in the settings of the environment, empty, and with what its bus comes to the door."""

    authorization: str

    def push(self, url: str, event: Event) -> None:
        """Delivers it. Fails if it is not taken."""
        body = seal_envelope(dump(event), "1", "a-subscription", 1, "")
        request = urllib.request.Request(f"{url}/events", body, {"Authorization": self.authorization})  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 (a service of the test's own)
            assert answer.status == 204


Tell = Callable[[Mapping[str, str]], None]


@pytest.fixture(scope="module")
def club() -> Generator[ClubBeside]:
    with club_beside() as club:
        yield club


@pytest.fixture
def tell(club: ClubBeside, monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Puts settings into the environment, where the programs find them, too."""

    def tell(settings: Mapping[str, str]) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"AUTOTENNIS_{name}", value)

    clubs = f"[{club.rules(CLUB).model_dump_json()}]"
    tell({"CLUBS": clubs, "SESSION_SECRET": SECRET, "LINK_SECRET": SECRET, "PLAIN_HTTP": "1"})
    return tell


@pytest.fixture
def local(tell: Tell, tmp_path: Path) -> Installation:
    tell({"BACKEND": "local", "DATA_DIR": str(tmp_path / "data"), "PUSH_SECRET": SECRET})
    return Installation(f"Bearer {SECRET}")


@pytest.fixture
def gcp(tell: Tell) -> Generator[Installation]:
    engines, project = need_emulators(), fresh_project()
    key = f"projects/{project}/locations/europe-north1/keyRings/autotennis/cryptoKeys/vault"
    with ExitStack() as stack:
        issuer = stack.enter_context(open_beside(serving_issuer()))
        settings = {
            "BACKEND": "gcp",
            "GCP_PROJECT": project,
            "GCP_REGION": "europe-north1",
            "GCP_KMS_KEY": key,
            "GCP_PUSH_AUDIENCE": "autotennis",
            "GCP_PUSH_ACCOUNT": ACCOUNT,
            "GCP_PUSH_ISSUER": issuer.url,
            "GCP_PUSH_KEYS_URL": issuer.keys_url,
            "GCP_SCHEDULER_HOST": stack.enter_context(running_scheduler(engines.pubsub_host)),
            "GCP_KMS_HOST": stack.enter_context(running_kms([key])),
        }
        tell(settings)
        set_up(place_of(read_settings(Settings)), ON_EMULATOR)
        yield Installation(f"Bearer {issuer.token('autotennis', ACCOUNT)}")


@dataclass(frozen=True)
class Program:
    """A service that runs, and where it and the processes that it forks tell what they imported."""

    url: str
    told_in: Path


@contextmanager
def running(service: str, directory: Path) -> Generator[Program]:
    """The service as its program, answering."""
    told_in = directory / "told"
    told_in.mkdir()
    (directory / "sitecustomize.py").write_text(_TELLING)
    port = str(free_port())
    process = subprocess.Popen(  # noqa: S603 (our own interpreter and program)
        [sys.executable, "-m", f"autotennis_{service}"],
        env={**os.environ, "AUTOTENNIS_PORT": port, "PYTHONPATH": str(directory), "TOLD_IN": str(told_in)},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process)
        yield Program(url, told_in)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Returns once the service answers."""
    deadline = time.monotonic() + 30
    while process.poll() is None:
        if serves(url):
            return
        assert time.monotonic() < deadline, "the service does not answer"
        time.sleep(0.02)
    raise AssertionError(f"the service ended with status {process.returncode}")


def imported(program: Program) -> frozenset[str]:
    """Those of Google's modules that the ended program had, versions left out, with what lies beneath, and tink."""
    names = {name for file in program.told_in.iterdir() for name in file.read_text().splitlines()}
    assert "autotennis.wiring" in names
    plain = {part.partition("_v1.")[0] for part in (f"{name}." for name in names)}
    watched = CLIENTS | BENEATH | {"jwt", "tink"}
    return frozenset(one for one in watched if any(f"{name}.".startswith(f"{one}.") for name in plain))


def plan_and_hand_over(url: str, installation: Installation, _club: ClubBeside) -> None:
    """All that the timer does for a booking, and a sweep."""
    booking, facts = a_request(opening_at=OPENING, now=datetime.now(UTC))
    with open_ports(read_settings(Settings)) as ports:
        ports.store.create((booking, facts))
        for fact in facts:
            installation.push(url, fact)
        assert ports.store.booking(booking.id).state is State.SCHEDULED
    installation.push(url, OpeningDue(at=datetime.now(UTC), club_id=CLUB, opening_at=OPENING))
    installation.push(url, SweepDue(at=datetime.now(UTC)))


def race(url: str, installation: Installation, _club: ClubBeside) -> None:
    """What the booker does for a booking that it can end without asking the club, which refused the login before."""
    booking, facts = a_request(opening_at=OPENING, now=datetime.now(UTC))
    with open_ports(read_settings(Settings)) as ports:
        ports.store.add_member(a_member(booking.member_id))
        ports.store.create((booking, facts))
        ports.store.change(booking.id, scheduled)
        note_refusal(ports.vault, booking.member_id, CLUB)
        due = RaceDue(at=datetime.now(UTC), club_id=CLUB, opening_at=OPENING, booking_ids=(booking.id,))
        installation.push(url, due)
        ended = ports.store.booking(booking.id)
        assert ended.failure
        assert ended.failure.reason is FailureReason.LOGIN_REFUSED
        assert not ports.store.unpublished()


def show_pages(url: str, _installation: Installation, club: ClubBeside) -> None:
    """What the web pages do for somebody who registers and books."""
    person = Person(f"{fresh_project()}@example.org", SecretStr(PIN), SecretStr(SECRET))
    club.add_member(person.email)
    _, link = club.add_session(NewSession(opens_in_s=86_400))

    async def register_and_book() -> None:
        async with visiting(url) as visitor:
            await visitor.let_in(person)
            assert await visitor.book(link)

    asyncio.run(register_and_book())


WORK = {"api": show_pages, "booker": race, "timer": plan_and_hand_over}


@pytest.mark.parametrize("service", WORK)
def test_a_service_starts_without_a_client_of_googles(gcp: Installation, service: str, tmp_path: Path) -> None:
    with running(service, tmp_path) as program:
        pass
    assert imported(program) <= {"jwt"}


@pytest.mark.parametrize("service", WORK)
def test_at_work_a_service_imports_the_clients_that_it_uses_and_no_other(
    gcp: Installation, club: ClubBeside, service: str, tmp_path: Path
) -> None:
    with running(service, tmp_path) as program:
        WORK[service](program.url, gcp, club)
    assert imported(program) - BENEATH - {"jwt"} == USED[service]


@pytest.mark.parametrize("service", WORK)
def test_the_embedded_family_never_imports_anything_of_googles_cloud(
    local: Installation, club: ClubBeside, service: str, tmp_path: Path
) -> None:
    with running(service, tmp_path) as program:
        WORK[service](program.url, local, club)
    assert imported(program) <= {"tink"}
