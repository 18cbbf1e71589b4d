"""Where a family of adapters is chosen: the one place, and imported only then."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import Final, Protocol

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.gcp.place import Place, Pusher
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.errors import BadSettings
from autotennis.ports import Bus, Door, Ports, Store, Vault, WakeScheduler
from autotennis.settings import Backend, Settings

_GOOGLES: Final = (
    "google.cloud.firestore",
    "google.cloud.kms_v1",
    "google.cloud.pubsub_v1",
    "google.cloud.scheduler_v1",
    "grpc",
    "jwt",
)


@contextmanager
def open_ports(settings: Settings) -> Generator[Ports]:
    """All ports, open while the context lasts.

    Raises BadSettings, DatabaseDamaged, and Occupied while another process has this one's instance name.
    """
    match settings.backend:
        case Backend.LOCAL:
            opened = _local_ports(settings)
        case Backend.GCP:
            opened = _gcp_ports(settings)
    with opened as ports:
        yield ports


@contextmanager
def _local_ports(settings: Settings) -> Generator[Ports]:
    from autotennis.adapters.local.door import SecretDoor
    from autotennis.adapters.local.family import open_local
    from autotennis.adapters.local.files import locked

    clock = SystemClock()
    with open_local(settings.data_dir, clock) as family, ExitStack() as held:
        if settings.instance:
            held.enter_context(locked(settings.data_dir / f"{settings.instance}.lock", wait=False))
        yield _ports(settings, clock, family, SecretDoor(settings.push_secret))


@contextmanager
def _gcp_ports(settings: Settings) -> Generator[Ports]:
    # Looked for here, because the adapters import Google's clients only once they are needed: at the first event.
    if missing := [name for name in _GOOGLES if not _is_installed(name)]:
        raise BadSettings(
            f"AUTOTENNIS_BACKEND=gcp needs {missing[0]}, which is not installed: pip install 'autotennis[gcp]'."
        )
    from autotennis.adapters.gcp.door import GcpDoor
    from autotennis.adapters.gcp.family import open_gcp

    clock = SystemClock()
    with open_gcp(place_of(settings), clock) as family:
        ports = _ports(settings, clock, family, GcpDoor(_pusher(settings), clock))
        yield replace(ports, refusals=family.refusals)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False  # not even the package that it would be in


class _Family(Protocol):
    """What both families have."""

    @property
    def store(self) -> Store: ...
    @property
    def bus(self) -> Bus: ...
    @property
    def wake(self) -> WakeScheduler: ...
    @property
    def vault(self) -> Vault: ...


def _ports(settings: Settings, clock: SystemClock, family: _Family, door: Door) -> Ports:
    clubs = {rules.id: open_club(rules, settings.user_agent, clock) for rules in settings.clubs}
    return Ports(family.store, family.bus, family.wake, family.vault, clock, SystemIds(), clubs, door)


def place_of(settings: Settings) -> Place:
    """Where in Google Cloud the settings say that the installation lives."""
    return Place(
        project=settings.gcp_project,
        region=settings.gcp_region,
        kms_key=settings.gcp_kms_key,
        prefix=settings.gcp_prefix,
        database=settings.gcp_database,
        scheduler_host=settings.gcp_scheduler_host,
        kms_host=settings.gcp_kms_host,
    )


def _pusher(settings: Settings) -> Pusher:
    who = Pusher(audience=settings.gcp_push_audience, account=settings.gcp_push_account)
    return replace(
        who,
        issuer=settings.gcp_push_issuer or who.issuer,
        keys_url=settings.gcp_push_keys_url or who.keys_url,
    )
