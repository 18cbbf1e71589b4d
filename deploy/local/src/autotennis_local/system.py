"""Starts the whole system: the services, the dispatcher between them, and a practice club if asked for."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
from pydantic import HttpUrl, SecretStr

from autotennis.adapters.local.database import quick_check
from autotennis.adapters.system import SystemClock, SystemIds, environment
from autotennis.domain.club import ClubRules
from autotennis.errors import AutotennisError
from autotennis.flow import Service
from autotennis.settings import read_settings
from autotennis_api.settings import ApiSettings
from autotennis_local.installation import Secrets, held, secrets_of
from autotennis_local.network import any_port, port_near
from autotennis_local.supervision import Program, Supervisor, supervised

HOST: Final = "127.0.0.1"
DISPATCHER: Final = "dispatcher"
PRACTICE: Final = "practice"
PRACTICE_CLUB_ID: Final = "practice-club"
_READY_S: Final = 30.0
_LOG_TAIL_LINES: Final = 15


class NotReady(AutotennisError):
    """A program did not start in time; the end of its log stands in the text."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to start. A port of 0 takes any free one.

    Without a `practice_port` there is no practice club; its clock is `clock_offset_ms` ahead of ours.
    """

    data_dir: Path
    api_port: int
    practice_port: int | None = None
    clock_offset_ms: float = 1370.0
    settings: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class LocalSystem:
    """The running system: its addresses, and its supervisor."""

    data_dir: Path
    api_url: str
    practice_url: str
    control_token: SecretStr
    supervisor: Supervisor


def practice_club_rules(base_url: str) -> ClubRules:
    """The practice club, described as an operator would describe a club."""
    return ClubRules(id=PRACTICE_CLUB_ID, name="Practice Club", base_url=HttpUrl(base_url))


@asynccontextmanager
async def running(wanted: Wanted, say: Callable[[str], None]) -> AsyncGenerator[LocalSystem]:
    """Runs the system while the context lasts.

    `say` is told what a person at the terminal should know. Raises AlreadyRunning, DatabaseDamaged, BadSettings and
    NotReady.
    """
    with held(wanted.data_dir):
        quick_check(wanted.data_dir)
        layout = _Layout.planned(wanted, say)
        layout.check_settings()
        with supervised(layout.programs(), wanted.data_dir, layout.environment()) as supervisor:
            system = LocalSystem(
                data_dir=wanted.data_dir,
                api_url=layout.url("api"),
                practice_url=layout.url(PRACTICE) if PRACTICE in layout.ports else "",
                control_token=SecretStr(layout.control_token),
                supervisor=supervisor,
            )
            await _ready(layout, system)
            yield system


@dataclass(frozen=True, slots=True)
class _Layout:
    wanted: Wanted
    secrets: Secrets
    ports: dict[str, int]
    control_token: str

    @classmethod
    def planned(cls, wanted: Wanted, say: Callable[[str], None]) -> "_Layout":
        ids = SystemIds()
        ports: dict[str, int] = {Service.API: port_near(HOST, wanted.api_port, (), say)}
        if wanted.practice_port is not None:
            ports[PRACTICE] = port_near(HOST, wanted.practice_port, ports.values(), say)
        for service in (Service.TIMER, Service.BOOKER):
            ports[service] = any_port(HOST, ports.values())
        return cls(wanted, secrets_of(wanted.data_dir, ids), ports, ids.new())

    def url(self, program: str) -> str:
        return f"http://{HOST}:{self.ports[program]}"

    def check_settings(self) -> None:
        """Tells a mistake at once, instead of by programs that fail to start. Raises BadSettings."""
        ours = self.environment()
        names = ("BACKEND", "DATA_DIR", "HOST", "PLAIN_HTTP", "PUSH_SECRET", "SESSION_SECRET")
        given = {name.lower(): ours[f"AUTOTENNIS_{name}"] for name in names}
        read_settings(ApiSettings, **given, port=self.ports[Service.API], instance="")

    def environment(self) -> dict[str, str]:
        """What all programs share. Secrets travel here and not in the supervisor's file."""
        clubs = {}
        if PRACTICE in self.ports:
            rules = practice_club_rules(self.url(PRACTICE) + "/")
            clubs = {"AUTOTENNIS_CLUBS": json.dumps([rules.model_dump(mode="json")])}
        endpoints = {service: self.url(service) for service in (Service.TIMER, Service.BOOKER)}
        return {
            # Behind a proxy with TLS an operator turns it off, and cookies then travel by TLS only.
            "AUTOTENNIS_PLAIN_HTTP": "true",
            **environment(),
            **clubs,
            "AUTOTENNIS_BACKEND": "local",
            "AUTOTENNIS_DATA_DIR": str(self.wanted.data_dir.resolve()),
            "AUTOTENNIS_HOST": HOST,
            "AUTOTENNIS_ENDPOINTS": json.dumps(endpoints),
            "AUTOTENNIS_PUSH_SECRET": self.secrets.push_secret.get_secret_value(),
            "AUTOTENNIS_SESSION_SECRET": self.secrets.session_secret.get_secret_value(),
            "PRACTICE_CLUB_CONTROL_TOKEN": self.control_token,
            **self.wanted.settings,
        }

    def programs(self) -> list[Program]:
        found = [self._service(Service.TIMER), self._service(Service.BOOKER), self._service(Service.API)]
        found.append(Program(DISPATCHER, "autotennis_local.dispatching", (), {}))
        if PRACTICE in self.ports:
            port, offset = str(self.ports[PRACTICE]), str(self.wanted.clock_offset_ms)
            arguments = ("--host", HOST, "--port", port, "--clock-offset-ms", offset)
            found.append(Program(PRACTICE, "practice_club", arguments, {}))
        return found

    def _service(self, service: Service) -> Program:
        own = {"AUTOTENNIS_PORT": str(self.ports[service])}
        if service is Service.BOOKER:
            # The supervisor runs one booker, so a restarted one may take up what its predecessor held.
            own["AUTOTENNIS_INSTANCE"] = service.value
        return Program(service.value, f"autotennis_{service.value}", (), own)

    def health(self) -> dict[str, str]:
        pages = {name: f"{self.url(name)}/healthz" for name in (Service.TIMER, Service.BOOKER, Service.API)}
        return {**pages, **({PRACTICE: f"{self.url(PRACTICE)}/index.php"} if PRACTICE in self.ports else {})}


async def _ready(layout: _Layout, system: LocalSystem) -> None:
    """Returns when every program answers. Raises NotReady."""
    clock = SystemClock()
    deadline_s = clock.monotonic_s() + _READY_S
    waiting = layout.health()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while waiting:
            if clock.monotonic_s() > deadline_s or not system.supervisor.is_alive:
                raise NotReady(_excuse(system.data_dir, waiting))
            for name in [name for name, page in waiting.items() if await _answers(session, page)]:
                del waiting[name]
            await asyncio.sleep(0.05)


async def _answers(session: aiohttp.ClientSession, page: str) -> bool:
    try:
        async with session.get(page) as response:
            return response.ok
    except (aiohttp.ClientError, TimeoutError):
        return False


def _excuse(data_dir: Path, waiting: dict[str, str]) -> str:
    lines = [f"Not started in {_READY_S:.0f} s: {', '.join(waiting)}."]
    for name in ("supervisor.err", *waiting):
        log = data_dir / "log" / (name if "." in name else f"{name}.log")
        if log.exists():
            tail = log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
            lines += [f"--- the end of {log}", *tail]
    return "\n".join(lines)
