"""The page of personal tokens: all of mine, a new one, revoking one."""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import SecretStr
from werkzeug.wrappers import Response

from autotennis.domain.token import MOST_TOKENS
from autotennis.errors import IllegalMove
from autotennis_api import tokens
from autotennis_api.account_views import Page
from autotennis_api.desk import desk, me
from autotennis_api.texts import gettext
from autotennis_api.token_forms import TokenForm

token_pages = Blueprint("tokens", __name__)

_UNPROCESSABLE: Final = 422


@token_pages.get("/settings/tokens")
def every() -> Page:
    """The reader's tokens, and a form for a new one."""
    return _show(TokenForm())


@token_pages.post("/settings/tokens")
def make() -> Page:
    """A new token, shown this once: the page is not led on from, so that it is kept nowhere."""
    form = TokenForm(request.form)
    if not form.validate():
        return _show(form, _UNPROCESSABLE)
    asked = tokens.Asked(form.name.data or "", form.scopes(), int(form.days.data))
    try:
        made = tokens.make(desk().ports, me(), asked)
    except IllegalMove:
        problem = gettext("You have %(count)s tokens: revoke one first.", count=MOST_TOKENS)
        return _show(form, _UNPROCESSABLE, problem=problem)
    return _show(TokenForm(), made=made)


@token_pages.post("/settings/tokens/<token_id>/revoke")
def revoke(token_id: str) -> Response:
    """Ends a token."""
    tokens.revoke(desk().ports, me(), token_id)
    flash(gettext("The token is revoked: whoever has it gets in no more."))
    return redirect(url_for("tokens.every"), code=303)


def _show(form: TokenForm, status: int = 200, *, problem: str = "", made: SecretStr | None = None) -> Page:
    # As it is kept now, with a token that was made just now.
    mine = desk().ports.store.member(me().id).tokens
    return render_template("tokens.html", form=form, mine=mine, problem=problem, made=made), status
