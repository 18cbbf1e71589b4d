"""The web pages with everything real around them: a practice club on a socket, and the embedded adapters."""

import asyncio
import html
import os
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType
from typing import IO, Any, TypeVar, cast

from flask import Flask
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from pydantic import HttpUrl, SecretStr
from support.fault_proxy import Faults, fault_proxy
from werkzeug.test import TestResponse

from autotennis.domain.booking import Budget, Change, Outcome
from autotennis.domain.club import ClubRules
from autotennis.domain.session import starts_at
from autotennis.errors import DuplicateBooking
from autotennis.ports import Ports, Store
from autotennis.values import Proof
from autotennis.wiring import open_ports
from autotennis_api.app import create_app
from autotennis_api.settings import ApiSettings
from autotennis_local.every_settings import EverySettings
from practice_club.club import PracticeClub
from practice_club.orders import NewMember, NewSession
from practice_club.people import Member as ClubMember
from practice_club.server import serving
from practice_club.session import Session as ClubSession

CLUB_ID = "practice"
PASSWORD = "et langt og godt passord"
PIN = "4711"
LINK_SECRET = "a secret of the links, long enough too"
HOLDER = "booker-1"
NOTHING_SENT = Budget(requests=0, sign_ups=0)
_Found = TypeVar("_Found")


class ClubBeside:
    """A practice club that is served by a thread of its own: the pages and their tests are synchronous."""

    def __init__(self, loop: asyncio.AbstractEventLoop, club: PracticeClub) -> None:
        self._loop = loop
        self._club = club

    @property
    def base_url(self) -> str:
        """Where it is served, without a slash at the end."""
        return self._club.base_url

    def rules(self, club_id: str = CLUB_ID, name: str = "Øvingsklubben") -> ClubRules:
        """The club as an operator would describe it."""
        return ClubRules(id=club_id, name=name, base_url=HttpUrl(self.base_url + "/"))

    def do(self, order: Callable[[PracticeClub], _Found]) -> _Found:
        """Carries out an order in the club's own thread."""

        async def carry_out() -> _Found:
            return order(self._club)

        return asyncio.run_coroutine_threadsafe(carry_out(), self._loop).result(10)

    def reset(self) -> None:
        """As new, and with nobody and nothing in it."""
        self.do(lambda club: club.reset())

    def add_member(self, email: str, pin: str = PIN, name: str = "Åshild Nøkkvang") -> ClubMember:
        """A member of the club, who can log in there."""
        return self.do(lambda club: club.add_member(NewMember(email=email, pin=SecretStr(pin), name=name)))

    def add_session(self, new: NewSession) -> tuple[ClubSession, str]:
        """A session and its link."""

        def add(club: PracticeClub) -> tuple[ClubSession, str]:
            session = club.add_session(new)
            return session, club.link(session)

        return self.do(add)

    def turn(self, **knobs: object) -> None:
        """Turns some knobs."""
        self.do(lambda club: club.turn(**knobs))

    @contextmanager
    def behind(self, faults: Faults, tls: ssl.SSLContext | None = None) -> Generator[str, None, None]:
        """A proxy with these faults before the club; gives its address, which links to sessions have meanwhile."""
        proxied = fault_proxy(self.base_url, faults, tls)

        def carry_out(step: Coroutine[Any, Any, _Found]) -> _Found:
            return asyncio.run_coroutine_threadsafe(step, self._loop).result(10)

        before, proxy = self.base_url, carry_out(proxied.__aenter__())
        self._club.base_url = proxy.address
        try:
            yield proxy.address
        finally:
            self._club.base_url = before
            carry_out(proxied.__aexit__(None, None, None))

    def actions(self) -> list[str]:
        """What the club was asked, in order."""
        return [str(request["action"]) for request in self.do(lambda club: club.report())["requests"]]


@contextmanager
def club_beside(*, empty: bool = True) -> Generator[ClubBeside, None, None]:
    """A practice club, empty or with an invented week, served while the context lasts."""
    started = threading.Event()
    running: list[tuple[asyncio.AbstractEventLoop, PracticeClub, asyncio.Event]] = []

    async def serve() -> None:
        stop = asyncio.Event()
        async with serving(PracticeClub(empty=empty)) as club:
            running.append((asyncio.get_running_loop(), club, stop))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="practice club")
    thread.start()
    try:
        if not started.wait(20):
            raise AssertionError("the practice club did not start")
        loop, club, stop = running[0]
        yield ClubBeside(loop, club)
        loop.call_soon_threadsafe(stop.set)
    finally:
        thread.join(10)


def api_settings(directory: Path, *clubs: ClubRules, **more: object) -> ApiSettings:
    """Settings for pages on this machine."""
    return ApiSettings.model_validate(_told(directory, clubs, more))


def every_settings(directory: Path, *clubs: ClubRules, **more: object) -> EverySettings:
    """The same for all services."""
    return EverySettings.model_validate(_told(directory, clubs, more))


def _told(directory: Path, clubs: Sequence[ClubRules], more: Mapping[str, object]) -> dict[str, object]:
    return {
        "clubs": clubs,
        "data_dir": directory,
        "open_registration": True,
        "plain_http": True,
        "push_secret": "a secret of the bus",
        "session_secret": "a secret of the sessions, long enough",
        "link_secret": LINK_SECRET,
        **more,
    }


class Compiled(BytecodeCache):
    """Templates that were compiled once in this process: each test has pages of its own, and all have the same."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Gives what an earlier one has compiled."""
        bucket.code = self._found.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps it for the next one."""
        if bucket.code is not None:
            self._found[bucket.key, bucket.checksum] = bucket.code


_COMPILED = Compiled()


@dataclass(frozen=True)
class Site:
    """The pages, and what lies behind them."""

    app: Flask
    ports: Ports

    def __post_init__(self) -> None:
        # Otherwise compiling takes half of the time of all tests of pages.
        self.app.jinja_env.bytecode_cache = _COMPILED

    def visitor(self, language: str = "en") -> "Visitor":
        """Somebody with a browser of their own."""
        return Visitor(self.app.test_client(), language)


@contextmanager
def open_site(settings: ApiSettings) -> Generator[Site, None, None]:
    """The pages, open while the context lasts."""
    with open_ports(settings) as ports:
        yield Site(create_app(ports, settings), ports)


class Visitor:
    """A browser's doings, without a browser: keeps cookies, and sends each form with the token of its page."""

    def __init__(self, client: FlaskClient, language: str) -> None:
        self.client = client
        self._headers = {"Accept-Language": language}
        self._token: tuple[str, str] | None = None

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        """Reads a page, following redirects."""
        return self.client.get(path, headers={**self._headers, **(headers or {})}, follow_redirects=True, buffered=True)

    def post(self, path: str, form: Mapping[str, object], *, follow: bool = True, token: bool = True) -> TestResponse:
        """Sends a form, with the token of this visitor's session unless told otherwise."""
        data = {**form, "csrf_token": self._token_of_session()} if token else dict(form)
        return self.client.post(path, data=data, headers=self._headers, follow_redirects=follow)

    def _token_of_session(self) -> str:
        """From a page; but only if the session has changed since the last form was sent."""
        if self._token is None or self._token[0] != self._session():
            found = csrf_token(self.get("/healthz-not-a-page").text)
            self._token = self._session(), found
        return self._token[1]

    def _session(self) -> str:
        kept = self.client.get_cookie("autotennis")
        return kept.value if kept else ""

    def register(self, email: str, pin: str = PIN, password: str = PASSWORD, club: str = CLUB_ID) -> TestResponse:
        """Sends the registration form."""
        form = {"club": club, "email": email, "club_password": pin, "password": password, "again": password}
        return self.post("/register", form)

    def sign_in(self, email: str, password: str = PASSWORD, wanted: str = "", *, follow: bool = True) -> TestResponse:
        """Sends the sign-in form."""
        return self.post("/sign-in", {"email": email, "password": password, "next": wanted}, follow=follow)

    def paste(self, link: str) -> TestResponse:
        """Sends a link; gives the preview, or what is wrong."""
        return self.post("/bookings/link", {"link": link})

    def confirm(self, preview: TestResponse, **options: str | Sequence[str]) -> TestResponse:
        """Presses the button of a preview; gives the booking's page. Without options, as an older form would."""
        names = ("club", "timeid", "start", *(("slot",) if 'name="slot"' in preview.text else ()))
        session = {name: field(preview.text, name) for name in names}
        return self.post("/bookings", {**session, **options})

    def book(self, link: str, **options: str) -> str:
        """Pastes and confirms; gives the booking's id."""
        shown = self.confirm(self.paste(link), **options)
        assert shown.status_code == 200, words(shown)
        return shown.request.path.rsplit("/", 1)[1]


def claim(ports: Ports, booking_id: str) -> None:
    """A booker takes the booking, and has not been allowed to sign up yet."""
    now = ports.clock.now()
    rules = ports.clubs[CLUB_ID].rules.race
    ports.store.change(booking_id, lambda it: it.wake_planned(now))
    ports.store.change(booking_id, lambda it: it.claimed(HOLDER, rules, now))


def race(ports: Ports, booking_id: str) -> None:
    """A booker is signing up: the club may have taken the member at any time from now on."""
    claim(ports, booking_id)
    rules = ports.clubs[CLUB_ID].rules.race
    ports.store.change(booking_id, lambda it: it.granted(HOLDER, rules, ports.clock.now()))


def win(ports: Ports, booking_id: str, sent: Budget = NOTHING_SENT, outcome: Outcome | None = None) -> None:
    """The club's page shows the member."""
    now = ports.clock.now()
    ports.store.change(booking_id, lambda it: it.booked(Proof(seen_at=now), sent, outcome or Outcome(), now))


def find_full(ports: Ports, booking_id: str) -> None:
    """The session that a booker signs up for is full: the booking waits."""
    race(ports, booking_id)
    now, zone = ports.clock.now(), ports.clubs[CLUB_ID].rules.zone
    ports.store.change(booking_id, lambda it: it.found_full(starts_at(it.session, zone), NOTHING_SENT, Outcome(), now))


def offer(ports: Ports, booking_id: str) -> None:
    """The booking waits, a place is free, and its member is asked."""
    find_full(ports, booking_id)
    now = ports.clock.now()
    ports.store.change(booking_id, lambda it: it.offered(now))


class BookedMeanwhile:
    """A store in which one of the bookings that are made has been made meanwhile: the `turn`-th, from 0 on."""

    def __init__(self, store: Store, turn: int) -> None:
        self._store = store
        self._left = turn

    def create(self, change: Change) -> None:
        """Commits it, but for that one."""
        self._left -= 1
        if self._left == -1:
            raise DuplicateBooking("made-meanwhile")
        self._store.create(change)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def where_booked_meanwhile(site: Site, directory: Path, turn: int) -> Site:
    """The same pages before such a store."""
    ports = replace(site.ports, store=cast("Store", BookedMeanwhile(site.ports.store, turn)))
    clubs = (club.rules for club in ports.clubs.values())
    return Site(create_app(ports, api_settings(directory, *clubs)), ports)


def csrf_token(page: str) -> str:
    """The token in a page's forms."""
    return field(page, "csrf_token")


def field(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"the page has no field {name}"
    return html.unescape(found[1])


def words(answer: TestResponse) -> str:
    """What a reader sees of a page, blanks squeezed."""
    body = re.sub(r"<(head|script|style)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def _where_it_serves(said: IO[str]) -> str:
    for line in said:
        found = re.search(r'"address": "(http://[^"]+)"', line)
        if found and '"message": "serving"' in line:
            return found[1]
        os.write(2, line.encode())
    raise AssertionError("the program ended without saying where it serves")


def _pass_on(said: IO[str]) -> None:
    """Passes on whatever the program says until it ends: a pipe that nobody reads would stop it."""
    with said:
        for line in said:
            os.write(2, line.encode())


@contextmanager
def served(settings: ApiSettings) -> Generator[str, None, None]:
    """The program itself, as `python -m autotennis_api` serves it; gives its address without a slash at the end."""
    told = {
        "AUTOTENNIS_CLUBS": "[" + ",".join(club.model_dump_json() for club in settings.clubs) + "]",
        "AUTOTENNIS_DATA_DIR": str(settings.data_dir),
        "AUTOTENNIS_MAIL_FROM": settings.mail_from,
        "AUTOTENNIS_VAPID_PRIVATE_KEY": settings.vapid_private_key.get_secret_value(),
        "AUTOTENNIS_OPEN_REGISTRATION": "1" if settings.open_registration else "0",
        "AUTOTENNIS_PLAIN_HTTP": "1" if settings.plain_http else "0",
        "AUTOTENNIS_PORT": "0",
        "AUTOTENNIS_THREADS": str(settings.threads),
        "AUTOTENNIS_STREAMS": str(settings.streams),
        "AUTOTENNIS_PUSH_SECRET": settings.push_secret.get_secret_value(),
        "AUTOTENNIS_LINK_SECRET": settings.link_secret.get_secret_value(),
        "AUTOTENNIS_SESSION_SECRET": settings.session_secret.get_secret_value(),
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "autotennis_api"],
        env={**os.environ, **told},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stderr is not None
    said = program.stderr
    try:
        address = _where_it_serves(said)
        threading.Thread(target=_pass_on, args=(said,), name="what the program says").start()
        yield address
        program.terminate()
        assert program.wait(20) == 0, "the program did not end cleanly"
    finally:
        program.kill()
        program.wait(10)
