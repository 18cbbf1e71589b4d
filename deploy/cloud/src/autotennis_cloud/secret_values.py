"""The values of secrets: made here, or given by a person, and handed to Secret Manager by standard input alone."""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from pydantic import SecretStr

from autotennis.adapters.system import SystemIds
from autotennis_cloud.installation import Installation
from autotennis_cloud.running import Runner
from autotennis_cloud.steps import Step
from autotennis_cloud.trouble import CloudTrouble, NotThere

# Made once, and never again by themselves: with another session secret everybody signs in again, with another link
# secret no link in a message works any more, with another key every browser has to be added again.
MADE: Final = ("session-secret", "link-secret", "vapid-private-key")
# Opens the control of a practice club, where there is one.
CONTROL_TOKEN: Final = "practice-control-token"  # noqa: S105 (a name)
# Known to a person alone, who may have none.
GIVEN: Final = ("smtp-url", "deadman-url")
# The services do without these.
OPTIONAL: Final = ("vapid-private-key", *GIVEN)


def made_for(installation: Installation) -> tuple[str, ...]:
    """The secrets that are made, and have to be there before anything runs."""
    return (*MADE, CONTROL_TOKEN) if installation.rehearsal else MADE


def made(ids: SystemIds) -> SecretStr:
    """32 random bytes in base64url, without `=`: 43 characters."""
    chance = bytes.fromhex("".join(ids.new() for _ in range(3)))[:32]
    return SecretStr(base64.urlsafe_b64encode(chance).decode().rstrip("="))


def version_step(installation: Installation, name: str, value: SecretStr, shown: str) -> Step:
    """Gives a secret this value."""
    argv = ("gcloud", "secrets", "versions", "add", f"{installation.prefix}-{name}", "--data-file=-")
    place = (f"--project={installation.project}", "--quiet", "--format=json")
    return Step(f"give the secret {installation.prefix}-{name} a value", (*argv, *place), value, shown)


def with_values(runner: Runner, installation: Installation, names: Sequence[str]) -> set[str]:
    """Those of these secrets that have a value. Raises CloudTrouble."""
    with ThreadPoolExecutor(len(names)) as pool:
        have = pool.map(partial(_has_value, runner, installation), names)
        return {name for name, has in zip(names, have, strict=True) if has}


def _has_value(runner: Runner, installation: Installation, name: str) -> bool:
    secret = f"{installation.prefix}-{name}"
    place = (f"--project={installation.project}", "--quiet", "--format=json")
    try:
        return bool(runner.rows("gcloud", "secrets", "versions", "list", secret, "--limit=1", *place))
    except NotThere:
        return False


def give(runner: Runner, installation: Installation, name: str, value: SecretStr) -> None:
    """Gives a secret the value that a person has typed. Raises CloudTrouble."""
    if name not in GIVEN + MADE:
        raise CloudTrouble(f"There is no secret {name}: it is one of {', '.join(GIVEN + MADE)}.")
    if not value:
        raise CloudTrouble(f"Nothing was given for {name}: type it, or hand it in by standard input.")
    runner.do(version_step(installation, name, value, "what was typed"))
