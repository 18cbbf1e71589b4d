"""What could be a secret never reaches a log line."""

from collections.abc import MutableMapping
from typing import Any

from pydantic import SecretStr

from autotennis.domain.member import Credentials
from autotennis.log import hide_secrets


def test_secrets_are_hidden_by_type_and_by_name_however_deep() -> None:
    line: MutableMapping[str, Any] = {
        "event": "login",
        "password": "1234",
        "given": SecretStr("1234"),
        "headers": {"Set-Cookie": "PHPSESSID=1234", "Date": "today"},
        "list": [SecretStr("1234"), {"door_code": "1234"}],
    }
    hidden = hide_secrets(None, "info", line)
    assert "1234" not in str(hidden)
    assert hidden["event"] == "login"
    assert hidden["headers"]["Date"] == "today"


def test_credentials_print_as_stars() -> None:
    assert "1234" not in repr(Credentials(email="kari@example.org", password=SecretStr("1234")))
