"""Who may push: tokens of an issuer with keys of its own, fetched over real HTTP."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from support.clock import ManualClock
from support.tokens import ACCOUNT, AUDIENCE, KEY, OTHER_KEY, KeyServer, as_jwk, claims, signed

from autotennis.adapters.gcp.door import GcpDoor
from autotennis.adapters.gcp.place import Pusher
from autotennis.adapters.system import SystemClock
from google_stand_ins.issuer import serving_issuer

HOUR_S = 3600.0


def put_together(header: dict[str, Any], said: dict[str, Any], signature: Callable[[bytes], bytes]) -> str:
    """The header's value with a token that no library would make."""
    parts = b".".join(_b64(json.dumps(part).encode()) for part in (header, said))
    return f"Bearer {(parts + b'.' + _b64(signature(parts))).decode()}"


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def public_pem() -> bytes:
    """The public key as a forger would use it for a shared secret."""
    return KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def by(signature: bytes) -> Callable[[bytes], bytes]:
    """Signs everything like this."""
    return lambda _parts: signature


def by_hmac(secret: bytes) -> Callable[[bytes], bytes]:
    """Signs with HS256."""
    return lambda parts: hmac.new(secret, parts, hashlib.sha256).digest()


def test_our_buss_token_is_admitted(door: GcpDoor, clock: ManualClock) -> None:
    assert door.admits(signed(claims(clock)))
    assert door.admits(signed(claims(clock, iss="accounts.google.com")))
    assert door.admits(signed(claims(clock)).replace("Bearer", "bearer"))


async def test_a_token_of_the_stand_in_for_google_is_admitted() -> None:
    async with serving_issuer() as issuer:
        door = GcpDoor(Pusher(AUDIENCE, ACCOUNT, issuer.url, issuer.keys_url), SystemClock())
        for _ in range(2):
            assert await asyncio.to_thread(door.admits, f"Bearer {issuer.token(AUDIENCE, ACCOUNT)}")
        late = issuer.token(AUDIENCE, ACCOUNT, lifetime_s=-60)
        assert not await asyncio.to_thread(door.admits, f"Bearer {late}")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"aud": "https://elsewhere.example.org"}, "audience"),
        ({"aud": [AUDIENCE]}, "aud"),
        ({"aud": f"{AUDIENCE}/"}, "audience"),
        ({"aud": None}, "aud"),
        ({"iss": "https://accounts.google.com.example.org"}, "issuer"),
        ({"iss": "http://accounts.google.com"}, "issuer"),
        ({"iss": None}, "iss"),
        ({"email": "somebody@tennis-example.iam.gserviceaccount.com"}, "account"),
        ({"email": ACCOUNT.upper()}, "account"),
        ({"email": None}, "email"),
        ({"email_verified": False}, "account"),
        ({"email_verified": "true"}, "email_verified"),
        ({"email_verified": 1}, "email_verified"),
        ({"email_verified": None}, "email_verified"),
        ({"exp": None}, "exp"),
        ({"exp": "9999999999"}, "exp"),
        ({"exp": float("inf")}, "exp"),
        ({"iat": None}, "iat"),
    ],
)
def test_a_token_that_says_anything_else_is_refused(
    door: GcpDoor, clock: ManualClock, changes: dict[str, Any], why: str
) -> None:
    with structlog.testing.capture_logs() as lines:
        assert not door.admits(signed(claims(clock, **changes)))
    (line,) = lines
    assert why in line["reason"]


@pytest.mark.parametrize(
    ("claim", "from_now_s", "admitted"),
    [
        ("exp", -31, False),
        ("exp", -29, True),
        ("iat", 29, True),
        ("iat", 31, False),
        ("nbf", 29, True),
        ("nbf", 31, False),
    ],
)
def test_a_token_holds_for_its_time_give_or_take_half_a_minute(
    door: GcpDoor, clock: ManualClock, claim: str, from_now_s: int, admitted: bool
) -> None:
    at = int(clock.now().timestamp()) + from_now_s
    assert door.admits(signed(claims(clock, **{claim: at}))) is admitted


def test_a_token_ends_on_our_clock(door: GcpDoor, clock: ManualClock) -> None:
    header = signed(claims(clock))
    clock.advance(HOUR_S)
    assert door.admits(header)
    clock.advance(31)
    assert not door.admits(header)


def test_a_token_signed_with_another_key_under_the_same_name_is_refused(door: GcpDoor, clock: ManualClock) -> None:
    assert not door.admits(signed(claims(clock), OTHER_KEY))


def test_a_token_changed_after_it_was_signed_is_refused(door: GcpDoor, clock: ManualClock) -> None:
    good = signed(claims(clock, email="somebody@example.org")).split(".")
    other = signed(claims(clock)).split(".")
    assert not door.admits(".".join([good[0], other[1], good[2]]))
    assert door.admits(".".join(other))
    assert not door.admits(".".join([*other[:2], other[2][:-8]]))


@pytest.mark.parametrize(
    ("algorithm", "signature"),
    [
        ("none", by(b"")),
        ("None", by(b"")),
        ("HS256", by_hmac(public_pem())),
        ("HS256", by_hmac(b"")),
        ("RS256", by(b"")),
        ("RS256", by_hmac(public_pem())),
        ("ES256", by(b"\0" * 64)),
        (None, by(b"")),
        (["RS256"], by(b"")),
    ],
)
def test_a_token_that_is_not_signed_as_google_signs_is_refused(
    door: GcpDoor, clock: ManualClock, algorithm: Any, signature: Callable[[bytes], bytes]
) -> None:
    header = {"typ": "JWT", "alg": algorithm, "kid": "k-1"}
    assert not door.admits(put_together(header, claims(clock), signature))


def test_another_algorithm_of_the_same_key_is_refused(door: GcpDoor, clock: ManualClock) -> None:
    token = jwt.encode(claims(clock), KEY, algorithm="PS256", headers={"kid": "k-1"})
    assert not door.admits(f"Bearer {token}")


@pytest.mark.parametrize("name", [None, "", "k-2", "../k-1"])
def test_a_token_without_a_key_that_we_know_is_refused(door: GcpDoor, clock: ManualClock, name: str | None) -> None:
    assert not door.admits(signed(claims(clock), name=name))


def test_a_key_that_the_token_itself_brings_counts_for_nothing(door: GcpDoor, clock: ManualClock) -> None:
    headers = {"kid": "k-9", "jwk": as_jwk(OTHER_KEY, "k-9"), "jku": "http://127.0.0.1:1/certs"}
    token = jwt.encode(claims(clock), OTHER_KEY, algorithm="RS256", headers=headers)
    assert not door.admits(f"Bearer {token}")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Bearer a.b.c",
        "Bearer a.b",
        "Bearer ...",
        "Bearer \udcff.b.c",
        "Bearer ø.æ.å",
        f"Bearer {'[' * 6000}",
        f"Bearer {_b64(b'[' * 5000).decode()}.e30.e30",
        f"Bearer {_b64(b'[]').decode()}.e30.e30",
        f"Bearer {_b64(b'1' + b'0' * 5000).decode()}.e30.e30",
        "Basic cHVzaGVyOnNlY3JldA==",
        "a-push-secret-of-tests",
    ],
)
def test_what_is_no_token_is_refused_and_nobody_is_asked(door: GcpDoor, keys: KeyServer, header: str) -> None:
    assert not door.admits(header)
    assert keys.asked == 0


def test_a_token_under_another_scheme_is_refused(door: GcpDoor, clock: ManualClock) -> None:
    assert not door.admits(signed(claims(clock)).replace("Bearer", "Basic"))
    assert not door.admits(signed(claims(clock)).removeprefix("Bearer "))


def test_the_log_says_why_and_shows_nothing_of_the_token(door: GcpDoor, clock: ManualClock) -> None:
    planted = claims(clock, aud="planted-audience", email="planted@example.org", sub="planted-subject")
    header = signed(planted)
    with structlog.testing.capture_logs() as lines:
        door.admits(header)
        door.admits(header[:-4])
        door.admits("Bearer planted-garbage")
        door.admits(signed(planted, name="planted-key"))
    assert [line["event"] for line in lines] == ["push refused"] * 4
    shown = json.dumps(lines)
    assert "planted" not in shown
    assert header.rpartition(".")[2][:20] not in shown


def test_what_cloud_run_did_to_a_token_is_told(door: GcpDoor, clock: ManualClock) -> None:
    """Where a service has its invokers checked by Cloud Run itself, no signature is left for us."""
    head, said, _ = signed(claims(clock)).split(".")
    with structlog.testing.capture_logs() as lines:
        assert not door.admits(f"{head}.{said}.SIGNATURE_REMOVED_BY_GOOGLE")
    assert "Cloud Run took the signature" in lines[0]["reason"]
