"""The command line, with the real service on a socket."""

import json
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from support.api_site import ClubBeside, Site, Visitor, find_full, offer, race, win
from support.programs import make_token
from support.serving_pages import serving

from autotennis.domain.booking import State
from autotennis.domain.channel import ChannelTrouble
from autotennis.domain.token import Scope
from autotennis_cli import login, service
from practice_club.orders import NewSession


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it said."""

    exit_code: int
    output: str


@dataclass(frozen=True)
class Shell:
    """Somebody's shell, with a login file of their own."""

    file: Path

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Starts a command."""
        command = [sys.executable, "-m", "autotennis_cli", "--login", str(self.file), *words]
        return subprocess.Popen(  # noqa: S603 (our own words)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *words: str, typed: str = "") -> Result:
        """Runs a command."""
        program = self.start(*words)
        output, _ = program.communicate(typed, timeout=60)
        return Result(program.returncode, output)

    def told(self, *words: str) -> str:
        """What a command that is done says."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.output

    def parsed(self, *words: str) -> dict[str, object]:
        """The same in JSON."""
        return json.loads(self.told(*words, "--json"))


@pytest.fixture
def address(site: Site) -> Generator[str, None, None]:
    """Where the service is."""
    with serving(site) as address:
        yield address


@pytest.fixture
def token(site: Site, member: Visitor, email: str) -> str:
    """A token of the member's."""
    return make_token(site, email).get_secret_value()


@pytest.fixture
def shell(address: str, token: str, tmp_path: Path) -> Shell:
    """The shell of a member who is logged in."""
    shell = Shell(tmp_path / "config" / "login.json")
    result = shell.run("login", "--address", address, typed=f"{token}\n")
    assert result.exit_code == 0, result.output
    return shell


@pytest.fixture
def link(club: ClubBeside) -> str:
    """A session that opens tomorrow."""
    return club.add_session(NewSession(opens_in_s=86_370))[1]


def _added(shell: Shell, link: str, *options: str) -> str:
    return str(shell.parsed("add", link, *options)["id"])


def test_a_login_is_tried_and_kept_for_its_owner_alone(shell: Shell, token: str, email: str) -> None:
    assert shell.file.stat().st_mode & 0o777 == 0o600
    assert token in shell.file.read_text()
    again = shell.run("login", "--address", login.read(shell.file).address, typed=f"{token}\n")
    assert f"Logged in as {email}" in again.output
    assert token not in again.output
    assert token not in repr(login.read(shell.file))


@pytest.mark.parametrize(
    ("address", "told", "code"),
    [
        ("http://autotennis.example.org", "has to begin with https://", 1),
        ("ftp://127.0.0.1", "This is no address", 1),
        ("http://127.0.0.1:1", "does not answer", 5),
    ],
)
def test_a_bad_address_is_refused_and_nothing_is_kept(tmp_path: Path, address: str, told: str, code: int) -> None:
    shell = Shell(tmp_path / "login.json")
    result = shell.run("login", "--address", address, typed="a token\n")
    assert (result.exit_code, told in result.output) == (code, True)
    assert not shell.file.exists()


def test_who_is_not_logged_in_is_told_how(address: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path / "login.json")
    result = shell.run("list")
    assert (result.exit_code, "Run: autotennis login" in result.output) == (4, True)
    wrong = shell.run("login", "--address", address, typed="autotennis.nobody.secret\n")
    assert (wrong.exit_code, "Tokens are made in the settings" in wrong.output) == (4, True)
    shell.file.write_text("nonsense")
    assert shell.run("list").exit_code == 4


def test_a_booking_from_the_link_to_the_end(site: Site, shell: Shell, link: str) -> None:
    assert "There are no bookings" in shell.told("list")
    booking_id = _added(shell, link, "--early", "--ask", "15", "--notice", "60", "--weekly")
    booking = site.ports.store.booking(booking_id)
    assert (booking.early, booking.waiting.ask_min, booking.waiting.notice_min) == (True, 15, 60)
    assert booking.series_id
    assert booking_id in shell.told("list")
    assert booking_id in shell.told("list", "--state", "requested")
    assert booking_id not in shell.told("list", "--state", "booked")
    assert "planned" in shell.told("show", booking_id)
    assert "Nothing was asked of the club yet." in shell.told("logs", booking_id)
    assert "cancelled" in shell.told("cancel", booking_id)
    assert site.ports.store.booking(booking_id).state is State.CANCELLED


def test_what_is_refused_says_what_to_do(shell: Shell, link: str) -> None:
    booking_id = _added(shell, link)
    again = shell.run("add", link)
    assert (again.exit_code, f"autotennis show {booking_id}" in again.output) == (1, True)
    bad = shell.run("add", "https://example.org/")
    assert (bad.exit_code, "A good link looks like this" in bad.output) == (1, True)
    nothing = shell.run("show", "no-such-booking")
    assert (nothing.exit_code, "There is nothing here" in nothing.output) == (1, True)
    assert shell.run("show").exit_code == 2


def test_a_token_that_is_not_good_for_it_is_told(site: Site, shell: Shell, email: str, link: str) -> None:
    reader = make_token(site, email, [Scope.READ]).get_secret_value()
    login.keep(shell.file, login.Login(login.read(shell.file).address, reader))
    result = shell.run("add", link)
    assert (result.exit_code, "good for: book" in result.output) == (1, True)


def test_a_place_is_given_back_and_a_question_answered(site: Site, shell: Shell, club: ClubBeside, link: str) -> None:
    won = _added(shell, link)
    race(site.ports, won)
    win(site.ports, won)
    refused = shell.run("cancel", won)
    assert refused.exit_code == 1
    shell.told("withdraw", won)
    assert site.ports.store.booking(won).withdrawal
    asked = _added(shell, club.add_session(NewSession(opens_in_s=90_000))[1], "--ask", "15")
    offer(site.ports, asked)
    assert "do you want it?" in shell.told("show", asked)
    shell.told("answer", asked, "no")
    assert "waiting" in shell.told("show", asked)


def _watched(shell: Shell, booking_id: str, until: str) -> subprocess.Popen[str]:
    """A watching program, once it has said that."""
    program = shell.start("watch", booking_id, "--every", "1")
    assert program.stdout is not None
    assert until in program.stdout.readline()
    return program


@pytest.mark.parametrize(("is_won", "code", "last"), [(True, 0, "booked"), (False, 3, "cancelled")])
def test_a_booking_is_followed_to_its_end(
    site: Site, shell: Shell, link: str, is_won: bool, code: int, last: str
) -> None:
    booking_id = _added(shell, link)
    program = _watched(shell, booking_id, "planned")
    if is_won:
        race(site.ports, booking_id)
        win(site.ports, booking_id)
    else:
        shell.told("cancel", booking_id)
    said, _ = program.communicate(timeout=60)
    assert program.returncode == code
    assert last in said


def test_who_waits_sees_their_place_in_line(site: Site, shell: Shell, link: str) -> None:
    booking_id = _added(shell, link)
    find_full(site.ports, booking_id)
    told = shell.told("show", booking_id)
    assert "Place in line: 1" in told
    assert "waiting" in told


class Lossy(service.Service):
    """A service whose first answers are lost on the way back."""

    def __init__(self, given: login.Login, lost: int) -> None:
        super().__init__(given)
        self._lost = lost

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str] | None
    ) -> dict[str, Any]:
        answer = super()._send(method, path, body, headers)
        self._lost -= 1
        if self._lost >= 0:
            raise service.Lost
        return answer


def test_a_lost_answer_books_nothing_twice(site: Site, shell: Shell, email: str, link: str) -> None:
    made = Lossy(login.read(shell.file), lost=2).add({"session": {"link": link}})
    account = site.ports.store.member_by_email(email)
    assert account is not None
    assert [one.id for one in site.ports.store.bookings_of(account.id)] == [made["id"]]


def test_a_redirect_is_not_followed_with_the_token(shell: Shell, token: str) -> None:
    heard: list[str] = []
    moved = _Moved(heard)
    with moved as address:
        login.keep(shell.file, login.Login(address, token))
        result = shell.run("list")
    assert result.exit_code == 1
    assert "none of Autotennis" in result.output
    assert heard == ["/api/v1/bookings?limit=100"]


class _Moved:
    """A server that leads everybody to another address of its own."""

    def __init__(self, heard: list[str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(self.path)
                self.send_response(302)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_about: object, **_named: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


@pytest.mark.parametrize(("shell_name", "sign"), [("bash", "complete"), ("zsh", "compdef"), ("fish", "complete")])
def test_shells_are_told_how_to_complete(tmp_path: Path, shell_name: str, sign: str) -> None:
    assert sign in Shell(tmp_path / "none").told("completion", shell_name)


def test_channels_are_listed_and_tried_out(site: Site, member: Visitor, shell: Shell, email: str) -> None:
    assert "You are told nowhere yet" in shell.told("channels")
    member.post("/settings/messages/add/apprise", {"address": "ntfys://ntfy.sh/topic", "level": "needs_me"})
    account = site.ports.store.member_by_email(email)
    assert account
    (channel,) = account.channels
    assert f"{channel.id}   ntfy                     needs me    nothing sent yet" in shell.told("channels")
    assert "A test is on its way to ntfy." in shell.told("try-channel", channel.id)
    now = site.ports.clock.now()
    health = channel.health.failed(ChannelTrouble.REFUSED, "status 403", now).stopped(now)
    site.ports.store.change_member(account.id, lambda it: it.channel_changed(channel.with_health(health)))
    assert "UTC: refused status 403" in shell.told("channels")
    assert shell.run("try-channel", "no-such-one").exit_code == 1
