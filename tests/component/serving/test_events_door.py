"""`POST /events`: who may push, what is refused with which words, and which status acknowledges."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp
import pytest
from pydantic import SecretStr

from autotennis.adapters.local.door import SecretDoor
from autotennis.errors import ClaimHeld, NotFound, Stale, Transient
from autotennis.events import Event, OpeningDue, SweepDue, dump
from autotennis.push import LARGEST_ENVELOPE_BYTES, seal_envelope
from autotennis.serving import create_events_app, listening

SECRET = SecretStr("a secret of the bus")
GOOD = {"Authorization": f"Bearer {SECRET.get_secret_value()}"}
SWEEP = SweepDue(at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


@dataclass
class Door:
    """A service behind its door, which takes sweeps and does with them as it is told."""

    url: str
    http: aiohttp.ClientSession
    answer: Exception | None = None
    taken: list[Event] = field(default_factory=list[Event])

    async def push(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
        async with self.http.post(f"{self.url}/events", data=body, headers=GOOD if headers is None else headers) as got:
            return got.status, await got.text()


def sealed(event: Event) -> bytes:
    return seal_envelope(dump(event), "1", "s", 1, "")


@pytest.fixture
async def door() -> AsyncGenerator[Door]:
    async def on_sweep_due(event: SweepDue) -> None:
        found.taken.append(event)
        if found.answer:
            raise found.answer

    async with (
        listening(create_events_app({"SweepDue": on_sweep_due}, SecretDoor(SECRET)), "127.0.0.1", 0) as url,
        aiohttp.ClientSession() as http,
    ):
        found = Door(url, http)
        yield found


async def test_an_event_is_taken_and_acknowledged(door: Door) -> None:
    assert await door.push(sealed(SWEEP)) == (204, "")
    assert door.taken == [SWEEP]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": ""}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}],
)
async def test_nobody_else_may_push(door: Door, headers: dict[str, str]) -> None:
    status, _ = await door.push(sealed(SWEEP), headers)
    assert status == 401
    assert door.taken == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "not a push envelope"),
        (b"{}", "message"),
        (b'{"message": {"data": "!", "messageId": "1"}}', "base64"),
        (b'{"message": {"data": "bm90IGpzb24=", "messageId": "1"}}', "JSON"),
        (
            json.dumps({"message": {"data": base64.b64encode(b'{"kind":"X"}').decode(), "messageId": "1"}}).encode(),
            "'X'",
        ),
    ],
)
async def test_a_malformed_envelope_is_refused_with_its_reason(door: Door, body: bytes, named: str) -> None:
    status, text = await door.push(body)
    assert status == 400
    assert named in text
    assert door.taken == []


async def test_a_kind_that_is_not_consumed_here_is_refused(door: Door) -> None:
    status, text = await door.push(sealed(OpeningDue(at=SWEEP.at, club_id="c", opening_at=SWEEP.at)))
    assert status == 400
    assert "OpeningDue" in text
    assert "SweepDue" in text


async def test_a_giant_is_refused(door: Door) -> None:
    status, _ = await door.push(b"x" * (LARGEST_ENVELOPE_BYTES + 1))
    assert status == 413


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (Stale("done before"), 204),
        (Transient("not now"), 503),
        (ClaimHeld("held", "another", retry_after_s=30), 503),
        (NotFound("no such booking"), 500),
        (RuntimeError("s3cret of the program"), 500),
    ],
)
async def test_what_a_handler_raises_is_the_status(door: Door, raised: Exception, status: int) -> None:
    door.answer = raised
    got, text = await door.push(sealed(SWEEP))
    assert got == status
    assert "s3cret" not in text


async def test_a_transient_trouble_says_when_to_come_back(door: Door) -> None:
    door.answer = ClaimHeld("held", "another", retry_after_s=29.2)
    async with door.http.post(f"{door.url}/events", data=sealed(SWEEP), headers=GOOD) as got:
        assert got.headers["Retry-After"] == "30"


async def test_health_needs_no_secret(door: Door) -> None:
    async with door.http.get(f"{door.url}/healthz") as got:
        assert got.status == 200


async def test_a_token_of_strange_bytes_is_no_token(door: Door) -> None:
    """By hand, because no client sends what is not text."""
    address = urlsplit(door.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"POST /events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\nContent-Length: 0\r\n\r\n")
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert status.startswith(b"HTTP/1.1 401")
