"""How an attempt to get a place can end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import SecretStr

from autotennis.errors import Transient
from autotennis.values import Failure, FailureReason, Verdict, VerdictKind


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


# Why nothing came of it, where the club's last answer was one of these; of all others, that it did not answer.
_WHY: Final = {
    VerdictKind.BUSY: FailureReason.CLUB_BUSY,
    VerdictKind.UNTRUSTED: FailureReason.CLUB_UNTRUSTED,
    VerdictKind.UNKNOWN: FailureReason.PAGE_NOT_UNDERSTOOD,
    VerdictKind.LOGGED_OUT: FailureReason.PAGE_NOT_UNDERSTOOD,
    VerdictKind.REFUSED: FailureReason.PAGE_NOT_UNDERSTOOD,
}


def unsaid(verdict: Verdict) -> Lost:
    """Nobody knows how it stands, and why: this was the club's last answer."""
    return lost(_WHY.get(verdict.kind, FailureReason.CLUB_UNREACHABLE), verdict.fingerprint or "")


def lost(reason: FailureReason, detail: str = "") -> Lost:
    """There is no place, for this reason."""
    return Lost(Failure(reason=reason, detail=detail[:500]))
