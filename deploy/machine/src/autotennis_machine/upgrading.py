"""From one release to another, and back when the other one does not work."""

from pathlib import Path

from autotennis_machine import releases, service
from autotennis_machine.place import LEFT_WITH, Place, Trouble
from autotennis_machine.running import of_release, say

_DATABASE = "autotennis.db"


def upgrade(place: Place, new: Path) -> None:
    """Starts the new release; the one before it again, if the new one does not answer. Raises Trouble then."""
    old = releases.current(place)
    if old:
        _back_up(place, old, new)
    releases.switch(place, new)
    say("Starting...")
    try:
        service.start(place)
    except Trouble as trouble:
        if old is None:
            raise
        say(f"{new.name} does not work. {trouble}")
        go_to(place, old)
        raise Trouble(f"Went back to {old.name}, which runs again at {service.address(place)}/.") from None
    releases.prune(place)


def _back_up(place: Place, old: Path, new: Path) -> None:
    if not (place.data / _DATABASE).exists():
        return
    target = place.backups / f"before-{new.name}.tar"
    status, printed = of_release(place, old, "backup", target)
    if status:
        raise Trouble(f"Nothing was changed, since it could not be backed up: {printed.strip()}")
    say(f"Backed up to {target}.")
    (old / LEFT_WITH).write_text(str(target))


def go_to(place: Place, release: Path) -> None:
    """Starts an earlier release again.

    What happened since stays, unless that release cannot read the database any more: then the backup is put back that
    was made when it was left. Raises Trouble.
    """
    releases.switch(place, release)
    try:
        service.start(place)
    except Trouble as trouble:
        left = release / LEFT_WITH
        if not left.exists():
            raise
        say(f"{release.name} cannot go on with the database of the later one: {trouble}")
        service.stop()
        status, printed = of_release(place, release, "restore", left.read_text())
        if status:
            raise Trouble(printed.strip()) from None
        say(printed.strip())
        service.start(place)
