"""The embedded family: one SQLite file, and a dispatcher."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from autotennis.adapters.local.database import check_writable, quick_check
from autotennis.adapters.local.family import open_local
from autotennis.adapters.local.feed import LocalFeed
from autotennis.adapters.system import SystemClock
from autotennis.errors import BadSettings
from autotennis.flow import Service
from autotennis_local.backbone import Insight, Surroundings
from autotennis_local.installation import Secrets
from autotennis_local.supervision import Program, module

# The program of all that shares a process, and who that is besides the dispatcher.
TOGETHER: Final = "services"
HOUSED: Final = (Service.TIMER, Service.WAITLIST, Service.NOTIFIER)


class Embedded:
    """The Backbone of one machine."""

    def __init__(self, data_dir: Path, secrets: Secrets, around: Surroundings, *, apart: bool) -> None:
        """With `apart` the dispatcher has a process of its own, otherwise it shares one with those of HOUSED.

        Raises DatabaseDamaged for a database that nobody should work on, and DiskTrouble for one that nobody can.
        """
        quick_check(data_dir)
        check_writable(data_dir)
        if any(len(addresses) > 1 for addresses in around.instances.values()):
            raise BadSettings("On the embedded family there is one instance of each service.")
        self._data_dir = data_dir
        self._secrets = secrets
        self._apart = apart
        self._endpoints = {service: addresses[0] for service, addresses in around.instances.items()}

    @property
    def carrier(self) -> str:
        """The dispatcher, or the program that it is in."""
        return "dispatcher" if self._apart else TOGETHER

    @property
    def housed(self) -> tuple[Service, ...]:
        """Those that share the dispatcher's process."""
        return () if self._apart else HOUSED

    def programs(self) -> list[Program]:
        """The one that the dispatcher is in."""
        name = "dispatching" if self._apart else "together"
        return [Program(self.carrier, module(f"autotennis_local.{name}"))]

    def health(self) -> Mapping[str, str]:
        """None of it answers anybody."""
        return {}

    def environment(self) -> Mapping[str, str]:
        """Where the file is, and who may push."""
        return {
            "AUTOTENNIS_BACKEND": "local",
            "AUTOTENNIS_DATA_DIR": str(self._data_dir.resolve()),
            "AUTOTENNIS_ENDPOINTS": json.dumps(self._endpoints),
            "AUTOTENNIS_PUSH_SECRET": self._secrets.push_secret.get_secret_value(),
        }

    def prepare(self) -> None:
        """Nothing: whoever opens the file first makes what is missing."""

    @contextmanager
    def looked_into(self) -> Generator[Insight]:
        """The file, opened once more."""
        with open_local(self._data_dir, SystemClock()) as family:
            yield Insight(family.store, family.vault, family.bus, LocalFeed(family.bus))
