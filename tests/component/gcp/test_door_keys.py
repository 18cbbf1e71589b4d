"""The issuer's keys: fetched over real HTTP, seldom, from a server that may be in trouble."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.clock import ManualClock
from support.consumers import closed_port
from support.tokens import ACCOUNT, AUDIENCE, GOOGLE, KEY, OTHER_KEY, KeyServer, as_jwk, claims, serving_keys, signed

from autotennis.adapters.gcp.door import GcpDoor
from autotennis.adapters.gcp.place import Pusher

HOUR_S = 3600.0


def test_the_keys_are_asked_for_once_an_hour(door: GcpDoor, keys: KeyServer, clock: ManualClock) -> None:
    for _ in range(59):
        assert door.admits(signed(claims(clock)))
        clock.advance(60)
    assert keys.asked == 1
    clock.advance(61)
    for _ in range(10):
        assert door.admits(signed(claims(clock)))
    assert keys.asked == 2


def test_who_comes_first_all_at_once_asks_for_the_keys_once(door: GcpDoor, keys: KeyServer, clock: ManualClock) -> None:
    header = signed(claims(clock))
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(door.admits, [header] * 64))
    assert keys.asked == 1


def test_a_flood_of_unknown_keys_is_one_question_a_minute(door: GcpDoor, keys: KeyServer, clock: ManualClock) -> None:
    assert door.admits(signed(claims(clock)))
    clock.advance(61)
    flood = [signed(claims(clock), OTHER_KEY, f"made-up-{number}") for number in range(50)]
    with ThreadPoolExecutor(16) as pool:
        assert not any(pool.map(door.admits, flood))
    assert keys.asked == 2
    clock.advance(58)
    assert not door.admits(flood[0])
    assert keys.asked == 2
    clock.advance(3)
    assert not door.admits(flood[0])
    assert keys.asked == 3


def test_a_new_key_is_known_within_a_minute_and_a_withdrawn_one_forgotten(
    door: GcpDoor, keys: KeyServer, clock: ManualClock
) -> None:
    assert door.admits(signed(claims(clock)))
    keys.keys = {"k-2": OTHER_KEY}
    clock.advance(61)
    assert door.admits(signed(claims(clock), OTHER_KEY, "k-2"))
    assert not door.admits(signed(claims(clock)))


def test_while_the_key_server_is_away_the_known_keys_go_on(clock: ManualClock) -> None:
    port = closed_port()
    with serving_keys({"k-1": KEY}, port) as server:
        door = GcpDoor(Pusher(AUDIENCE, ACCOUNT, GOOGLE, server.url), clock)
        assert door.admits(signed(claims(clock)))
    clock.advance(2 * HOUR_S)
    assert door.admits(signed(claims(clock)))
    assert not door.admits(signed(claims(clock), OTHER_KEY))
    assert not door.admits(signed(claims(clock), OTHER_KEY, "k-2"))
    with serving_keys({"k-2": OTHER_KEY}, port):
        clock.advance(61)
        assert door.admits(signed(claims(clock), OTHER_KEY, "k-2"))


def test_without_any_key_nobody_is_admitted_and_the_next_try_is_soon(clock: ManualClock) -> None:
    port = closed_port()
    door = GcpDoor(Pusher(AUDIENCE, ACCOUNT, GOOGLE, f"http://127.0.0.1:{port}/certs"), clock)
    assert not door.admits(signed(claims(clock)))
    with serving_keys({"k-1": KEY}, port) as server:
        for _ in range(20):
            assert not door.admits(signed(claims(clock)))
        assert server.asked == 0
        clock.advance(6)
        assert door.admits(signed(claims(clock)))
        assert server.asked == 1


def test_a_key_server_that_never_answers_holds_nobody_for_long(clock: ManualClock) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        door = GcpDoor(Pusher(AUDIENCE, ACCOUNT, GOOGLE, f"http://127.0.0.1:{silent.getsockname()[1]}/"), clock)
        began = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            assert not any(pool.map(door.admits, [signed(claims(clock))] * 8))
        assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": []}',
        b'{"keys": null}',
        b'{"keys": [7]}',
        b'{"keys": [{"kty": "oct", "kid": "k-1", "alg": "HS256", "k": "c2VjcmV0"}]}',
        b'{"keys": [{"kty": "RSA", "kid": "k-1", "n": "!", "e": "AQAB"}]}',
        b"[" * 5000,
        b" " * 200_000,
    ],
)
def test_a_key_server_that_talks_nonsense_changes_nothing(
    door: GcpDoor, keys: KeyServer, clock: ManualClock, answer: bytes
) -> None:
    assert door.admits(signed(claims(clock)))
    keys.answer = answer
    clock.advance(HOUR_S + 1)
    assert door.admits(signed(claims(clock)))
    assert not door.admits(signed(claims(clock), OTHER_KEY, "k-2"))
    assert keys.asked == 2


def test_keys_that_are_not_for_signatures_of_this_kind_are_left_out(
    door: GcpDoor, keys: KeyServer, clock: ManualClock
) -> None:
    sealing = {**as_jwk(OTHER_KEY, "k-2"), "use": "enc"}
    longer = {**as_jwk(OTHER_KEY, "k-3"), "alg": "RS512"}
    keys.answer = json.dumps({"keys": [as_jwk(KEY, "k-1"), sealing, longer, {"kty": "EC"}]}).encode()
    assert door.admits(signed(claims(clock)))
    assert not door.admits(signed(claims(clock), OTHER_KEY, "k-2"))
    assert not door.admits(signed(claims(clock), OTHER_KEY, "k-3"))
