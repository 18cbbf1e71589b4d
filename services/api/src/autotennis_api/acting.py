"""What a link of a message does, free of Flask: how things stand with it, and doing it.

A link lies in a mailbox for days, and meanwhile everything may have changed: it does what was shown to whoever follows
it, or nothing. Following it twice is harmless.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import structlog

from autotennis.action_links import ActionLink, LinkAction
from autotennis.domain.booking import Booking, State
from autotennis.domain.channel import Channel
from autotennis.domain.member import Member
from autotennis.domain.series import Series, SeriesState
from autotennis.errors import IllegalMove, NotFound, Stale
from autotennis.ports import Ports
from autotennis_api import channels, handlers, offers, standing, weekly
from autotennis_api.clubs import rules_of
from autotennis_api.handlers import SessionStarted

_log = structlog.get_logger()


class Step(StrEnum):
    """What a link does as things stand: of a booking that was won, cancelling it is giving its place back."""

    ACCEPT = "accept"
    DECLINE = "decline"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    SKIP = "skip"
    SILENCE = "silence"
    CONFIRM = "confirm"


class Case(StrEnum):
    """How things stand with it.

    It can be done (`asked`), it was done, the member has said otherwise meanwhile, or it is too late; a place was `won`
    and there is nothing else to do, it is `over` without one, or nothing of it is kept any more.
    """

    ASKED = "asked"
    DONE = "done"
    OTHERWISE = "otherwise"
    TOO_LATE = "too_late"
    WON = "won"
    OVER = "over"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Stand:
    """How things stand with a link: of whom and what it is, as far as that is kept still."""

    step: Step
    case: Case
    member: Member | None = None
    booking: Booking | None = None
    series: Series | None = None
    day: date | None = None
    channel: Channel | None = None


def look(ports: Ports, link: ActionLink) -> Stand:
    """How things stand with the link. Changes nothing."""
    try:
        member = ports.store.member(link.member_id)
    except NotFound:
        return Stand(_FIRST[link.action], Case.GONE)
    try:
        return _LOOKS[link.action](ports, member, link)
    except NotFound:
        return Stand(_FIRST[link.action], Case.GONE, member)


def act(ports: Ports, link: ActionLink, shown: str) -> Stand:
    """Does what was `shown` (a Step), if that is still what the link does; gives how things stand then."""
    before = look(ports, link)
    # Mail programs press "no more messages" for their reader, and cannot have been shown anything (RFC 8058).
    is_shown = shown == before.step or (not shown and before.step is Step.SILENCE)
    if before.case is not Case.ASKED or not is_shown or before.member is None:
        return before
    # Somebody or something else was quicker: what is the case now tells it.
    with suppress(Stale, IllegalMove, SessionStarted, NotFound):
        _do(ports, before.member, before.step, link)
        _log.info("a link was followed", step=before.step.value, subject_id=link.subject_id)
    return look(ports, link)


def _do(ports: Ports, member: Member, step: Step, link: ActionLink) -> None:
    match step:
        case Step.ACCEPT | Step.DECLINE:
            offers.answer(ports, member, link.subject_id, wants_it=step is Step.ACCEPT)
        case Step.CANCEL:
            handlers.cancel(ports, member, link.subject_id)
        case Step.WITHDRAW:
            handlers.withdraw(ports, member, link.subject_id)
        case Step.SILENCE:
            channels.remove(ports, member, link.subject_id)
        case Step.CONFIRM:
            channels.confirm(ports, member, link.subject_id)
        case Step.SKIP if link.day is not None:
            weekly.skip(ports, member, link.subject_id, link.day)
        case _:
            raise NotFound("The link names no day.")


def _answer(ports: Ports, member: Member, link: ActionLink) -> Stand:
    booking, step = handlers.booking_of(ports, member, link.subject_id), _FIRST[link.action]
    if standing.is_asked(booking, ports.clock.now()):
        return Stand(step, Case.ASKED, member, booking)
    if booking.state is not State.WAITING or standing.is_being_cancelled(booking):
        return Stand(step, Case.WON if standing.has_place(booking) else Case.OVER, member, booking)
    if booking.offer is None or booking.offer.accepted is None:
        return Stand(step, Case.TOO_LATE, member, booking)
    is_same = booking.offer.accepted is (step is Step.ACCEPT)
    return Stand(step, Case.DONE if is_same else Case.OTHERWISE, member, booking)


def _give_up(ports: Ports, member: Member, link: ActionLink) -> Stand:
    booking, now = handlers.booking_of(ports, member, link.subject_id), ports.clock.now()
    if standing.may_be_cancelled(booking):
        return Stand(Step.CANCEL, Case.ASKED, member, booking)
    if standing.may_be_given_back(booking, rules_of(ports, booking.club_id).zone, now):
        return Stand(Step.WITHDRAW, Case.ASKED, member, booking)
    if booking.state is State.WITHDRAWN or standing.is_being_given_back(booking):
        return Stand(Step.WITHDRAW, Case.DONE, member, booking)
    if standing.has_place(booking):
        return Stand(Step.WITHDRAW, Case.TOO_LATE, member, booking)
    return Stand(Step.CANCEL, Case.OVER if booking.state is State.FAILED else Case.DONE, member, booking)


def _skip(ports: Ports, member: Member, link: ActionLink) -> Stand:
    series, day = weekly.one_of(ports, member, link.subject_id), link.day
    booked = next((one for one in weekly.planned(ports, series) if one.session.start.date() == day), None)
    today = ports.clock.now().astimezone(rules_of(ports, series.club_id).zone).date()
    if day is None or day < today:
        case = Case.TOO_LATE
    elif booked and standing.has_place(booked):
        case = Case.WON
    elif day in series.skipped:
        case = Case.DONE
    else:
        case = Case.OVER if series.state is SeriesState.ENDED else Case.ASKED
    return Stand(Step.SKIP, case, member, booked, series, day)


def _silence(_ports: Ports, member: Member, link: ActionLink) -> Stand:
    channel = member.channel(link.subject_id)
    return Stand(Step.SILENCE, Case.ASKED if channel else Case.DONE, member, channel=channel)


def _confirm(_ports: Ports, member: Member, link: ActionLink) -> Stand:
    channel = channels.one_of(member, link.subject_id)
    return Stand(Step.CONFIRM, Case.DONE if channel.confirmed else Case.ASKED, member, channel=channel)


_FIRST = {
    LinkAction.ACCEPT: Step.ACCEPT,
    LinkAction.DECLINE: Step.DECLINE,
    LinkAction.CANCEL: Step.CANCEL,
    LinkAction.SKIP: Step.SKIP,
    LinkAction.SILENCE: Step.SILENCE,
    LinkAction.CONFIRM: Step.CONFIRM,
}
_LOOKS = {
    LinkAction.ACCEPT: _answer,
    LinkAction.DECLINE: _answer,
    LinkAction.CANCEL: _give_up,
    LinkAction.SKIP: _skip,
    LinkAction.SILENCE: _silence,
    LinkAction.CONFIRM: _confirm,
}
