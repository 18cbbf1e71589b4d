"""What an installation needs of the machine beside its releases: a user, directories, settings, commands."""

import grp
import os
import pwd
import shutil
from contextlib import suppress
from pathlib import Path

from autotennis_machine.place import BACKUP_TIMER, SERVICE, UNITS, USER, Place, Trouble
from autotennis_machine.releases import shipped
from autotennis_machine.running import run, say, tried


def check_machine() -> None:
    """Raises Trouble where this cannot work."""
    if os.geteuid() != 0:
        raise Trouble("This has to be run as root: put sudo in front of it.")
    if not Path("/run/systemd/system").is_dir():
        raise Trouble("This machine is not run by systemd: use the container instead (docs/one-machine.md).")


def settle(place: Place) -> None:
    """Makes what is missing, and leaves what is there as it is."""
    _make_user(place)
    for path in (place.root, place.releases, place.settings.parent):
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
    for path in (place.data, place.backups):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.chown(path, USER, USER)
        path.chmod(0o700)
    if not place.settings.exists():
        place.settings.touch(mode=0o640)
        place.settings.write_text(shipped("autotennis.env"))
        shutil.chown(place.settings, "root", USER)
        say(f"Wrote {place.settings}: the settings, each with a word on what it does.")
    _put_command(place.programs / "autotennis", shipped("autotennis"))
    _put_command(place.programs / "autotennis-machine", shipped("autotennis-machine"))


def _make_user(place: Place) -> None:
    with suppress(KeyError):
        pwd.getpwnam(USER)
        grp.getgrnam(USER)
        return
    home, shell = ("--home-dir", str(place.data)), ("--shell", "/usr/sbin/nologin")
    run("useradd", "--system", "--user-group", "--no-create-home", *home, *shell, USER)


def _put_command(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def remove(place: Place, *, with_data: bool) -> None:
    """Stops it and removes the program; the settings and the data only if that is wished."""
    tried("systemctl", "disable", "--now", SERVICE, BACKUP_TIMER)
    for path in (*(place.units / name for name in UNITS), *_commands(place)):
        path.unlink(missing_ok=True)
    run("systemctl", "daemon-reload")
    shutil.rmtree(place.root, ignore_errors=True)
    if not with_data:
        say(f"The data stays in {place.data}, the settings in {place.settings.parent}: --with-data removes them, too.")
        return
    for path in (place.data, place.settings.parent):
        shutil.rmtree(path, ignore_errors=True)
    tried("userdel", USER)


def _commands(place: Place) -> tuple[Path, Path]:
    return place.programs / "autotennis", place.programs / "autotennis-machine"
