"""The JSON API, as far as the commands need it."""

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import uuid4

from autotennis_cli import words as words_of
from autotennis_cli.login import Login
from autotennis_cli.trouble import Exit, Trouble

Json = dict[str, Any]
_PREFIX: Final = "/api/v1"
# A preview waits for the club, which may take its time.
_LONGEST_S: Final = 40.0
_TRIES: Final = 3


class _NoRedirects(HTTPRedirectHandler):
    """The token is for one address, and is led to no other."""

    def redirect_request(self, *_what: Any, **_named: Any) -> Request | None:
        return None


class Lost(Exception):
    """No answer came: whether anything was done is not known."""


class Service:
    """Asks the API with a member's token. Everything raises Trouble."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._opener = build_opener(_NoRedirects)

    def me(self) -> Json:
        """Who is logged in."""
        return self._ask("GET", "/me")

    def add(self, wish: Mapping[str, Any]) -> Json:
        """A new booking. Where the answer is lost, the same is sent again under the same key, and done once."""
        key = {"Idempotency-Key": uuid4().hex}
        for _ in range(_TRIES - 1):
            try:
                return self._send("POST", "/bookings", wish, key)
            except Lost:
                continue
        return self._ask("POST", "/bookings", wish, key)

    def bookings(self, state: str | None) -> Iterator[Json]:
        """All bookings, the latest session first."""
        query = {"limit": "100", **({"state": state} if state else {})}
        while True:
            page = self._ask("GET", f"/bookings?{urlencode(query)}")
            yield from page["bookings"]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def booking(self, booking_id: str) -> Json:
        """One booking with everything."""
        return self._ask("GET", f"/bookings/{quote(booking_id, safe='')}")

    def change(self, booking_id: str, what: str, body: Mapping[str, Any] | None = None) -> Json:
        """Cancels it, or gives its place back, or answers its question."""
        return self._ask("POST", f"/bookings/{quote(booking_id, safe='')}/{what}", body)

    def channels(self) -> Json:
        """The channels by which the member is told."""
        return self._ask("GET", "/channels")

    def try_channel(self, channel_id: str) -> Json:
        """Has a message sent to one."""
        return self._ask("POST", f"/channels/{quote(channel_id, safe='')}/test")

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Json:
        try:
            return self._send(method, path, body, headers)
        except Lost:
            told = f"{self._login.address} does not answer. Check the address and your network, then try again."
            raise Trouble(told, Exit.UNREACHABLE) from None

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str] | None) -> Json:
        sent = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._login.address}{_PREFIX}{path}", sent, method=method)  # noqa: S310 (checked at login)
        for name, value in {**self._headers(sent), **(headers or {})}.items():
            request.add_header(name, value)
        try:
            with self._opener.open(request, timeout=_LONGEST_S) as answer:
                return _read(answer.read())
        except HTTPError as error:
            with error:
                raise _told(error.code, error.read(), error.headers.get("Retry-After")) from None
        except (URLError, HTTPException, OSError) as error:
            raise Lost from error

    def _headers(self, sent: bytes | None) -> Mapping[str, str]:
        kind = {"Content-Type": "application/json"} if sent is not None else {}
        return {"Authorization": f"Bearer {self._login.token}", "User-Agent": "autotennis-cli", **kind}


def _read(text: bytes) -> Json:
    try:
        found = json.loads(text)
        return dict(found)
    except (ValueError, TypeError):
        raise Trouble("The answer is none of Autotennis: check the address. Run: autotennis login") from None


def _told(status: int, body: bytes, retry_after: str | None) -> Trouble:
    try:
        problem: Json = words_of.plain(json.loads(body))
        words = " ".join(filter(None, [problem["title"], problem.get("detail")]))
    except (ValueError, TypeError, KeyError):
        return Trouble(f"The answer (HTTP {status}) is none of Autotennis: check the address. Run: autotennis login")
    if status == 401:
        return Trouble(f"{words} Then run: autotennis login", Exit.NOT_LOGGED_IN)
    if "booking_id" in problem:
        return Trouble(f"{words} See it with: autotennis show {problem['booking_id']}")
    if "good_link" in problem:
        return Trouble(f"{words} A good link looks like this: {problem['good_link']}")
    if status in (429, 503) and retry_after:
        code = Exit.UNREACHABLE if status == 503 else Exit.REFUSED
        return Trouble(f"{words} Try again in {words_of.plain(retry_after)} s.", code)
    errors: list[Json] = problem.get("errors") or []
    wrong = "".join(f"\n  {one['pointer']}: {one['detail']}" for one in errors)
    return Trouble(words + wrong)
