"""Installations to measure services in, one for each family of adapters, and work for the services to do."""

import asyncio
import http.client
import os
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from pydantic import HttpUrl, SecretStr

from autotennis.adapters.gcp.setting_up import ON_EMULATOR, set_up
from autotennis.adapters.system import SystemIds
from autotennis.domain.booking import Wish, requested
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Member
from autotennis.events import Event, OpeningDue, RaceDue, dump
from autotennis.flow import Service
from autotennis.member_secrets import note_refusal
from autotennis.ports import Ports
from autotennis.push import seal_envelope
from autotennis.settings import Settings, read_settings
from autotennis.values import Session
from autotennis.wiring import open_ports, place_of
from autotennis_local.visitor import Person, visiting
from google_stand_ins.emulators import Emulators
from google_stand_ins.issuer import serving_issuer
from google_stand_ins.kms import running_kms
from google_stand_ins.scheduler import running_scheduler

PREFIX = "AUTOTENNIS_"
# Nobody is there: nothing that is measured asks the club anything.
CLUB = ClubRules(id="nobody", name="Nobody's Club", base_url=HttpUrl("http://127.0.0.1:9/"))
PASSPHRASE = "long enough for sessions, the bus and a member"  # noqa: S105 (it opens nothing but what is made here)
PERSON = Person("solvi.fjaereide@example.org", SecretStr("4711"), SecretStr(PASSPHRASE))
PROJECT, REGION = "autotennis-bench", "europe-north1"
KEY = f"projects/{PROJECT}/locations/{REGION}/keyRings/autotennis/cryptoKeys/vault"
AUDIENCE, ACCOUNT = "autotennis", f"pusher@{PROJECT}.iam.gserviceaccount.com"
PATIENCE_S = 30.0

# A piece of work, for the service at this address: once it returns it is done.
Work = Callable[[str], None]


class NotDone(Exception):
    """A service did not do its work."""


@dataclass(frozen=True)
class Installation:
    """One family: what its services find in their environment, and with which header its bus comes to the door."""

    environment: Mapping[str, str]
    authorization: str
    ports: Ports
    _seconds: "count[int]" = field(default_factory=lambda: count(60))

    def work(self, service: Service) -> Work:
        """The next piece of work for this service, made ready."""
        match service:
            case Service.API:
                return lambda url: asyncio.run(_sign_in(url))
            case Service.BOOKER:
                return self._race()
            case _:
                return self._opening()

    def _opening(self) -> Work:
        booking_id, opening_at = self._scheduled(SystemIds().new())
        event = OpeningDue(at=datetime.now(UTC), club_id=CLUB.id, opening_at=opening_at)
        if list(self.ports.store.due(CLUB.id, opening_at, event.at)) != [booking_id]:
            raise NotDone("There is nothing to hand over.")
        return lambda url: self._push(url, event)

    def _race(self) -> Work:
        member_id = SystemIds().new()
        booking_id, opening_at = self._scheduled(member_id)
        note_refusal(self.ports.vault, member_id, CLUB.id)
        event = RaceDue(at=datetime.now(UTC), club_id=CLUB.id, opening_at=opening_at, booking_ids=(booking_id,))
        return lambda url: self._push(url, event)

    def _scheduled(self, member_id: str) -> tuple[str, datetime]:
        """A booking of a session that opens in a minute or more, alone in its opening: its id and the opening."""
        now = datetime.now(UTC)
        opening_at = now + timedelta(seconds=next(self._seconds))
        session = Session(timeid=194, start=datetime(2030, 1, 7, 18, 0))  # noqa: DTZ001 (the club's times name no zone)
        wish = Wish(member_id=member_id, club_id=CLUB.id, session=session, opening_at=opening_at)
        booking, facts = requested(SystemIds().new(), wish, now)
        self.ports.store.create((booking, facts))
        self.ports.store.change(booking.id, lambda found: found.wake_planned(now))
        for fact in facts:
            self.ports.store.strike_off(fact)
        return booking.id, opening_at

    def _push(self, url: str, event: Event) -> None:
        body = seal_envelope(dump(event), "1", "bench", 1, "")
        status = ask(url, "POST", "/events", body, {"Authorization": self.authorization})
        if status != http.client.NO_CONTENT:
            raise NotDone(f"{event.kind} was answered with {status}.")


def ask(url: str, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> int:
    """One request over a connection of its own; gives the answer's status. Raises OSError while nobody listens."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


@contextmanager
def on_one_machine(data_dir: Path) -> Generator[Installation]:
    """The embedded family in this directory."""
    told = {"backend": "local", "data_dir": str(data_dir), "push_secret": PASSPHRASE}
    with _installed(told, f"Bearer {PASSPHRASE}") as installation:
        yield installation


@asynccontextmanager
async def on_emulators(emulators: Emulators) -> AsyncGenerator[Installation]:
    """The Google Cloud family on these emulators, which Google's clients have to know by their variables already."""
    async with serving_issuer() as issuer:
        with ExitStack() as stack:
            told = {
                "backend": "gcp",
                "gcp_project": PROJECT,
                "gcp_region": REGION,
                "gcp_kms_key": KEY,
                "gcp_push_audience": AUDIENCE,
                "gcp_push_account": ACCOUNT,
                "gcp_push_issuer": issuer.url,
                "gcp_push_keys_url": issuer.keys_url,
                "gcp_scheduler_host": stack.enter_context(running_scheduler(emulators.pubsub_host)),
                "gcp_kms_host": stack.enter_context(running_kms([KEY])),
            }
            set_up(place_of(read_settings(Settings, **told)), ON_EMULATOR)
            authorization = f"Bearer {issuer.token(AUDIENCE, ACCOUNT)}"
            yield stack.enter_context(_installed(told, authorization))


@contextmanager
def _installed(told: Mapping[str, str], authorization: str) -> Generator[Installation]:
    """The family of these settings, with one member."""
    own = {f"{PREFIX}{name.upper()}": value for name, value in told.items()}
    environment = {
        **os.environ,
        **own,
        f"{PREFIX}CLUBS": f"[{CLUB.model_dump_json()}]",
        f"{PREFIX}LOG_LEVEL": "WARNING",
        f"{PREFIX}PLAIN_HTTP": "true",
        f"{PREFIX}SESSION_SECRET": PASSPHRASE,
        f"{PREFIX}LINK_SECRET": PASSPHRASE,
    }
    with open_ports(read_settings(Settings, **told, clubs=(CLUB,))) as ports:
        hashed = PasswordHasher().hash(PASSPHRASE)
        ports.store.add_member(
            Member(id=SystemIds().new(), email=PERSON.email, password_hash=hashed, created_at=datetime.now(UTC))
        )
        yield Installation(environment, authorization, ports)


async def _sign_in(url: str) -> None:
    async with visiting(url) as visitor:
        await visitor.let_in(PERSON)
