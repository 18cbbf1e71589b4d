"""Where a family of adapters is chosen: the one place, and imported only then."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.ports import Ports
from autotennis.settings import Backend, Settings


@contextmanager
def open_ports(settings: Settings) -> Generator[Ports]:
    """All ports, open while the context lasts.

    Raises BadSettings, DatabaseDamaged, and Occupied while another process has this one's instance name.
    """
    clock, ids = SystemClock(), SystemIds()
    clubs = {rules.id: open_club(rules, settings.user_agent, clock) for rules in settings.clubs}
    match settings.backend:
        case Backend.LOCAL:
            from autotennis.adapters.local.family import open_local
            from autotennis.adapters.local.files import locked

            with open_local(settings.data_dir, clock) as family, ExitStack() as held:
                if settings.instance:
                    held.enter_context(locked(settings.data_dir / f"{settings.instance}.lock", wait=False))
                yield Ports(family.store, family.bus, family.wake, family.vault, clock, ids, clubs)
