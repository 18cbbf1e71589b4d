"""Tokens are like Google's, and anyone can check them with the issuer's public keys."""

import time
from typing import Any

import aiohttp
import jwt
import pytest

from google_stand_ins.issuer import Issuer, serving_issuer

AUDIENCE = "https://booker.example"
ACCOUNT = "pusher@example.iam.gserviceaccount.com"


async def opened(token: str, issuer: Issuer) -> dict[str, Any]:
    """The claims, checked as a service does, with the keys that are shown at the issuer's address."""
    async with aiohttp.ClientSession() as session, session.get(issuer.keys_url) as answer:
        keys = jwt.PyJWKSet.from_dict(await answer.json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=issuer.url)


async def test_a_token_says_what_googles_say() -> None:
    async with serving_issuer() as issuer:
        before = int(time.time())
        claims = await opened(issuer.token(AUDIENCE, ACCOUNT), issuer)
    assert claims["iss"] == issuer.url
    assert claims["email"] == ACCOUNT
    assert claims["email_verified"] is True
    assert claims["sub"] == claims["azp"]
    assert claims["sub"].isdigit()
    assert before <= claims["iat"] <= time.time()
    assert claims["exp"] - claims["iat"] == 3600


async def test_the_public_keys_are_a_key_set_and_hold_nothing_private() -> None:
    async with serving_issuer() as issuer, aiohttp.ClientSession() as session, session.get(issuer.keys_url) as answer:
        assert answer.content_type == "application/json"
        (key,) = (await answer.json())["keys"]
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert set(key) == {"kty", "alg", "use", "kid", "n", "e"}


async def test_another_issuer_of_the_same_name_cannot_forge() -> None:
    async with serving_issuer() as issuer:
        forger = Issuer(issuer.url)
        with pytest.raises(KeyError):
            await opened(forger.token(AUDIENCE, ACCOUNT), issuer)


async def test_a_token_runs_out() -> None:
    async with serving_issuer() as issuer:
        with pytest.raises(jwt.ExpiredSignatureError):
            await opened(issuer.token(AUDIENCE, ACCOUNT, lifetime_s=-1), issuer)


async def test_claims_can_be_changed_and_left_out() -> None:
    async with serving_issuer() as issuer:
        claims = await opened(issuer.token(AUDIENCE, ACCOUNT, email_verified=False, azp=None), issuer)
    assert claims["email_verified"] is False
    assert "azp" not in claims


async def test_after_a_rotation_tokens_of_both_keys_can_be_checked() -> None:
    async with serving_issuer() as issuer:
        old = issuer.token(AUDIENCE, ACCOUNT)
        issuer.rotate()
        new = issuer.token(AUDIENCE, ACCOUNT)
        assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
        assert (await opened(old, issuer))["email"] == (await opened(new, issuer))["email"] == ACCOUNT
