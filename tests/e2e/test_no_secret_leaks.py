"""A whole run, and then a search: no secret in any log, in any event, or readable in the database."""

import re
from pathlib import Path

import pytest
from support.whole_system import PERSON, available, whole_system_with_club

from autotennis.domain.booking import State
from autotennis.member_secrets import door_code_of
from autotennis_local.backbone import Backing


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
    assert cookies
    secrets = {
        "the club's PIN": PERSON.pin.get_secret_value(),
        "the account's password": PERSON.password.get_secret_value(),
        "the door code": code.get_secret_value(),
        **{f"cookie {number}": cookie for number, cookie in enumerate(cookies)},
    }
    logs = b"".join(path.read_bytes() for path in (tmp_path / "log").iterdir())
    assert re.search(rb'"service": ?"booker"', logs), "the logs are there"
    database = b"".join(path.read_bytes() for path in tmp_path.glob("autotennis.db*"))
    for place, content in (("logs", logs), ("events", events), ("database", database)):
        leaked = [name for name, secret in secrets.items() if secret.encode() in content]
        assert not leaked, f"{leaked} stand in the {place}"
