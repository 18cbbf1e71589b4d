"""The console's pages of who is an operator."""

from collections.abc import Callable
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response

from autotennis.domain.member import Member
from autotennis.errors import NotFound, Stale
from autotennis.ports import Ports
from autotennis_api import doors, operators
from autotennis_api.account_views import Page
from autotennis_api.desk import desk, me
from autotennis_api.operator_forms import AccountForm
from autotennis_api.operator_views import operators_only
from autotennis_api.operators import BothAtOnce, NotFromOneself
from autotennis_api.texts import gettext

operators_pages = Blueprint("operators", __name__, url_prefix="/operator/operators")
operators_pages.before_request(operators_only)

_UNPROCESSABLE: Final = 422


@operators_pages.get("")
@doors.public
def ask() -> Page:
    """Asks whose account it is about."""
    return _asking(AccountForm())


@operators_pages.post("")
@doors.public
def find() -> Page:
    """Finds the account."""
    form = AccountForm(request.form)
    member = desk().ports.store.member_by_email(form.email.data or "") if form.validate() else None
    if member is None:
        form.refuse_unknown()
        return _asking(form, _UNPROCESSABLE)
    return redirect(url_for("operators.ask_one", member_id=member.id), code=303)


@operators_pages.get("/<member_id>")
@doors.public
def ask_one(member_id: str) -> Page:
    """Asks once more before somebody becomes an operator, or is one no more."""
    try:
        one = desk().ports.store.member(member_id)
    except NotFound:
        raise PageNotFound from None
    return render_template("operators_one.html", one=one)


@operators_pages.post("/<member_id>/appoint")
@doors.public
def appoint(member_id: str) -> Response:
    """Makes somebody an operator."""
    told = gettext("They find the console on their pages now.")
    return _done(lambda ports: operators.appoint(ports, me(), member_id), told)


@operators_pages.post("/<member_id>/dismiss")
@doors.public
def dismiss(member_id: str) -> Response:
    """Somebody is an operator no more."""
    told = gettext("They are an operator no more.")
    return _done(lambda ports: operators.dismiss(ports, me(), member_id), told)


def _asking(form: AccountForm, status: int = 200) -> Page:
    return render_template("operators.html", form=form, operators=desk().ports.store.operators()), status


def _done(act: Callable[[Ports], Member], told: str) -> Response:
    try:
        act(desk().ports)
    except NotFound:
        raise PageNotFound from None
    except Stale:
        told = gettext("That was so already.")
    except NotFromOneself:
        told = gettext("You cannot take this away from yourself: another operator can. So there is always one left.")
    except BothAtOnce:
        flash(gettext("You were dismissed by them at the same moment: they stay an operator."))
        return redirect(url_for("bookings.home"), code=303)
    flash(told)
    return redirect(url_for("operators.ask"), code=303)
