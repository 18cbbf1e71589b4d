"""What a command that failed tells a person: what is wrong, and how to mend it."""

import re
from typing import Final

from autotennis.errors import AutotennisError

_LAST_LINES: Final = 8


class CloudTrouble(AutotennisError):
    """Something in the cloud, or a program that speaks to it, said no."""


class NotThere(CloudTrouble):
    """What was asked for does not exist, or its API is not on yet."""


# What a program says, and what to do about it; the first that fits counts.
_ADVICE: Final = (
    (
        r"do not currently have an active account|auth login|Reauthentication|invalid_grant|refresh your current auth",
        "gcloud is not logged in. Run: gcloud auth login",
    ),
    (
        r"BILLING_DISABLED|[Bb]illing (account )?.{0,60}(not (found|enabled|open)|disabled)",
        "The project has no billing account. Link one: gcloud billing projects link PROJECT --billing-account=ACCOUNT",
    ),
    (
        r"RESOURCE_EXHAUSTED|[Qq]uota exceeded|rateLimitExceeded",
        "Google's quota is used up. Wait a minute and run the same command again: it goes on where it stopped.",
    ),
    (
        r"Could not resolve host|Network is unreachable|Connection refused|timed out|Unable to connect|ProxyError",
        "Google cannot be reached from here. Look at the network, then run the same command again.",
    ),
    (
        r"PERMISSION_DENIED|does not have permission|[Ff]orbidden|lacks permission|HTTPError 403|Permission '",
        "This account may not do that. Who it is: gcloud config get account. What it needs: docs/google-cloud.md",
    ),
    (
        r"Error acquiring the state lock",
        "Somebody else deploys just now, or a deployment was cut off. If so: terraform force-unlock with the ID below.",
    ),
)
_NOT_THERE: Final = (
    r"SERVICE_DISABLED|has not been used in project|NOT_FOUND|not found|does not exist|HTTPError 404|matched no objects"
)
_INSTALL: Final = {
    "gcloud": "It is the Google Cloud CLI: https://cloud.google.com/sdk/docs/install",
    "terraform": "Version 1.9 or newer: https://developer.hashicorp.com/terraform/install",
    "git": "Install it with the machine's packages.",
}


def missing(program: str) -> CloudTrouble:
    """A program is not installed."""
    return CloudTrouble(f"{program} is not installed, or not on the PATH. {_INSTALL.get(program, '')}".strip())


def explained(command: str, said: str) -> CloudTrouble:
    """A command failed, and `said` is what it wrote to its standard error."""
    words = _tail(said)
    for pattern, advice in _ADVICE:
        if re.search(pattern, said):
            return CloudTrouble(f"{advice}\n  The command was: {command}\n{words}")
    kind = NotThere if re.search(_NOT_THERE, said) else CloudTrouble
    return kind(f"A command failed: {command}\n{words}")


def _tail(said: str) -> str:
    lines = [line.rstrip() for line in said.splitlines() if line.strip(" .\r─╷│╵")]
    return "\n".join(f"  | {line}" for line in lines[-_LAST_LINES:])
