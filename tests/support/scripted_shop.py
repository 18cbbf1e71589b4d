"""A shop of pretix that answers as a test tells it to, for what a real one does only with workers, or in trouble."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs

from aiohttp import web
from pydantic import HttpUrl, SecretStr
from support import pretix_pages as shown
from support.ntnui_visits import QUICK, USER_AGENT, serving

from autotennis.adapters.clubs.registry import open_club
from autotennis.adapters.system import SystemClock
from autotennis.domain.club import ClubRules
from autotennis.domain.member import Credentials
from autotennis.ports import Visit
from autotennis.values import Session

SESSION = Session(slot="tennis", timeid=shown.NUMBER, start=datetime(2026, 12, 2, 18, 0))
SOMEBODY = Credentials(email="ingebjorg.as@example.org", password=SecretStr("hemmelig-7"))
MEMBER_ID = int("5HPM7VJ", 36)
DATE = f"/club/tennis/{shown.NUMBER}/"
ADD = "/club/tennis/cart/add"
CONFIRM = "/club/tennis/checkout/confirm/"
ORDER = "/club/tennis/order/AB3CD/hush-hush/"


@dataclass(frozen=True)
class Bare:
    """An answer that is no page of the shop."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()

    def response(self) -> web.Response:
        """The same once more."""
        response = web.Response(status=self.status, text="No page")
        response.headers.extend(self.headers)
        return response


Answer = bytes | Mapping[str, object] | Bare | None


@dataclass
class ScriptedShop:
    """What is answered at each path: bytes are a page, a mapping is told in the background, None never comes.

    A list is answered one after another, its last one again and again.
    """

    address: str = ""
    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict[str, "Answer | list[Answer]"])
    asked: Counter[str] = field(default_factory=Counter[str])
    forms: list[dict[str, list[str]]] = field(default_factory=list[dict[str, list[str]]])

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """The answer, as it was told."""
        self.asked[f"{request.method} {request.path}"] += 1
        if request.method == "POST":
            self.forms.append(parse_qs(await request.text()))
        answer = self._next(request.path)
        if answer is None:
            await asyncio.sleep(QUICK.read_s * 3)
            return web.Response()
        if isinstance(answer, Bare):
            return answer.response()
        if isinstance(answer, bytes):
            # Orders' addresses are whole ones.
            return web.Response(body=answer.replace(b"http://127.0.0.1:8345", self.address.encode()))
        return web.json_response(answer)

    def _next(self, path: str) -> Answer:
        told = self.answers.get(path, shown.page("<h1>Not found</h1>"))
        if isinstance(told, list):
            return told.pop(0) if len(told) > 1 else told[0]
        return told


def leads_to(path: str, *cookies: str) -> Bare:
    """A redirect."""
    return Bare(302, (("Location", path), *(("Set-Cookie", f"{cookie}; Path=/") for cookie in cookies)))


@asynccontextmanager
async def scripted_shop() -> AsyncGenerator[ScriptedShop]:
    """A shop with a date that has free places, and a member without orders."""
    shop = ScriptedShop()
    login = leads_to("/club/account/", "pretix_csrftoken=after-login", "pretix_session=hush")
    shop.answers = {"/club/account/login": login, "/club/account/": shown.account(), DATE: shown.date_page(shown.FREE)}
    async with serving(shop.respond) as address:
        shop.address = address
        yield shop


@asynccontextmanager
async def visitor_at(shop: ScriptedShop) -> AsyncGenerator[Visit]:
    """A visitor who is not logged in."""
    rules = ClubRules(id="club", kind="pretix", name="Club", base_url=HttpUrl(f"{shop.address}/club/"))
    async with open_club(rules, USER_AGENT, SystemClock(), QUICK).visit() as visit:
        yield visit


@asynccontextmanager
async def member_at(shop: ScriptedShop) -> AsyncGenerator[Visit]:
    """A visitor who is logged in; what was asked until then is not counted."""
    async with visitor_at(shop) as visit:
        await visit.log_in(SOMEBODY)
        shop.asked.clear()
        yield visit
