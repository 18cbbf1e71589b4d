"""The links of messages: what they say, and how a bad one is told from one that is over."""

import base64
import hashlib
import zlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from itsdangerous import URLSafeSerializer
from pydantic import SecretStr

from autotennis.action_links import ActionLinks, LinkAction, LinkExpired, LinkForged

NOW = datetime(2026, 11, 29, 12, 0, 0, 250_000, UTC)
SECRET = SecretStr("a secret of the links, long enough too")
LINKS = ActionLinks(SECRET)
MEMBER, BOOKING = "5f0e" * 8, "77ab" * 8


def _token(action: LinkAction = LinkAction.CANCEL, until: datetime = NOW + timedelta(hours=1)) -> str:
    return LINKS.make(action, MEMBER, BOOKING, until).get_secret_value()


@pytest.mark.parametrize("action", LinkAction)
def test_what_is_made_is_read(action: LinkAction) -> None:
    link = LINKS.read(_token(action), NOW)
    assert (link.action, link.member_id, link.subject_id, link.day) == (action, MEMBER, BOOKING, None)
    assert link.until == (NOW + timedelta(hours=1)).replace(microsecond=0)


def test_a_week_of_a_series_is_read_too() -> None:
    token = LINKS.make(LinkAction.SKIP, MEMBER, "a-series", NOW + timedelta(days=3), date(2026, 12, 8))
    assert LINKS.read(token.get_secret_value(), NOW).day == date(2026, 12, 8)


def test_it_fits_into_a_line_of_a_mail_and_into_an_address() -> None:
    token = _token()
    assert len(token) < 250
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@pytest.mark.parametrize("ago_s", [0.0, 0.25, 3600.0, 1e8])
def test_one_that_is_over_says_what_it_was(ago_s: float) -> None:
    with pytest.raises(LinkExpired) as told:
        LINKS.read(_token(until=NOW - timedelta(seconds=ago_s)), NOW)
    assert (told.value.link.action, told.value.link.subject_id) == (LinkAction.CANCEL, BOOKING)
    assert _token(until=NOW - timedelta(seconds=ago_s)) not in str(told.value)


def test_no_letter_of_it_can_be_changed() -> None:
    token = _token()
    for place, letter in enumerate(token):
        for other in ("A", "b", "-", "."):
            # The last letter of a signature holds bits that nobody reads.
            if letter != other and place != len(token) - 1:
                with pytest.raises(LinkForged):
                    LINKS.read(token[:place] + other + token[place + 1 :], NOW)


def test_nor_is_one_of_another_secret_or_purpose_or_without_a_signature_any_good() -> None:
    payload = _token().rsplit(".", 1)[0]
    # The same secret, used in the same way for something else, for the same words.
    elsewhere = URLSafeSerializer(
        SECRET.get_secret_value(),
        salt="cookie-session",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
    until_s = int((NOW + timedelta(hours=1)).timestamp())
    others = [
        ActionLinks(SecretStr("b" * 38)).make(LinkAction.CANCEL, MEMBER, BOOKING, NOW + timedelta(hours=1)),
        SecretStr(str(elsewhere.dumps(["cancel", MEMBER, BOOKING, until_s]))),
        SecretStr(payload),
        SecretStr(payload + "."),
    ]
    for other in others:
        with pytest.raises(LinkForged):
            LINKS.read(other.get_secret_value(), NOW)


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        None,
        ["cancel", MEMBER, BOOKING],
        ["burn", MEMBER, BOOKING, 2e9],
        ["cancel", "../..", BOOKING, 2e9],
        ["cancel", MEMBER, BOOKING, "soon"],
        ["cancel", MEMBER, BOOKING, 1e300],
        ["skip", MEMBER, BOOKING, 2e9, "tomorrow"],
        ["skip", MEMBER, BOOKING, 2e9, 7],
    ],
)
def test_what_we_would_not_say_is_none_of_ours_though_it_is_signed(said: object) -> None:
    signer = LINKS._signer  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(LinkForged):
        LINKS.read(str(signer.dumps(said)), NOW)


@given(some.text(max_size=600))
def test_whatever_somebody_makes_up_is_refused(text: str) -> None:
    with pytest.raises(LinkForged):
        LINKS.read(text, NOW)


def test_it_names_nobody_but_by_ids() -> None:
    payload = _token().lstrip(".").split(".")[0]
    said = zlib.decompress(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).decode()
    assert said == f'["cancel","{MEMBER}","{BOOKING}",{int((NOW + timedelta(hours=1)).timestamp())}]'


def test_a_token_prints_as_stars() -> None:
    assert "cancel" not in repr(LINKS.make(LinkAction.CANCEL, MEMBER, BOOKING, NOW))
