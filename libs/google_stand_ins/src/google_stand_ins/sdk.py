"""Where Google's SDK is on this machine, and the emulators in it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

SDK_VARIABLE: Final = "CLOUDSDK_ROOT_DIR"
USUAL_PLACES: Final = tuple(
    Path(place).expanduser()
    for place in (
        "/usr/lib/google-cloud-sdk",
        "/usr/share/google-cloud-sdk",
        "/opt/google-cloud-sdk",
        "/opt/homebrew/share/google-cloud-sdk",
        "/usr/local/share/google-cloud-sdk",
        "/snap/google-cloud-cli/current",
        "~/google-cloud-sdk",
    )
)
_GCLOUD_PATIENCE_S: Final = 20.0


def find_jar(pattern: str, environment: Mapping[str, str], places: tuple[Path, ...] = USUAL_PLACES) -> Path | None:
    """The jar that `pattern` names below an SDK's root, and of several versions the latest."""
    for root in _roots(environment, places):
        found = sorted(root.glob(pattern), key=lambda jar: jar.stat().st_mtime)
        if found:
            return found[-1]
    return None


def find_java(environment: Mapping[str, str]) -> str | None:
    """The path of java."""
    home = environment.get("JAVA_HOME")
    of_home = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    return of_home or shutil.which("java", path=environment.get("PATH", ""))


def _roots(environment: Mapping[str, str], places: tuple[Path, ...]) -> Iterator[Path]:
    """Roots of SDKs, the dearest to find last: gcloud needs a second to say where it lives."""
    if environment.get(SDK_VARIABLE):
        yield Path(environment[SDK_VARIABLE])
    yield from places
    gcloud = shutil.which("gcloud", path=environment.get("PATH", ""))
    if gcloud:
        yield Path(gcloud).resolve().parent.parent
        yield from _told_by(gcloud, environment)


def _told_by(gcloud: str, environment: Mapping[str, str]) -> Iterator[Path]:
    command = [gcloud, "info", "--format=value(installation.sdk_root)"]
    quiet = {**os.environ, **environment, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    try:
        told = subprocess.run(  # noqa: S603 - the gcloud of whoever runs this
            command, env=quiet, capture_output=True, text=True, timeout=_GCLOUD_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return  # a gcloud that does not work leads nowhere
    if told.stdout.strip():
        yield Path(told.stdout.strip())
