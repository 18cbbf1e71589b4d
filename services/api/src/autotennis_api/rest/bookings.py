"""Sessions and bookings: look, ask, list, show, cancel, give back, answer."""

from contextlib import suppress
from dataclasses import replace
from typing import Final

from pydantic import Field

from autotennis.domain.booking import Booking, State
from autotennis.domain.token import Scope
from autotennis.errors import AutotennisError, VaultLocked
from autotennis.values import Value
from autotennis_api import alternatives, club_logins, companions, handlers, offers, weekly, wishing
from autotennis_api.desk import desk, me
from autotennis_api.handlers import Preview, Wishes
from autotennis_api.line import places_in_line
from autotennis_api.rest.answers import BookingTold, PreviewTold, WholeBooking
from autotennis_api.rest.operations import Operation, Sent, operations
from autotennis_api.rest.paging import Page, page_of
from autotennis_api.rest.problems import Problem
from autotennis_api.rest.wishes import Previewed, Wished, preview
from autotennis_api.wishing import Plan

# So far back a list goes.
_FAR_BACK: Final = 1000


class BookingsTold(Value):
    """One page of a list. `next` is the `cursor` of the page after it, null on the last one."""

    bookings: tuple[BookingTold, ...]
    next: str | None


class Listed(Page):
    """Which page of the list, and if wished only bookings in one state."""

    state: State | None = None


class Cancelling(Sent):
    """`everybody` cancels as well what the member asked for the others of a party."""

    everybody: bool = False


class Answering(Sent):
    """Whether the free place is wanted."""

    wanted: bool


class Asked(WholeBooking):
    """A new booking, and which of the wishes were left out since they were booked already."""

    left_out_sessions: tuple[str, ...] = Field(default=())
    left_out_members: tuple[str, ...] = Field(default=())


@operations.does(Operation("POST", "/sessions/preview", Scope.READ, PreviewTold, body=Previewed))
def preview_session(body: Previewed) -> PreviewTold:
    """What a booking of a session would be: when it opens, and what the club's page says now.

    Nothing is booked. The link is sent in the body, since a pasted link may hold somebody's id at the club.
    """
    return PreviewTold.of(preview(body.session))


@operations.does(Operation("POST", "/bookings", Scope.BOOK, Asked, body=Wished, created="/bookings/{id}"))
def create_booking(body: Wished) -> Asked:
    """Asks for a place in a session.

    The answer is the member's own booking; whether it gets a place shows as its state changes. With an Idempotency-Key
    the same request may be sent again for a day, and is carried out once.
    """
    shown = preview(body.session, is_second=True)
    club_logins.check_entered(desk().ports, me(), shown.club)
    _refuse_what_is_not_there(body, shown)
    plan = _planned(body, shown)
    wishes = Wishes(body.waiting.wish(), early=body.early, fixed=body.fixed)
    series = weekly.begin(desk().ports, me(), shown, wishes) if body.weekly else None
    asked = wishing.ask(desk().ports, me(), plan, replace(wishes, series_id=series and series.id))
    if series:
        weekly.plan_on(desk().ports, series)
    return Asked.whole(
        asked.mine,
        bound=_bound(asked.mine),
        place=None,
        left_out_sessions=tuple(one.session.key for one in asked.sessions),
        left_out_members=tuple(one.member_id for one in asked.companions),
    )


def _refuse_what_is_not_there(body: Wished, shown: Preview) -> None:
    """Raises Problem for a wish that the session's club cannot fulfil."""
    if (body.fixed or body.early) and not shown.traits.has_fixed_places:
        why = "The club has no regular players: nobody confirms a fixed place, and none is free before its opening."
        raise Problem(422, "not-at-this-club", why)
    if body.waiting.club_list and not shown.traits.has_list:
        raise Problem(422, "not-at-this-club", "The club has no waiting list of its own.")


def _planned(body: Wished, shown: Preview) -> Plan:
    if body.party and body.alternatives:
        raise Problem(422, "not-together", "Choose one of the two: alternatives, or a party.")
    return _with_others(body, shown) if body.party else _with_alternatives(body, shown)


def _with_alternatives(body: Wished, shown: Preview) -> Plan:
    links = dict(enumerate(body.alternatives))
    named = {f"/alternatives/{number}": link for number, link in links.items()}
    choices = [shown]
    for one in alternatives.look_at(desk().ports, desk().tries, me(), shown, named).values():
        if isinstance(one, AutotennisError):
            raise one
        choices.append(one)
    return Plan(choices, trade_up=body.trade_up)


def _with_others(body: Wished, shown: Preview) -> Plan:
    ports = desk().ports
    going = companions.going(ports, me(), frozenset(body.party))
    out = companions.booked_already(ports, shown, [one for one in going if one.member_id != me().id])
    party = [one for one in going if one not in out]
    companions.check(ports, shown, party, all_or_none=body.all_or_none)
    return Plan([shown], party=party, all_or_none=body.all_or_none, booked_already=out)


@operations.does(Operation("GET", "/bookings", Scope.READ, BookingsTold, query=Listed))
def list_bookings(query: Listed) -> BookingsTold:
    """The member's bookings, the latest session first."""
    mine = desk().ports.store.bookings_of(me().id, _FAR_BACK)
    wanted = [one for one in mine if query.state in (None, one.state)]
    found, following = page_of(wanted, query, lambda one: (one.session.start.isoformat(), one.id))
    return BookingsTold(bookings=tuple(BookingTold.of(one) for one in found), next=following)


@operations.does(Operation("GET", "/bookings/<booking_id>", Scope.READ, WholeBooking))
def show_booking(booking_id: str) -> WholeBooking:
    """One booking, with its timeline: every request to the club, and what came of it."""
    return _whole(handlers.booking_of(desk().ports, me(), booking_id))


@operations.does(Operation("POST", "/bookings/<booking_id>/cancel", Scope.CANCEL, WholeBooking, body=Cancelling))
def cancel_booking(booking_id: str, body: Cancelling) -> WholeBooking:
    """Cancels a booking that has no place yet. Cancelling again is harmless.

    While a sign-up may be under way only the wish is noted; a place that the club has given meanwhile is given back.
    """
    booking = handlers.cancel(desk().ports, me(), booking_id)
    if body.everybody:
        companions.cancel_for_others(desk().ports, me(), booking)
    return _whole(booking)


@operations.does(Operation("POST", "/bookings/<booking_id>/withdraw", Scope.CANCEL, WholeBooking))
def withdraw_booking(booking_id: str) -> WholeBooking:
    """Has a place given back that was won. Asking again is harmless; what comes of it shows in `withdrawal`."""
    booking = handlers.withdraw(desk().ports, me(), booking_id)
    if booking.withdrawal is None:
        raise Problem(409, "cannot-be-done", "The booking has no place to give back.")
    return _whole(booking)


@operations.does(Operation("POST", "/bookings/<booking_id>/offer", Scope.BOOK, WholeBooking, body=Answering))
def answer_offer(booking_id: str, body: Answering) -> WholeBooking:
    """Says whether a freed place is wanted that the member is asked about."""
    return _whole(offers.answer(desk().ports, me(), booking_id, wants_it=body.wanted))


def _whole(booking: Booking) -> WholeBooking:
    place = places_in_line(desk().ports, [booking]).get(booking.id)
    return WholeBooking.whole(
        booking, bound=_bound(booking), place=place and place.number, door_code=_door_code(booking)
    )


def _bound(booking: Booking) -> tuple[str, ...]:
    """The member's own of those that it is bound to: nobody is told of others' bookings by their ids."""
    bound = handlers.bound_to(desk().ports, booking)
    return tuple(one.id for one in bound if one.member_id == booking.member_id and one.id != booking.id)


def _door_code(booking: Booking) -> str | None:
    if booking.state is State.BOOKED:
        with suppress(VaultLocked):
            code = handlers.door_code(desk().ports, booking)
            return code.get_secret_value() if code else None
    return None
