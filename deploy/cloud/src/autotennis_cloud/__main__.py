"""Google Cloud from the command line: `python -m autotennis_cloud COMMAND`.

Without --go it only shows what it would do.
"""

import argparse
import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from autotennis.adapters.system import SystemClock
from autotennis.errors import AutotennisError
from autotennis_cloud import ledger, secret_values
from autotennis_cloud.deploying import deploy, renew
from autotennis_cloud.installation import read_installation
from autotennis_cloud.looking import running_services
from autotennis_cloud.releasing import Patience, Tools
from autotennis_cloud.rolling_back import listed, roll_back
from autotennis_cloud.running import Runner, say
from autotennis_cloud.source import source_of

_Arguments = argparse.Namespace
_SETTINGS: Final = Path("deploy/cloud/installation.toml")
_SMOKE_S: Final = 90.0
_WATCH_S: Final = 120.0
_INTERRUPTED: Final = 130


def main() -> int:
    """Runs the command; gives its exit status."""
    arguments = _parser().parse_args()
    try:
        arguments.command(arguments)
    except AutotennisError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Cut off. Run the same command again: it goes on where it stopped.\n")
        return _INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autotennis_cloud", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[_Arguments], None], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        added.add_argument("--settings", type=Path, default=_SETTINGS, help="the file of settings")
        added.add_argument("--go", action="store_true", help="do it, and do not only show it")
        added.add_argument("--smoke-s", type=float, default=_SMOKE_S, help="how long new pages may take to be well")
        added.add_argument("--watch-s", type=float, default=_WATCH_S, help="how long a new version is watched")
        return added

    for name, command, text in (
        ("deploy", _deploy, "make everything in a project, or change its settings, and release this commit"),
        ("release", _release, "release this commit"),
    ):
        add(name, command, text).add_argument("--dirty", action="store_true", help="also what no commit holds")
    add("rollback", _rollback, "back to the release before").add_argument(
        "--to", default="", help="a commit or version"
    )
    add("releases", _releases, "what runs, and what was released")
    add("secret", _secret, "give a secret a value, typed or by standard input").add_argument("name")
    return parser


def _tools(arguments: _Arguments) -> Tools:
    runner = Runner(Path.cwd(), go=arguments.go)
    patience = Patience(arguments.smoke_s, arguments.watch_s)
    return Tools(runner, read_installation(arguments.settings), SystemClock(), patience)


def _deploy(arguments: _Arguments) -> None:
    tools = _tools(arguments)
    deploy(tools, source_of(tools.runner, dirty=arguments.dirty))
    _say_how(arguments)


def _release(arguments: _Arguments) -> None:
    tools = _tools(arguments)
    renew(tools, source_of(tools.runner, dirty=arguments.dirty))
    _say_how(arguments)


def _rollback(arguments: _Arguments) -> None:
    roll_back(_tools(arguments), arguments.to)
    _say_how(arguments)


def _releases(arguments: _Arguments) -> None:
    tools = _tools(arguments)
    running = running_services(tools.runner, tools.installation)
    say("\n".join(listed(running, ledger.releases(tools.runner, tools.installation))))


def _secret(arguments: _Arguments) -> None:
    tools = _tools(arguments)
    typed = getpass.getpass(f"{arguments.name}: ") if sys.stdin.isatty() else sys.stdin.read()
    secret_values.give(tools.runner, tools.installation, arguments.name, SecretStr(typed.strip()))
    _say_how(arguments)


def _say_how(arguments: _Arguments) -> None:
    say("Done." if arguments.go else "\nNothing was changed. To do it, give GO=1.")


if __name__ == "__main__":
    sys.exit(main())
