"""A box office over real sockets: a club that holds a place for some steps, and keeps a record of all that it is asked.

It is not like NTNUI: slots have names, pages tell the opening exactly, a second sign-up takes a second place, and a
place becomes the member's by two steps more. What it takes for its own is in `held` and `placed`; the record says what
any member had at once at most.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from aiohttp import web

from autotennis.ports import Clock
from autotennis.serving import listening

PASSWORD = "a ball over the net"


@dataclass
class Event:
    """What the box office sells places of."""

    slug: str
    opens_at: datetime
    places: int = 1
    is_cancelled: bool = False


@dataclass
class Hold:
    """A place that is held for a member, for the login that asked for it, until then."""

    member: int
    login: str
    slug: str
    until: datetime
    has_details: bool = False


@dataclass
class Moods:
    """How the box office behaves. `loses` counts, by action, the answers that are still to be lost on their way."""

    hold_s: float = 60.0
    # Whether pages tell the instant of the opening.
    tells_opening: bool = True
    # Whether a hold is shown only to the login that asked for it, as with a basket in a cookie.
    by_login: bool = False
    loses: Counter[str] = field(default_factory=Counter[str])
    # So many holds run out as soon as somebody begins to take the steps.
    runs_out: int = 0
    refuses_steps: bool = False
    # So many looks of who is logged in are answered by throwing them out.
    throws_out: int = 0
    # How long an action waits before it is done, and how long it is worked on after that.
    waits_s: dict[str, float] = field(default_factory=dict[str, float])
    works_s: dict[str, float] = field(default_factory=dict[str, float])
    # What is done just before an action is acted on.
    before: dict[str, Callable[[], None]] = field(default_factory=dict[str, Callable[[], None]])


class BoxOffice:
    """The site, and its record."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.events: dict[str, Event] = {}
        self.moods = Moods()
        self.members: dict[str, int] = {}
        self.asked: list[tuple[str, str, datetime]] = []
        self.held: list[Hold] = []
        self.placed: list[tuple[int, str]] = []
        self.listed: list[tuple[int, str]] = []
        self.most_at_once = 0
        self._logins: dict[str, int] = {}
        self.url = ""

    def event(self, opens_in_s: float, **more: Any) -> Event:
        """A new event that opens in so many seconds."""
        event = Event(f"slot-{len(self.events) + 1}", self._clock.now() + timedelta(seconds=opens_in_s), **more)
        self.events[event.slug] = event
        return event

    def member(self, email: str) -> int:
        """A new member."""
        self.members[email] = len(self.members) + 1
        return self.members[email]

    def count(self, action: str) -> int:
        """How often that was asked for."""
        return sum(one == action for one, _, _ in self.asked)

    def holds(self) -> list[Hold]:
        """What is held at present."""
        self.held = [hold for hold in self.held if hold.until > self._clock.now()]
        return self.held

    def free(self, event: Event) -> int:
        """How many places can be taken."""
        taken = sum(slug == event.slug for _, slug in self.placed)
        return max(0, event.places - taken - sum(hold.slug == event.slug for hold in self.holds()))

    def taken_by(self, member: int, slug: str) -> int:
        """How many places of it a member has, those that are held included."""
        held = sum((hold.member, hold.slug) == (member, slug) for hold in self.holds())
        return held + self.placed.count((member, slug))

    def holds_for(self, member: int, slug: str) -> None:
        """A place is held for the member, by a login that nobody uses any more."""
        until = self._clock.now() + timedelta(seconds=self.moods.hold_s)
        self.held.append(Hold(member, "gone", slug, until))

    # What is asked

    async def answer(self, request: web.Request) -> web.Response:
        """Any request."""
        action = request.match_info.get("action", "view")
        self.asked.append((action, request.match_info.get("slug", ""), self._clock.now()))
        if act := self.moods.before.get(action):
            act()
        await asyncio.sleep(self.moods.waits_s.get(action, 0.0))
        answer = await self._answered(request, action)
        await asyncio.sleep(self.moods.works_s.get(action, 0.0))
        answer.headers["Date"] = format_datetime(self._clock.now(), usegmt=True)
        if self.moods.loses[action]:
            self.moods.loses[action] -= 1
            assert request.transport
            request.transport.abort()
        return answer

    async def _answered(self, request: web.Request, action: str) -> web.Response:
        if action == "login":
            return await self._log_in(request)
        if action == "time":
            return web.json_response({})
        event = self.events.get(request.match_info.get("slug", ""))
        login = request.cookies.get("login", "")
        if event is None:
            return web.json_response({"state": "no_session"})
        if self.moods.throws_out and action == "view" and self._logins.pop(login, None):
            self.moods.throws_out -= 1
            return web.json_response({"state": "logged_out"})
        if action != "view" and login not in self._logins:
            return web.json_response({"state": "logged_out"})
        refusal = self._acted(action, event, login) if action != "view" else None
        return web.json_response(self._page(event, login) | ({"state": refusal} if refusal else {}))

    async def _log_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        member = self.members.get(str(form["email"]))
        if member is None or form["password"] != PASSWORD:
            return web.json_response({"state": "refused"})
        login = uuid4().hex
        self._logins[login] = member
        answer = web.json_response({"state": "logged_in", "member": member})
        answer.set_cookie("login", login)
        return answer

    def _is_open(self, event: Event) -> bool:
        return event.opens_at <= self._clock.now()

    def _page(self, event: Event, login: str) -> dict[str, Any]:
        member = self._logins.get(login)
        page: dict[str, Any] = {"member": member, "free": self.free(event), "state": self._state(event, member, login)}
        return page | ({"opens_at": event.opens_at.isoformat()} if self.moods.tells_opening else {})

    def _state(self, event: Event, member: int | None, login: str) -> str:
        if event.is_cancelled:
            return "cancelled"
        if member and (member, event.slug) in self.placed:
            return "signed_up"
        if self._hold_of(event, login):
            return "held"
        if not self._is_open(event):
            return "not_open"
        if self.free(event):
            return "free"
        return "on_list" if (member, event.slug) in self.listed else "full"

    def _hold_of(self, event: Event, login: str) -> Hold | None:
        member = self._logins.get(login)
        mine = (hold for hold in self.holds() if (hold.member, hold.slug) == (member, event.slug))
        return next((hold for hold in mine if not self.moods.by_login or hold.login == login), None)

    def _acted(self, action: str, event: Event, login: str) -> str | None:
        """Does it; gives why it was refused, or nothing."""
        hold, member = self._hold_of(event, login), self._logins[login]
        match action:
            case "hold":
                if self._is_open(event) and self.free(event):
                    until = self._clock.now() + timedelta(seconds=self.moods.hold_s)
                    self.held.append(Hold(member, login, event.slug, until))
                    self.most_at_once = max(self.most_at_once, self.taken_by(member, event.slug))
            case "details" | "confirm":
                return self._stepped(action, hold)
            case "release" if hold:
                self.held.remove(hold)
            case "list":
                self.listed.append((member, event.slug))
            case "withdraw" if (member, event.slug) in self.placed:
                self.placed.remove((member, event.slug))
            case _:
                pass
        return None

    def _stepped(self, action: str, hold: Hold | None) -> str | None:
        if hold and self.moods.runs_out:
            self.moods.runs_out -= 1
            self.held.remove(hold)
            return None
        if hold is None or self.moods.refuses_steps or (action == "confirm" and not hold.has_details):
            return "refused"
        hold.has_details = True
        if action == "confirm":
            self.held.remove(hold)
            self.placed.append((hold.member, hold.slug))
            self.most_at_once = max(self.most_at_once, self.taken_by(hold.member, hold.slug))
        return None


@asynccontextmanager
async def box_office(clock: Clock) -> AsyncGenerator[BoxOffice]:
    """One that is open to visitors."""
    office = BoxOffice(clock)
    app = web.Application()
    app.router.add_get("/event/{slug}", office.answer)
    app.router.add_post("/event/{slug}/{action}", office.answer)
    app.router.add_post("/{action:login}", office.answer)
    app.router.add_get("/{action:time}", office.answer)
    async with listening(app, "127.0.0.1", 0) as office.url:
        yield office
