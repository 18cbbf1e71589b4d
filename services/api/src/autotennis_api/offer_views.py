"""The answer of a member who is asked about a freed place."""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from autotennis.domain.booking import Booking, State
from autotennis.errors import Stale
from autotennis_api import offers as asked
from autotennis_api.booking_views import my_booking
from autotennis_api.desk import desk, me
from autotennis_api.texts import gettext

offers = Blueprint("offers", __name__)

_ANSWERS = {"yes": True, "no": False}


@offers.post("/bookings/<booking_id>/offer")
def answer(booking_id: str) -> Response:
    """Takes the answer, and says what happens now."""
    my_booking(booking_id)
    said = request.form.get("answer", "")
    if said not in _ANSWERS:
        raise BadRequest
    try:
        asked.answer(desk().ports, me(), booking_id, wants_it=_ANSWERS[said])
    except Stale:
        _tell_too_late(my_booking(booking_id))
    else:
        _tell_answered(wants_it=_ANSWERS[said])
    return redirect(url_for("bookings.show", booking_id=booking_id), code=303)


def _tell_answered(*, wants_it: bool) -> None:
    if wants_it:
        flash(gettext("We are trying to get the place for you: you see here whether it worked."))
    else:
        flash(gettext("The place is left to the next one in line. You keep waiting."))


def _tell_too_late(booking: Booking) -> None:
    if booking.offer and booking.offer.accepted:
        flash(gettext("You have said already that you want the place. Cancel the booking if you do not any more."))
    elif booking.state is State.WAITING:
        flash(gettext("It is too late for this answer: the place is left to others. We ask again when one is free."))
    else:
        flash(gettext("This place is not asked about any more."))
