"""The Google Cloud family on Google's own emulators, with stand-ins for the services that have none."""

import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from autotennis.adapters.gcp.family import open_gcp
from autotennis.adapters.gcp.feed import open_feed
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.replays import deliveries
from autotennis.adapters.gcp.setting_up import ON_EMULATOR, set_up
from autotennis.adapters.local.files import write_private
from autotennis.adapters.system import SystemClock, SystemIds, in_environment
from autotennis.errors import BadSettings
from autotennis.flow import Service
from autotennis_local.backbone import HOST, Insight, Surroundings
from autotennis_local.delivery import Delivery
from autotennis_local.installation import Secrets
from autotennis_local.supervision import Program, module
from google_stand_ins.emulators import DeadEmulator, Emulator, NoEmulators, Running, Startable, find

_REGION: Final = "europe-north1"
_ACCOUNT: Final = "pusher@practice.example"
_AUDIENCE: Final = "autotennis"
_STAND_INS: Final = "stand-ins"
_ISSUER: Final = "issuer"
_SCHEDULER: Final = "scheduler"
_KMS: Final = "kms"
_JOBS: Final = "jobs.json"


class Emulated:
    """The Backbone on the emulators. They keep everything in memory: it is gone when they end."""

    def __init__(self, data_dir: Path, secrets: Secrets, around: Surroundings, delivery: Delivery) -> None:
        """Finds the emulators, and tells how. Raises BadSettings if they are nowhere to be had."""
        self._data_dir = data_dir
        self._instances = around.instances
        self._delivery = delivery
        self._programs: list[Program] = []
        found = [(emulator, _found(emulator)) for emulator in Emulator]
        self._hosts = {emulator: self._placed(emulator, one, around) for emulator, one in found}
        self._ports = {name: around.reserve(name) for name in (_ISSUER, _SCHEDULER, _KMS)}
        self._place = self._planned(secrets)

    @property
    def carrier(self) -> str:
        """The stand-ins, whose relay pulls from the emulator and pushes."""
        return _STAND_INS

    @property
    def housed(self) -> tuple[Service, ...]:
        """None: there may be several of each service, as in the cloud."""
        return ()

    def programs(self) -> list[Program]:
        """The emulators, unless they run elsewhere, and the stand-ins."""
        if self._programs:
            # The jobs of an earlier run would wake for bookings that went with its emulators.
            (self._data_dir / _JOBS).unlink(missing_ok=True)
        settings = self._data_dir.resolve() / "stand-ins.json"
        write_private(settings, json.dumps(self._stand_ins()).encode())
        return [*self._programs, Program(_STAND_INS, module("google_stand_ins", str(settings)))]

    def health(self) -> Mapping[str, str]:
        """The emulators answer at their root, and the stand-ins with the keys of their tokens."""
        emulators = {emulator.name.lower(): f"http://{host}/" for emulator, host in self._hosts.items()}
        return {**emulators, _STAND_INS: self._keys_url}

    def environment(self) -> Mapping[str, str]:
        """As an installation in the cloud is told, and where the stand-ins are."""
        return {
            "AUTOTENNIS_BACKEND": "gcp",
            "AUTOTENNIS_DATA_DIR": str(self._data_dir.resolve()),
            # What is in the shell may be meant for another installation, in the cloud.
            "AUTOTENNIS_INSTANCE": "",
            "AUTOTENNIS_GCP_PREFIX": self._place.prefix,
            "AUTOTENNIS_GCP_DATABASE": self._place.database,
            "AUTOTENNIS_GCP_PROJECT": self._place.project,
            "AUTOTENNIS_GCP_REGION": self._place.region,
            "AUTOTENNIS_GCP_KMS_KEY": self._place.kms_key,
            "AUTOTENNIS_GCP_KMS_HOST": self._place.kms_host,
            "AUTOTENNIS_GCP_SCHEDULER_HOST": self._place.scheduler_host,
            "AUTOTENNIS_GCP_PUSH_AUDIENCE": _AUDIENCE,
            "AUTOTENNIS_GCP_PUSH_ACCOUNT": _ACCOUNT,
            "AUTOTENNIS_GCP_PUSH_ISSUER": self._address(_ISSUER),
            "AUTOTENNIS_GCP_PUSH_KEYS_URL": self._keys_url,
            **self._variables(),
        }

    def prepare(self) -> None:
        """Makes the topics and subscriptions."""
        with in_environment(self._variables()):
            set_up(self._place, ON_EMULATOR)

    @contextmanager
    def looked_into(self) -> Generator[Insight]:
        """The same project, seen from here."""
        clock = SystemClock()
        with (
            in_environment(self._variables()),
            open_gcp(self._place, clock) as family,
            open_feed(self._place, SystemIds()) as feed,
        ):
            yield Insight(family.store, family.vault, family.bus, feed)

    def _placed(self, emulator: Emulator, found: Running | Startable, around: Surroundings) -> str:
        around.say(found.how)
        if isinstance(found, Running):
            return found.host
        name = emulator.name.lower()
        port = around.reserve(name)
        self._programs.append(Program(name, found.command(port), is_memory=True))
        return f"{HOST}:{port}"

    def _planned(self, secrets: Secrets) -> Place:
        # A project of its own for each installation: an emulator that runs elsewhere may hold those of others.
        told = hashlib.sha256(secrets.session_secret.get_secret_value().encode()).hexdigest()[:12]
        project = f"practice-{told}"
        return Place(
            project=project,
            region=_REGION,
            kms_key=f"projects/{project}/locations/{_REGION}/keyRings/autotennis/cryptoKeys/vault",
            scheduler_host=self._host(_SCHEDULER),
            kms_host=self._host(_KMS),
        )

    def _stand_ins(self) -> dict[str, Any]:
        """What the stand-ins are told."""
        keep = self._data_dir.resolve()
        return {
            "pubsub_host": self._hosts[Emulator.PUBSUB],
            "issuer": {"port": self._ports[_ISSUER], "keep_in": str(keep / "issuer.key")},
            "scheduler": {"port": self._ports[_SCHEDULER], "keep_in": str(keep / _JOBS)},
            "kms": {"port": self._ports[_KMS], "keys": [self._place.kms_key], "keep_in": str(keep / "kms.json")},
            "relay": {
                "project": self._place.project,
                "audience": _AUDIENCE,
                "account": _ACCOUNT,
                "routes": self._routes(),
                "trouble": {"duplicate": self._delivery.duplicate, "delay_s": self._delivery.delay_s},
            },
        }

    def _routes(self) -> dict[str, Any]:
        return {
            one.id: {
                "addresses": [f"{address}/events" for address in self._instances[one.service]],
                "ack_deadline_s": one.ack_deadline_s,
            }
            for one in deliveries(self._place.prefix)
        }

    @property
    def _keys_url(self) -> str:
        return f"{self._address(_ISSUER)}/certs"

    def _address(self, name: str) -> str:
        return f"http://{self._host(name)}"

    def _host(self, name: str) -> str:
        return f"{HOST}:{self._ports[name]}"

    def _variables(self) -> dict[str, str]:
        """Google's clients look for the emulators in the environment, here as in the services."""
        return {emulator.variable: host for emulator, host in self._hosts.items()}


def _found(emulator: Emulator) -> Running | Startable:
    try:
        return find(emulator)
    except (NoEmulators, DeadEmulator) as error:
        raise BadSettings(str(error)) from None
