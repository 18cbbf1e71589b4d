"""A form made ready beforehand, as a sign-up is at many sites: sent once, and never again by a redirect."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from support.ntnui_visits import QUICK, USER_AGENT, raw_club, saying, serving
from yarl import URL

from autotennis.adapters.clubs.prepared import Prepared
from autotennis.adapters.clubs.site import Site
from autotennis.adapters.clubs.transport import Manners, Transport
from autotennis.adapters.system import SystemClock


@dataclass
class FormClub:
    """Keeps what it was asked, and answers a form with `status`, and with `location` where that is a redirect."""

    status: int = 200
    location: str = "/done"
    asked: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    async def respond(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path_qs, await request.text()))
        self.headers.append(dict(request.headers))
        if request.method == "POST":
            return web.Response(status=self.status, text="taken", headers={"Location": self.location})
        return web.Response(text="seen")


@asynccontextmanager
async def visitor_at(address: str, manners: Manners | None = None) -> AsyncGenerator[Transport]:
    site = Site(address, USER_AGENT, SystemClock(), QUICK, manners or Manners())
    async with site.visitor() as transport:
        yield transport


def sign_up(transport: Transport, address: str, form: Callable[[], bytes]) -> Prepared:
    return Prepared(transport, URL(f"{address}/cart/add?date=7"), form)


async def test_a_form_is_sent_as_browsers_encode_it_on_a_connection_that_is_open() -> None:
    club = FormClub()
    async with serving(club.respond) as address, visitor_at(address) as transport:
        prepared = sign_up(transport, address, lambda: b"item=1&token=%C3%A5")
        await prepared.warm(1)
        assert not club.asked
        for _ in range(2):
            assert (await prepared.send()).body == b"taken"
        assert transport.requests_sent == 2
    assert club.asked == [("POST", "/cart/add?date=7", "item=1&token=%C3%A5")] * 2
    assert {one["Content-Type"] for one in club.headers} == {"application/x-www-form-urlencoded"}
    assert all("Origin" not in one for one in club.headers)


async def test_what_the_form_holds_at_the_moment_of_sending_counts() -> None:
    club, tokens = FormClub(), [b"token=old"]
    async with serving(club.respond) as address, visitor_at(address) as transport:
        prepared = sign_up(transport, address, lambda: tokens[-1])
        await prepared.warm(1)
        await prepared.send()
        tokens.append(b"token=quite+another")
        await prepared.send()
    assert [body for _, _, body in club.asked] == ["token=old", "token=quite+another"]


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_after_a_form_is_followed_by_a_get(status: int) -> None:
    club = FormClub(status=status)
    async with serving(club.respond) as address, visitor_at(address) as transport:
        reply = await sign_up(transport, address, lambda: b"item=1").send()
        assert (reply.status, reply.body, transport.requests_sent) == (200, b"seen", 2)
    assert club.asked[1] == ("GET", "/done", "")


@pytest.mark.parametrize("status", [307, 308])
async def test_no_redirect_has_a_form_sent_again(status: int) -> None:
    club = FormClub(status=status)
    async with serving(club.respond) as address, visitor_at(address) as transport:
        reply = await sign_up(transport, address, lambda: b"item=1").send()
        assert (reply.status, transport.requests_sent) == (status, 1)
    assert len(club.asked) == 1


async def test_no_redirect_leads_from_a_form_to_what_does_something() -> None:
    club = FormClub(status=303, location="/cart/clear")
    manners = Manners(acts=lambda url: url.path == "/cart/clear")
    async with serving(club.respond) as address, visitor_at(address, manners) as transport:
        assert (await sign_up(transport, address, lambda: b"item=1").send()).status == 303
    assert len(club.asked) == 1


async def test_a_form_whose_connection_breaks_is_not_sent_again() -> None:
    async with raw_club(saying(b"", then_leave=True)) as club, visitor_at(club.address) as transport:
        reply = await sign_up(transport, club.address, lambda: b"item=1").send()
        assert (reply.status, transport.requests_sent) == (None, 1)
        assert len(club.heads) == 1
        assert club.heads[0].startswith(b"POST /cart/add?date=7 HTTP/1.1\r\n")
        assert b"Content-Length: 6\r\n" in club.heads[0]


async def test_a_site_that_keeps_off_forged_forms_hears_where_a_form_comes_from() -> None:
    club = FormClub()
    async with serving(club.respond) as address, visitor_at(address, Manners(says_origin=True)) as transport:
        await sign_up(transport, address, lambda: b"item=1").send()
        await transport.post_form(URL(f"{address}/login"), b"email=a")
        await transport.get(URL(f"{address}/"))
    assert [one.get("Origin") for one in club.headers] == [address, address, None]
