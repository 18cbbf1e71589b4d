"""`autotennis doctor`. What it needs is imported once it runs."""

import asyncio
import json
from pathlib import Path

import click

from autotennis_local.commands import data_dir_option
from autotennis_local.plainly import plainly


@click.command()
@data_dir_option
@click.option("--gcp", is_flag=True, help="Of the installation on Google Cloud that the settings describe.")
@click.option(
    "--backups",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where backups are; in the data directory's `backups` unless this says otherwise.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@plainly
def doctor(data_dir: Path, backups: Path | None, *, gcp: bool, as_json: bool) -> None:
    """Look through an installation and say what to mend. Changes nothing; the status is 1 if anything is broken.

    A club is sent two requests at most, by a visitor who is not logged in.
    """
    from autotennis.terminal import shown
    from autotennis_local.doctor.diagnosing import diagnosed
    from autotennis_local.doctor.finding import status_of, summary

    found = asyncio.run(diagnosed(data_dir, backups or data_dir / "backups", is_cloud=gcp))
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], indent=2))
    else:
        click.echo(shown("\n".join([*(str(one) for one in found), summary(found)])))
    click.get_current_context().exit(status_of(found))
