"""The booker service as it is run, with bookings to race for."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr

from autotennis.adapters.clubs.ntnui.links import NtnuiLinks
from autotennis.adapters.system import SystemIds
from autotennis.domain.booking import Wish, requested
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Credentials, Member
from autotennis.events import RaceDue, dump
from autotennis.member_secrets import keep_credentials
from autotennis.ports import Ports
from autotennis.push import seal_envelope
from autotennis.settings import Settings, read_settings
from autotennis.wiring import open_ports
from bench.cold_start import until_it_answers
from bench.race.clubs import Member as ClubMember
from bench.race.clubs import Session
from bench.workplace import PREFIX, NotDone
from google_stand_ins.emulators import free_port

_SECRET: Final = "the secret of a bus that is measured"  # noqa: S105 (it opens nothing but what is made here)
# A race is held until it has ended, which may take some while at a club that queues.
_HELD_S: Final = 90.0
_STOP_S: Final = 10.0


class Desk:
    """Members and their bookings, in the store that the booker works on."""

    def __init__(self, ports: Ports, clubs: Sequence[ClubRules]) -> None:
        self._ports = ports
        self._clubs = {club.id: club for club in clubs}
        self._ids = SystemIds()

    def booking(self, club_id: str, at_club: ClubMember, session: Session) -> str:
        """A member's booking, scheduled; gives its id."""
        now = datetime.now(UTC)
        member = Member(
            id=self._ids.new(),
            email=f"{self._ids.new()}@example.org",
            password_hash="unused",  # noqa: S106 (nobody signs in)
            created_at=now,
            club_member_ids={club_id: at_club.id},
        )
        self._ports.store.add_member(member)
        credentials = Credentials(email=at_club.email, password=SecretStr(at_club.pin))
        keep_credentials(self._ports.vault, member.id, club_id, credentials)
        wanted = NtnuiLinks(self._clubs[club_id]).session_of(urlsplit(session.link))
        opening_at = datetime.fromtimestamp(session.opens_ns / 1e9, UTC)
        wish = Wish(member_id=member.id, club_id=club_id, session=wanted, opening_at=opening_at)
        booking, facts = requested(self._ids.new(), wish, now)
        self._ports.store.create((booking, facts))
        self._ports.store.change(booking.id, lambda found: found.wake_planned(now))
        return booking.id

    def how_it_ended(self, booking_id: str) -> str:
        """The booking's state, and why it failed if it did."""
        booking = self._ports.store.booking(booking_id)
        return f"{booking.state.value} {booking.failure.reason.value if booking.failure else ''}".strip()


@dataclass(frozen=True)
class Booker:
    """A running booker."""

    url: str
    pid: int

    async def race(self, http: aiohttp.ClientSession, opening_at: datetime, club_id: str, ids: Sequence[str]) -> None:
        """Wakes it as the bus does; returns when it has answered. Raises NotDone if it did not do its work."""
        event = RaceDue(at=datetime.now(UTC), club_id=club_id, opening_at=opening_at, booking_ids=tuple(ids))
        body = seal_envelope(dump(event), "1", "bench", 1, "")
        headers = {"Authorization": f"Bearer {_SECRET}"}
        timeout = aiohttp.ClientTimeout(_HELD_S)
        try:
            async with http.post(f"{self.url}/events", data=body, headers=headers, timeout=timeout) as answer:
                status, reason = answer.status, await answer.text()
        except (TimeoutError, aiohttp.ClientError) as error:
            raise NotDone(f"A race was not answered: {type(error).__name__}") from error
        if status != HTTPStatus.NO_CONTENT:
            raise NotDone(f"A race was answered with {status}: {reason}")


@contextmanager
def desk(data_dir: Path, clubs: Sequence[ClubRules]) -> Generator[Desk]:
    """A store in this directory, with nothing in it."""
    settings = read_settings(Settings, backend="local", data_dir=data_dir, push_secret=_SECRET, clubs=tuple(clubs))
    with open_ports(settings) as ports:
        yield Desk(ports, clubs)


@contextmanager
def booker(data_dir: Path, clubs: Sequence[ClubRules], logs: Path | None = None) -> Generator[Booker]:
    """A booker that works on this directory while the context lasts; it logs into a file in `logs`, or there."""
    port = free_port()
    own = {
        "BACKEND": "local",
        "DATA_DIR": str(data_dir),
        "PUSH_SECRET": _SECRET,
        "PORT": str(port),
        "CLUBS": json.dumps([club.model_dump(mode="json", exclude_defaults=True) for club in clubs]),
    }
    environment = {**os.environ, **{f"{PREFIX}{name}": value for name, value in own.items()}}
    url = f"http://127.0.0.1:{port}"
    with ((logs or data_dir) / f"booker-{port}.log").open("wb") as log:
        command = (sys.executable, "-m", "autotennis_booker")
        process = subprocess.Popen(command, env=environment, stderr=log)  # noqa: S603 (our own program)
        try:
            until_it_answers(url, process)
            yield Booker(url, process.pid)
            process.terminate()
            _wait_for(process)
        finally:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes]) -> None:
    """Its work is measured by now: that it does not stop is told, and no more."""
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        print("The booker did not stop when it was told to.", file=sys.stderr)
