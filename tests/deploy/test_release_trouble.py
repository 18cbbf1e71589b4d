"""New versions that are not well, and releases that are cut off: members go on with the version before."""

import os
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from support.cloud import FIRST, SERVICES, Desk, installed_desk, pages_behind_tls
from support.tools import needed
from support.waiting import eventually

# Each call of gcloud takes a second, and many on a busy machine.
pytestmark = [needed("gcloud", "terraform", "git"), pytest.mark.timeout(1200)]

_ORDER: Final = ["notifier", "timer", "booker", "waitlist", "api"]


@pytest.fixture
def installed(tmp_path: Path) -> Generator[Desk]:
    """An installation that no release has touched yet."""
    with pages_behind_tls(tmp_path / "pages") as pages, installed_desk(tmp_path, pages) as made:
        yield made


def test_what_is_not_well_gets_no_traffic(installed: Desk) -> None:
    """Its pages are opened by the address of its tag: the old ones, which are well, deceive nobody."""
    google, before = installed.google, installed.serving()
    google.run.programs = {google.run.serving("autotennis-api"): google.run.program}
    google.run.program = ""
    said = installed.cloud("release", "--go")
    assert said.returncode == 1
    assert "/sign-in is no sign-in page: it answered 503" in said.stderr
    assert installed.serving() == before
    assert not any(one.tagged("next") for one in google.run.services.values())
    assert [one["commit"] for one in installed.releases()] == [FIRST]


def test_what_logs_errors_once_it_has_the_traffic_is_taken_back(installed: Desk) -> None:
    """Members met it for a moment."""
    before = installed.serving()
    for _ in range(3):
        installed.google.logs.log_error("autotennis-booker-00002", "event failed")
    said = installed.cloud("release", "--go")
    assert said.returncode == 1
    assert "3 errors were logged, such as: event failed" in said.stderr
    assert "The versions before have the traffic." in said.stderr
    assert installed.serving() == before
    assert installed.touched()[-5:] == _ORDER[::-1]


async def test_what_was_cut_off_goes_on_where_it_stopped(installed: Desk) -> None:
    """First one service does not start, then the command is killed while it moves the traffic: it is built once."""
    before = installed.serving()
    installed.google.run.breaks = "waitlist"
    said = installed.cloud("release", "--go")
    assert said.returncode == 1
    assert "failed to start" in said.stderr
    assert "The traffic is where it was" in said.stderr
    assert installed.serving() == before

    installed.google.run.breaks = ""
    touched = len(installed.touched())
    process = installed.begun("release", "--go")
    try:
        await eventually(lambda: len(installed.touched()) > touched + 2, "some traffic was moved", 300)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert installed.touched()[touched : touched + 3] == ["waitlist", *_ORDER[:2]]
    old = {name for name, revision in installed.serving().items() if revision == before[name]}
    assert old
    assert old < set(SERVICES)

    touched = len(installed.touched())
    said = installed.cloud("release", "--go")
    assert said.returncode == 0, said.stderr
    assert set(installed.touched()[touched:]) == old
    assert len(installed.google.building.builds) == 1
    assert installed.releases()[-1]["revisions"] == installed.serving()
