"""The system as a service of the machine: starting it, and whether it answers."""

import urllib.error
import urllib.request
from pathlib import Path
from typing import Final

from autotennis_machine.place import BACKUP_TIMER, SERVICE, Place, Trouble
from autotennis_machine.running import run, say, tried

_USUAL_PORT: Final = "8080"
_LOG_LINES: Final = "15"


def start(place: Place) -> None:
    """Starts it, or starts it again, and waits until it answers. Raises Trouble with the end of its log."""
    # systemd would refuse after several failures in a row, of an earlier version perhaps.
    tried("systemctl", "reset-failed", SERVICE)
    status, _printed = tried("systemctl", "restart", SERVICE)
    if status or not _answers(address(place)):
        _, log = tried("journalctl", "--unit", SERVICE, "--lines", _LOG_LINES, "--no-pager", "--output", "cat")
        raise Trouble(f"It does not start. The end of its log (journalctl -u autotennis):\n{log.rstrip()}")


def stop() -> None:
    """Stops it, if it runs."""
    run("systemctl", "stop", SERVICE)


def enable() -> None:
    """Has it start with the machine, and be backed up every night."""
    run("systemctl", "enable", "--quiet", SERVICE)
    run("systemctl", "enable", "--quiet", "--now", BACKUP_TIMER)


def address(place: Place) -> str:
    """Where its pages are on this machine."""
    return f"http://127.0.0.1:{_port(place.settings)}"


def _port(settings: Path) -> str:
    lines = settings.read_text().splitlines() if settings.exists() else []
    ports = [line.partition("=")[2].strip("\"' ") for line in lines if line.startswith("AUTOTENNIS_PORT=")]
    return ports[-1] if ports else _USUAL_PORT


def _answers(url: str) -> bool:
    """Asked once: systemd has waited until it said that it is ready."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=20) as answer:  # noqa: S310 (our own address)
            return answer.status == 200
    except (OSError, urllib.error.URLError) as error:
        say(f"{url}/healthz does not answer: {error}")
        return False
