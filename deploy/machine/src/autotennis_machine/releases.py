"""Releases: building one, switching to one, and removing old ones."""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

from autotennis_machine.place import UNITS, Place, Trouble
from autotennis_machine.running import run, say

_KEPT: Final = 3
# What is installed; what they need besides stands in the lock, with hashes.
_MEMBERS: Final = (
    "libs/common",
    "libs/cli",
    "libs/practice_club",
    "services/api",
    "services/booker",
    "services/notifier",
    "services/timer",
    "services/waitlist",
    "deploy/local",
    "deploy/machine",
)
_NAMED_BY: Final = "autotennis_local-"


def build(place: Place, source: Path) -> Path:
    """Installs what is in `source`, a checkout, as a new release; gives its directory. It does not run yet."""
    lock = source / "requirements" / "autotennis-local.txt"
    if not lock.is_file():
        raise Trouble(f"{source} is no checkout of Autotennis: it has no requirements/autotennis-local.txt.")
    uv = _tools(place, source / "requirements" / "bootstrap.txt")
    with tempfile.TemporaryDirectory(prefix="autotennis-wheels-") as found:
        wheels = _wheels(uv, source, Path(found))
        release = place.releases / f"{_version(wheels)}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        try:
            install(uv, release, lock, [*wheels, *wheels_of_clubs(place)])
        except BaseException:
            shutil.rmtree(release, ignore_errors=True)
            raise
    return release


def _tools(place: Place, lock: Path) -> Path:
    """uv, as the lock has it."""
    uv, has = place.tools / "bin" / "uv", place.tools / "lock"
    if not (uv.exists() and has.exists() and has.read_bytes() == lock.read_bytes()):
        say("Installing uv, which installs the rest...")
        shutil.rmtree(place.tools, ignore_errors=True)
        run(sys.executable, "-m", "venv", place.tools)
        run(place.tools / "bin" / "pip", "install", "--quiet", "--require-hashes", "-r", lock)
        shutil.copy(lock, has)
    return uv


def _wheels(uv: Path, source: Path, room: Path) -> list[Path]:
    say("Building...")
    for member in _MEMBERS:
        run(uv, "build", "--quiet", "--wheel", "--no-create-gitignore", "--out-dir", room, source / member)
    return sorted(room.glob("*.whl"))


def _version(wheels: list[Path]) -> str:
    (wheel,) = [wheel for wheel in wheels if wheel.name.startswith(_NAMED_BY)]
    return wheel.name.removeprefix(_NAMED_BY).split("-")[0]


def wheels_of_clubs(place: Place) -> list[Path]:
    """What who runs this machine wants in every release: kinds of clubs that we do not read."""
    return sorted(place.clubs.glob("*.whl"))


def install(uv: Path, release: Path, lock: Path, wheels: list[Path]) -> None:
    """Makes the release: what the lock names, and beside it these wheels, which need nothing else."""
    say(f"Installing {release.name}...")
    run(uv, "venv", "--quiet", "--python", sys.executable, release)
    # Compiled now: later nobody may write there.
    into = ("pip", "install", "--quiet", "--compile-bytecode", "--python", release / "bin" / "python")
    run(uv, *into, "--require-hashes", "-r", lock)
    run(uv, *into, "--no-deps", "--offline", *wheels)
    units = release / "units"
    units.mkdir()
    for name in UNITS:
        (units / name).write_text(shipped(name))


def shipped(name: str) -> str:
    """A file that comes with this program."""
    return files("autotennis_machine").joinpath("files", name).read_text()


def switch(place: Place, release: Path) -> None:
    """Makes it the release that is started next, with its own units."""
    for name in UNITS:
        (place.units / name).write_text((release / "units" / name).read_text())
    draft = place.current.with_name("current.draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(release)
    draft.replace(place.current)
    run("systemctl", "daemon-reload")


def current(place: Place) -> Path | None:
    """The release that runs, or would if the system were started."""
    return place.current.resolve() if place.current.is_symlink() else None


def earlier(place: Place) -> Path:
    """The release before the current one. Raises Trouble if there is none."""
    now = current(place)
    older = [one for one in installed(place) if now and one.name != now.name and _age(one) < _age(now)]
    if not older:
        raise Trouble("There is no earlier release to go back to.")
    return older[-1]


def installed(place: Place) -> list[Path]:
    """All releases, the latest last."""
    return sorted(place.releases.iterdir(), key=_age) if place.releases.is_dir() else []


def _age(release: Path) -> str:
    return release.name.rpartition("-")[2]


def prune(place: Place) -> None:
    """Removes all but the latest few."""
    now = current(place)
    for old in installed(place)[:-_KEPT]:
        if old != now:
            shutil.rmtree(old)
