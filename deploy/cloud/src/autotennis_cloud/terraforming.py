"""Terraform's part: what its two roots are told, and the commands that apply them.

Values of secrets never come here. Terraform uses gcloud's login, by a token in its environment.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from autotennis_cloud.installation import Installation
from autotennis_cloud.running import Runner, say
from autotennis_cloud.secret_values import OPTIONAL
from autotennis_cloud.steps import Step

FOUNDATION: Final = "foundation"
SYSTEM: Final = "system"
_ROOTS: Final = Path("deploy/terraform")
_OF_ALL: Final = ("project", "region", "prefix", "database", "rehearsal")
_OF_ONE: Final[Mapping[str, tuple[str, ...]]] = {
    FOUNDATION: ("database_location", "backups_kept_days", "key_rotation_days"),
    SYSTEM: (
        *("contact", "clubs", "public_url", "mail_from", "log_level", "alert_email", "monthly_budget"),
        *("billing_account", "streams", "warm_pages", "warm_bookers", "most_bookers", "more_settings"),
    ),
}


@dataclass(frozen=True, slots=True)
class Root:
    """One of the two, with what it is told beside the settings."""

    name: str
    more: Mapping[str, Any]


def of_the_system(images: Mapping[str, str], secrets: Iterable[str]) -> dict[str, Any]:
    """What the system is told beside the settings: the images, and which secrets have a value."""
    return {"images": dict(images), "optional_secrets": sorted(set(secrets) & set(OPTIONAL))}


def variables(installation: Installation, root: Root) -> dict[str, Any]:
    """What this root is told; what the settings do not say is left to Terraform's defaults."""
    said = installation.model_dump(exclude_unset=True, exclude_none=True)
    told = {name: said[name] for name in _OF_ALL + _OF_ONE[root.name] if name in said}
    if "clubs" in told:
        told["clubs"] = json.dumps(told["clubs"])
    return {**told, **root.more}


def apply_steps(installation: Installation, root: str, told: Path, token: SecretStr) -> list[Step]:
    """Makes everything of this root as its files and `told`, a file of variables, say."""
    environment = {
        "GOOGLE_OAUTH_ACCESS_TOKEN": token,
        # One folder for each installation, so that none takes another's state for its own.
        "TF_DATA_DIR": SecretStr(str(told.parent / root)),
        "TF_IN_AUTOMATION": SecretStr("1"),
    }
    terraform = ("terraform", f"-chdir={_ROOTS / root}")
    bucket = (f"-backend-config=bucket={installation.bucket}", f"-backend-config=prefix={root}")
    begin = (*terraform, "init", "-input=false", "-no-color", *bucket)
    apply = (*terraform, "apply", "-input=false", "-auto-approve", "-no-color", f"-var-file={told}")
    return [
        Step(f"make Terraform ready for the {root}", begin, environment=environment),
        Step(f"make or change the {root}", apply, environment=environment),
    ]


def apply(runner: Runner, installation: Installation, root: Root, token: SecretStr) -> None:
    """Applies one root. What it is told is kept under `var/cloud`. Raises CloudTrouble."""
    told = runner.root / "var" / "cloud" / f"{installation.project}-{installation.prefix}" / f"{root.name}.tfvars.json"
    content = json.dumps(variables(installation, root), indent=2) + "\n"
    if runner.go:
        told.parent.mkdir(parents=True, exist_ok=True)
        told.write_text(content, "utf-8")
    else:
        say(f"# {told} is to hold\n{content}".rstrip())
    for step in apply_steps(installation, root.name, told, token):
        runner.do(step)
