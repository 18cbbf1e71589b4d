"""Programs of members: what asks the JSON API with a personal token."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr
from support.api_site import Site
from werkzeug.test import TestResponse

from autotennis.domain.token import Scope
from autotennis_api import tokens

PREFIX = "/api/v1"
PROBLEM = "application/problem+json"


def make_token(site: Site, email: str, scopes: Sequence[Scope] = tuple(Scope), days: int = 7) -> SecretStr:
    """A new token of the member with this address."""
    member = site.ports.store.member_by_email(email)
    assert member is not None
    return tokens.make(site.ports, member, tokens.Asked("a test", scopes, days))


class Program:
    """Asks with a token, and keeps no cookies."""

    def __init__(self, site: Site, token: SecretStr | None) -> None:
        self._client = site.app.test_client(use_cookies=False)
        self._headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}

    def get(self, path: str) -> TestResponse:
        """Reads something."""
        return self._client.get(PREFIX + path, headers=self._headers)

    def post(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> TestResponse:
        """Sends JSON, or nothing."""
        sent: dict[str, Any] = {} if body is None else {"json": body}
        return self._client.post(PREFIX + path, headers={**self._headers, **(headers or {})}, **sent)

    def send(self, method: str, path: str, **more: Any) -> TestResponse:
        """Anything."""
        headers = {**self._headers, **more.pop("headers", {})}
        return self._client.open(PREFIX + path, method=method, headers=headers, **more)


def problem(answer: TestResponse) -> str:
    """Which kind of problem the answer tells."""
    assert answer.content_type == PROBLEM, (answer.content_type, answer.text)
    told: Mapping[str, Any] = answer.get_json()
    assert told["status"] == answer.status_code
    assert told["title"]
    return str(told["type"]).partition("#problem-")[2]
