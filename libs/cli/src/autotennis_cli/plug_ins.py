"""Commands of other packages: whoever installs a whole system beside this program has its commands here, too."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import click

_GROUP: Final = "autotennis.commands"


class ExtendedGroup(click.Group):
    """A group with commands of its own, and those that installed packages declare as `autotennis.commands`.

    They are imported only when they are named or listed, so that the others start as fast as ever.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted({*super().list_commands(ctx), *_declared()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name; our own come first."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or (declared := _declared().get(cmd_name)) is None:
            return own
        loaded: Any = declared.load()
        return loaded if isinstance(loaded, click.Command) else None


def _declared() -> dict[str, EntryPoint]:
    return {one.name: one for one in entry_points(group=_GROUP)}
