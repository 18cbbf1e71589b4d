"""A member at the web pages, as a program: fills in the same forms as a person."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr
from selectolax.lexbor import LexborHTMLParser

from autotennis.errors import AutotennisError

# What a field is filled in with; several values where several boxes have its name.
_Given = str | Sequence[str]


class PageRefused(AutotennisError):
    """A page did not do what was asked; its own words stand in the text."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who registers: e-mail and PIN at the club, and a password for Autotennis."""

    email: str
    pin: SecretStr
    password: SecretStr


@dataclass(frozen=True, slots=True)
class _Page:
    url: str
    status: int
    html: LexborHTMLParser

    def hidden_fields(self, action: str) -> dict[str, str]:
        """The fields that a form brings along, its CSRF token among them."""
        return {
            field.attributes["name"] or "": field.attributes.get("value") or ""
            for field in self.html.css(f'form[action="{action}"] input[type="hidden"]')
            if field.attributes.get("name")
        }

    def fields(self, action: str) -> dict[str, str]:
        """All that a browser would send of a form in which nobody has changed anything."""
        form = f'form[action="{action}"]'
        ticked = {
            field.attributes["name"] or "": field.attributes.get("value") or "on"
            for field in self.html.css(f'{form} input[type="checkbox"][checked]')
        }
        chosen = {
            field.attributes["name"] or "": option.attributes.get("value") or ""
            for field in self.html.css(f"{form} select")
            if (option := field.css_first("option[selected]") or field.css_first("option"))
        }
        return {**self.hidden_fields(action), **ticked, **chosen}

    def words(self) -> str:
        main = self.html.css_first("main")
        return " ".join(main.text(separator=" ").split())[:300] if main else ""


class Visitor:
    """One browser window."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def let_in(self, person: Person) -> None:
        """Signs in; registers if there is no such account yet, or gives it this password if it has another one.

        Raises PageRefused.
        """
        if await self.sign_in(person):
            return
        password = person.password.get_secret_value()
        wishes = {"email": person.email, "club_password": person.pin.get_secret_value()}
        for path in ("/register", "/forgotten"):
            page = await self._submit(path, path, {**wishes, "password": password, "again": password})
            if page.status != HTTPStatus.CONFLICT:
                break
        if page.status != HTTPStatus.OK:
            raise PageRefused(f"Registering was refused: {page.words()}")

    async def sign_in(self, person: Person) -> bool:
        """Signs in; gives whether that was taken."""
        password = person.password.get_secret_value()
        page = await self._submit("/sign-in", "/sign-in", {"email": person.email, "password": password})
        return page.status == HTTPStatus.OK

    async def clubs(self, entrance: str) -> Mapping[str, str]:
        """The clubs that one may register for at this page: by their ids, where they are. Raises PageRefused."""
        page = await self._get(entrance)
        form = page.html.css_first("form[data-clubs]")
        if page.status != HTTPStatus.OK or form is None:
            raise PageRefused(f"Registering is refused: {page.words()}")
        return json.loads(form.attributes.get("data-clubs") or "{}")

    async def register(self, person: Person, club_id: str, entrance: str) -> None:
        """Makes an account by the form of this page, or of an invitation's. Raises PageRefused."""
        password = person.password.get_secret_value()
        wishes = {"email": person.email, "club_password": person.pin.get_secret_value(), "club": club_id}
        page = await self._submit(entrance, "/register", {**wishes, "password": password, "again": password})
        if page.status != HTTPStatus.OK:
            raise PageRefused(f"Registering was refused: {page.words()}")

    async def invite(self, most: int) -> str:
        """As an operator makes an invitation for so many; gives the path of its link. Raises PageRefused."""
        where = "/operator/invitations"
        page = await self._submit(where, where, {"most": str(most), "days": "1"})
        link = page.html.css_first("input#link")
        if page.status != HTTPStatus.OK or link is None:
            raise PageRefused(f"The invitation was refused: {page.words()}")
        return urlsplit(link.attributes.get("value") or "").path

    async def make_token(self, name: str, *scopes: str) -> SecretStr:
        """Makes a token of the API that is good for these, for a week. Raises PageRefused."""
        ticks = dict.fromkeys(scopes, "y")
        page = await self._submit("/settings/tokens", "/settings/tokens", {"name": name, "days": "7", **ticks})
        made = page.html.css_first("code#made")
        if page.status != HTTPStatus.OK or made is None:
            raise PageRefused(f"The token was refused: {page.words()}")
        return SecretStr(made.text())

    async def leave(self, person: Person) -> bool:
        """Gives every place back and deletes the account; gives False while something is still ending at the club.

        Raises PageRefused.
        """
        password = person.password.get_secret_value()
        page = await self._submit("/settings/leave", "/settings/leave", {"password": password, "give_back": "y"})
        if page.status != HTTPStatus.OK:
            raise PageRefused(f"Deleting the account was refused: {page.words()}")
        return urlsplit(page.url).path != "/settings/leave"

    async def is_leaving(self) -> bool:
        """Whether something is still ending at the club before the account can be deleted."""
        page = await self._get("/settings/leave")
        return page.html.css_first('.warning[role="status"]') is not None

    async def book(self, link: str, **options: _Given) -> str:
        """Pastes a session's link and confirms the preview; gives the booking's id. Raises PageRefused.

        `options` are fields of the preview that are filled in otherwise than they are offered: several values where
        several boxes of one name are ticked.
        """
        preview = await self._preview(link)
        page = await self._post("/bookings", {**preview.fields("/bookings"), **options})
        booking_id = page.url.rpartition("/bookings/")[2]
        if page.status != HTTPStatus.OK or not booking_id:
            raise PageRefused(f"The booking was refused: {page.words()}")
        return booking_id

    async def _preview(self, link: str) -> _Page:
        preview = await self._submit("/", "/bookings/link", {"link": link})
        if "/bookings/new" not in preview.url:
            raise PageRefused(f"The link was refused: {preview.words()}")
        return preview

    async def cancel(self, booking_id: str) -> None:
        """Cancels a booking, and says yes when asked. Raises PageRefused."""
        await self._confirmed(f"/bookings/{booking_id}/cancel")

    async def withdraw(self, booking_id: str) -> None:
        """Gives a place back, and says yes when asked. Raises PageRefused."""
        await self._confirmed(f"/bookings/{booking_id}/withdraw")

    async def answer(self, booking_id: str, *, wants_it: bool) -> None:
        """Answers the question about a place that is free. Raises PageRefused."""
        path = f"/bookings/{booking_id}"
        await self._confirmed(f"{path}/offer", shown_at=path, answer="yes" if wants_it else "no")

    async def found_group(self, name: str, called: str) -> str:
        """Makes a group; gives the link by which others join. Raises PageRefused."""
        page = await self._submit("/groups", "/groups", {"name": name, "called": called})
        invitation = page.html.css_first("input#invitation")
        if page.status != HTTPStatus.OK or invitation is None:
            raise PageRefused(f"The group was refused: {page.words()}")
        return invitation.attributes.get("value") or ""

    async def join(self, invitation: str, called: str) -> None:
        """Follows the link of a group, and agrees. Raises PageRefused."""
        path = urlsplit(invitation).path
        await self._confirmed(path, called=called)

    async def companions(self, link: str) -> Mapping[str, str]:
        """Who else may go to this session: by their names, what to tick. Raises PageRefused."""
        preview = await self._preview(link)
        ticks = preview.html.css('input[name="together"]')
        return {tick.parent.text().strip(): tick.attributes.get("value") or "" for tick in ticks if tick.parent}

    async def _confirmed(self, path: str, *, shown_at: str = "", **fields: _Given) -> None:
        page = await self._submit(shown_at or path, path, fields)
        if page.status != HTTPStatus.OK:
            raise PageRefused(f"{path} was refused: {page.words()}")

    async def _submit(self, shown_at: str, action: str, fields: Mapping[str, _Given]) -> _Page:
        page = await self._get(shown_at)
        select = page.html.css_first(f'form[action="{action}"] select[name="club"] option')
        club = {"club": select.attributes.get("value") or ""} if select else {}
        return await self._post(action, {**page.hidden_fields(action), **club, **fields})

    async def _get(self, path: str) -> _Page:
        async with self._session.get(path) as response:
            return _Page(str(response.url), response.status, LexborHTMLParser(await response.text()))

    async def _post(self, path: str, fields: Mapping[str, _Given]) -> _Page:
        pairs = [(name, one) for name, given in fields.items() for one in _each(given)]
        async with self._session.post(path, data=pairs) as response:
            return _Page(str(response.url), response.status, LexborHTMLParser(await response.text()))


def _each(given: _Given) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


@asynccontextmanager
async def visiting(base_url: str) -> AsyncGenerator[Visitor]:
    """A browser window at this address."""
    jar = aiohttp.CookieJar(unsafe=True)
    timeout = aiohttp.ClientTimeout(total=40)
    async with aiohttp.ClientSession(base_url, cookie_jar=jar, timeout=timeout) as session:
        yield Visitor(session)
