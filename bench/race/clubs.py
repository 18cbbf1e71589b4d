"""Practice clubs in a program of their own, and how to order things of them.

As a program it is told one line, a list of clubs (`seed`, `knobs`, and whether it is not `empty`), says at which
addresses they are, and serves until its standard input ends: `python -m bench.race.clubs`.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from bench.race.programs import Program, orders
from practice_club.club import PracticeClub
from practice_club.knobs import Knobs
from practice_club.server import serving


@dataclass(frozen=True)
class Member:
    """A member of a practice club, with what it takes to log in there."""

    id: int
    email: str
    pin: str


@dataclass(frozen=True)
class Session:
    """A session of a practice club; `opens_ns` is on the club's own clock."""

    timeid: int
    link: str
    opens_ns: int


class ClubOffice:
    """Orders things of one practice club, beside its site: no delay and no count of requests is touched."""

    def __init__(self, http: aiohttp.ClientSession, base_url: str) -> None:
        self._http = http
        self.base_url = base_url

    async def add_member(self) -> Member:
        """A new member with an invented name."""
        made = await self._ask("POST", "/members", {})
        return Member(made["id"], made["email"], made["pin"])

    async def add_session(self, opens_at: datetime, places: int) -> Session:
        """A session that opens then on the club's clock."""
        made = await self._ask("POST", "/sessions", {"opens_at": opens_at.isoformat(), "capacity": places})
        return Session(made["timeid"], made["link"], made["opens_ns"])

    async def step(self, step_ms: float) -> None:
        """Puts the club's clock forward, or back."""
        await self._ask("POST", "/time", {"step_ms": step_ms})

    async def requests(self) -> list[dict[str, Any]]:
        """Everything that the club was asked, by its record."""
        return (await self._ask("GET", "/report", None))["requests"]

    async def _ask(self, method: str, path: str, order: dict[str, Any] | None) -> Any:
        async with self._http.request(method, f"{self.base_url}/control{path}", json=order) as answer:
            if not answer.ok:
                raise RuntimeError(f"A practice club answered {answer.status}: {await answer.text()}")
            return await answer.json()


async def offices(host: Program, http: aiohttp.ClientSession, clubs: Sequence[dict[str, Any]]) -> list[ClubOffice]:
    """Has this program serve these clubs, and gives an office of each."""
    host.tell(clubs)
    return [ClubOffice(http, url) for url in await host.hear()]


async def _serve() -> None:
    async with AsyncExitStack() as stack:
        async for wanted in orders():
            clubs = [
                PracticeClub(empty=one.get("empty", True), seed=one["seed"], knobs=Knobs(**one["knobs"]))
                for one in wanted
            ]
            for club in clubs:
                await stack.enter_async_context(serving(club))
            print(json.dumps([club.base_url for club in clubs]), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())
