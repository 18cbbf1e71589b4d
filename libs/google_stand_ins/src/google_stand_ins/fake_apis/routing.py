"""Requests to a made-up API, what answers them, and how they are refused."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

_STATUS_WORDS: Final = {
    HTTPStatus.BAD_REQUEST: "INVALID_ARGUMENT",
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.CONFLICT: "ALREADY_EXISTS",
    HTTPStatus.PRECONDITION_FAILED: "FAILED_PRECONDITION",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `api` is the API's short name (`run`, `storage`), the names of headers are in lower case."""

    method: str
    api: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.api} {self.path}"

    @property
    def path(self) -> str:
        """The path as it was sent."""
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        """The last value of each parameter."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.url).query).items()}

    def json(self) -> dict[str, Any]:
        """The body, which has to be a JSON object or nothing."""
        return json.loads(self.body or b"{}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Refused(Exception):
    """The API says no, in Google's form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def answer(self) -> Answer:
        """The refusal as Google words it."""
        word = _STATUS_WORDS.get(HTTPStatus(self.status), "UNKNOWN")
        error = {"code": self.status, "message": str(self), "status": word}
        return Answer(json.dumps({"error": error}).encode(), self.status, {"Content-Type": "application/json"})


# Given the request and what the pattern captured; answers with JSON, or with bytes of its own.
Handler = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Route:
    """Which requests a handler answers: `pattern` is a regular expression of the whole path."""

    method: str
    pattern: str
    handler: Handler


def answered(request: Request, routes: list[Route]) -> Answer:
    """What the first route that fits says. Raises Refused where none does."""
    for route in routes:
        found = re.fullmatch(route.pattern, request.path)
        if route.method == request.method and found:
            said = route.handler(request, *(unquote(part) for part in found.groups()))
            return said if isinstance(said, Answer) else in_json(said)
    raise Refused(HTTPStatus.NOT_FOUND, f"Nothing is known here of {request}.")


def in_json(said: object) -> Answer:
    """An answer of this JSON."""
    return Answer(json.dumps(said).encode(), headers={"Content-Type": "application/json"})
