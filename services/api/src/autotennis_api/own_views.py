"""What is a member's own: where they are signed in, their calendar's address, their data, and their leaving."""

from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from autotennis.domain.booking import Booking
from autotennis.errors import NotFound
from autotennis_api import calendar_feed, doors, export, leaving, sign_ins, texts
from autotennis_api.account_views import Page
from autotennis_api.desk import desk, me
from autotennis_api.error_pages import too_often
from autotennis_api.forms import secret
from autotennis_api.own_forms import LeaveForm
from autotennis_api.texts import gettext
from autotennis_api.tries import Rule, TooManyTries, address_key

own_pages = Blueprint("own", __name__)
_UNPROCESSABLE: Final = 422


@own_pages.get("/settings/sign-ins")
def every_sign_in() -> Page:
    """Where the reader is signed in."""
    return render_template("sign_ins.html", here_id=doors.sign_in_id())


@own_pages.post("/settings/sign-ins/<sign_in_id>/end")
def end_sign_in(sign_in_id: str) -> AnyResponse:
    """Signed in there no more."""
    sign_ins.end(desk().ports, me(), sign_in_id)
    flash(gettext("That device is signed out."))
    return redirect(url_for("own.every_sign_in"), code=303)


@own_pages.post("/settings/sign-ins/end-others")
def end_other_sign_ins() -> AnyResponse:
    """Signed in nowhere but here."""
    sign_ins.end_others(desk().ports, me(), doors.sign_in_id())
    flash(gettext("All other devices are signed out."))
    return redirect(url_for("own.every_sign_in"), code=303)


@own_pages.get("/settings/calendar")
def calendar() -> Page:
    """What the calendar's address is for."""
    return render_template("calendar.html", link="")


@own_pages.post("/settings/calendar")
def make_calendar() -> Page:
    """A new address. It is shown in this answer, and never again: only a hash of it is kept."""
    made = calendar_feed.make_address(desk().ports, me())
    link = url_for("own.feed", member_id=me().id, secret_part=made, _external=True)
    return render_template("calendar.html", link=link)


@own_pages.post("/settings/calendar/drop")
def drop_calendar() -> AnyResponse:
    """No address any more."""
    calendar_feed.drop_address(desk().ports, me())
    flash(gettext("The address leads nowhere any more."))
    return redirect(url_for("own.calendar"), code=303)


@own_pages.get("/calendar/<member_id>/<secret_part>.ics")
@doors.public
def feed(member_id: str, secret_part: str) -> AnyResponse:
    """The calendar, for whichever program has its address."""
    _count(Rule.CALENDAR_FROM_ADDRESS, address_key(request.remote_addr or ""))
    try:
        member = calendar_feed.member_at(desk().ports, member_id, secret_part)
    except NotFound:
        raise PageNotFound from None
    _count(Rule.CALENDAR_OF_MEMBER, member.id)
    with texts.speaking(member.language):
        made = calendar_feed.calendar_of(desk().ports, member, _link_of)
    answer = Response(made, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = 'inline; filename="autotennis.ics"'
    # Asked for again each time, and sent again only where it has changed.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


def _count(rule: Rule, who: str) -> None:
    try:
        desk().tries.count(rule, who)
    except TooManyTries as error:
        too_often(error)  # its words are in a page that nobody reads here, its time in the answer's head
        raise TooManyRequests from None


def _link_of(booking: Booking) -> str:
    return url_for("bookings.show", booking_id=booking.id, _external=True)


@own_pages.get("/settings/export")
def export_everything() -> AnyResponse:
    """All that is kept of the reader, as a file."""
    _count(Rule.EXPORT_OF_MEMBER, me().id)
    pieces = stream_with_context(export.export_of(desk().ports, me()))
    answer = Response(pieces, mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="autotennis.json"'
    return answer


@own_pages.route("/settings/leave", methods=["GET", "POST"])
def leave() -> Page:
    """Says what deleting the account does, and does it for whoever knows its password."""
    form = LeaveForm(request.form)
    if request.method == "GET":
        return _show_leave(form)
    if not form.validate():
        return _show_leave(form, _UNPROCESSABLE)
    try:
        if not desk().accounts.is_password_of(me(), secret(form.password)):
            return _show_leave(form, _UNPROCESSABLE, gettext("Your present password is another one."))
    except TooManyTries as error:
        return _show_leave(form, 429, too_often(error))
    if leaving.end_everything(desk().ports, me(), give_back=bool(form.give_back.data)):
        return _show_leave(form)
    leaving.delete(desk().ports, me())
    doors.forget()
    flash(gettext("Your account is deleted, and everything that was kept of you."))
    return redirect(url_for("bookings.home"), code=303)


def _show_leave(form: LeaveForm, status: int = 200, problem: str = "") -> Page:
    ports = desk().ports
    page = render_template(
        "leave.html",
        form=form,
        problem=problem,
        under_way=leaving.under_way(ports, me()),
        places=leaving.places_of(ports, me()),
        is_last_operator=leaving.is_last_operator(ports, me()),
    )
    return page, status
