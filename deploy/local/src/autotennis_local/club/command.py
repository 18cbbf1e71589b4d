"""The commands of who writes a club. What they need is imported once they run."""

from pathlib import Path

import click

from autotennis_local.plainly import plainly


@click.group()
def club() -> None:
    """Try the client of a club's site, or begin one."""


@club.command()
@click.argument("kind")
@click.option("--url", required=True, help="Where the club's pages lie.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with links and logins that may be used (docs/clubs.md); without it, little is tried.",
)
@click.option("--look-only", is_flag=True, help="Take no place, and give none back.")
@click.option(
    "--contact",
    default="",
    envvar="AUTOTENNIS_CONTACT",
    show_envvar=True,
    help="Stands in the User-Agent, so that the club can reach you.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@plainly
def check(kind: str, url: str, plan_file: Path | None, contact: str, *, look_only: bool, as_json: bool) -> None:
    """Try whether the client for clubs of KIND keeps its promises at the site. The status is 1 if it does not.

    Places are taken and given back in the sessions that the plan names, and nowhere else. Whatever the plan does not
    name is skipped.
    """
    from autotennis_local.club.checking import Asked, checked

    asked = Asked(kind, url, plan_file, contact, look_only=look_only, as_json=as_json)
    click.get_current_context().exit(checked(asked))


@club.command()
@click.argument("name")
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Where the folder is to lie."
)
@plainly
def new(name: str, into: Path) -> None:
    """Begin the client for clubs of kind NAME: a Python package that lacks nothing but the reading of the pages."""
    from autotennis_local.club.making import made

    made_at = made(name, into)
    click.echo(f"{made_at} is a package for clubs of kind {name}. Its README.md says what to write first.")
