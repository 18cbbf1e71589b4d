"""The page on which a member enters what they log in to one club with."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound

from autotennis.domain.club import ClubRules
from autotennis.domain.member import Credentials
from autotennis_api import club_logins, doors
from autotennis_api.account_views import CLUB_SAYS_NO, Page, told
from autotennis_api.desk import desk, me
from autotennis_api.forms import ClubLoginForm, secret
from autotennis_api.texts import gettext

club_login_pages = Blueprint("club_logins", __name__)

_UNPROCESSABLE: Final = 422


@club_login_pages.get("/settings/clubs/<club_id>")
def show(club_id: str) -> Page:
    """Asks for the login at a club; `next` is the page that needs it."""
    club = _club(club_id)
    email = club_logins.email_at(desk().ports.vault, me(), club_id)
    return _show(club, ClubLoginForm(email=email, next=request.args.get("next", "")))


@club_login_pages.post("/settings/clubs/<club_id>")
def enter(club_id: str) -> Page:
    """Keeps it once the club has let the member in with it, and goes on to the page that needs it."""
    club, form = _club(club_id), ClubLoginForm(request.form)
    if not form.validate():
        return _show(club, form, _UNPROCESSABLE)
    at_club = Credentials(email=form.email.data or "", password=secret(form.club_password))
    try:
        desk().accounts.keep_login(me(), club_id, at_club, request.remote_addr or "")
    except CLUB_SAYS_NO as error:
        status, problem = told(error, club_id)
        return _show(club, form, status, problem)
    flash(gettext("%(club)s let you in. Your login there is kept.", club=club.name))
    return redirect(doors.local_path(form.next.data) or url_for("accounts.settings"), code=303)


def _show(club: ClubRules, form: ClubLoginForm, status: int = 200, problem: str = "") -> Page:
    wanted = bool(doors.local_path(form.next.data))
    return render_template("club_login.html", club=club, form=form, problem=problem, wanted=wanted), status


def _club(club_id: str) -> ClubRules:
    club = desk().ports.clubs.get(club_id)
    if club is None:
        raise PageNotFound
    return club.rules
