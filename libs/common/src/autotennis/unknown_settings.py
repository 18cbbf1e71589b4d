"""Variables that look like settings and are none: most likely misspelt, and so without any effect."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

import structlog

from autotennis.adapters.system import environment
from autotennis.settings import PREFIX, Settings, variable_of

# The command line's own, and the tests'.
_OF_OTHERS: Final = frozenset({"AUTOTENNIS_INVITATION", "AUTOTENNIS_LOGIN", "AUTOTENNIS_TESTS_NEED_EMULATORS"})
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A variable that nobody reads, and the one that it may be meant for, if any is like it."""

    variable: str
    meant: str = ""

    def __str__(self) -> str:
        hint = f" Is {self.meant} meant?" if self.meant else ""
        return f"{self.variable} is no setting and has no effect.{hint}"


def variables_of(kind: type[Settings]) -> frozenset[str]:
    """The names of all variables that these settings are read from."""
    return frozenset(variable_of(name) for name in kind.model_fields)


def unknown(variables: Iterable[str], known: Iterable[str]) -> list[Unknown]:
    """Those of the `variables` that are none of the `known` ones, though they are named like them."""
    wanted = sorted(known)
    strange = {name for name in variables if name.upper().startswith(PREFIX)} - _OF_OTHERS
    strange -= {name for name in strange if name.upper() in wanted}
    return [Unknown(name, next(iter(get_close_matches(name.upper(), wanted, 1, 0.8)), "")) for name in sorted(strange)]


def warn_of_unknown(kind: type[Settings]) -> None:
    """Logs what this process is told in vain. Values are not logged: they may be secrets."""
    for one in unknown(environment(), variables_of(kind)):
        _log.warning("no setting of this program", variable=one.variable, meant=one.meant)
