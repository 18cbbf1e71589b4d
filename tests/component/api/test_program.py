"""The program as it is started: its settings, its socket, its end."""

import http.client
import http.cookiejar
import os
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.api_site import CLUB_ID, PASSWORD, PIN, ClubBeside, api_settings, csrf_token, field, served

from autotennis.adapters.system import SystemClock
from autotennis.domain.booking import State
from autotennis.wiring import open_ports
from autotennis_api.live import EACH
from practice_club.knobs import Fault, FaultKind
from practice_club.orders import NewSession
from practice_club.vocabulary import Action

# A page that waits behind another one for a club that hangs is given ten seconds of its own, after the other's ten.
_PATIENCE_S = 60


class _Browser:
    """A visitor over a real socket."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path: str) -> str:
        with self._opener.open(self._address + path, timeout=_PATIENCE_S) as answer:
            return answer.read().decode()

    def stream(self, path: str) -> http.client.HTTPResponse | None:
        """The stream, just begun; None where there are too many."""
        try:
            return self._opener.open(self._address + path, timeout=_PATIENCE_S)
        except urllib.error.HTTPError as error:
            error.close()
            assert error.code == 503
            return None

    def post(self, path: str, form: dict[str, str], page: str) -> str:
        data = urllib.parse.urlencode({**form, "csrf_token": csrf_token(page)}).encode()
        with self._opener.open(self._address + path, data, timeout=_PATIENCE_S) as answer:
            return answer.read().decode()


def test_somebody_registers_and_books_over_a_socket_and_it_outlives_the_program(
    club: ClubBeside, tmp_path: Path, email: str
) -> None:
    settings = api_settings(tmp_path, club.rules())
    _, link = club.add_session(NewSession(opens_in_s=86_400))
    with served(settings) as address:
        browser = _Browser(address)
        assert browser.get("/healthz").strip() == '{"status":"ok"}'
        form = {"club": CLUB_ID, "email": email, "club_password": PIN, "password": PASSWORD, "again": PASSWORD}
        home = browser.post("/register", form, browser.get("/register"))
        preview = browser.post("/bookings/link", {"link": link}, home)
        chosen = {name: field(preview, name) for name in ("club", "timeid", "start")}
        assert "Signs you up when it opens" in browser.post("/bookings", chosen, preview)
    with open_ports(settings) as ports:
        member = ports.store.member_by_email(email)
        assert member is not None
        assert [one.state for one in ports.store.bookings_of(member.id)] == [State.REQUESTED]


def test_a_page_that_there_is_not_is_said_so_over_a_socket(club: ClubBeside, tmp_path: Path) -> None:
    with served(api_settings(tmp_path, club.rules())) as address, pytest.raises(urllib.error.HTTPError) as failed:
        _Browser(address).get("/nothing-here")
    assert failed.value.code == 404
    failed.value.close()


GOOD_SECRETS = {"AUTOTENNIS_SESSION_SECRET": "s" * 32, "AUTOTENNIS_LINK_SECRET": "l" * 32}


def _refused(directory: Path, **told: str) -> str:
    """Starts the program, which is to end by itself; gives what it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AUTOTENNIS_")}
    more = {"AUTOTENNIS_PUSH_SECRET": "a secret of the bus", "AUTOTENNIS_DATA_DIR": str(directory)}
    program = subprocess.run(
        [sys.executable, "-m", "autotennis_api"],
        env={**kept, **more, **told},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert program.returncode == 2
    assert "Traceback" not in program.stderr
    return program.stderr


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({}, "AUTOTENNIS_SESSION_SECRET"),
        ({"AUTOTENNIS_SESSION_SECRET": "hush-hush"}, "AUTOTENNIS_SESSION_SECRET"),
        ({**GOOD_SECRETS, "AUTOTENNIS_LINK_SECRET": "hush-hush"}, "AUTOTENNIS_LINK_SECRET"),
        ({**GOOD_SECRETS, "AUTOTENNIS_PLAIN_HTTP": "1", "AUTOTENNIS_HOST": "192.0.2.1"}, "PLAIN"),
    ],
)
def test_wrong_settings_are_named_and_nothing_starts(tmp_path: Path, told: dict[str, str], wrong: str) -> None:
    said = _refused(tmp_path, **told)
    assert wrong in said
    assert "hush-hush" not in said


def test_a_damaged_database_is_named_and_left_as_it_is(club: ClubBeside, tmp_path: Path) -> None:
    settings = api_settings(tmp_path, club.rules())
    with open_ports(settings):
        pass
    (database,) = [path for path in tmp_path.iterdir() if path.read_bytes()[:6] == b"SQLite"]
    damaged = b"not a database at all" * 500
    database.write_bytes(damaged)
    said = _refused(tmp_path, **GOOD_SECRETS)
    assert database.name in said
    assert database.read_bytes() == damaged


def test_a_page_that_is_being_made_is_finished_by_who_is_told_to_stop(
    club: ClubBeside, tmp_path: Path, email: str
) -> None:
    form = {"club": CLUB_ID, "email": email, "club_password": PIN, "password": PASSWORD, "again": PASSWORD}
    _, link = club.add_session(NewSession(opens_in_s=86_400))
    with ThreadPoolExecutor(1) as beside, served(api_settings(tmp_path, club.rules())) as address:
        browser = _Browser(address)
        home = browser.post("/register", form, browser.get("/register"))
        club.turn(latency_out_ms=1500)
        asked_before = len(club.actions())
        preview = beside.submit(browser.post, "/bookings/link", {"link": link}, home)
        clock = SystemClock()
        until_s = clock.monotonic_s() + 30
        while len(club.actions()) == asked_before:
            assert clock.monotonic_s() < until_s, "the page asks the club"
        # Leaving here tells the program to stop, and waits for its end.
    assert "Is this the session?" in preview.result(0)


def test_a_stream_is_over_when_its_page_is_left_and_does_not_hold_up_the_programs_end(
    club: ClubBeside, tmp_path: Path, email: str
) -> None:
    settings = api_settings(tmp_path, club.rules())
    with served(settings) as address:
        browser = _Browser(address)
        form = {"club": CLUB_ID, "email": email, "club_password": PIN, "password": PASSWORD, "again": PASSWORD}
        home = browser.post("/register", form, browser.get("/register"))
        preview = browser.post("/bookings/link", {"link": club.add_session(NewSession(opens_in_s=86_400))[1]}, home)
        browser.post("/bookings", {name: field(preview, name) for name in ("club", "timeid", "start")}, preview)
        left = [browser.stream("/live/stream") for _ in range(EACH)]
        assert [one and one.readline()[:6] for one in left] == [b"retry:"] * EACH
        assert browser.stream("/live/stream") is None
        for one in left:
            assert one
            one.close()
        clock = SystemClock()
        until_s = clock.monotonic_s() + 10
        while (stays := browser.stream("/live/stream")) is None:
            assert clock.monotonic_s() < until_s, "who has left is noticed"
        assert b"event: part" in stays.readline() + stays.readline() + stays.readline() + stays.readline()
        begun_s = clock.monotonic_s()
    # Pages that are being made are given far longer.
    assert clock.monotonic_s() - begun_s < 10
    assert b"settled" not in stays.read()


def test_a_club_that_hangs_leaves_threads_to_the_pages_that_need_none(
    club: ClubBeside, tmp_path: Path, email: str
) -> None:
    settings = api_settings(tmp_path, club.rules(), threads=4, streams=0)
    with ThreadPoolExecutor(8) as beside, served(settings) as address:
        browser = _Browser(address)
        form = {"club": CLUB_ID, "email": email, "club_password": PIN, "password": PASSWORD, "again": PASSWORD}
        browser.post("/register", form, browser.get("/register"))
        club.turn(faults=(Fault(kind=FaultKind.TIMEOUT, action=Action.INDEX),))
        asked_before = len(club.actions())
        weeks = [beside.submit(browser.get, "/week") for _ in range(8)]
        clock = SystemClock()
        until_s = clock.monotonic_s() + 30
        # Two wait for the club, and the others are told at once that it is not to be waited for.
        while sum(one.done() for one in weeks) < 6 or len(club.actions()) == asked_before:
            assert clock.monotonic_s() < until_s, "not all wait"
        assert "Sign out" in browser.get("/")
        assert [one.done() for one in weeks].count(False) == 2
        assert len(club.actions()) == asked_before + 1, "it has not answered the first one yet"
        assert all(one.result(60) for one in weeks)
