"""Where everything is on the machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

USER: Final = "autotennis"
SERVICE: Final = "autotennis.service"
BACKUP_TIMER: Final = "autotennis-backup.timer"
UNITS: Final = (SERVICE, "autotennis-backup.service", BACKUP_TIMER)
# What an upgrade leaves in the release that it goes on from: where the backup is that was made just before.
LEFT_WITH: Final = "left-with-backup"


class Trouble(Exception):
    """What a person is told, who then knows what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """The directories and files of the installation."""

    root: Path = Path("/opt/autotennis")
    data: Path = Path("/var/lib/autotennis")
    settings: Path = Path("/etc/autotennis/autotennis.env")
    units: Path = Path("/etc/systemd/system")
    programs: Path = Path("/usr/local/bin")

    @property
    def releases(self) -> Path:
        """Each version that is installed, in a directory of its own; by name the later one comes later."""
        return self.root / "releases"

    @property
    def current(self) -> Path:
        """The link to the release that runs."""
        return self.root / "current"

    @property
    def tools(self) -> Path:
        """What builds and installs releases."""
        return self.root / "tools"

    @property
    def clubs(self) -> Path:
        """Wheels of who runs this machine, which read further kinds of clubs: they go into every release."""
        return self.settings.parent / "clubs"

    @property
    def backups(self) -> Path:
        """Where the nightly backups go, and those before an upgrade."""
        return self.data / "backups"
