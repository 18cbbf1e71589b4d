"""How an attempt to get a place can end."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from autotennis.errors import Transient
from autotennis.values import Failure, FailureReason, Verdict


@dataclass(frozen=True, slots=True)
class Won:
    """The club's own page shows the member."""

    seen_at: datetime
    door_code: SecretStr | None


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no place, and why."""

    failure: Failure


class Unanswered(Transient):
    """The club said nothing that we understand, for as long as it is worth asking."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"The club's last answer was {verdict.kind.value}.")
        self.verdict = verdict


def lost(reason: FailureReason, detail: str = "") -> Lost:
    """There is no place, for this reason."""
    return Lost(Failure(reason=reason, detail=detail[:500]))
