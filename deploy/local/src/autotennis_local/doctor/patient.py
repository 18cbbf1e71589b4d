"""The installation that is looked through, as its settings and its directory describe it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from autotennis.adapters.system import SystemClock, environment
from autotennis.errors import BadSettings
from autotennis.settings import Backend, read_settings, variable_of
from autotennis_local.doctor.finding import Finding, broken, fine, warning
from autotennis_local.every_settings import EverySettings, unknown_here
from autotennis_local.installation import SECRETS_FILE, Secrets

_KEPT: Final = TypeAdapter(dict[str, str])
# Stands for a secret that this process is not told: only to look at the other settings.
_ANY_SECRET: Final = "x" * 43
# As an operator has them where nothing else is said.
_USUAL_HERE: Final[Mapping[str, object]] = {"plain_http": True, "public_url": "http://127.0.0.1"}
_SEE: Final = "docs/settings.md says what each setting may be."


@dataclass(frozen=True, slots=True)
class Patient:
    """`data_dir` means nothing in the cloud. Backups are looked for in `backups`."""

    settings: EverySettings
    data_dir: Path
    backups: Path
    clock: SystemClock

    @property
    def is_cloud(self) -> bool:
        """Whether it lives on Google Cloud."""
        return self.settings.backend is Backend.GCP


def settings_of(data_dir: Path, *, is_cloud: bool) -> tuple[EverySettings | None, list[Finding]]:
    """The settings of the installation, None if they are wrong; and what is to be said of them."""
    told = environment()
    found = [warning(str(strange), "Take it away, or give it its right name.") for strange in unknown_here(told)]
    try:
        given = _given(told, data_dir, is_cloud=is_cloud)
        settings = read_settings(EverySettings, **given)
    except BadSettings as error:
        return None, [*found, broken(str(error), _SEE)]
    return settings, [*found, fine("all settings can be read"), *_wisdom(settings)]


def _given(told: Mapping[str, str], data_dir: Path, *, is_cloud: bool) -> dict[str, object]:
    """What the environment does not say."""
    secrets = {} if is_cloud else _secrets(data_dir)
    missing = {name for name in Secrets.model_fields if variable_of(name) not in told and name not in secrets}
    stand_ins: dict[str, object] = dict.fromkeys(missing, _ANY_SECRET)
    if is_cloud:
        return {**stand_ins, "backend": Backend.GCP}
    usual = {name: value for name, value in _USUAL_HERE.items() if variable_of(name) not in told}
    return {**usual, **stand_ins, **secrets, "backend": Backend.LOCAL, "data_dir": data_dir, "instance": ""}


def _secrets(data_dir: Path) -> dict[str, str]:
    """The installation's own, as far as they were made. Raises BadSettings."""
    path = data_dir / SECRETS_FILE
    try:
        return _KEPT.validate_json(path.read_bytes()) if path.exists() else {}
    except (ValidationError, OSError):
        raise BadSettings(f"{path} cannot be read: mend its rights, or put it back from a backup.") from None


def _wisdom(settings: EverySettings) -> list[Finding]:
    """What is right by itself, and not wise."""
    found: list[Finding] = []
    if not settings.contact:
        found.append(
            warning(
                "AUTOTENNIS_CONTACT is empty, so that a club cannot reach you",
                "Set it, for example to mailto:you@example.org: a club that knows whom to ask need not shut you out.",
            )
        )
    if settings.public_url.startswith("https://") and settings.plain_http:
        found.append(
            broken(
                "cookies travel without TLS, though the pages have an address with TLS",
                "Set AUTOTENNIS_PLAIN_HTTP=false.",
            )
        )
    if settings.public_url.startswith("https://") and not settings.proxies:
        found.append(
            warning(
                "no proxy is told to the pages, so that all members seem to come from one address",
                "Set AUTOTENNIS_PROXIES to how many proxies are in front of the pages, usually 1.",
            )
        )
    if settings.private_receivers and settings.public_url.startswith("https://"):
        found.append(
            warning(
                "members may have messages sent to private addresses of this network",
                "Set AUTOTENNIS_PRIVATE_RECEIVERS=false, unless nobody but you has an account.",
            )
        )
    return found
