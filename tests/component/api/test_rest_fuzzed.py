"""The API's description and what it does are one: thousands of requests made from the one find nothing in the other."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (schemathesis is typed by halves)

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr
from support.api_site import ClubBeside, Site, api_settings
from support.friends import Friend, make_group
from support.programs import PREFIX, Program, make_token
from support.serving_pages import serving

from autotennis.ports import Store, Tally
from autotennis_api.app import create_app
from practice_club.orders import NewSession

# A request that fits the description may be refused for what it means (422), and never for its form (400).
CONFIG = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 422]
[parameters]
booking_id = "{booking_id}"
series_id = "{series_id}"
group_id = "{group_id}"
channel_id = "{channel_id}"
"""


class Uncounted:
    """A store that counts nothing, so that nothing is tried too often."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tally(self, *about: Any) -> Tally:
        """Always the first."""
        return Tally(count=1, until=about[1] + about[2])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def _seed(program: Program, club: ClubBeside) -> Mapping[str, str]:
    """A booking, a series, one that is cancelled; gives the ids of what there is."""
    links = [club.add_session(NewSession(opens_in_s=86_370 + hour * 3600))[1] for hour in range(3)]
    made = [program.post("/bookings", {"session": {"link": link}, "weekly": link == links[1]}) for link in links]
    assert [one.status_code for one in made] == [201] * 3
    program.post(f"/bookings/{made[2].get_json()['id']}/cancel")
    series, groups = program.get("/series").get_json()["series"], program.get("/groups").get_json()["groups"]
    channel = program.post("/channels", {"kind": "webhook", "address": "https://hooks.example.org/in"}).get_json()["id"]
    return {
        "channel_id": channel,
        "booking_id": made[0].get_json()["id"],
        "series_id": series[0]["id"],
        "group_id": groups[0]["id"],
    }


def _fuzzed(address: str, token: SecretStr, config: str, directory: Path) -> subprocess.CompletedProcess[str]:
    (directory / "schemathesis.toml").write_text(config)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}{PREFIX}/openapi.json", "--checks", "all"]
    command += [
        "--header",
        f"Authorization: Bearer {token.get_secret_value()}",
        "--seed",
        "4711",
        "--max-examples",
        "25",
    ]
    command += ["--no-color", "--request-timeout", "20", "--continue-on-failure", "--generation-database", "none"]
    command += ["--output-sanitize", "false", "--output-truncate", "false"]
    return subprocess.run(  # noqa: S603 (our own words)
        command, cwd=directory, env=dict(os.environ), capture_output=True, text=True, timeout=300, check=False
    )


def test_no_request_finds_the_description_wrong(
    site: Site, club: ClubBeside, friends: Sequence[Friend], tmp_path: Path
) -> None:
    ports = replace(site.ports, store=cast("Store", Uncounted(site.ports.store)))
    fuzzed = Site(create_app(ports, api_settings(tmp_path, club.rules())), ports)
    make_group(site, *friends)
    token = make_token(fuzzed, friends[0].email)
    there = _seed(Program(fuzzed, token), club)
    with serving(fuzzed) as address:
        done = _fuzzed(address, token, CONFIG.format(**there), tmp_path)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    sent = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert sent, done.stdout[-2000:]
    assert int(sent[1]) > 800
