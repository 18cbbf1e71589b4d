"""What one machine refuses to serve where members come to it from elsewhere: nothing starts, and it is named."""

import json
from pathlib import Path

import pytest

from autotennis.errors import BadSettings
from autotennis_local.system import Wanted, running

PUBLIC = "https://book.example.org"
LOOPBACK_CLUB = json.dumps([{"id": "club", "name": "The Club", "base_url": "http://127.0.0.1:8090/"}])


@pytest.mark.parametrize(
    ("told", "practice_port", "named"),
    [
        ({}, 0, "AUTOTENNIS_PUBLIC_URL"),
        ({"AUTOTENNIS_CLUBS": LOOPBACK_CLUB}, None, "AUTOTENNIS_CLUBS: club"),
        ({"AUTOTENNIS_PLAIN_HTTP": "true"}, None, "AUTOTENNIS_PLAIN_HTTP"),
    ],
)
async def test_what_is_for_this_machine_is_not_served_to_members_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], practice_port: int | None, named: str
) -> None:
    for name, value in {"AUTOTENNIS_PUBLIC_URL": PUBLIC, **told}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=named):
        async with running(Wanted(tmp_path, api_port=0, practice_port=practice_port), lambda _line: None):
            pass
    assert not (tmp_path / "log").exists()
