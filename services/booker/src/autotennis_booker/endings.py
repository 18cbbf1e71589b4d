"""How a run can end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from autotennis.domain.booking import LetGo
from autotennis.errors import Transient
from autotennis.visiting.endings import Lost, Won

# A club that would not say how it stands is asked again after this long.
_LOOK_AGAIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Later:
    """The club announces a later opening than the one that was planned.

    `no_fixed_place` tells that it is the session's own: no fixed place could be confirmed, and it has to be raced for.
    """

    opening_at: datetime
    no_fixed_place: bool = False


@dataclass(frozen=True, slots=True)
class CalledOff:
    """The club's own page does not show the member, who wished to cancel; or whom `let_go` has made do without."""

    let_go: LetGo | None = None


Ending = Won | Lost | Later | CalledOff


class Unproven(Transient):
    """How it stands could not be found out: it must be looked at again, after a while."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after_s=_LOOK_AGAIN_S)
