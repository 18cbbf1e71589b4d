"""The practice club's control API, as far as a rehearsal needs it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict, SecretStr

from autotennis_local.system import LocalSystem


class PracticeSession(BaseModel):
    """A session at the practice club."""

    model_config = ConfigDict(extra="ignore")

    link: str
    timeid: int
    spilletid: str


class PracticeDesk:
    """Whoever runs the practice club."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def add_member(self, email: str, name: str, pin: SecretStr) -> int:
        """Makes a member, unless there is one with this address; gives the id by which the club knows them."""
        for member in await self._ask("GET", "/control/members"):
            if member["email"] == email:
                return int(member["id"])
        order = {"email": email, "name": name, "pin": pin.get_secret_value()}
        return int((await self._ask("POST", "/control/members", order))["id"])

    async def add_session(self, opens_in_s: float, **more: Any) -> PracticeSession:
        """Makes a session whose sign-up opens after that time; `more` is said of it, as in the control API."""
        order = {"opens_in_s": opens_in_s, **more}
        return PracticeSession.model_validate(await self._ask("POST", "/control/sessions", order))

    async def free_place(self, session: PracticeSession) -> None:
        """Lets somebody give a place back."""
        await self._ask("POST", f"/control/sessions/{session.timeid}/{session.spilletid}/free", {})

    async def asked(self, action: str) -> int:
        """How often the club was asked for that since its record was cleared, by anybody."""
        report = await self._ask("GET", "/control/report")
        return sum(request["action"] == action for request in report["requests"])

    async def clock_offset_ms(self) -> float:
        """By how much the club's clock is ahead of the machine's, in truth."""
        return float((await self._ask("GET", "/control/time"))["offset_ms"])

    async def clear_record(self) -> None:
        """Forgets the requests so far."""
        await self._ask("POST", "/control/record/clear", {})

    async def session_report(self, session: PracticeSession) -> dict[str, Any]:
        """What happened to a session, by the club's own record."""
        return await self._ask("GET", f"/control/sessions/{session.timeid}/{session.spilletid}")

    async def requests_total(self) -> int:
        """How many requests the club has received since its record was cleared."""
        return int((await self._ask("GET", "/control/report"))["totals"]["requests"])

    async def _ask(self, method: str, path: str, order: dict[str, Any] | None = None) -> Any:
        async with self._session.request(method, path, json=order) as response:
            response.raise_for_status()
            return await response.json()


@asynccontextmanager
async def practice_desk(system: LocalSystem) -> AsyncGenerator[PracticeDesk]:
    """The desk of the system's practice club."""
    headers = {"Authorization": f"Bearer {system.control_token.get_secret_value()}"}
    async with aiohttp.ClientSession(system.practice_url, headers=headers) as session:
        yield PracticeDesk(session)
