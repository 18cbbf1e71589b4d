"""Bookings that are bound to each other: what the end of one means for the others, and who goes first."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from autotennis.domain.booking import Booking, LetGo, State
from autotennis.domain.runs import LetGoReason
from autotennis.values import Choice, Party, Session

_RACING = frozenset({State.REQUESTED, State.SCHEDULED, State.SIGNING_UP})


# Whether a booking's session has begun.
HasBegun = Callable[[Booking], bool]


def stopped_by(booking: Booking, bound: Iterable[Booking], has_begun: HasBegun) -> LetGo | None:
    """Why the booking is to be given up, as those that it is bound to stand; None if it goes on.

    Of several sessions, one that is won stops the lesser ones, and the dearer ones as well unless those were to go on;
    one that has begun stops all others: it is the one that was wanted. Of a place that was won, only a dearer one makes
    us part, and not once the session has begun. Who goes only together with others does not go once one of them has
    failed.
    """
    if booking.state is State.BOOKED and has_begun(booking):
        return None
    others = [one for one in bound if one.id != booking.id]
    match booking.bond:
        case Choice() as mine:
            won = [one for one in others if _has_place(one)]
            winner = next((one for one in won if _outdoes(one, booking, mine, played=has_begun(one))), None)
            return LetGo(because=winner.id, reason=LetGoReason.OUTDONE) if winner else None
        case Party(all_or_none=True):
            failed = next((one for one in others if one.state is State.FAILED), None)
            return LetGo(because=failed.id, reason=LetGoReason.NOT_ALL) if failed else None
        case _:
            return None


def _has_place(booking: Booking) -> bool:
    return booking.state is State.BOOKED and not (booking.withdrawal and booking.withdrawal.is_under_way)


def _outdoes(winner: Booking, booking: Booking, mine: Choice, *, played: bool) -> bool:
    if _rank(winner) < mine.rank:
        return True
    return booking.state is not State.BOOKED and (played or not mine.trade_up)


def _rank(booking: Booking) -> int:
    return booking.bond.rank if booking.bond else 0


def has_not_to_wait(booking: Booking, now: datetime) -> bool:
    """Whether it is plain that nobody goes before it.

    Members who go together race side by side for an opening, where each millisecond counts; where the session is open
    already, one goes after another.
    """
    return _rank(booking) == 0 or (isinstance(booking.bond, Party) and booking.opening_at > now)


def goes_first(booking: Booking, bound: Iterable[Booking], now: datetime) -> Sequence[Booking]:
    """Those that are to have had their race before the booking's sign-ups are sent, the first one first.

    Of several sessions with one opening, or open already, the dearer ones; of members who go together the earlier ones.
    """
    if has_not_to_wait(booking, now):
        return []
    by = max(now, booking.opening_at)
    before = (one for one in bound if _rank(one) < _rank(booking) and one.opening_at <= by and one.state in _RACING)
    return sorted(before, key=_rank)


def ranked(bound: Iterable[Booking]) -> Sequence[Booking]:
    """Those that are bound to each other, in their order."""
    return sorted(bound, key=lambda one: (_rank(one), one.created_at))


def dearest_first(line: Sequence[Booking], sessions: Iterable[Session]) -> Sequence[Session]:
    """The sessions in such an order that those who wait for several of them get the dearer one before a lesser one."""
    ranks: dict[Session, int] = {}
    for one in line:
        if isinstance(one.bond, Choice):
            ranks[one.session] = max(one.bond.rank, ranks.get(one.session, 0))
    return sorted(sessions, key=lambda session: (ranks.get(session, 0), session.key))


def in_turn(line: Sequence[Booking]) -> Sequence[Booking]:
    """The line with those who go together in the order that was declared: on the places that they have in it."""
    together: dict[str, list[Booking]] = {}
    for one in line:
        if isinstance(one.bond, Party):
            together.setdefault(one.bond.id, []).append(one)
    turns = {bond_id: iter(sorted(ones, key=_rank)) for bond_id, ones in together.items()}
    return [next(turns[one.bond.id]) if isinstance(one.bond, Party) else one for one in line]
