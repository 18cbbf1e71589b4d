"""The operators' page of invitations: all of them, a new one, the end of one."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from autotennis.domain.invitation import LONGEST_DAYS, MOST_USES
from autotennis.domain.member import Member
from autotennis.errors import NotFound
from autotennis_api import invitations
from autotennis_api.account_views import Page
from autotennis_api.desk import desk, me
from autotennis_api.spoken_forms import SpokenForm
from autotennis_api.texts import gettext, lazy_gettext

invitation_pages = Blueprint("invitations", __name__)
_UNPROCESSABLE: Final = 422


def _between(most: int) -> list[InputRequired | NumberRange]:
    words = lazy_gettext("Enter a number from 1 to %(most)s.", most=most)
    return [InputRequired(words), NumberRange(min=1, max=most, message=words)]


class InvitationForm(SpokenForm):
    """A new invitation."""

    most = IntegerField(lazy_gettext("How many may register with it"), default=1, validators=_between(MOST_USES))
    days = IntegerField(lazy_gettext("For how many days"), default=7, validators=_between(LONGEST_DAYS))


@invitation_pages.get("/operator/invitations")
def every() -> Page:
    """All invitations, and a form for a new one."""
    _operator()
    return _show(InvitationForm())


@invitation_pages.post("/operator/invitations")
def make() -> Page:
    """A new invitation. Its link is shown in this answer, and never again: only a hash of it is kept."""
    operator = _operator()
    form = InvitationForm(request.form)
    if not form.validate():
        return _show(form, _UNPROCESSABLE)
    _, secret = invitations.make(desk().ports, operator, form.most.data or 1, form.days.data or 1)
    return _show(InvitationForm(), link=url_for("accounts.register_invited", invitation=secret, _external=True))


@invitation_pages.post("/operator/invitations/<invitation_id>/revoke")
def revoke(invitation_id: str) -> Response:
    """Nobody registers by it any more."""
    _operator()
    try:
        invitations.revoke(desk().ports, invitation_id)
    except NotFound:
        raise PageNotFound from None
    flash(gettext("The invitation is revoked: its link leads nowhere any more."))
    return redirect(url_for("invitations.every"), code=303)


def _operator() -> Member:
    member = me()
    if not member.is_operator:
        raise PageNotFound
    return member


def _show(form: InvitationForm, status: int = 200, link: str = "") -> Page:
    every_one = invitations.every(desk().ports)
    return render_template("invitations.html", every=every_one, form=form, link=link), status
