"""A real pretix for tests: installed once on a machine, and served for each of them with data of its own.

Installing takes a minute and fills half a gigabyte; making the tables takes some more, so they are made once, too.
"""

import contextlib
import fcntl
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

import pytest

from google_stand_ins.emulators import free_port

VERSION: Final = "2026.8.0"
NEEDED_VARIABLE: Final = "AUTOTENNIS_TESTS_NEED_PRETIX"
# What a test says that is left out.
LEFT_OUT: Final = "there is no pretix here"
# Installing it takes longer than any test may.
TIMEOUT_S: Final = 2400
_ROOT: Final = Path(__file__).parents[2]
_LOCK: Final = _ROOT / "requirements" / "tests" / "pretix.txt"
_SCENE: Final = Path(__file__).parent / "pretix_scene.py"
_INSTALL_S: Final = 1800
_START_S: Final = 180
_WITH_DJANGO: Final = "import django, runpy, sys; django.setup(); runpy.run_path(sys.argv[1], run_name='__main__')"
_OLDEST_PYTHON: Final = (3, 11, 5)
_TABLES: Final = "tables.sqlite3"
_CONFIGURATION: Final = """\
[pretix]
instance_name=Example club
url={url}
currency=NOK
datadir={data}
registration=off
ecb_rates=off
[locale]
default=en
timezone=Europe/Oslo
[mail]
from=club@club.example
host=127.0.0.1
port=1
[database]
backend=sqlite3
"""


class NoPretix(Exception):
    """It is nowhere to be had; the text says why."""


@functools.cache
def installed() -> Path | str:
    """Where it is installed, with its tables made; or why it cannot be."""
    place = _place()
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_name(f"{place.name}.lock").open("w") as lock:
        # Another process of the same tests may be at it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if not (place / _TABLES).exists():
                _install(place)
        except (NoPretix, OSError, subprocess.SubprocessError) as reason:
            return f"pretix {VERSION} cannot be installed here: {reason}"
    return place


def _place() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "autotennis" / f"pretix-{VERSION}"


def _install(place: Path) -> None:
    if sys.version_info < _OLDEST_PYTHON:
        raise NoPretix("It wants a newer Python.")
    uv = Path(sys.executable).parent / "uv"
    shutil.rmtree(place, ignore_errors=True)
    (place / "data").mkdir(parents=True)
    _told([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], place)
    python = str(place / "venv" / "bin" / "python")
    _told([str(uv), "pip", "install", "--python", python, "--require-hashes", "-r", str(_LOCK)], place)
    _configure(place, place, port=1)
    _told([python, "-m", "pretix", "migrate"], place)
    (place / "data" / "db.sqlite3").rename(place / _TABLES)


def _told(command: list[str], place: Path) -> None:
    """Runs it to its end. Raises NoPretix with its last line."""
    done = subprocess.run(  # noqa: S603 (our own command)
        command, cwd=place, env=_environment(place), capture_output=True, text=True, timeout=_INSTALL_S, check=False
    )
    if done.returncode:
        raise NoPretix((done.stderr.strip().splitlines() or [f"{command[0]} failed."])[-1])


def _configure(directory: Path, place: Path, port: int) -> None:
    data = directory / "data"
    data.mkdir(exist_ok=True)
    (directory / "pretix.cfg").write_text(_CONFIGURATION.format(url=f"http://127.0.0.1:{port}", data=data))
    if place != directory:
        shutil.copyfile(place / _TABLES, data / "db.sqlite3")


def _environment(directory: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIRTUAL_ENV", "PYTHON"))}
    return {**kept, "PRETIX_CONFIG_FILE": str(directory / "pretix.cfg"), "DJANGO_SETTINGS_MODULE": "pretix.settings"}


def need_pretix() -> Path:
    """Where it is installed. Without it the test is skipped, or fails where the machine is said to have it."""
    place = installed()
    if isinstance(place, Path):
        return place
    if os.environ.get(NEEDED_VARIABLE, "0") not in {"", "0"}:
        pytest.fail(f"{place} ({NEEDED_VARIABLE} is set.)", pytrace=False)
    pytest.skip(f"{LEFT_OUT}: {place}")


@dataclass(frozen=True)
class Date:
    """A date of the series: its number, and when it starts and opens."""

    number: int
    start: datetime
    opens_at: datetime


class PretixSite:
    """A shop that is served; `do` is what happens behind its pages."""

    def __init__(self, base_url: str, scene: "subprocess.Popen[str]", access_log: Path) -> None:
        self.base_url = base_url
        self._scene = scene
        self._access_log = access_log

    @property
    def club_url(self) -> str:
        """The organizer's address."""
        return f"{self.base_url}/club/"

    def do(self, command: str, **options: Any) -> Any:
        """Does something behind the pages, as `pretix_scene` describes it."""
        into, out = _pipes(self._scene)
        into.write(json.dumps({"command": command, "with": options}) + "\n")
        into.flush()
        answer = json.loads(out.readline() or '{"error": "The scene has ended."}')
        if "error" in answer:
            raise RuntimeError(f"{command} failed behind the pages: {answer['error']}")
        return answer["gives"]

    def add_date(self, opens_in_s: float, places: int = 2, starts_after_h: int = 72) -> Date:
        """A date that opens in so many seconds, and starts some hours later."""
        opens_at = (datetime.now(UTC) + timedelta(seconds=opens_in_s)).replace(microsecond=0)
        start = opens_at + timedelta(hours=starts_after_h)
        made = self.do("date", starts_at=start.isoformat(), opens_at=opens_at.isoformat(), places=places)
        return Date(made["number"], start, opens_at)

    def link(self, date: Date) -> str:
        """The address of a date's page, as somebody copies it."""
        return f"{self.club_url}tennis/{date.number}/"

    def requests(self, method: str, path: str) -> int:
        """How often that was asked for, by the web server's own record."""
        return sum(f'"{method} {path}' in line for line in self._access_log.read_text().splitlines())

    def order_secrets(self) -> set[str]:
        """What stands in addresses of orders that were asked for: whoever has one may cancel that order."""
        return set(re.findall(r"/order/[A-Z0-9]+/([a-z0-9]{10,})/", self._access_log.read_text()))


def _pipes(scene: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if scene.stdin is None or scene.stdout is None:
        raise RuntimeError("The scene cannot be spoken to.")
    return scene.stdin, scene.stdout


@contextlib.contextmanager
def running_pretix(directory: Path, *, has_list: bool = False) -> Generator[PretixSite]:
    """A shop with a club and one series, served while the context lasts; skips the test where there is no pretix."""
    place = need_pretix()
    port = free_port()
    _configure(directory, place, port)
    python, bind = str(place / "venv" / "bin" / "python"), f"127.0.0.1:{port}"
    access_log = directory / "access.log"
    # One worker answers one request after another: what SQLite bears, and a small club's shop is no quicker.
    serve = [python, "-m", "gunicorn", "pretix.wsgi", "--bind", bind, "--workers", "1", "--access-logfile"]
    with (directory / "server.log").open("w") as log, contextlib.ExitStack() as stack:
        server = stack.enter_context(_running([*serve, str(access_log)], directory, stdout=log, stderr=log))
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
        scene = stack.enter_context(_running([python, "-c", _WITH_DJANGO, str(_SCENE)], directory, text=True, **pipes))
        site = PretixSite(f"http://{bind}", scene, access_log)
        site.do("found", has_list=has_list)
        _until_served(site, server)
        yield site


@contextlib.contextmanager
def _running(command: list[str], directory: Path, **how: Any) -> "Generator[subprocess.Popen[Any]]":
    with subprocess.Popen(command, cwd=directory, env=_environment(directory), **how) as process:  # noqa: S603 (our own)
        try:
            yield process
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()


def _until_served(site: PretixSite, server: "subprocess.Popen[Any]") -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(site.club_url, timeout=_START_S) as answer:  # noqa: S310 (our own)
            answer.read()
            return
        time.sleep(0.2)
    raise RuntimeError("pretix does not serve; see server.log in the test's directory.")


def main() -> None:
    """Installs it ahead of the tests, which would wait for it otherwise."""
    if not (_place() / _TABLES).exists():
        sys.stdout.write("Installing a pretix for the tests (about two minutes, once)...\n")
        sys.stdout.flush()
    place = installed()
    if isinstance(place, str):
        sys.stdout.write(f"!!! NO PRETIX: the tests at a real one will be SKIPPED: {place}\n")


if __name__ == "__main__":
    main()
