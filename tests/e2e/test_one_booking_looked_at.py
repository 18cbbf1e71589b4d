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
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from google.cloud.firestore import Client
from pydantic import SecretStr
from support.collector import Arrived, collecting
from support.mailroom import SIGNING_SECRET, MailServer, taking_mail, text_of
from support.planted import found_in
from support.waiting import eventually_beside
from support.whole_system import PERSON, Whole, available, whole_system_with_club

from autotennis.domain.booking import Booking, State
from autotennis.domain.channel import Channel, EmailAddress, WebhookAddress
from autotennis.domain.member import Member
from autotennis.errors import AutotennisError
from autotennis.member_secrets import door_code_of, keep_channel_address
from autotennis_local.choices import Backing
from autotennis_local.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")

# How a JSON Web Token begins, in which the relay's tokens come.
TOKEN = re.compile(rb"\beyJ[\w-]{8,}")
# The lines of a PEM file that are full: a shorter one could stand anywhere by chance.
PEM_LINE = 64


# What each service does for a booking, in the order of things.
STEPS = {"bookings.create": "api", "plan wake-up": "timer", "race": "booker", "publish": "booker"}
# What shows that the trace travels with a message: the span of its handling. The embedded bus carries events alone.
CARRIED = {Backing.LOCAL: {}, Backing.EMULATORS: {"BookingRequested": "timer"}}
HOOK = "https://nowhere.invalid/hook/a-word-that-opens-it"
OF_THE_INSTALLATION = ("push_secret", "session_secret", "link_secret", "vapid_private_key")
# The files that hold what services know each other by, and why: without these nothing could be read or signed again.
HOLDERS = ("secrets.json", "vault.key", "issuer.key")
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
    files: dict[str, bytes]
    modes: dict[str, int]
    commands: bytes


# One process looks at all that is left of one system.
SYSTEMS = [pytest.param(one, marks=pytest.mark.xdist_group(f"looked-at-{one.value}")) for one in Backing]


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=SYSTEMS)
async def looked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Looked:
    backing, data_dir = available(request.param), tmp_path_factory.mktemp("system")
    expected = {**STEPS, **CARRIED[backing]}
    with collecting() as collector:
        told = {"AUTOTENNIS_OTLP_ENDPOINT": collector.url, "AUTOTENNIS_MAIL_FROM": "club@example.org"}
        async with (
            taking_mail() as server,
            whole_system_with_club(
                data_dir, backing, told={**told, "AUTOTENNIS_SMTP_URL": f"smtp://127.0.0.1:{server.port}"}
            ) as whole,
        ):
            planted = await plant(whole)
            wish = await whole.wish(5)
            booking = await whole.ended(wish)
            assert booking.state is State.BOOKED
            assert (await whole.all_told(wish))["Booked"] == 1
            await eventually_beside(lambda: expected.keys() <= collector.names(), "every span arrived", within_s=60)
            await eventually_beside(lambda: server.mails, "the member was told", within_s=60)
            secrets = {**secrets_of(whole, booking), **planted, **links_that_act(server)}
            commands = b"".join(command for command in commands_of(whole))
            events = b"".join(event.model_dump_json().encode() for event in whole.seen)
            # The emulators forget everything when they end.
            database = await asyncio.to_thread(kept_on_emulators, data_dir) if backing is Backing.EMULATORS else b""
        spans = collector.spans()
    if backing is Backing.LOCAL:
        database = b"".join(path.read_bytes() for path in data_dir.glob("autotennis.db*"))
    logs = b"".join(path.read_bytes() for path in (data_dir / "log").iterdir())
    secrets |= installation_secrets(data_dir, backing)
    files = {path.name: path.read_bytes() for path in data_dir.rglob("*") if path.is_file()}
    modes = {path.name: path.stat().st_mode for path in data_dir.rglob("*")} | {".": data_dir.stat().st_mode}
    return Looked(backing, booking, spans, secrets, logs, events, database, files, modes, commands)


async def test_no_secret_in_logs_events_traces_or_database(looked: Looked) -> None:
    assert re.search(rb'"service": ?"booker"', looked.logs), "the logs are there"
    traces = "\n".join(span.raw for span in looked.spans).encode()
    places = {"logs": looked.logs, "events": looked.events, "database": looked.database, "traces": traces}
    for place, content in places.items():
        assert looked.booking.id.encode() in content, f"the {place} tell of the booking"
        leaked = found_in(content, looked.secrets)
        assert not leaked, f"{leaked} stand in the {place}"
    assert not TOKEN.search(looked.logs + looked.events + traces), "a token stands in the logs, events or traces"


async def test_no_secret_in_any_other_file_or_command_but_those_that_hold_them(looked: Looked) -> None:
    assert looked.files.keys() >= {"secrets.json", "supervisor.log"}
    assert b"autotennis_api" in looked.commands
    leaked = {name: found_in(content, looked.secrets) for name, content in looked.files.items() if name not in HOLDERS}
    assert {name: what for name, what in leaked.items() if what} == {}
    assert found_in(looked.commands, looked.secrets) == []
    ours = {*OF_THE_INSTALLATION, *(name for name in looked.secrets if name.endswith("of the issuer's key"))}
    members = {name: secret for name, secret in looked.secrets.items() if name not in ours}
    assert [name for name in HOLDERS if found_in(looked.files.get(name, b""), members)] == []


async def test_what_holds_secrets_is_its_owners_alone(looked: Looked) -> None:
    assert {name: oct(mode) for name, mode in looked.modes.items() if name in HOLDERS and mode & 0o077} == {}
    assert looked.modes["."] & 0o077 == 0, "nobody else looks into the directory at all"


async def test_a_booking_is_one_trace(looked: Looked) -> None:
    trace_id = looked.booking.trace.split("-")[1]
    # Pairs: an event has several consumers, and the span of one may come after another's.
    found = {(span.name, span.service) for span in looked.spans if span.trace_id == trace_id}
    assert {**STEPS, **CARRIED[looked.backing]}.items() <= found
    lines = [json.loads(line) for line in looked.logs.splitlines() if line.startswith(b"{")]
    for message in ABOUT_ONE:
        said = [line for line in lines if line["message"] == message]
        # Once or more: an event may be delivered again.
        assert {line.get("booking_id") for line in said} == {looked.booking.id}, message
        assert all(trace_id in json.dumps(line) for line in said), message


async def plant(whole: Whole) -> dict[str, str]:
    """What a member has besides: a cookie, a token, an invitation, and channels with what opens them."""
    whole.member(PERSON)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(whole.system.api_url, cookie_jar=jar) as session:
        visitor = Visitor(session)
        await visitor.let_in(PERSON)
        token = await visitor.make_token("a program", "read")
        invitation = await visitor.invite(1)
        (cookie,) = [one.value for one in jar if one.key.endswith("autotennis")]
    store, vault = whole.insight.store, whole.insight.vault
    member = store.member_by_email(PERSON.email)
    assert member
    webhook = WebhookAddress(url=SecretStr(HOOK), secret=SecretStr(SIGNING_SECRET))
    for name, address in {"mail": EmailAddress(email=SecretStr(PERSON.email)), "hook": webhook}.items():
        channel = Channel(id=name, kind=address.kind, label=name, since=member.created_at, door_code=True)
        keep_channel_address(vault, member.id, name, address)
        store.change_member(member.id, partial(Member.with_channel, channel=channel))
    return {
        "the cookie": cookie,
        "the token": token.get_secret_value().rpartition(".")[2],
        "the invitation": invitation.rpartition("/")[2],
        "the webhook's address": HOOK,
        "the webhook's secret": SIGNING_SECRET,
    }


def links_that_act(server: MailServer) -> dict[str, str]:
    """What the links of the mails say that act without signing in."""
    found = {link for mail in server.mails for link in re.findall(r"/act/([\w.-]+)", text_of(mail))}
    assert found
    return {f"link {number}": link for number, link in enumerate(sorted(found))}


def commands_of(whole: Whole) -> Iterable[bytes]:
    """The command of each program, which everybody on the machine may read."""
    for log in (whole.system.data_dir / "log").glob("*.log"):
        with suppress(AutotennisError):
            if pid := whole.system.supervisor.pid(log.stem):
                yield Path(f"/proc/{pid}/cmdline").read_bytes()


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
