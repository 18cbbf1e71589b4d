"""Installs, upgrades, takes back and removes: `python -m autotennis_machine COMMAND`, as root."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from autotennis_machine import releases, service, settling, upgrading
from autotennis_machine.place import Place, Trouble
from autotennis_machine.running import say

_Arguments = argparse.Namespace


def main() -> int:
    """Runs the command; gives its exit status."""
    arguments = _parser().parse_args()
    try:
        settling.check_machine()
        arguments.command(Place(), arguments)
    except Trouble as trouble:
        sys.stderr.write(f"{trouble}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autotennis-machine", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[Place, _Arguments], None], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    install = add("install", _install, "install what is in a checkout, or upgrade to it")
    install.add_argument("source", type=Path, help="the checkout")
    rollback = add("rollback", _rollback, "go back to the release before, or to another one")
    rollback.add_argument("release", nargs="?", help="as `releases` lists it")
    add("releases", _list, "list what is installed; the one that runs has a star")
    uninstall = add("uninstall", _uninstall, "stop it and remove the program")
    uninstall.add_argument("--with-data", action="store_true", help="remove the settings and all data, too")
    return parser


def _install(place: Place, arguments: _Arguments) -> None:
    is_first = releases.current(place) is None
    settling.settle(place)
    upgrading.upgrade(place, releases.build(place, arguments.source.resolve()))
    service.enable()
    say(f"Autotennis runs at {service.address(place)}/, and will when the machine starts again.")
    if is_first:
        say(f"Next: put your contact into {place.settings}, then: sudo systemctl restart autotennis")
        say("Then register at that address: the first account is the operator's.")


def _rollback(place: Place, arguments: _Arguments) -> None:
    release = place.releases / arguments.release if arguments.release else releases.earlier(place)
    if not release.is_dir():
        raise Trouble(f"There is no release {release.name}: `autotennis-machine releases` lists them.")
    upgrading.go_to(place, release)
    say(f"{release.name} runs at {service.address(place)}/.")


def _list(place: Place, _arguments: _Arguments) -> None:
    now = releases.current(place)
    for release in releases.installed(place):
        say(f"{'*' if release == now else ' '} {release.name}")


def _uninstall(place: Place, arguments: _Arguments) -> None:
    settling.remove(place, with_data=arguments.with_data)
    say("Removed.")


if __name__ == "__main__":
    sys.exit(main())
