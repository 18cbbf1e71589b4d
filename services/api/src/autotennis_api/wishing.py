"""Asks for what a member wishes, free of Flask: one session, one of several, or one for several members."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from autotennis.domain.booking import Booking
from autotennis.domain.group import Companion
from autotennis.domain.member import Member
from autotennis.errors import DuplicateBooking, Stale, Transient
from autotennis.ports import Ports
from autotennis.values import Choice, Party, WaitingWish
from autotennis_api import handlers
from autotennis_api.handlers import Preview, Wishes

# Who is first in an order came first: the instants of asking differ by this much.
_APART = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for with the first of `choices`: a lesser one, or the same for the others of `party`.

    `choices` are in the order of the wish, `party` in that of the group; without anybody the member goes alone.
    `booked_already` are those who were to go and have a booking of the session.
    """

    choices: Sequence[Preview]
    trade_up: bool = False
    party: Sequence[Companion] = ()
    all_or_none: bool = False
    booked_already: Sequence[Companion] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The member's own booking (of the dearest session), and what was left out since it was booked meanwhile."""

    mine: Booking
    sessions: Sequence[Preview] = ()
    companions: Sequence[Companion] = ()


def ask(ports: Ports, member: Member, plan: Plan, wishes: Wishes) -> Asked:
    """Asks for all of it. Raises DuplicateBooking, having asked for nothing, if the member has the first one."""
    if len(plan.choices) > 1:
        return _one_of_several(ports, member, plan, wishes)
    if len(plan.party) > 1:
        return _together(ports, member, plan, wishes)
    mine = handlers.request(ports, member, plan.choices[0], wishes)
    return Asked(mine, companions=plan.booked_already)


def _one_of_several(ports: Ports, member: Member, plan: Plan, wishes: Wishes) -> Asked:
    """The dearest first: whoever sends the form twice is stopped there."""
    now, bond_id = ports.clock.now(), ports.ids.new()
    kept: list[Booking] = []
    left_out: list[Preview] = []
    for rank, shown in enumerate(plan.choices):
        bond = Choice(id=bond_id, rank=rank, trade_up=plan.trade_up)
        # Only the first one is a week of a series and of the member's own, and what is open has no early place.
        early, is_first = wishes.early and shown.may_be_early, rank == 0
        series_id = wishes.series_id if is_first else None
        wish = replace(wishes, bond=bond, early=early, fixed=wishes.fixed and is_first, series_id=series_id)
        try:
            kept.append(handlers.keep(ports, member.id, shown, wish, now + rank * _APART))
        except DuplicateBooking:
            if not rank:
                raise
            left_out.append(shown)
        except Transient:
            _take_back(ports, kept)
            raise
    _publish(ports, kept)
    return Asked(kept[0], sessions=left_out)


def _together(ports: Ports, member: Member, plan: Plan, wishes: Wishes) -> Asked:
    """The member's own first, whatever their rank: whoever sends the form twice is stopped there."""
    now, bond_id = ports.clock.now(), ports.ids.new()
    kept: dict[int, Booking] = {}
    left_out = list(plan.booked_already)
    for rank, one in sorted(enumerate(plan.party), key=lambda turn: turn[1].member_id != member.id):
        bond = Party(id=bond_id, rank=rank, asked_by=member.id, all_or_none=plan.all_or_none)
        wish = _wish_of(one, bond, wishes)
        try:
            kept[rank] = handlers.keep(ports, one.member_id, plan.choices[0], wish, now + rank * _APART)
        except DuplicateBooking:
            if not kept:
                raise
            left_out.append(one)
        except Transient:
            _take_back(ports, list(kept.values()))
            raise
    _publish(ports, [kept[rank] for rank in sorted(kept)])
    return Asked(next(iter(kept.values())), companions=left_out)


def _wish_of(companion: Companion, bond: Party, wishes: Wishes) -> Wishes:
    """The series, and the fixed place, are of who asks alone.

    Where all are to go or nobody, a session that is full is over for all.
    """
    waiting = WaitingWish(wanted=False) if bond.all_or_none else wishes.waiting
    is_mine = companion.member_id == bond.asked_by
    series_id = wishes.series_id if is_mine else None
    return replace(wishes, waiting=waiting, bond=bond, fixed=wishes.fixed and is_mine, series_id=series_id)


def _take_back(ports: Ports, kept: Sequence[Booking]) -> None:
    """A part of a wish is none: the form is to be sent again."""
    now = ports.clock.now()
    for booking in kept:
        with suppress(Transient, Stale):
            ports.store.change(booking.id, lambda it: it.cancelled(now))


def _publish(ports: Ports, kept: Sequence[Booking]) -> None:
    """All are kept before the first is told of: whoever races for one knows of the others."""
    for booking in kept:
        handlers.publish(ports, booking.id)
