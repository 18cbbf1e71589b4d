"""The operators' console: how everything is, what was given up, pauses, and what operators did."""

from datetime import datetime
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response

from autotennis.domain.pause import Pause, PauseScope, TooManyPauses
from autotennis.errors import NotFound, Stale
from autotennis_api import club_pages, doors, lockouts, operating, operator_words
from autotennis_api.account_views import Page
from autotennis_api.desk import caller, desk, me
from autotennis_api.neighbours import healths
from autotennis_api.operator_figures import gathered
from autotennis_api.operator_forms import AccountForm, PauseForm
from autotennis_api.texts import gettext

operator_pages = Blueprint("operator", __name__, url_prefix="/operator")

_UNPROCESSABLE: Final = 422
_MOST_LETTERS: Final = 50
_MOST_DEEDS: Final = 50


def operators_only() -> None:
    """For everybody else there is no such page."""
    member = caller()
    if member is None or not member.is_operator:
        raise PageNotFound


operator_pages.before_request(operators_only)


@operator_pages.get("")
@doors.public
def console() -> Page:
    """How everything is."""
    return _show_console(PauseForm())


def _show_console(form: PauseForm, status: int = 200, problem: str = "", shut_out: AccountForm | None = None) -> Page:
    form.offer(desk().clubs)
    page = render_template(
        "operator.html",
        form=form,
        shut_out_form=shut_out or AccountForm(prefix="again-"),
        locked=lockouts.counts(desk().ports),
        problem=problem,
        figures=gathered(desk().ports),
        looked=club_pages.all_looked(desk().ports),
        club_pages=club_pages,
        healths=healths(desk().ports, desk().settings),
        names=operator_words,
        name_of=_name_of,
    )
    return page, status


def _name_of(member_id: str) -> str:
    return operating.name_of(desk().ports, member_id)


def _about_of(about: str) -> str:
    """What was acted on: of an account its address, where that is there still."""
    kind, _, member_id = about.partition("/")
    return _name_of(member_id) if kind == "member" else about


@operator_pages.post("/pauses")
@doors.public
def pause() -> Page:
    """Begins a pause."""
    form = PauseForm(request.form)
    form.offer(desk().clubs)
    if not form.validate():
        return _show_console(form, _UNPROCESSABLE)
    wanted = _wanted(form)
    if wanted is None:
        form.refuse_email(gettext("There is no account with this e-mail address."))
        return _show_console(form, _UNPROCESSABLE)
    try:
        operating.pause(desk().ports, me(), wanted)
    except TooManyPauses:
        return _show_console(form, 409, gettext("There are too many pauses: end one first, or pause everything."))
    flash(gettext("It is paused: nothing is asked of the club for it from now on."))
    return _back()


def _wanted(form: PauseForm) -> Pause | None:
    """The pause that the form asks for; None if nobody has its address."""
    about = form.club_id
    if form.scope is PauseScope.MEMBER:
        member = desk().ports.store.member_by_email(form.email.data or "")
        if member is None:
            return None
        about = member.id
    now, reason = desk().ports.clock.now(), form.reason.data or ""
    return Pause(scope=form.scope, about=about, reason=reason, at=now, by=me().id)


def _back() -> Response:
    return redirect(url_for("operator.console"), code=303)


@operator_pages.post("/pauses/end")
@doors.public
def resume() -> Response:
    """Ends a pause."""
    try:
        operating.resume(desk().ports, me(), request.form.get("key", ""))
    except NotFound:
        flash(gettext("That pause had ended before."))
    else:
        flash(gettext("The pause is over."))
    return _back()


@operator_pages.post("/let-in")
@doors.public
def let_in() -> Page:
    """Lets somebody try to sign in again who tried too often."""
    form = AccountForm(request.form, prefix="again-")
    member = desk().ports.store.member_by_email(form.email.data or "") if form.validate() else None
    if member is None:
        form.refuse_unknown()
        return _show_console(PauseForm(), _UNPROCESSABLE, shut_out=form)
    ended = operating.let_in(desk().ports, me(), member)
    flash(gettext("They can try again now.") if ended else gettext("Nothing kept this account out."))
    return _back()


@operator_pages.post("/club-pages")
@doors.public
def look_through() -> Response:
    """Has a club's pages looked through now."""
    try:
        club_pages.look_through(desk().ports, me(), request.form.get("club", "")[:64])
    except NotFound:
        flash(gettext("There is no such club."))
    else:
        flash(gettext("The club's pages are looked through now: load this page again in a moment."))
    return _back()


@operator_pages.get("/dead-letters")
@doors.public
def letters() -> Page:
    """The deliveries that were given up."""
    found = desk().ports.bus.dead_letters(_MOST_LETTERS)
    untold = desk().ports.store.dead_messages(_MOST_LETTERS)
    return render_template("operator_letters.html", letters=found, untold=untold, most=_MOST_LETTERS, name_of=_name_of)


@operator_pages.post("/dead-letters/replay")
@doors.public
def replay() -> Response:
    """Has one of them delivered again."""
    try:
        operating.replay(desk().ports, me(), request.form.get("id", "")[:120])
    except NotFound:
        flash(gettext("It is not there any more, or somebody else looks at it just now."))
    else:
        flash(gettext("It is delivered again."))
    return redirect(url_for("operator.letters"), code=303)


@operator_pages.post("/dead-letters/tell")
@doors.public
def tell() -> Response:
    """Has a message told again that was given up."""
    try:
        operating.tell_again(desk().ports, me(), request.form.get("id", "")[:300])
    except (NotFound, Stale):
        flash(gettext("It is not there any more, or it is told already."))
    else:
        flash(gettext("It is told again within minutes."))
    return redirect(url_for("operator.letters"), code=303)


@operator_pages.get("/deeds")
@doors.public
def deeds() -> Page:
    """What operators did, the newest first, a page at a time."""
    before = _instant(request.args.get("before", "")) or desk().ports.clock.now()
    found = desk().ports.store.deeds(before, _MOST_DEEDS)
    more = found[-1].at.isoformat() if len(found) == _MOST_DEEDS else None
    return render_template(
        "operator_deeds.html", deeds=found, more=more, names=operator_words, name_of=_name_of, about_of=_about_of
    )


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
