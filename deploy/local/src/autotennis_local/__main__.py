"""The whole system on one machine: `python -m autotennis_local COMMAND`, the commands that `autotennis` has, too."""

import click

from autotennis_local import commands


@click.group(help=__doc__)
def main() -> None:
    """Takes the commands of this package alone."""


for _command in (
    commands.up,
    commands.practise,
    commands.demo,
    commands.dead_letters,
    commands.replay,
    commands.rotate_key,
    commands.backup,
    commands.restore,
):
    main.add_command(_command)

if __name__ == "__main__":
    main(prog_name="autotennis_local")
