"""The pages of bookings: the list, a new one, one of them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from pydantic import SecretStr
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response

from autotennis.domain.booking import Booking, State
from autotennis.domain.series import Series
from autotennis.errors import (
    AutotennisError,
    BadLink,
    ClubBusy,
    ClubUnreachable,
    DuplicateBooking,
    NotFound,
    PageNotUnderstood,
    Transient,
)
from autotennis_api import (
    agenda,
    agenda_words,
    alternatives,
    brief,
    check_words,
    club_logins,
    companions,
    dates,
    doors,
    handlers,
    picture,
    repeating,
    standing,
    texts,
    weekly,
    wishing_views,
)
from autotennis_api.account_views import Page
from autotennis_api.club_errands import ERRAND_LIMIT_S, SECOND_LOOK_LIMIT_S
from autotennis_api.club_logins import NoClubLogin
from autotennis_api.clubs import address_of, good_links, link_of, traits_of
from autotennis_api.desk import caller, desk, me
from autotennis_api.download import BookingDownload
from autotennis_api.forms import MoreForm, WaitingForm
from autotennis_api.handlers import Bookings, Preview, SessionCancelled, SessionStarted, UnknownSession, Wanted, Wishes
from autotennis_api.line import places_in_line
from autotennis_api.pasted import pasted
from autotennis_api.refusals import status_of, why_not
from autotennis_api.session_forms import LinkForm, SessionForm
from autotennis_api.texts import gettext
from autotennis_api.tries import TooManyTries
from autotennis_api.wishing_forms import OthersForm
from autotennis_api.words import next_step

bookings = Blueprint("bookings", __name__)

_UNPROCESSABLE: Final = 422


@bookings.get("/")
@doors.public
def home() -> Page:
    """My bookings; for those who are not signed in, what this is."""
    if caller() is None:
        return render_template("welcome.html", clubs=desk().clubs)
    return _show_home(LinkForm())


def _show_home(form: LinkForm, status: int = 200, error: AutotennisError | None = None) -> Page:
    """The list; with the form that was just used, and why its link leads to nothing (just now)."""
    mine = handlers.bookings_of(desk().ports, me())
    page = render_template(
        "home.html",
        form=form,
        examples=good_links(desk().ports),
        good_ones=good_links(desk().ports, error) if isinstance(error, BadLink) else [],
        try_again=isinstance(error, Transient),
        version=version_of(mine.coming, desk().ports.clock.now()),
        moving=any(standing.is_moving(one) for one in mine.coming),
        **listed(mine),
    )
    return page, status


def listed(mine: Bookings) -> dict[str, object]:
    """Reads the lines: only where the list is really rendered."""
    ports = desk().ports
    return {
        "mine": mine,
        "places": places_in_line(ports, mine.coming),
        "plan": agenda.agenda_of(ports, mine.coming),
        "agenda": agenda,
        "agenda_words": agenda_words,
        "brief": brief,
        "check_words": check_words,
        "link_of": partial(link_of, ports),
        "address_of": address_of,
    }


@bookings.get("/live")
@doors.for_scripts
def home_live() -> Response:
    """The part of the list that changes by itself."""
    mine = handlers.bookings_of(desk().ports, me())
    version = version_of(mine.coming, desk().ports.clock.now())
    return _live(version, lambda: render_template("_coming.html", **listed(mine)))


@bookings.post("/bookings/link")
def link() -> Page:
    """Reads a pasted link; what it leads to is shown under an address without anything of the link that is not needed.

    A pasted link may hold somebody's member id, and addresses end up in logs.
    """
    form = LinkForm(request.form)
    try:
        club, session = pasted(desk().ports, desk().tries, me(), form.link.data or "", ERRAND_LIMIT_S)
    except (BadLink, UnknownSession, PageNotUnderstood, TooManyTries, ClubBusy, ClubUnreachable) as error:
        form.link.errors = (why_not(error),)
        return _show_home(form, status_of(error), error)
    return redirect(f"{url_for('bookings.new')}?{urlencode(address_of(club.rules.id, session))}", code=303)


@bookings.get("/bookings/new")
def new() -> Page:
    """What a booking would be, before it is asked for."""
    shown = _previewed(SessionForm(request.args), ERRAND_LIMIT_S)
    if not isinstance(shown, Preview):
        return shown
    return _show_preview(shown, WaitingForm(), MoreForm(), OthersForm())


def _show_preview(shown: Preview, form: WaitingForm, more: MoreForm, others: OthersForm, status: int = 200) -> Page:
    page = render_template(
        "preview.html",
        shown=shown,
        form=form,
        more=more,
        others=others,
        address_of=address_of,
        activities=agenda_words.ACTIVITIES,
        circles=companions.circles(desk().ports, me()),
    )
    return page, status


@bookings.post("/bookings")
def create() -> Page:
    """Asks for a place. The club is asked once more: the session may have changed, and a form can be forged."""
    shown = _previewed(SessionForm(request.form), SECOND_LOOK_LIMIT_S)
    if not isinstance(shown, Preview):
        return shown
    form, more, others = WaitingForm.sent(request.form), MoreForm(request.form), OthersForm(request.form)
    is_valid, plan = form.validate(), wishing_views.planned(others, shown)
    if not is_valid or plan is None:
        return _show_preview(shown, form, more, others, _UNPROCESSABLE)
    wishes = Wishes(form.wish(), early=bool(more.early.data), fixed=bool(more.fixed.data))
    series = weekly.begin(desk().ports, me(), shown, wishes) if more.weekly.data else None
    wishes = replace(wishes, series_id=series and series.id)
    try:
        booking = wishing_views.ask(plan, wishes)
    except DuplicateBooking as error:
        return _booked_already(error)
    if series:
        tell_of_series(series)
    return redirect(url_for("bookings.show", booking_id=booking.id), code=303)


def tell_of_series(series: Series) -> None:
    """Has a new series planned on, and tells of others at the same hours."""
    weekly.plan_on(desk().ports, series)
    for other in weekly.overlapping(desk().ports, series):
        other_time = dates.weekly_time(other.next)
        flash(gettext("Mind that another series of yours is at the same time: %(time)s.", time=other_time))


def _previewed(form: SessionForm, look_limit_s: float) -> Preview | Page:
    """The preview, or the page that says why there is none."""
    if not form.validate():
        return _refused(gettext("This is not a session. Paste its link once more."), _UNPROCESSABLE)
    try:
        wanted = Wanted(form.club.data or "", form.session(), look_limit_s)
        if wanted.club_id in desk().ports.clubs:
            club_logins.check_entered(desk().ports, me(), desk().rules_of(wanted.club_id))
        return handlers.preview(desk().ports, desk().tries, me(), wanted)
    except NoClubLogin as error:
        return _asks_for_login(error, form)
    except DuplicateBooking as error:
        return _booked_already(error)
    except TooManyTries as error:
        return _refused(why_not(error), 429)
    except (SessionStarted, UnknownSession, SessionCancelled, NotFound) as error:
        return _refused(why_not(error), _UNPROCESSABLE)


def _asks_for_login(error: NoClubLogin, form: SessionForm) -> Page:
    """Has the login entered first that the wish needs, and comes back to it then."""
    wish = f"{url_for('bookings.new')}?{urlencode(address_of(error.club.id, form.session()))}"
    return redirect(url_for("club_logins.show", club_id=error.club.id, next=wish), code=303)


def _booked_already(error: DuplicateBooking) -> Page:
    return _refused(why_not(error), 409, error.booking_id)


def _refused(why: str, status: int, booking_id: str = "") -> Page:
    return render_template("refused.html", why=why, booking_id=booking_id), status


@bookings.get("/bookings/<booking_id>")
def show(booking_id: str) -> Page:
    """One booking, with all that was done for it."""
    booking = my_booking(booking_id)
    bound = handlers.bound_to(desk().ports, booking)
    version = version_of([booking, *bound], desk().ports.clock.now())
    return render_template("booking.html", version=version, **shown(booking, bound))


@bookings.get("/bookings/<booking_id>/live")
@doors.for_scripts
def show_live(booking_id: str) -> Response:
    """The part of a booking's page that changes by itself."""
    booking = my_booking(booking_id)
    bound = handlers.bound_to(desk().ports, booking)
    version = version_of([booking, *bound], desk().ports.clock.now())
    return _live(version, lambda: render_template("_booking.html", **shown(booking, bound)))


def shown(booking: Booking, bound: Sequence[Booking]) -> dict[str, object]:
    """What a booking's page is made of, beside its version."""
    club = desk().rules_of(booking.club_id)
    return {
        "booking": booking,
        "club": club,
        "link": link_of(desk().ports, booking),
        "door_code": _door_code(booking),
        "moving": any(standing.is_moving(one) for one in (booking, *bound)),
        "choices": alternatives.choices(booking, bound),
        "company": companions.company(desk().ports, booking, bound),
        "outdone_by": alternatives.outdone_by(booking, bound),
        "picture": picture.picture(booking.timeline) if booking.timeline else None,
        "place": places_in_line(desk().ports, [booking]).get(booking.id),
        "where": agenda_words.where(booking.seen),
        "agenda_words": agenda_words,
        "check_words": check_words,
        "link_of": partial(link_of, desk().ports),
        "address_of": address_of,
        "tried_early": handlers.was_tried_early(booking, club),
        "traits": traits_of(desk().ports, booking.club_id),
        "may_repeat": repeating.may_be_repeated(desk().ports, booking, desk().ports.clock.now()),
        "may_cancel": standing.may_be_cancelled(booking),
        "may_withdraw": standing.may_be_given_back(booking, club.zone, desk().ports.clock.now()),
    }


def _door_code(booking: Booking) -> SecretStr | None:
    return agenda.door_code(desk().ports, booking) if booking.state is State.BOOKED else None


@bookings.get("/bookings/<booking_id>.json")
def download(booking_id: str) -> Response:
    """One booking as JSON, to keep."""
    booking = my_booking(booking_id)
    kept = BookingDownload.of(booking, desk().rules_of(booking.club_id), link_of(desk().ports, booking))
    answer = make_response(kept.model_dump_json(indent=2) + "\n")
    answer.mimetype = "application/json"
    answer.headers["Content-Disposition"] = f'attachment; filename="booking-{booking.id}.json"'
    return answer


def my_booking(booking_id: str) -> Booking:
    """The booking, if it is the reader's own. Raises PageNotFound."""
    try:
        return handlers.booking_of(desk().ports, me(), booking_id)
    except NotFound:
        raise PageNotFound from None


def version_of(shown: Sequence[Booking], now: datetime) -> str:
    """Changes whenever these bookings, or what is said of them at `now`, do."""
    said = [(one.id, one.state.value, one.changed_at.isoformat(), _next_step(one, now)) for one in shown]
    # What is tomorrow is today after midnight.
    today = sorted({str(now.astimezone(desk().rules_of(one.club_id).zone).date()) for one in shown})
    return hashlib.sha256(repr((texts.language(), today, said)).encode()).hexdigest()[:16]


def _next_step(booking: Booking, now: datetime) -> str:
    return str(next_step(booking, desk().rules_of(booking.club_id).zone, now).text)


def _live(version: str, render: Callable[[], str]) -> Response:
    """The part of a page, or 304 without it when it is what the page shows already."""
    answer = make_response("")
    answer.set_etag(version)
    if version in request.if_none_match:
        answer.status_code = 304
        return answer
    answer.set_data(render())
    return answer
