"""Starts the whole system: the services, what carries events between them, and a practice club if asked for."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from pydantic import HttpUrl, SecretStr

from autotennis.adapters.system import SystemClock, SystemIds, environment
from autotennis.domain.club import ClubRules, WatchRules
from autotennis.errors import AutotennisError, BadSettings
from autotennis.flow import Service
from autotennis.for_others import strange_clubs
from autotennis.hosts import is_loopback
from autotennis.settings import read_settings
from autotennis_local.backbone import HOST, Backbone, Insight, Surroundings
from autotennis_local.choices import Backing
from autotennis_local.delivery import Delivery
from autotennis_local.embedded import Embedded
from autotennis_local.every_settings import EverySettings, not_for, unknown_here
from autotennis_local.holders import instance_of
from autotennis_local.installation import Secrets, held, note_addresses, secrets_of
from autotennis_local.network import Reserved, port_near
from autotennis_local.supervision import Program, Supervisor, SupervisorDown, module, supervised

PRACTICE: Final = "practice"
CONTROL_TOKEN: Final = "PRACTICE_CLUB_CONTROL_TOKEN"  # noqa: S105 (the name of a variable)
PRACTICE_CLUB_ID: Final = "practice-club"
# Who practises does not want to wait for half a minute.
PRACTICE_LOOKS_S: Final = 5.0
_SERVICES: Final = (Service.TIMER, Service.BOOKER, Service.WAITLIST, Service.NOTIFIER, Service.API)
_EVENT_SERVICES: Final = (Service.TIMER, Service.BOOKER, Service.WAITLIST, Service.NOTIFIER)
# A thread of its own for each stream must not bring an arena of memory of its own: a machine may be small.
_ARENAS: Final = "2"
# Most programs are up within seconds. One that has failed by then is not waited for; a slow machine is, for longer.
_SOON_S: Final = 30.0
_READY_S: Final = 120.0
_LOG_TAIL_LINES: Final = 15


class NotReady(AutotennisError):
    """A program did not start in time; the end of its log stands in the text."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to start. A port of 0 takes any free one.

    Without a `practice_port` there is no practice club; its clock is `clock_offset_ms` ahead of ours. `instances` of
    each service run, and `delivery` may be made worse than it is, both only on the emulators. With `apart` each service
    has a process of its own, as it always has on the emulators; without, those that are mostly idle share one.
    """

    data_dir: Path
    api_port: int
    practice_port: int | None = None
    clock_offset_ms: float = 1370.0
    backing: Backing = Backing.LOCAL
    instances: int = 1
    apart: bool = False
    delivery: Delivery = field(default_factory=Delivery)
    settings: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class LocalSystem:
    """The running system: its addresses, its supervisor, and a way to look into it.

    `lock` is the file handle by which this process holds the data directory.
    `carrier` is the program that pushes events and `housed` are the services inside it; `memory` are the programs with
    which all that is kept would be gone.
    """

    data_dir: Path
    lock: int
    api_urls: tuple[str, ...]
    practice_url: str
    control_token: SecretStr
    supervisor: Supervisor
    carrier: str
    housed: tuple[Service, ...]
    memory: tuple[str, ...]
    looked_into: Callable[[], AbstractContextManager[Insight]]

    def program_of(self, name: str) -> str:
        """The program in which that service runs, or what else has this name."""
        return self.carrier if name in self.housed else name

    def died(self) -> str:
        """The program that has died and is not started again, so that the system is at its end; empty if none has."""
        if not self.supervisor.is_alive:
            return "supervisor"
        with suppress(SupervisorDown):
            return next((name for name in self.memory if self.supervisor.pid(name) is None), "")
        return ""

    @property
    def api_url(self) -> str:
        """Where the web pages are."""
        return self.api_urls[0]


def practice_club_rules(base_url: str) -> ClubRules:
    """The practice club, described as an operator would describe a club that does not mind being looked at often."""
    watch = WatchRules(every_s=PRACTICE_LOOKS_S)
    return ClubRules(id=PRACTICE_CLUB_ID, name="Practice Club", base_url=HttpUrl(base_url), watch=watch)


@asynccontextmanager
async def running(wanted: Wanted, say: Callable[[str], None]) -> AsyncGenerator[LocalSystem]:
    """Runs the system while the context lasts.

    `say` is told what a person at the terminal should know. Raises AlreadyRunning, DatabaseDamaged, BadSettings and
    NotReady.
    """
    with held(wanted.data_dir) as lock, Reserved(HOST) as reserved:
        layout = _Layout.planned(wanted, say, reserved)
        layout.check_settings()
        for strange in unknown_here(layout.environment()):
            say(str(strange))
        programs = layout.programs()
        with supervised(programs, wanted.data_dir, layout.environment(), lock) as supervisor:
            system = LocalSystem(
                data_dir=wanted.data_dir,
                lock=lock,
                api_urls=layout.urls(Service.API),
                practice_url=layout.url(PRACTICE) if PRACTICE in layout.ports else "",
                control_token=SecretStr(layout.control_token),
                supervisor=supervisor,
                carrier=layout.backbone.carrier,
                housed=layout.backbone.housed,
                memory=tuple(program.name for program in programs if program.is_memory),
                looked_into=layout.backbone.looked_into,
            )
            await _ready(layout.backbone.health(), system, say)
            await asyncio.to_thread(layout.backbone.prepare)
            await _ready(layout.health(), system, say)
            note_addresses(wanted.data_dir, layout.health())
            yield system


@dataclass(frozen=True, slots=True)
class _Layout:
    wanted: Wanted
    secrets: Secrets
    ports: dict[str, int]
    control_token: str
    backbone: Backbone

    @classmethod
    def planned(cls, wanted: Wanted, say: Callable[[str], None], reserved: Reserved) -> "_Layout":
        ids = SystemIds()
        ports: dict[str, int] = {}

        def reserve(program: str, port: int = 0) -> int:
            ports[program] = port_near(HOST, port, ports.values(), say) if port else reserved.any(ports.values())
            return ports[program]

        reserve(Service.API, wanted.api_port)
        if wanted.practice_port is not None:
            reserve(PRACTICE, wanted.practice_port)
        for name in _names(wanted, *_SERVICES):
            if name not in ports:
                reserve(name)
        instances = {one: tuple(_url(ports[name]) for name in _names(wanted, one)) for one in _EVENT_SERVICES}
        secrets = secrets_of(wanted.data_dir, ids)
        backbone = _backbone(wanted, secrets, Surroundings(instances, reserve, say))
        # Whoever wants to rehearse from another terminal chooses the token; otherwise nobody knows it.
        control_token = environment().get(CONTROL_TOKEN) or ids.new()
        return cls(wanted, secrets, ports, control_token, backbone)

    def url(self, program: str) -> str:
        return _url(self.ports[program])

    def urls(self, service: Service) -> tuple[str, ...]:
        return tuple(self.url(name) for name in _names(self.wanted, service))

    def check_settings(self) -> None:
        """Tells a mistake at once, instead of by programs that fail to start. Raises BadSettings."""
        prefix = "AUTOTENNIS_"
        ours = {name.removeprefix(prefix).lower(): value for name, value in self._told().items()}
        given = {name: value for name, value in ours.items() if name in EverySettings.model_fields}
        # These come as JSON, which only the environment is read as.
        for name in ("clubs", "services"):
            given.pop(name, None)
        settings = read_settings(EverySettings, **{**given, "port": self.ports[Service.API], "instance": ""})
        public = urlsplit(self.environment()["AUTOTENNIS_PUBLIC_URL"])
        if not is_loopback(public.hostname or ""):
            self._check_for_others(settings, over_tls=public.scheme == "https")

    def _check_for_others(self, settings: EverySettings, *, over_tls: bool) -> None:
        """Tells what must not be where members come from elsewhere. Raises BadSettings."""
        if PRACTICE in self.ports:
            raise BadSettings(
                "Whoever practises does so on this machine alone, where everybody may register: unset "
                "AUTOTENNIS_PUBLIC_URL, or serve the real club with make serve."
            )
        wrong = list(strange_clubs(settings.clubs))
        if over_tls and settings.plain_http:
            wrong.append("AUTOTENNIS_PLAIN_HTTP=true would have cookies travel without TLS: leave it out")
        if wrong:
            raise BadSettings(f"Not for members elsewhere (AUTOTENNIS_PUBLIC_URL). {'; '.join(wrong)}")

    def environment(self) -> dict[str, str]:
        """What all programs share. Secrets travel here and not in the supervisor's file."""
        # Where members reach the pages only an operator knows; without a word of theirs, it is this machine. Behind a
        # proxy with TLS cookies travel by TLS only.
        public = {**environment(), **self.wanted.settings}.get("AUTOTENNIS_PUBLIC_URL", "")
        here = {
            "AUTOTENNIS_PLAIN_HTTP": "false" if public.startswith("https://") else "true",
            "AUTOTENNIS_PUBLIC_URL": self.url(Service.API),
            "MALLOC_ARENA_MAX": _ARENAS,
        }
        # Whoever started us hears from us alone: gunicorn, too, would say that it is ready.
        given = {name: value for name, value in environment().items() if name != "NOTIFY_SOCKET"}
        return {**here, **given, **self._told()}

    def _told(self) -> dict[str, str]:
        clubs = {}
        if PRACTICE in self.ports:
            rules = practice_club_rules(self.url(PRACTICE) + "/")
            # Whoever practises makes themselves a member of that club: there is nobody to keep out.
            clubs = {
                "AUTOTENNIS_CLUBS": json.dumps([rules.model_dump(mode="json")]),
                "AUTOTENNIS_OPEN_REGISTRATION": "true",
            }
        return {
            **clubs,
            "AUTOTENNIS_SERVICES": json.dumps({one.value: self.url(one) for one in _EVENT_SERVICES}),
            **self.backbone.environment(),
            "AUTOTENNIS_HOST": HOST,
            "AUTOTENNIS_SESSION_SECRET": self.secrets.session_secret.get_secret_value(),
            "AUTOTENNIS_LINK_SECRET": self.secrets.link_secret.get_secret_value(),
            "AUTOTENNIS_VAPID_PRIVATE_KEY": self.secrets.vapid_private_key.get_secret_value(),
            CONTROL_TOKEN: self.control_token,
            **self.wanted.settings,
        }

    def programs(self) -> list[Program]:
        found = self.backbone.programs()
        alone = [one for one in _SERVICES if one not in self.backbone.housed]
        found += [self._service(one, name) for one in alone for name in _names(self.wanted, one)]
        if PRACTICE in self.ports:
            port, offset = str(self.ports[PRACTICE]), str(self.wanted.clock_offset_ms)
            command = module("practice_club", "--host", HOST, "--port", port, "--clock-offset-ms", offset)
            found.append(Program(PRACTICE, command))
        return found

    def _service(self, service: Service, name: str) -> Program:
        own = {"AUTOTENNIS_PORT": str(self.ports[name])}
        if self.wanted.backing is Backing.LOCAL and (instance := instance_of(service)):
            # In the cloud nobody has a name.
            own["AUTOTENNIS_INSTANCE"] = instance
        return Program(name, module(f"autotennis_{service.value}"), own, not_for(service, self.environment()))

    def health(self) -> dict[str, str]:
        pages = {name: f"{self.url(name)}/healthz" for name in _names(self.wanted, *_SERVICES)}
        return {**pages, **({PRACTICE: f"{self.url(PRACTICE)}/index.php"} if PRACTICE in self.ports else {})}


def _backbone(wanted: Wanted, secrets: Secrets, around: Surroundings) -> Backbone:
    if wanted.backing is Backing.LOCAL:
        return Embedded(wanted.data_dir, secrets, around, apart=wanted.apart)
    try:
        # Here, because it needs packages that the embedded family does without.
        from autotennis_local.emulated import Emulated
    except ModuleNotFoundError as error:
        raise BadSettings(
            f"BACKEND=emulators needs {error.name}, which is not installed: pip install 'autotennis-local[emulators]'."
        ) from None
    return Emulated(wanted.data_dir, secrets, around, wanted.delivery)


def _names(wanted: Wanted, *services: Service) -> list[str]:
    """The names of the programs: the first instance of a service has the service's own."""
    return [
        service.value if number == 1 else f"{service.value}-{number}"
        for service in services
        for number in range(1, wanted.instances + 1)
    ]


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"


async def _ready(pages: Mapping[str, str], system: LocalSystem, say: Callable[[str], None]) -> None:
    """Returns when every program answers at its page. Raises NotReady."""
    clock = SystemClock()
    begun_s, is_slow = clock.monotonic_s(), False
    waiting = dict(pages)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while waiting:
            passed_s = clock.monotonic_s() - begun_s
            if passed_s > _SOON_S and not is_slow:
                is_slow = True
                say(f"Still starting after {_SOON_S:.0f} s: {', '.join(waiting)}. Is the machine busy?")
            if not _may_come(waiting, system, passed_s):
                raise NotReady(_excuse(system, waiting, passed_s))
            for name in [name for name, page in waiting.items() if await _answers(session, page)]:
                del waiting[name]
            await asyncio.sleep(0.05)


def _may_come(waiting: Iterable[str], system: LocalSystem, passed_s: float) -> bool:
    """Whether there is hope that each program answers soon."""
    if not system.supervisor.is_alive or passed_s > _READY_S:
        return False
    return passed_s <= _SOON_S or system.supervisor.failing().isdisjoint(map(system.program_of, waiting))


async def _answers(session: aiohttp.ClientSession, page: str) -> bool:
    try:
        async with session.get(page) as response:
            return response.ok
    except (aiohttp.ClientError, TimeoutError):
        return False


def _excuse(system: LocalSystem, waiting: Iterable[str], passed_s: float) -> str:
    lines = [f"Not started in {passed_s:.0f} s: {', '.join(waiting)}."]
    for name in ("supervisor.err", *dict.fromkeys(map(system.program_of, waiting))):
        log = system.data_dir / "log" / (name if "." in name else f"{name}.log")
        if log.exists():
            tail = log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
            lines += [f"--- the end of {log}", *tail]
    return "\n".join(lines)
