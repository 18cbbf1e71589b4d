"""What a program is told when something cannot be: RFC 9457, whatever went wrong under the API's addresses."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeVar

import structlog
from flask import Response, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from autotennis.errors import (
    BadLink,
    ClubBusy,
    ClubUnreachable,
    DuplicateBooking,
    IllegalMove,
    NotFound,
    PageNotUnderstood,
    Stale,
    Transient,
)
from autotennis.signals import REQUEST_FAILED
from autotennis_api.alternatives import SameSession
from autotennis_api.club_logins import NoClubLogin
from autotennis_api.clubs import good_links
from autotennis_api.companions import NoLogin, NotOfMyGroups, SeveralGroups, TooFewPlaces
from autotennis_api.desk import desk
from autotennis_api.groups import NameTaken, NotOwner, TooManyGroups
from autotennis_api.handlers import SessionCancelled, SessionStarted, UnknownSession
from autotennis_api.refusals import why_not, why_not_together
from autotennis_api.tries import TooManyTries

PREFIX: Final = "/api/v1"
MEDIA_TYPE: Final = "application/problem+json"
# Where the problems are explained.
_EXPLAINED: Final = "/api#problem-"
_COME_AGAIN_S: Final = 60.0
# Where one of several forms may be sent, pydantic names which it tried.
_FORMS: Final = frozenset({"SessionByLink", "SessionByNumber", "SessionBySlot"})
_Error = TypeVar("_Error", bound=Exception)
_log = structlog.get_logger()

# Every kind of problem, and what it is called.
TITLES: Final[Mapping[str, str]] = {
    "bad-request": "The request is not as the API's description says.",
    "bad-address": "No messages can be sent to this address.",
    "bad-link": "The link does not lead to a session.",
    "bad-name": "A name is made of letters, digits and blanks.",
    "booked-already": "You have a booking of this session.",
    "busy": "This could not be done just now.",
    "cannot-be-done": "This cannot be done (any more).",
    "key-in-use": "A request with this Idempotency-Key is being carried out.",
    "key-used": "This Idempotency-Key was used for another request.",
    "method-not-allowed": "This cannot be done here.",
    "name-taken": "Somebody in the group is called so already.",
    "no-login": "There is no login for the club yet.",
    "no-token": "A token is needed.",
    "not-allowed": "The token is not good for this.",
    "not-at-this-club": "The club does not have what is wished for.",
    "not-found": "There is nothing here.",
    "not-json": "The request's body is to be JSON.",
    "not-the-owner": "Only who looks after the group may do this.",
    "not-together": "They cannot go together.",
    "not-understood": "The club's page is not as we know it.",
    "ours": "Something went wrong here. The mistake is ours, and it is on record.",
    "same-session": "A session is named twice.",
    "session-cancelled": "The club has cancelled the session.",
    "session-started": "The session has started.",
    "too-large": "The request's body is too large.",
    "too-often": "That was tried too often.",
    "unknown-session": "The club does not know the session.",
}
_OF_SESSION: Final[Mapping[type[Exception], tuple[int, str]]] = {
    NoClubLogin: (409, "no-login"),
    SameSession: (422, "same-session"),
    SessionCancelled: (409, "session-cancelled"),
    SessionStarted: (409, "session-started"),
    UnknownSession: (422, "unknown-session"),
}
_OF_STATUS: Final[Mapping[int, str]] = {
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "not-json",
    429: "too-often",
    503: "busy",
}


@dataclass(eq=False)
class Problem(Exception):
    """Something that a program is told: `kind` is one of `TITLES`; `more` stands beside RFC 9457's own members."""

    status: int
    kind: str
    detail: str = ""
    more: Mapping[str, Any] | None = None
    retry_after_s: float | None = None


def for_programs() -> bool:
    """Whether a program asks, and not a reader of pages."""
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")


def or_page(page: Callable[[_Error], Any]) -> Callable[[_Error], Any]:
    """An error's handler that shows the page to readers, and tells programs the problem."""

    def told(error: _Error) -> Any:
        return answer(problem_of(error)) if for_programs() else page(error)

    return told


def answer(problem: Problem) -> Response:
    """The problem, as it is sent."""
    told = {
        "type": f"{_EXPLAINED}{problem.kind}",
        "title": TITLES[problem.kind],
        "status": problem.status,
        **({"detail": str(problem.detail)} if problem.detail else {}),
        **(problem.more or {}),
    }
    sent = Response(json.dumps(told), problem.status, content_type=MEDIA_TYPE)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        sent.headers["WWW-Authenticate"] = 'Bearer realm="autotennis"'
    if problem.retry_after_s is not None:
        sent.headers["Retry-After"] = str(math.ceil(problem.retry_after_s))
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED and problem.more:
        sent.headers["Allow"] = ", ".join(problem.more["allowed"])
    return sent


def of_validation(error: ValidationError) -> Problem:
    """What does not fit the description, and where. What was sent is not repeated."""
    wrong = [
        {"pointer": "".join(f"/{_escaped(part)}" for part in one["loc"] if part not in _FORMS), "detail": one["msg"]}
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return Problem(400, "bad-request", more={"errors": wrong})


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def problem_of(error: Exception) -> Problem:
    """What a program is told of this error. A mistake of ours is put on record, and shows nothing of itself."""
    match error:
        case Problem():
            return error
        case HTTPException():
            return _of_http(error)
        case BadLink():
            every = [link for _, link in good_links(desk().ports, error)]
            return Problem(422, "bad-link", why_not(error), {"good_link": error.good_link, "good_links": every})
        case DuplicateBooking():
            return Problem(409, "booked-already", why_not(error), {"booking_id": error.booking_id})
        case TooManyTries():
            return Problem(429, "too-often", retry_after_s=error.wait_s)
        case ClubBusy() | ClubUnreachable():
            _log.warning("a club did not say which session a link leads to", reason=str(error))
            return Problem(503, "busy", why_not(error), retry_after_s=error.retry_after_s or _COME_AGAIN_S)
        case PageNotUnderstood():
            return Problem(502, "not-understood", why_not(error))
        case Transient():
            _log.warning("request failed for now", reason=str(error))
            return Problem(503, "busy", retry_after_s=error.retry_after_s or _COME_AGAIN_S)
        case _:
            return _of_refusal(error)


def _of_refusal(error: Exception) -> Problem:
    match error:
        case SessionStarted() | SessionCancelled() | UnknownSession() | NoClubLogin() | SameSession():
            return Problem(*_OF_SESSION[type(error)], why_not(error))
        case NotOfMyGroups() | SeveralGroups() | NoLogin() | TooFewPlaces():
            return Problem(422, "not-together", why_not_together(error))
        case NameTaken():
            return Problem(422, "name-taken")
        case NotOwner():
            return Problem(403, "not-the-owner")
        case NotFound():
            return Problem(404, "not-found")
        case IllegalMove() | Stale() | TooManyGroups():
            return Problem(409, "cannot-be-done")
        case _:
            _log.error(REQUEST_FAILED, exc_info=error)
            return Problem(500, "ours")


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    if isinstance(error, MethodNotAllowed):
        return Problem(405, "method-not-allowed", more={"allowed": sorted(error.valid_methods or ())})
    usual = "bad-request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "ours"
    retry_after_s = _COME_AGAIN_S if status in (429, 503) else None
    return Problem(status, _OF_STATUS.get(status, usual), retry_after_s=retry_after_s)
