"""What a reader sees when something cannot be: in words, in their language, with the way on."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from flask import Flask, Response, after_this_request, render_template
from flask_wtf.csrf import CSRFError  # pyright: ignore[reportMissingTypeStubs] (it ships none)
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from autotennis.errors import Transient
from autotennis.signals import PAGE_FAILED
from autotennis_api.dates import waiting_time
from autotennis_api.texts import gettext, lazy_gettext
from autotennis_api.tries import TooManyTries

_log = structlog.get_logger()

Instead = Callable[[Callable[[Any], Any]], Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    text: str


_FIRST_ERROR: Final = 400
_FIRST_OF_OURS: Final = 500
# Answers that ask to come again, and after how long where nothing tells it better.
_COME_AGAIN: Final = frozenset({429, 503})
_COME_AGAIN_S: Final = 60

_CSRF: Final = _Words(
    lazy_gettext("The form was too old"),
    lazy_gettext(
        "We could not be sure that this form came from our own page, so nothing was done. Go back, reload the page and "
        "try again. Cookies have to be allowed."
    ),
)
_BUSY: Final = _Words(
    lazy_gettext("Too busy just now"),
    lazy_gettext("Nothing was lost, but this could not be done right now. Try again in a moment."),
)
_WORDS: Final[Mapping[int, _Words]] = {
    400: _Words(lazy_gettext("That was not understood"), lazy_gettext("Go back, and try again.")),
    403: _Words(lazy_gettext("Not allowed"), lazy_gettext("You may not see this page.")),
    404: _Words(
        lazy_gettext("There is no such page"),
        lazy_gettext("It may have been deleted, or the address is wrong."),
    ),
    405: _Words(lazy_gettext("That cannot be done here"), lazy_gettext("Go back, and try again.")),
    413: _Words(lazy_gettext("That was too long"), lazy_gettext("Go back, and enter less.")),
    429: _Words(lazy_gettext("Too often"), lazy_gettext("Wait for a while, then try again.")),
    500: _Words(
        lazy_gettext("Something went wrong here"),
        lazy_gettext("The mistake is ours, and it is on record. Your bookings go on as planned."),
    ),
    503: _BUSY,
}


def add_error_pages(app: Flask, instead: Instead) -> None:
    """Gives every error of the application a page; `instead` may tell somebody something else than the page."""
    app.register_error_handler(CSRFError, lambda _error: _page(_CSRF, 400))
    app.register_error_handler(HTTPException, instead(_on_http))
    app.register_error_handler(Transient, instead(_on_transient))
    app.register_error_handler(Exception, instead(_on_mistake))
    app.after_request(_say_when)


def too_often(error: TooManyTries) -> str:
    """What to tell somebody who tried too often. The head of the answer that is being made tells it, too."""
    _retry_after(error.wait_s)
    return gettext("That was tried too often. Try again %(when)s.", when=waiting_time(error.wait_s))


def _retry_after(wait_s: float) -> None:
    _add_header("Retry-After", str(math.ceil(wait_s)))


def _add_header(name: str, value: str) -> None:
    def add(answer: Response) -> Response:
        answer.headers[name] = value
        return answer

    after_this_request(add)


def _say_when(answer: Response) -> Response:
    if answer.status_code in _COME_AGAIN:
        answer.headers.setdefault("Retry-After", str(_COME_AGAIN_S))
    return answer


def _page(words: _Words, status: int) -> tuple[str, int]:
    return render_template("error.html", told=words), status


def _on_http(error: HTTPException) -> tuple[str, int] | HTTPException:
    status = error.code or 500
    if status < _FIRST_ERROR:
        return error  # a redirect is raised as an exception, too
    if isinstance(error, MethodNotAllowed):
        _add_header("Allow", ", ".join(sorted(error.valid_methods or ())))
    return _page(_WORDS.get(status, _WORDS[400 if status < _FIRST_OF_OURS else 500]), status)


def _on_transient(error: Transient) -> tuple[str, int]:
    _log.warning("page failed for now", reason=str(error))
    if error.retry_after_s is not None:
        _retry_after(error.retry_after_s)
    return _page(_BUSY, 503)


def _on_mistake(error: Exception) -> tuple[str, int]:
    _log.error(PAGE_FAILED, exc_info=error)
    return _page(_WORDS[500], 500)
