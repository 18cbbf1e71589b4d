"""The button by which a booking is repeated each week."""

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response

from autotennis.errors import IllegalMove
from autotennis_api import dates, repeating
from autotennis_api.booking_views import my_booking, tell_of_series
from autotennis_api.desk import desk, me
from autotennis_api.texts import gettext

repeats = Blueprint("repeats", __name__)


@repeats.post("/bookings/<booking_id>/repeat")
def repeat(booking_id: str) -> Response:
    """The session each week from now on."""
    my_booking(booking_id)
    try:
        booking, series = repeating.repeat(desk().ports, me(), booking_id)
    except IllegalMove:
        flash(gettext("This booking cannot be repeated every week."))
    else:
        if series:
            tell_of_series(series)
            flash(gettext("From now on: %(time)s.", time=dates.weekly_time(booking.session)))
    return redirect(url_for("bookings.show", booking_id=booking_id), code=303)
