"""A club on real sockets, and visitors with a cookie jar each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import aiohttp
import pytest

from practice_club.club import PracticeClub
from practice_club.people import Member
from practice_club.server import running_club
from practice_club.session import Session
from practice_club.times import write_spilletid


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    set_cookies: list[str]
    body: bytes
    path: str

    @property
    def text(self) -> str:
        return self.body.decode("cp1252", errors="replace")


class Visitor:
    """Somebody with a browser: one cookie jar, connections that stay open."""

    def __init__(self, club: PracticeClub, http: aiohttp.ClientSession) -> None:
        self.club = club
        self.http = http

    async def get(self, path: str, query: dict[str, str] | None = None) -> Answer:
        return await self.request("GET", path, params=query)

    async def log_in(self, member: Member) -> Answer:
        form = {"email": member.email, "password": member.pin.get_secret_value(), "rememberme": "on", "lang": "no"}
        data = aiohttp.FormData(form, charset="iso-8859-1")
        return await self.request("POST", "/index.php", params={"lang": "no"}, data=data)

    async def ask(self, session: Session, parameter: str | None = None, member: Member | None = None) -> Answer:
        query = {"timeid": str(session.slot.timeid), "spilletid": write_spilletid(session.start), "lang": "no"}
        if parameter and member:
            query[parameter] = str(member.id)
        return await self.get("/timeinfo.php", query)

    async def control(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
        url = f"{self.club.base_url}/control{path}"
        async with self.http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def request(self, method: str, path: str, **options: Any) -> Answer:
        async with self.http.request(method, self.club.base_url + path, **options) as response:
            cookies = response.headers.getall("Set-Cookie", [])
            return Answer(response.status, response.headers, cookies, await response.read(), response.url.path_qs)


NewVisitor = Callable[[], Awaitable[Visitor]]


@pytest.fixture
async def club() -> AsyncIterator[PracticeClub]:
    """A club without members and slots: each test adds its own."""
    async with running_club(empty=True) as club:
        yield club


@pytest.fixture
async def new_visitor(club: PracticeClub) -> AsyncIterator[NewVisitor]:
    """Makes visitors who know nothing of each other."""
    async with AsyncExitStack() as stack:

        async def make() -> Visitor:
            jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
            timeout = aiohttp.ClientTimeout(total=20)
            http = aiohttp.ClientSession(cookie_jar=jar, timeout=timeout, headers={"User-Agent": "a test"})
            return Visitor(club, await stack.enter_async_context(http))

        yield make


@pytest.fixture
async def visitor(new_visitor: NewVisitor) -> Visitor:
    """One visitor."""
    return await new_visitor()
