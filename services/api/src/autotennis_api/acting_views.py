"""The pages that links of messages lead to. They work without signing in: whoever has a link may follow it.

Asking for such a page changes nothing, since mail programs and what guards them do that on their own. Only its form
acts, and the link in the form's address stands in for a sign-in and for the token that other forms carry.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from flask import Blueprint, make_response, render_template, request, url_for
from flask.wrappers import Response
from werkzeug.exceptions import TooManyRequests

from autotennis.action_links import PATH, ActionLink, ActionLinks, LinkAction, LinkExpired, LinkForged
from autotennis_api import acting as links
from autotennis_api import acting_words, doors, texts
from autotennis_api.acting import Case, Stand, Step
from autotennis_api.acting_words import ActWords
from autotennis_api.desk import desk
from autotennis_api.error_pages import too_often
from autotennis_api.tries import Rule, TooManyTries, address_key

acting = Blueprint("acting", __name__)

_FORGED: Final = 404
_GONE: Final = 410


@acting.get(f"{PATH}<token>")
@doors.public
def show(token: str) -> Response:
    """Says what following the link does, and asks."""
    link = _read(token)
    return link if isinstance(link, Response) else _tell(link, links.look(desk().ports, link))


@acting.post(f"{PATH}<token>")
@doors.public
def act(token: str) -> Response:
    """Does what was shown, and says how things stand now. The same again changes nothing more."""
    link = _read(token)
    if isinstance(link, Response):
        return link
    return _tell(link, links.act(desk().ports, link, request.form.get("step", "")))


def _read(token: str) -> ActionLink | Response:
    """What the link says, or the page that says what is wrong with it."""
    reader = ActionLinks(desk().settings.link_secret)
    try:
        return reader.read(token, desk().ports.clock.now())
    except LinkExpired as error:
        return _tell_expired(error.link)
    except LinkForged:
        _count_wrong()
        return _page(acting_words.FORGED, _FORGED)


def _count_wrong() -> None:
    try:
        desk().tries.count(Rule.WRONG_LINK_FROM_ADDRESS, address_key(request.remote_addr or ""))
    except TooManyTries as error:
        too_often(error)
        raise TooManyRequests from None


def _tell(link: ActionLink, stand: Stand) -> Response:
    told = acting_words.words_of(stand.step, stand.case)
    with _language_of(stand):
        return _page(told, _GONE if stand.case is Case.GONE else 200, stand, _way_on(link, stand))


def _tell_expired(link: ActionLink) -> Response:
    stand = links.look(desk().ports, link)
    with _language_of(stand):
        if stand.case is Case.GONE:
            return _page(acting_words.GONE, _GONE)
        # What the booking is about is for whoever is signed in: an old link in some mailbox tells it no more.
        return _page(acting_words.EXPIRED, _GONE, way_on=_way_on(link, stand))


def _way_on(link: ActionLink, stand: Stand) -> str:
    """The page that tells more, to whoever is signed in."""
    if stand.case is Case.GONE:
        return ""
    if stand.booking is not None:
        return url_for("bookings.show", booking_id=stand.booking.id)
    is_week = link.action is LinkAction.SKIP
    return url_for("series.show", series_id=link.subject_id) if is_week else url_for("messages.every")


@contextmanager
def _language_of(stand: Stand) -> Generator[None]:
    """The language that the reader chose here, or else the member's: nobody has to be signed in."""
    chosen = texts.chosen() or (stand.member.language if stand.member else "")
    with texts.speaking(chosen or texts.language()):
        yield


def _page(told: ActWords, status: int, stand: Stand | None = None, way_on: str = "") -> Response:
    page = render_template("act.html", told=told, stand=stand, way_on=way_on, Case=Case, Step=Step)
    answer = make_response(page, status)
    # The link must not travel on. The origin alone has to: over TLS, forms of other pages are taken from ours only.
    answer.headers["Referrer-Policy"] = "strict-origin"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
