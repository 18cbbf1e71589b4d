"""Requests that no browser sends, to the program itself over real sockets: smuggled, slow, cut off, too large."""

import re
import socket
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.api_site import api_settings, club_beside, served

# One program for all: it takes a second to start.
pytestmark = pytest.mark.xdist_group("raw requests to the pages")

HEAD = b"Host: localhost\r\nConnection: close\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
# In three ways: more than the program has threads, of which 16 are for pages and 48 for streams.
MANY = 28


@dataclass(frozen=True)
class Wire:
    """The way to the program, below HTTP."""

    host: str
    port: int

    def open(self, said: bytes) -> socket.socket:
        """A connection on which that was said, and which answers within a minute."""
        connection = socket.create_connection((self.host, self.port), timeout=60)
        connection.sendall(said)
        return connection

    def asked(self, said: bytes, *, hang_up: bool = False) -> bytes:
        """All that comes back until the other side hangs up; we may say before that nothing more comes."""
        with closing(self.open(said)) as connection:
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
            try:
                return b"".join(iter(lambda: connection.recv(65536), b""))
            except TimeoutError:
                raise AssertionError("nothing came back within a minute") from None


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Generator[Wire]:
    with (
        club_beside() as club,
        served(api_settings(Path(tmp_path_factory.mktemp("data")), club.rules())) as address,
    ):
        where = urlsplit(address)
        assert where.hostname
        assert where.port
        yield Wire(where.hostname, where.port)


def statuses(answer: bytes) -> list[int]:
    """Of all answers that came back."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 60\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
    ],
)
def test_nothing_is_smuggled_behind_a_length_that_two_programs_could_read_in_two_ways(
    wire: Wire, lengths: bytes
) -> None:
    smuggled = b"0\r\n\r\nGET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n"
    answer = wire.asked(b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n" + FORM + lengths + b"\r\n" + smuggled)
    assert all(400 <= status for status in statuses(answer)), answer
    assert len(statuses(answer)) == 1
    assert b'{"status":"ok"}' not in answer


@pytest.mark.parametrize("broken", [b"X: a\r\n b: c\r\n", b"X: a\nSet-Cookie: x=y\r\n", b"X\0: a\r\n", b": a\r\n"])
def test_headers_that_can_be_read_in_two_ways_are_refused(wire: Wire, broken: bytes) -> None:
    (status,) = statuses(wire.asked(b"GET /healthz HTTP/1.1\r\n" + HEAD + broken + b"\r\n"))
    assert status == 400


@pytest.mark.parametrize("header", [b"SCRIPT_NAME: /elsewhere", b"Script-Name: /elsewhere", b"PATH_INFO: /healthz"])
def test_where_the_pages_begin_is_not_said_by_whoever_asks(wire: Wire, header: bytes) -> None:
    answer = wire.asked(b"GET /elsewhere/settings HTTP/1.1\r\n" + HEAD + header + b"\r\n\r\n")
    assert statuses(answer) == [404]
    assert b"/elsewhere/sign-in" not in answer


@pytest.mark.parametrize(
    "path",
    [
        b"/static/../templates/base.html",
        b"/static/..%2f..%2fsettings.py",
        b"/static/%2e%2e/%2e%2e/settings.py",
        b"/static//etc/passwd",
        b"/static/..%5c..%5csettings.py",
        b"/static/%00",
        b"/bookings/..%2f..%2foperator",
        b"/../../etc/passwd",
    ],
)
def test_no_path_leads_out_of_where_it_belongs(wire: Wire, path: bytes) -> None:
    answer = wire.asked(b"GET " + path + b" HTTP/1.1\r\n" + HEAD + b"\r\n")
    # Two slashes are one: that is told.
    assert statuses(answer) in ([404], [400], [303], [308]), answer
    assert b"root:" not in answer
    assert b"{% block" not in answer


@pytest.mark.parametrize(
    "sent",
    [
        b"Content-Length: 100000\r\n\r\n" + b"a" * 100_000,
        b"Transfer-Encoding: chunked\r\n\r\n" + b"186a0\r\n" + b"a" * 100_000 + b"\r\n0\r\n\r\n",
    ],
    ids=["with its length", "in chunks"],
)
def test_a_form_that_is_too_large_is_refused(wire: Wire, sent: bytes) -> None:
    (status,) = statuses(wire.asked(b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM + sent))
    assert status in {400, 413}


def test_nothing_is_done_of_a_form_that_was_cut_off(wire: Wire) -> None:
    said = b"POST /language HTTP/1.1\r\n" + HEAD + FORM + b"Content-Length: 60\r\n\r\ncsrf_token=a&language=nb"
    assert wire.asked(said, hang_up=True).startswith(b"HTTP/1.1 400 Bad Request\r\nServer: gunicorn\r\n")
    whole = wire.asked(said.replace(b"60", b"24"))
    assert b"The form was too old" in whole, "the whole one is looked at"


def test_many_who_ask_slowly_do_not_keep_others_from_the_pages(wire: Wire) -> None:
    post = b"POST /sign-in HTTP/1.1\r\n" + HEAD + FORM
    begun = (
        b"GET / HTTP/1.1\r\nHost: local",
        post + b"Content-Length: 50\r\n\r\nemail=",
        post + b"Transfer-Encoding: chunked\r\n\r\n5\r\nem",
    )
    with ExitStack() as slow:
        held = [slow.enter_context(closing(wire.open(one))) for one in begun * MANY]
        assert statuses(wire.asked(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")) == [200]
        # They are hung up on, and nobody waits for them.
        assert all(one.recv(1) in (b"", b"H") for one in held[: len(begun)])


@pytest.mark.parametrize(
    "asked",
    [
        b"//evil.example/settings",
        b"///evil.example/",
        b"/%2fevil.example/settings",
        b"/\\evil.example/",
        b"/;@evil.example/",
        b"http://evil.example/settings",
        b"/settings?next=//evil.example/",
        b"/settings/",
        b"/sign-in?next=https:evil.example",
        b"/%0d%0aLocation:%20//evil.example/",
    ],
)
def test_no_address_of_ours_leads_to_another_site(wire: Wire, asked: bytes) -> None:
    answer = wire.asked(b"GET " + asked + b" HTTP/1.1\r\n" + HEAD + b"\r\n")
    for place in re.findall(rb"\r\n(?i:location): ([^\r]*)", answer.partition(b"\r\n\r\n")[0] + b"\r\n"):
        assert re.match(rb"/(?![/\\])|http://localhost/", place), place
