"""What could be a secret never reaches a log line, and whatever is logged becomes one."""

import json
import math
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from autotennis.domain.member import Credentials
from autotennis.log import hide_secrets


def hidden(**line: Any) -> dict[str, Any]:
    return dict(hide_secrets(None, "info", line))


def hidden_text(text: str) -> str:
    return str(hidden(message=text)["message"])


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


@pytest.mark.parametrize(
    "name",
    [
        *("password", "newPassword", "push_secret", "Set-Cookie", "csrf_token", "Authorization", "door-code", "pin"),
        *("PIN", "clubPin", "club_pin", "body", "page_body", "responseBody", "credentials", "PHPSESSID", "api_key"),
    ],
)
def test_a_secrets_name_hides_what_it_holds(name: str) -> None:
    assert "4711" not in str(hidden(**{name: "4711"}))
    assert "4711" not in str(hidden(inside=({name: [4711]},)))


@pytest.mark.parametrize("name", ["shipping", "mapping", "opinion", "somebody", "nobody", "booking_id", "opening_at"])
def test_a_harmless_name_hides_nothing(name: str) -> None:
    assert hidden(**{name: "4711"}) == {name: "4711"}


class Account(BaseModel):
    name: str
    password: str
    pin: int


@dataclass
class Login:
    email: str
    pin: str


class Way(NamedTuple):
    door_code: str


@pytest.mark.parametrize(
    "value",
    [
        b"PHPSESSID=4711",
        bytearray(b"4711"),
        memoryview(b"4711"),
        SecretBytes(b"4711"),
        {"a": {"b": ({"c": SecretStr("4711")},)}},
        {"a": {4: {"token": "4711"}}},
        {SecretStr("4711")},
        Account(name="Kari", password="4711", pin=4711),
        [Login("kari@example.org", "4711")],
        Way("4711"),
        ValueError("password=4711"),
    ],
)
def test_no_shape_of_a_value_shows_its_secret(value: Any) -> None:
    shown = hidden(value=value)
    assert "4711" not in json.dumps(shown)
    assert "52, 55" not in json.dumps(shown), "bytes as numbers are bytes still"


@pytest.mark.parametrize(
    "text",
    [
        "the club said password=4711 and went",
        "{'password': '4711', 'email': 'kari@example.org'}",
        '{"club_pin": "4711 with \\" a quote 4711", "x": 1}',
        "Login(email='kari@example.org', pin='4711')",
        "pin: 4711",
        "PIN = 4711",
        "token: eyX4711",
        "Cookie: PHPSESSID=4711; other=4711",
        "{'Set-Cookie': 'PHPSESSID=4711; path=/'}",
        "PHPSESSID=4711",
        "Authorization: Bearer abc4711def",
        "with bearer 4711abcdef and more",
        "GET /sessions?token=4711&timeid=3",
        "https://kari:4711@club.example/login",
        "sent eyJhbGciOi.eyJ4711.c2ln4711 along",
        "GET /act/.eJxj4711-x_y.4711sig",
        "door_code='4711#'",
        "b'password=4711'",
        "password=b'4711'",
    ],
)
def test_a_text_that_gives_a_secret_as_such_loses_it(text: str) -> None:
    assert "4711" not in hidden_text(text)
    assert "[hidden]" in hidden_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "This door is for the bus: its bearer token is missing or wrong.",
        "the member's club password cannot be opened",
        "The club refused the e-mail and password. It says: Feil passord",
        "The body is not a push envelope: body: Invalid JSON: EOF while parsing",
        "AUTOTENNIS_PUSH_SECRET: String should have at least 16 characters",
        "Invalid token: Signature has expired",
        "https://club.example:8080/sessions?timeid=61&start=18:00",
        "shipping: 12 opinions",
    ],
)
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert hidden_text(text) == text


def test_what_pydantic_repeats_of_its_input_is_hidden() -> None:
    class Door(BaseModel):
        secret: SecretStr
        number: int

    with pytest.raises(ValidationError) as wrong:
        Door.model_validate({"secret": 4711, "number": "four4711"})
    told = hidden_text(str(wrong.value))
    assert "4711" in str(wrong.value), "pydantic repeats it"
    assert "4711" not in told
    assert "input_type=int" in told, "what helps is left"


class Mute:
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def test_whatever_is_logged_becomes_json() -> None:
    endless: list[Any] = []
    endless.append(endless)
    line = hidden(
        endless=endless,
        mute=Mute(),
        keys={Mute(): 1, None: 2},
        nan=math.nan,
        far=math.inf,
        some={1},
        n=1,
        t=True,
        no=None,
    )
    told = json.loads(json.dumps(line, allow_nan=False))
    assert told["mute"] == "[a Mute]"
    assert told["some"] == [1]
    assert (told["nan"], told["n"], told["t"], told["no"]) == ("nan", 1, True, None)
    assert "too deep" in str(told["endless"])


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece", ["a", "a.", "token", "token=", "pin ", "cookie ", "'", '"\\', "://", "eyJ", "=", "input_value="]
)
def test_a_long_text_is_cut_and_takes_no_time(piece: str) -> None:
    shown = hidden_text(piece * 200_000)
    assert len(shown) < 200_000
    assert "more characters]" in shown or "[hidden]" in shown
