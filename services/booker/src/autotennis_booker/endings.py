"""How a run can end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import SecretStr

from autotennis.errors import Transient
from autotennis.values import Failure, FailureReason, Verdict

# A club that would not say how it stands is asked again after this long.
_LOOK_AGAIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Won:
    """The club's own page shows the member."""

    seen_at: datetime
    door_code: SecretStr | None


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no place, and why."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Later:
    """The club announces a later opening than the one that was planned."""

    opening_at: datetime


Ending = Won | Lost | Later


class Unproven(Transient):
    """How it stands could not be found out: it must be looked at again, after a while."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after_s=_LOOK_AGAIN_S)


class Unanswered(Transient):
    """The club said nothing that we understand, for as long as it is worth asking."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"The club's last answer was {verdict.kind.value}.")
        self.verdict = verdict


def lost(reason: FailureReason, detail: str = "") -> Lost:
    """There is no place, for this reason."""
    return Lost(Failure(reason=reason, detail=detail[:500]))
