"""What can go wrong, said so that one knows what to do, and the exit codes that scripts go by."""

from enum import IntEnum

import click


class Exit(IntEnum):
    """How the program ends. 2 is click's own, for a command that was not understood."""

    DONE = 0
    REFUSED = 1
    NO_PLACE = 3
    NOT_LOGGED_IN = 4
    UNREACHABLE = 5


class Trouble(click.ClickException):
    """Something that a person is told, and the exit code that goes with it."""

    def __init__(self, message: str, code: Exit = Exit.REFUSED) -> None:
        super().__init__(message)
        self.exit_code = int(code)  # pyright: ignore[reportAttributeAccessIssue] (click reads it from the error itself)
