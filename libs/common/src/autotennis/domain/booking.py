"""A booking: a member's wish for one session, and all that can happen to it.

Every rule is a verb of `Booking`: it takes `now`, and gives the booking as it is afterwards together with the facts to
publish. It raises Stale when the fact was recorded already, and IllegalMove when it can never be.

What is kept is in `record`; the verbs are in `racing` (until it ends), `in_line` (waiting) and `giving_up`.
"""

from datetime import datetime

from autotennis.domain.giving_up import WITHDRAWAL_TRIES as WITHDRAWAL_TRIES
from autotennis.domain.in_line import InLine
from autotennis.domain.racing import LATE_S as LATE_S
from autotennis.domain.racing import RACE_SHARE as RACE_SHARE
from autotennis.domain.record import TRY as TRY
from autotennis.domain.record import TRY_LASTS_S as TRY_LASTS_S
from autotennis.domain.record import Facts
from autotennis.domain.runs import Budget as Budget
from autotennis.domain.runs import Claim as Claim
from autotennis.domain.runs import LetGo as LetGo
from autotennis.domain.runs import Outcome as Outcome
from autotennis.domain.runs import Withdrawal as Withdrawal
from autotennis.domain.states import FINAL as FINAL
from autotennis.domain.states import LIVE as LIVE
from autotennis.domain.states import MOVES as MOVES
from autotennis.domain.states import OWNER as OWNER
from autotennis.domain.states import Fact as Fact
from autotennis.domain.states import State as State
from autotennis.domain.states import reached_from as reached_from
from autotennis.events import BookingRequested
from autotennis.values import Bond, Id, Instant, Seen, Session, Value, WaitingWish


class Booking(InLine):
    """A member's wish for one session."""


Change = tuple[Booking, Facts]


class Wish(Value):
    """What a member asks for: a session of a club, when that opens, and whether to wait if it is full.

    `series_id` names the series that it is a week of; `early` asks for a place that is free before the opening, too;
    `fixed` asks to confirm a regular player's fixed place at `opening_at`; `bond` binds it to others; `seen` is what
    the club's pages said of the session.
    """

    member_id: Id
    club_id: Id
    session: Session
    opening_at: Instant
    waiting: WaitingWish = WaitingWish()
    series_id: Id | None = None
    early: bool = False
    fixed: bool = False
    bond: Bond | None = None
    seen: Seen | None = None


def requested(booking_id: str, wish: Wish, now: datetime, trace: str = "") -> Change:
    """A new booking, and the fact that it was asked for in this trace."""
    booking = Booking(id=booking_id, state=State.REQUESTED, created_at=now, changed_at=now, trace=trace, **dict(wish))
    return booking, (BookingRequested(**booking.about(now)),)
