"""The settings of the web pages."""

from typing import Any

import pytest
from pydantic import ValidationError

from autotennis_api.settings import ApiSettings

GOOD: dict[str, Any] = {"push_secret": "a secret of the bus", "session_secret": "s" * 32, "link_secret": "l" * 32}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_plain_http_is_for_this_machine(host: str) -> None:
    assert ApiSettings.model_validate({**GOOD, "plain_http": True, "host": host}).plain_http


@pytest.mark.parametrize("host", ["192.0.2.1", "::", "club.example", ""])
def test_and_for_no_other(host: str) -> None:
    with pytest.raises(ValidationError, match="AUTOTENNIS_PLAIN_HTTP"):
        ApiSettings.model_validate({**GOOD, "plain_http": True, "host": host})
    assert not ApiSettings.model_validate({**GOOD, "host": host}).plain_http


def test_the_secret_is_long_and_prints_as_stars() -> None:
    assert "sss" not in repr(ApiSettings.model_validate(GOOD))
    with pytest.raises(ValidationError):
        ApiSettings.model_validate({**GOOD, "session_secret": "s" * 31})
