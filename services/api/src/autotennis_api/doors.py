"""Who may come in: the signed cookie that says who is signed in, and the door that all pages lie behind."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, flash, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from autotennis.domain.member import Member
from autotennis.errors import NotFound
from autotennis_api import sign_ins, texts
from autotennis_api.desk import caller, desk
from autotennis_api.live import LIVE, Hub
from autotennis_api.texts import gettext

_Given = ParamSpec("_Given")
_Page = TypeVar("_Page")

_MEMBER: Final = "member"
_STAMP: Final = "stamp"
_SIGN_IN: Final = "sign_in"
_PUBLIC: Final = "autotennis_public"
_FOR_SCRIPTS: Final = "autotennis_for_scripts"
_UNAUTHORIZED: Final = 401


def public(view: Callable[_Given, _Page]) -> Callable[_Given, _Page]:
    """Marks a page that one need not be signed in for. All others are for members only."""
    setattr(view, _PUBLIC, True)
    return view


def for_scripts(view: Callable[_Given, _Page]) -> Callable[_Given, _Page]:
    """Marks what only a page's script asks for, again and again: nobody is led from there to sign in."""
    setattr(view, _FOR_SCRIPTS, True)
    return view


def is_for_scripts(view: Callable[..., Any]) -> bool:
    """Whether it is marked as what only a page's script asks for."""
    return bool(getattr(view, _FOR_SCRIPTS, False))


def guard(app: Flask) -> None:
    """Puts every page of the application behind the door."""
    app.before_request(_recognise)
    app.before_request(_let_in)


def sign_in(member: Member) -> None:
    """Starts a new session for the member: nothing of the earlier one is left, its CSRF token included."""
    _end_streams(member)
    member, new_id = sign_ins.begin(desk().ports, member, request.headers.get("User-Agent", ""))
    session.clear()
    session.permanent = True
    session[_MEMBER] = member.id
    session[_STAMP] = _stamp(member)
    session[_SIGN_IN] = new_id
    g.member = member


def sign_in_id() -> str:
    """Under which id the reader is signed in here."""
    return str(session.get(_SIGN_IN, ""))


def forget() -> None:
    """Ends the session of a member whose account is no more."""
    chosen = texts.language()
    session.clear()
    g.member = None
    texts.choose(chosen)


def sign_out() -> None:
    """Ends the session."""
    member = caller()
    _end_streams(member)
    if member is not None:
        sign_ins.end(desk().ports, member, sign_in_id())
    session.clear()
    g.member = None


def is_still_in() -> bool:
    """Whether the reader of a page that is long in the sending would still be let in: asks anew."""
    return _recognised() is not None


def _end_streams(member: Member | None) -> None:
    """Those of the member's pages that may still be open ask for a new one, and are let in or not."""
    if member is not None:
        cast("Hub", current_app.extensions[LIVE]).end_of(member.id)


def local_path(wanted: str | None) -> str | None:
    """A path on this site, or None: nobody is sent to another site by a link to ours."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return None
    # Browsers read a backslash as a slash and skip control characters, so `/\evil.example` leads away.
    if "\\" in wanted or any(ord(letter) < 0x21 for letter in wanted):
        return None
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else None


def _stamp(member: Member) -> str:
    """Changes with the member's password, so that a new one signs out whoever came in with the old one."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"{member.id} {member.password_hash}".encode(), hashlib.sha256).hexdigest()[:32]


def _recognise() -> None:
    # Programs come with a token, and a cookie opens no door for them.
    g.member = None if request.endpoint == "static" or request.blueprint == "rest" else _recognised()


def _recognised() -> Member | None:
    member_id = session.get(_MEMBER)
    if not isinstance(member_id, str):
        return None
    try:
        member = desk().ports.store.member(member_id)
    except NotFound:
        return None
    is_current = hmac.compare_digest(str(session.get(_STAMP, "")).encode(), _stamp(member).encode())
    if not is_current or not member.sign_in_of(sign_in_id()):
        return None
    sign_ins.note_use(desk().ports, member, sign_in_id())
    return member


def _let_in() -> Response | None:
    if caller() is not None or request.endpoint is None or request.endpoint == "static":
        return None
    view = cast("Callable[..., Any]", current_app.view_functions[request.endpoint])
    if getattr(view, _PUBLIC, False):
        return None
    if is_for_scripts(view):
        return Response(status=_UNAUTHORIZED)
    flash(gettext("Sign in to see this page."))
    asked = local_path(request.full_path.rstrip("?")) if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=asked), code=303)
