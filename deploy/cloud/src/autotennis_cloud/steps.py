"""One command that changes something: shown when nothing is to be done yet, else run."""

import shlex
from dataclasses import dataclass, field

from pydantic import SecretStr

_NO_INPUT = SecretStr("")


@dataclass(frozen=True, slots=True)
class Step:
    """A command and why it is run.

    `given` goes to its standard input and is never shown; `shown_input` says in words what that is. The variables in
    `environment` are added to those of this process, and may be secret.
    """

    why: str
    argv: tuple[str, ...]
    given: SecretStr = _NO_INPUT
    shown_input: str = ""
    environment: dict[str, SecretStr] = field(default_factory=dict[str, SecretStr])

    def shown(self) -> str:
        """The command as a person would type it, without what is secret."""
        line = shlex.join(self.argv)
        return f"{line} < ({self.shown_input})" if self.shown_input else line


def gcloud(why: str, *words: str) -> Step:
    """A step of gcloud: asks nothing, answers in JSON."""
    return Step(why, ("gcloud", *words, "--quiet", "--format=json"))
