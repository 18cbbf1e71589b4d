"""One booking is made, and all that is left of it is looked at.

No secret stands in any log, event or trace, or readable in the database. All that was done is one trace from the form
to Booked, across all services; and every line about the booking says which one it is.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (Google's client is typed by halves)

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.cloud.firestore import Client
from support.collector import Arrived, collecting
from support.waiting import eventually_beside
from support.whole_system import PERSON, Whole, available, whole_system_with_club

from autotennis.domain.booking import Booking, State
from autotennis.member_secrets import door_code_of
from autotennis_local.backbone import Backing

pytestmark = pytest.mark.asyncio(loop_scope="module")

# How a JSON Web Token begins, in which the relay's tokens come.
TOKEN = re.compile(rb"\beyJ[\w-]{8,}")
# The lines of a PEM file that are full: a shorter one could stand anywhere by chance.
PEM_LINE = 64


# What each service does for a booking, in the order of things.
STEPS = {"bookings.create": "api", "plan wake-up": "timer", "race": "booker", "publish": "booker"}
# What shows that the trace travels with a message: the span of its handling. The embedded bus carries events alone.
CARRIED = {Backing.LOCAL: {}, Backing.EMULATORS: {"BookingRequested": "timer"}}
# Lines that are about one booking, by their messages.
ABOUT_ONE = ("booking asked for", "wake planned", "claimed", "ended")


@dataclass(frozen=True)
class Looked:
    """All that is left of a system in which one booking was made, once it has ended."""

    backing: Backing
    booking: Booking
    spans: list[Arrived]
    secrets: dict[str, str]
    logs: bytes
    events: bytes
    database: bytes


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=Backing)
async def looked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Looked:
    backing, data_dir = available(request.param), tmp_path_factory.mktemp("system")
    expected = {**STEPS, **CARRIED[backing]}
    with collecting() as collector:
        told = {"AUTOTENNIS_OTLP_ENDPOINT": collector.url}
        async with whole_system_with_club(data_dir, backing, told=told) as whole:
            wish = await whole.wish(5)
            booking = await whole.ended(wish)
            assert booking.state is State.BOOKED
            assert (await whole.all_told(wish))["Booked"] == 1
            await eventually_beside(lambda: expected.keys() <= collector.names(), "every span arrived", within_s=60)
            secrets = secrets_of(whole, booking)
            events = b"".join(event.model_dump_json().encode() for event in whole.seen)
            # The emulators forget everything when they end.
            database = await asyncio.to_thread(kept_on_emulators, data_dir) if backing is Backing.EMULATORS else b""
        spans = collector.spans()
    if backing is Backing.LOCAL:
        database = b"".join(path.read_bytes() for path in data_dir.glob("autotennis.db*"))
    logs = b"".join(path.read_bytes() for path in (data_dir / "log").iterdir())
    secrets |= installation_secrets(data_dir, backing)
    return Looked(backing, booking, spans, secrets, logs, events, database)


async def test_no_secret_in_logs_events_traces_or_database(looked: Looked) -> None:
    assert re.search(rb'"service": ?"booker"', looked.logs), "the logs are there"
    traces = "\n".join(span.raw for span in looked.spans).encode()
    places = {"logs": looked.logs, "events": looked.events, "database": looked.database, "traces": traces}
    for place, content in places.items():
        assert looked.booking.id.encode() in content, f"the {place} tell of the booking"
        leaked = [name for name, secret in looked.secrets.items() if secret.encode() in content]
        assert not leaked, f"{leaked} stand in the {place}"
    assert not TOKEN.search(looked.logs + looked.events + traces), "a token stands in the logs, events or traces"


async def test_a_booking_is_one_trace(looked: Looked) -> None:
    trace_id = looked.booking.trace.split("-")[1]
    found = {span.name: span.service for span in looked.spans if span.trace_id == trace_id}
    assert {**STEPS, **CARRIED[looked.backing]}.items() <= found.items()
    lines = [json.loads(line) for line in looked.logs.splitlines() if line.startswith(b"{")]
    for message in ABOUT_ONE:
        said = [line for line in lines if line["message"] == message]
        # Once or more: an event may be delivered again.
        assert {line.get("booking_id") for line in said} == {looked.booking.id}, message
        assert all(trace_id in json.dumps(line) for line in said), message


def secrets_of(whole: Whole, booking: Booking) -> dict[str, str]:
    """What the member, the club and we kept from others."""
    code = door_code_of(whole.insight.vault, booking.member_id, booking.id)
    cookies = whole.club.logins.cookie_values()
    assert code
    assert cookies
    return {
        "the club's PIN": PERSON.pin.get_secret_value(),
        "the account's password": PERSON.password.get_secret_value(),
        "the door code": code.get_secret_value(),
        **{f"cookie {number}": cookie for number, cookie in enumerate(cookies)},
    }


def installation_secrets(data_dir: Path, backing: Backing) -> dict[str, str]:
    """What the services and the bus know each other by."""
    found: dict[str, str] = json.loads((data_dir / "secrets.json").read_text())
    assert found.keys() == {"push_secret", "session_secret", "link_secret", "vapid_private_key"}
    if backing is Backing.EMULATORS:
        lines = [line for line in (data_dir / "issuer.key").read_text().splitlines() if len(line) == PEM_LINE]
        assert len(lines) > 20
        found |= {f"line {number} of the issuer's key": line for number, line in enumerate(lines)}
    return found


def kept_on_emulators(data_dir: Path) -> bytes:
    """All documents of the installation's project, and what the stand-ins keep that is no key."""
    settings = json.loads((data_dir / "stand-ins.json").read_text())
    with closing(Client(project=settings["relay"]["project"])) as client:
        found = {one.id: [document.to_dict() for document in one.stream()] for one in client.collections()}
    assert {
        "members",
        "emails",
        "bookings",
        "live_bookings",
        "secrets",
        "vault",
        "instances",
        "experiences",
    } <= found.keys()
    files = [(data_dir / name).read_bytes() for name in ("stand-ins.json", "jobs.json")]
    assert all(files)
    return b"\n".join([*readable(found), *files])


def readable(value: Any) -> Iterable[bytes]:
    """Every name and value of a document, as bytes."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from (str(name).encode(), *readable(one))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from readable(one)
    else:
        yield value if isinstance(value, bytes) else str(value).encode()
