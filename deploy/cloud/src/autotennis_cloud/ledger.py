"""What was released and when, kept beside Terraform's state: Cloud Run does not remember who had traffic before."""

from collections.abc import Sequence
from datetime import UTC
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, SecretStr, ValidationError

from autotennis_cloud.installation import Installation
from autotennis_cloud.running import Runner
from autotennis_cloud.steps import Step
from autotennis_cloud.trouble import NotThere


class Move(StrEnum):
    """How a release came to have the traffic."""

    FORWARD = "release"
    BACK = "rollback"


class Release(BaseModel):
    """The revision of each service that got all traffic at that time."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    move: Move
    commit: str
    version: str
    revisions: dict[str, str]


def releases(runner: Runner, installation: Installation) -> list[Release]:
    """All that is kept, oldest first. Raises CloudTrouble."""
    try:
        said = runner.read(
            "gcloud", "storage", "cat", f"{_folder(installation)}*.json", f"--project={installation.project}"
        )
    except NotThere:
        return []
    return sorted(filter(None, map(_read, said.splitlines())), key=lambda one: one.at)


def _read(line: str) -> Release | None:
    try:
        return Release.model_validate_json(line)
    except ValidationError:
        return None  # of a version that knew more, or no line of ours


def record_step(installation: Installation, release: Release) -> Step:
    """Keeps it."""
    name = f"{release.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{release.move}-{release.commit or 'unknown'}.json"
    argv = (
        "gcloud",
        "storage",
        "cp",
        "-",
        _folder(installation) + name,
        f"--project={installation.project}",
        "--quiet",
    )
    line = SecretStr(release.model_dump_json() + "\n")
    return Step(f"note down the {release.move}", argv, line, "the list of revisions")


def now_serving(history: Sequence[Release]) -> Release | None:
    """The release that has the traffic, as far as it was noted down."""
    kept = standing(history)
    return kept[-1] if kept else None


def before(history: Sequence[Release]) -> Release | None:
    """The release to go back to: the one before, and never one that was gone back from."""
    kept = standing(history)
    return kept[-2] if len(kept) > 1 else None


def standing(history: Sequence[Release]) -> list[Release]:
    """The releases without those that were gone back from."""
    kept: list[Release] = []
    for one in history:
        if one.move is Move.BACK:
            back_to = [index for index, earlier in enumerate(kept) if earlier.revisions == one.revisions]
            kept = kept[: back_to[-1]] if back_to else kept
        kept.append(one)
    return kept


def _folder(installation: Installation) -> str:
    return f"gs://{installation.bucket}/releases/"
