"""Whether a version that has the traffic does well: its pages, and what it logs."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from autotennis_cloud.installation import Installation
from autotennis_cloud.running import Runner
from autotennis_cloud.smoke import smoked

_EVERY_S: Final = 15.0
# One delivery may fail for the cloud's own reasons; so many are no accident.
_TOO_MANY: Final = 3
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched: the address of the pages, and what these revisions log from then on."""

    pages: str
    revisions: tuple[str, ...]
    began: datetime


def watched(runner: Runner, installation: Installation, what: Watched, watch_s: float) -> list[str]:
    """What is wrong, as soon as anything is; nothing if all stayed well for that long. Looks once at least."""
    wanted = log_filter(what.revisions, what.began)
    pause = threading.Event()
    for left_s in range(int(watch_s), -1, -int(_EVERY_S)):
        entries = runner.rows(
            *("gcloud", "logging", "read", wanted, "--limit=20", "--order=desc"),
            *(f"--project={installation.project}", "--quiet", "--format=json"),
        )
        if found := smoked(what.pages, 0.0) + errors_in(entries):
            return found
        pause.wait(min(_EVERY_S, left_s))
    return []


def log_filter(revisions: Iterable[str], began: datetime) -> str:
    """Finds what these revisions have logged as an error since then."""
    names = " OR ".join(f'"{one}"' for one in sorted(revisions))
    since = f"{began.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return (
        f'resource.type="cloud_run_revision" severity>=ERROR timestamp>="{since}" '
        f"resource.labels.revision_name=({names})"
    )


def errors_in(entries: Sequence[dict[str, Any]]) -> list[str]:
    """What the log says, if it says too much."""
    if len(entries) < _TOO_MANY:
        return []
    said = [str(one.get("jsonPayload", {}).get("message") or one.get("textPayload", "")) for one in entries]
    return [f"{len(entries)} errors were logged, such as: " + " | ".join(said[:_SHOWN])]
