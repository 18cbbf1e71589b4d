"""Commands that say in plain words what keeps them from their work."""

import functools
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

import click

_P = ParamSpec("_P")
_T = TypeVar("_T")
_INTERRUPTED: Final = 130


class Refused(click.ClickException):
    """What a person is told, without a word in front."""

    def show(self, file: Any = None) -> None:
        """Tells it on standard error."""
        from autotennis.terminal import shown

        click.echo(shown(self.message), file=file, err=file is None)


def plainly(command: Callable[_P, _T]) -> Callable[_P, _T]:
    """The command with errors of ours as a line and the status 1, and with 130 for Ctrl-C."""

    @functools.wraps(command)
    def said(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        from autotennis.errors import AutotennisError

        try:
            return command(*args, **kwargs)
        except AutotennisError as error:
            raise Refused(str(error)) from None
        except KeyboardInterrupt:
            click.get_current_context().exit(_INTERRUPTED)

    return said
