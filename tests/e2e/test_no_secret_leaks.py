"""A whole run, and then a search: no secret in any log, in any event, or readable in the database."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (Google's client is typed by halves)

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import Client
from support.whole_system import PERSON, available, whole_system_with_club

from autotennis.domain.booking import State
from autotennis.member_secrets import door_code_of
from autotennis_local.backbone import Backing

# How a JSON Web Token begins, in which the relay's tokens come.
TOKEN = re.compile(rb"\beyJ[\w-]{8,}")
# The lines of a PEM file that are full: a shorter one could stand anywhere by chance.
PEM_LINE = 64


@pytest.mark.parametrize("backing", Backing)
async def test_no_secret_in_logs_events_or_database(tmp_path: Path, backing: Backing) -> None:
    async with whole_system_with_club(tmp_path, available(backing)) as whole:
        wish = await whole.wish(5)
        booking = await whole.ended(wish)
        assert booking.state is State.BOOKED
        code = door_code_of(whole.insight.vault, booking.member_id, booking.id)
        assert code
        assert (await whole.all_told(wish))["Booked"] == 1
        cookies = whole.club.logins.cookie_values()
        events = b"".join(event.model_dump_json().encode() for event in whole.seen)
        # The emulators forget everything when they end.
        database = await asyncio.to_thread(kept_on_emulators, tmp_path) if backing is Backing.EMULATORS else b""
    if backing is Backing.LOCAL:
        database = b"".join(path.read_bytes() for path in tmp_path.glob("autotennis.db*"))
    assert cookies
    secrets = {
        "the club's PIN": PERSON.pin.get_secret_value(),
        "the account's password": PERSON.password.get_secret_value(),
        "the door code": code.get_secret_value(),
        **{f"cookie {number}": cookie for number, cookie in enumerate(cookies)},
        **installation_secrets(tmp_path, backing),
    }
    logs = b"".join(path.read_bytes() for path in (tmp_path / "log").iterdir())
    assert re.search(rb'"service": ?"booker"', logs), "the logs are there"
    for place, content in (("logs", logs), ("events", events), ("database", database)):
        assert wish.booking_id.encode() in content, f"the {place} tell of the booking"
        leaked = [name for name, secret in secrets.items() if secret.encode() in content]
        assert not leaked, f"{leaked} stand in the {place}"
    assert not TOKEN.search(logs + events), "a token stands in the logs or events"


def installation_secrets(data_dir: Path, backing: Backing) -> dict[str, str]:
    """What the services and the bus know each other by."""
    found: dict[str, str] = json.loads((data_dir / "secrets.json").read_text())
    assert found.keys() == {"push_secret", "session_secret"}
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
