"""The pages on which a member takes back a wish: cancels a booking, gives a place back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response

from autotennis.domain.booking import Booking, State
from autotennis.errors import IllegalMove, NotFound
from autotennis_api import companions, handlers, standing
from autotennis_api.account_views import Page
from autotennis_api.booking_views import my_booking
from autotennis_api.desk import desk, me
from autotennis_api.handlers import SessionStarted
from autotennis_api.texts import gettext, ngettext

giving_up = Blueprint("giving_up", __name__)


def _back_to(booking_id: str) -> Response:
    return redirect(url_for("bookings.show", booking_id=booking_id), code=303)


@giving_up.get("/bookings/<booking_id>/cancel")
def ask_cancel(booking_id: str) -> Page:
    """Asks once more before a booking is cancelled, and says what that does."""
    booking = my_booking(booking_id)
    if not standing.may_be_cancelled(booking):
        return _back_to(booking_id)
    others = companions.others_to_cancel(desk().ports, me(), booking)
    return render_template("cancel.html", booking=booking, others=others, club=desk().rules_of(booking.club_id))


@giving_up.post("/bookings/<booking_id>/cancel")
def cancel(booking_id: str) -> Response:
    """Cancels a booking."""
    try:
        booking = handlers.cancel(desk().ports, me(), booking_id)
    except NotFound:
        raise PageNotFound from None
    except IllegalMove:
        flash(gettext("This booking cannot be cancelled any more: the club has taken you."))
    else:
        _tell_cancelled(booking)
        if "everybody" in request.form:
            _cancel_for_others(booking)
    return _back_to(booking_id)


def _cancel_for_others(booking: Booking) -> None:
    count = companions.cancel_for_others(desk().ports, me(), booking)
    if count:
        flash(
            ngettext(
                "%(num)s booking of the others is cancelled, too.",
                "%(num)s bookings of the others are cancelled, too.",
                count,
            )
        )


def _tell_cancelled(booking: Booking) -> None:
    if booking.state is State.CANCELLED:
        flash(gettext("The booking is cancelled."))
    elif standing.is_being_cancelled(booking):
        flash(gettext("We are cancelling it: if the club has taken you already, we give the place back."))


@giving_up.get("/bookings/<booking_id>/withdraw")
def ask_withdraw(booking_id: str) -> Page:
    """Asks once more before a place is given back."""
    booking = my_booking(booking_id)
    club = desk().rules_of(booking.club_id)
    if standing.may_be_given_back(booking, club.zone, desk().ports.clock.now()):
        return render_template("withdraw.html", booking=booking, club=club)
    if standing.has_place(booking):
        _tell_too_late()
    return _back_to(booking_id)


@giving_up.post("/bookings/<booking_id>/withdraw")
def withdraw(booking_id: str) -> Response:
    """Has a place given back."""
    try:
        booking = handlers.withdraw(desk().ports, me(), booking_id)
    except NotFound:
        raise PageNotFound from None
    except IllegalMove:
        _tell_no_place()
    except SessionStarted:
        _tell_too_late()
    else:
        _tell_withdrawn(booking)
    return _back_to(booking_id)


def _tell_withdrawn(booking: Booking) -> None:
    if standing.is_being_given_back(booking):
        flash(gettext("We are giving your place back at the club."))
    elif booking.withdrawal is None:
        # It ended without a place.
        _tell_no_place()


def _tell_no_place() -> None:
    flash(gettext("This booking has no place to give back."))


def _tell_too_late() -> None:
    flash(gettext("The session has started: it is too late to give the place back."))
