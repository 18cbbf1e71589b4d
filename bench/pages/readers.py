"""The readers: a program that signs in, keeps pages open as a browser does, and looks at pages at given instants.

It is told a line at a time, and answers each with one: `python -m bench.pages.readers`.

    {"sign_in": {"url": ..., "password": ..., "readers": [...]}}  the number of them, when all are in
    {"open": [[reader, path], ...]}                               how many pages have a stream, and how many ask
    {"look": {"per_s": ..., "lasts_s": ...}}                      of every view: page, ms, status, ms that we were late
    {"close": null}                                               how often pages asked, what failed, what they showed
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from bench.pages.views import Reader, View, views
from bench.race.programs import orders

# As the page's script does: it asks so often where it gets no stream, and comes back so soon after one has ended.
ASK_S: Final = 2.0
_BACK_S: Final = 1.0
PATIENCE_S: Final = 20.0
NO_ANSWER: Final = 0
_COOKIE: Final = "autotennis"
_TOKEN: Final = re.compile(r'name="csrf_token" value="([^"]+)"')
_VERSION: Final = re.compile(r'data-version="([^"]*)"')
# Each stage of a race that a booking's page shows, and when it was reached.
_STAGES: Final = {
    "sent": re.compile(r'The sign-up is sent <time datetime="([^"]+)"'),
    "proven": re.compile(r'The club(?:\'|&#39;)s page shows you <time datetime="([^"]+)"'),
}
# Several sign in at once, since each waits for the other's hash otherwise.
_AT_THE_DOOR: Final = 4


class NotIn(Exception):
    """A reader was not let in, or a page could not be opened."""


@dataclass
class Opened:
    """A page that is open: how it hears of news, how often it asked in vain, and when it showed a sign-up as sent."""

    path: str
    headers: Mapping[str, str]
    version: str = ""
    has_stream: bool = False
    is_settled: bool = False
    asked: int = 0
    failed: list[str] = field(default_factory=list[str])
    # By stage of a race, and the instant at which it was reached: how much later the page showed it (ms).
    shown_ms: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    first_heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def live(self) -> str:
        """Where it asks for news."""
        return f"{self.path.rstrip('/')}/live"

    def hear(self, html: str) -> None:
        """A part of it has come anew, now."""
        now_s = time.time()
        for stage, at in ((stage, at) for stage, sign in _STAGES.items() for at in sign.findall(html)):
            self.shown_ms.setdefault((stage, at), (now_s - datetime.fromisoformat(at).timestamp()) * 1000)


class Readers:
    """All readers, over one pool of connections."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self._readers: list[Reader] = []
        self._headers: list[dict[str, str]] = []
        self._opened: list[Opened] = []
        self._keeping: list[asyncio.Task[None]] = []

    async def sign_in(self, url: str, password: str, readers: list[dict[str, Any]]) -> int:
        """Signs all of them in, as a person does."""
        self._url = url
        self._readers = [Reader.heard(one) for one in readers]
        door = asyncio.Semaphore(_AT_THE_DOOR)
        self._headers = await asyncio.gather(*(self._let_in(one, password, door) for one in self._readers))
        return len(self._headers)

    async def _let_in(self, reader: Reader, password: str, door: asyncio.Semaphore) -> dict[str, str]:
        headers = {"X-Forwarded-For": reader.address, "Accept-Language": "en"}
        async with door:
            async with self._http.get(f"{self._url}/sign-in", headers=headers) as form:
                token = _TOKEN.search(await form.text())
                headers["Cookie"] = f"{_COOKIE}={form.cookies[_COOKIE].value}"
            given = {"email": reader.email, "password": password, "csrf_token": token[1] if token else ""}
            asked = self._http.post(f"{self._url}/sign-in", data=given, headers=headers, allow_redirects=False)
            async with asked as answer:
                if answer.status != HTTPStatus.SEE_OTHER:
                    raise NotIn(f"Signing in was answered with {answer.status}.")
                return {**headers, "Cookie": f"{_COOKIE}={answer.cookies[_COOKIE].value}"}

    async def open(self, pages: list[tuple[int, str]]) -> dict[str, int]:
        """Opens these pages and keeps them up to date until they are closed."""
        self._opened = [Opened(path, self._headers[number]) for number, path in pages]
        self._keeping = [asyncio.create_task(self._keep(one)) for one in self._opened]
        heard = [asyncio.create_task(one.first_heard.wait()) for one in self._opened]
        while waiting := [one for one in heard if not one.done()]:
            done, _ = await asyncio.wait([*waiting, *self._keeping], return_when=asyncio.FIRST_COMPLETED)
            for ended in done.intersection(self._keeping):
                ended.result()
                raise NotIn("A page that was to stay open has ended.")
        streams = sum(one.has_stream for one in self._opened)
        return {"streams": streams, "asking": len(self._opened) - streams}

    async def _keep(self, page: Opened) -> None:
        async with self._http.get(f"{self._url}{page.path}", headers=page.headers) as answer:
            found = _VERSION.search(await answer.text())
            if answer.status != HTTPStatus.OK or found is None:
                raise NotIn(
                    f"A page to keep open was answered with {answer.status}, or keeps itself up to date no more."
                )
            page.version = found[1]
        while await self._listen(page):
            if page.is_settled:
                return
            await asyncio.sleep(_BACK_S)
        await self._ask(page)

    async def _listen(self, page: Opened) -> bool:
        """By a stream, as long as that lasts; False if there is none to be had."""
        url, kept = f"{self._url}{page.live}/stream?have={page.version}", aiohttp.ClientTimeout(None)
        try:
            async with self._http.get(url, headers=page.headers, timeout=kept) as answer:
                page.has_stream = answer.status == HTTPStatus.OK
                page.first_heard.set()
                if page.has_stream:
                    async for line in answer.content:
                        self._take(page, line.decode())
        except (aiohttp.ClientError, TimeoutError) as error:
            page.failed.append(type(error).__name__)
        return page.has_stream

    def _take(self, page: Opened, line: str) -> None:
        if line.startswith("id: "):
            page.version = line[4:].strip()
        elif line.startswith("data: "):
            page.hear(line)
        elif line.startswith("event: settled"):
            page.is_settled = True

    async def _ask(self, page: Opened) -> None:
        while True:
            await asyncio.sleep(ASK_S)
            page.asked += 1
            known = {**page.headers, "If-None-Match": f'"{page.version}"'}
            try:
                async with self._http.get(f"{self._url}{page.live}", headers=known) as answer:
                    if answer.status == HTTPStatus.OK:
                        page.version = answer.headers.get("ETag", "").replace('"', "")
                        page.hear(await answer.text())
                    elif answer.status != HTTPStatus.NOT_MODIFIED:
                        page.failed.append(str(answer.status))
            except (aiohttp.ClientError, TimeoutError) as error:
                page.failed.append(type(error).__name__)

    async def look(self, per_s: float, lasts_s: float) -> list[tuple[str, float, int, float]]:
        """All views of so long a time, whether earlier ones were answered or not."""
        begun_s, looks = time.perf_counter(), list[asyncio.Task[tuple[str, float, int, float]]]()
        for view in views(per_s, lasts_s, len(self._readers)):
            await asyncio.sleep(max(0.0, begun_s + view.due_s - time.perf_counter()))
            looks.append(asyncio.create_task(self._view(view, begun_s + view.due_s)))
        return await asyncio.gather(*looks)

    async def _view(self, view: View, due_s: float) -> tuple[str, float, int, float]:
        own_ms = (time.perf_counter() - due_s) * 1000
        url = f"{self._url}{self._readers[view.reader].path(view.page)}"
        try:
            async with self._http.get(url, headers=self._headers[view.reader], allow_redirects=False) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = NO_ANSWER
        return view.page, (time.perf_counter() - due_s) * 1000, status, own_ms

    async def close(self) -> dict[str, Any]:
        """Closes the open pages; tells how often they asked, what failed, and what they showed."""
        for one in self._keeping:
            one.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        return {
            "asked": sum(one.asked for one in self._opened),
            "failed": sum(len(one.failed) for one in self._opened),
            "why": sorted({why for one in self._opened for why in one.failed}),
            "shown": [
                (stage, "stream" if one.has_stream else "asking", late_ms)
                for one in self._opened
                for (stage, _), late_ms in one.shown_ms.items()
            ],
        }


@asynccontextmanager
async def _connected() -> AsyncGenerator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(PATIENCE_S)
    # A line of a stream holds a line of a page.
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout,
        read_bufsize=2**18,
    ) as http:
        yield http


async def _serve() -> None:
    async with _connected() as http:
        readers = Readers(http)
        async for told in orders():
            ((what, how),) = told.items()
            match what:
                case "sign_in":
                    answer = await readers.sign_in(**how)
                case "open":
                    answer = await readers.open([(number, path) for number, path in how])
                case "look":
                    answer = await readers.look(**how)
                case "close":
                    answer = await readers.close()
                case _:
                    raise ValueError(f"Nobody knows what {what} is.")
            sys.stdout.write(f"{json.dumps(answer)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve())
