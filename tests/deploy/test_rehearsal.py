"""`autotennis rehearse` as a program, against a running system with a practice club of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from typing import Any
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner, Result
from support.beside import open_beside

from autotennis_local.evening.command import LET_MANY_IN, rehearse
from autotennis_local.evening.programme import Kind
from autotennis_local.system import CONTROL_TOKEN, LocalSystem, Wanted, running
from practice_club.server import running_club

# How fast this machine is, is not what is tested.
ARGUMENTS = ["--members", "12", "--within-ms", "20000"]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Generator[LocalSystem]:
    wanted = Wanted(tmp_path_factory.mktemp("data"), api_port=0, practice_port=0, settings=LET_MANY_IN)
    with open_beside(running(wanted, lambda _line: None), within_s=180) as begun:
        yield begun


def started(system: LocalSystem, *more: str) -> subprocess.Popen[str]:
    at = ["--url", system.api_url, "--practice-url", system.practice_url]
    return subprocess.Popen(  # noqa: S603 (our own interpreter and program)
        [sys.executable, "-m", "autotennis_cli", "rehearse", *ARGUMENTS, *at, *more],
        env={**os.environ, CONTROL_TOKEN: system.control_token.get_secret_value()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def rehearsed(system: LocalSystem, *more: str, token: str = "") -> Result:
    """The command in this process, for what ends at once."""
    at = ["--url", system.api_url, "--practice-url", system.practice_url]
    told = {CONTROL_TOKEN: token or system.control_token.get_secret_value()}
    return CliRunner(env=told).invoke(rehearse, [*ARGUMENTS, *at, *more])


def control(system: LocalSystem, path: str) -> Any:
    token = system.control_token.get_secret_value()
    request = Request(f"{system.practice_url}/control{path}", headers={"Authorization": f"Bearer {token}"})  # noqa: S310
    with urlopen(request, timeout=30) as answer:  # noqa: S310 (a club of the test's own)
        return json.loads(answer.read())


def left_behind(system: LocalSystem) -> Mapping[str, Any]:
    """What there is of practice members, of sessions and of accounts."""
    with system.looked_into() as insight:
        accounts = insight.store.has_members()
    members = [one["email"] for one in control(system, "/members") if one["email"].startswith("rehearsal-")]
    return {
        "members": members,
        "accounts": accounts,
        "knobs": control(system, "/knobs"),
        "sessions": len(control(system, "/sessions?days=20")),
    }


def test_a_whole_evening_keeps_every_promise_and_leaves_nothing_behind(system: LocalSystem) -> None:
    before = left_behind(system)
    with started(system, "--openings", "9", "--minutes", "0.8", "--json") as process:
        stdout, stderr = process.communicate(timeout=390)
    assert process.returncode == 0, stdout + stderr
    told = json.loads(stdout)
    assert told["ok"] is True
    states = {opening["kind"]: opening["states"] for opening in told["openings"]}
    assert set(states) == {kind.name.lower() for kind in Kind} - {"plain"}
    assert states["several"] == {"booked": 6}
    assert states["crowded"] == {"booked": 3, "waiting": 3}
    assert states["given_back"] == {"booked": 1}
    assert states["wrong_password"] == {"booked": 1, "failed": 1}
    assert states["cancelled"] in ({"booked": 1, "cancelled": 1}, {"booked": 1, "withdrawn": 1})
    for kind in ("weekly", "late", "busy", "unavailable"):
        assert set(states[kind]) == {"booked"}
    assert told["first_accept_ms"]["min"] >= 0
    assert 0 < told["requests_total"]
    assert left_behind(system) == before == {**before, "members": [], "accounts": False}


def test_a_rehearsal_that_is_interrupted_cleans_up(system: LocalSystem) -> None:
    before = left_behind(system)
    lines: list[str] = []
    with started(system, "--openings", "2") as process:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if "wishes are made" in line:
                assert left_behind(system)["accounts"]
                process.send_signal(signal.SIGINT)
    assert process.returncode == 130, lines
    assert any("Cleaning up" in line for line in lines)
    assert left_behind(system) == before


def test_what_is_no_practice_club_is_refused(system: LocalSystem) -> None:
    done = rehearsed(system, "--practice-url", system.api_url)
    assert done.exit_code == 1
    assert "There is no practice club at" in done.stderr


def test_a_practice_club_that_autotennis_does_not_know_is_refused(system: LocalSystem) -> None:
    with open_beside(running_club(empty=True)) as stranger:
        done = rehearsed(system, "--practice-url", stranger.base_url)
        assert done.exit_code == 1
        assert f"does not know the practice club {stranger.base_url}" in done.stderr
        assert not stranger.model.members


def test_a_wrong_control_token_is_refused_and_not_shown(system: LocalSystem) -> None:
    done = rehearsed(system, token="nobody-knows-this-one")
    assert done.exit_code == 1
    assert "does not take this control token" in done.stderr
    assert "nobody-knows-this-one" not in done.stdout + done.stderr


def test_a_dry_run_says_what_would_be_done_and_does_nothing(system: LocalSystem) -> None:
    before = control(system, "/report")["totals"]
    done = rehearsed(system, "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "12 openings in 60.0 minutes" in done.stdout
    assert "requests to the club" in done.stdout
    assert control(system, "/report")["totals"] == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--here for a system of its own"),
        (["--url", "http://127.0.0.1:1"], "--practice-url"),
        (["--here", "--url", "http://127.0.0.1:1", "--practice-url", "http://127.0.0.1:1"], "or --here"),
        (["--url", "127.0.0.1:80", "--practice-url", "http://127.0.0.1:1"], "no address"),
        (["--here", "--openings", "100", "--minutes", "1"], "give --minutes 9.9"),
        (["--url", "http://127.0.0.1:1", "--practice-url", "http://127.0.0.1:1"], "No practice club answers"),
    ],
)
def test_what_cannot_be_understood_is_said(arguments: list[str], words: str) -> None:
    done = CliRunner(env={CONTROL_TOKEN: "x" * 20}).invoke(rehearse, arguments)
    assert done.exit_code in {1, 2}
    assert words in done.stderr
