"""The commands of one machine, as the program `autotennis` has them. What they need is imported once they run."""

from pathlib import Path
from typing import Any, Final

import click
from platformdirs import user_data_path

from autotennis_local.choices import Backing, Scenario
from autotennis_local.plainly import plainly

_LAST_PORT: Final = 65535


class _Port(click.ParamType[int]):
    """A port's number; 0 is any free one."""

    name = "port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit() and int(text) <= _LAST_PORT):
            self.fail(f"{text!r} is not a port: give a number from 0 (any free one) to {_LAST_PORT}", param, ctx)
        return int(text)


def _usual_directory() -> Path:
    return user_data_path("autotennis", appauthor=False)


data_dir_option: Final = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=_usual_directory,
    envvar="AUTOTENNIS_DATA_DIR",
    show_envvar=True,
    help="Where everything is kept.",
)
_port = click.option(
    "--port",
    type=_Port(),
    default=8080,
    envvar="AUTOTENNIS_PORT",
    show_envvar=True,
    show_default=True,
    help="Of the web pages; the next free one if it is taken, any free one if it is 0.",
)
_apart = click.option("--apart", is_flag=True, help="Give each service a process of its own, which takes more memory.")
_backend = click.option(
    "--backend",
    type=click.Choice([one.value for one in Backing]),
    default=Backing.LOCAL.value,
    help="The family: one SQLite file, or Google's emulators.",
)
_opens_in = click.option(
    "--opens-in", type=click.FloatRange(0, 86_400), default=30.0, help="Seconds until the practice session opens."
)
_of_gcp = click.option("--gcp", is_flag=True, help="Of the installation on Google Cloud that the settings describe.")


def _ending(status: int) -> None:
    click.get_current_context().exit(status)


@click.command()
@data_dir_option
@_port
@_apart
@click.option("--unattended", is_flag=True, help="For a service manager: this port or none, no events, less memory.")
@plainly
def up(data_dir: Path, port: int, *, apart: bool, unattended: bool) -> None:
    """Serve everything for the clubs of the settings, on this machine."""
    from autotennis_local.serving_here import keep_up, serve
    from autotennis_local.system import Wanted

    wanted = Wanted(data_dir, api_port=port, apart=apart)
    _ending(keep_up(wanted) if unattended else serve(wanted))


@click.command()
@data_dir_option
@_port
@click.option("--practice-port", type=_Port(), default=8090, help="Of the practice club, likewise.")
@_apart
@_backend
@_opens_in
@plainly
def practise(data_dir: Path, port: int, practice_port: int, *, apart: bool, backend: str, opens_in: float) -> None:
    """Serve everything with a practice club, book a practice session, stay up."""
    from autotennis_local.practising import practised
    from autotennis_local.system import Wanted

    wanted = Wanted(data_dir, api_port=port, practice_port=practice_port, apart=apart, backing=Backing(backend))
    _ending(practised(wanted, opens_in))


@click.command()
@click.option(
    "--scenario",
    type=click.Choice([one.value for one in Scenario]),
    default=Scenario.OPENING.value,
    help="What is tried.",
)
@_apart
@_backend
@_opens_in
@plainly
def demo(*, scenario: str, apart: bool, backend: str, opens_in: float) -> None:
    """Book a practice session on fresh data; the last line printed is JSON."""
    from autotennis_local.practising import demonstrated

    _ending(demonstrated(Scenario(scenario), Backing(backend), opens_in, apart=apart))


@click.command("dead-letters")
@data_dir_option
@_of_gcp
@plainly
def dead_letters(data_dir: Path, *, gcp: bool) -> None:
    """List the deliveries that were given up."""
    from autotennis_local.looking_after import list_dead_letters

    list_dead_letters(data_dir, gcp=gcp)


@click.command()
@click.argument("delivery", metavar="ID")
@data_dir_option
@_of_gcp
@plainly
def replay(delivery: str, data_dir: Path, *, gcp: bool) -> None:
    """Deliver a given-up delivery again: ID is as dead-letters lists it."""
    from autotennis_local.looking_after import deliver_again

    deliver_again(data_dir, delivery, gcp=gcp)


@click.command("rotate-key")
@data_dir_option
@_of_gcp
@plainly
def rotate_key(data_dir: Path, *, gcp: bool) -> None:
    """Give the vault a new key, and seal all secrets with it."""
    from autotennis_local.looking_after import renew_key

    renew_key(data_dir, gcp=gcp)


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@data_dir_option
@click.option("--keep", type=click.IntRange(0), default=0, help="In a directory: how many backups stay; 0: all.")
@plainly
def backup(target: Path, data_dir: Path, keep: int) -> None:
    """Back up the installation, running or not, to the file TARGET, or to one named after the time in a directory."""
    from autotennis_local.backups import back_up

    back_up(data_dir, target, keep)


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_dir_option
@plainly
def restore(source: Path, data_dir: Path) -> None:
    """Put the backup SOURCE in place of what is there, which is set aside. The system has to be stopped."""
    from autotennis_local.backups import put_back

    put_back(data_dir, source)
