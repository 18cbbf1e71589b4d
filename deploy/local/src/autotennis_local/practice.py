"""The practice club's control API, as far as a rehearsal needs it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from pydantic import BaseModel, ConfigDict, SecretStr

from autotennis.errors import AutotennisError
from autotennis_local.system import LocalSystem

# A club that is asked in vain for so long is not there.
_LONGEST_S: Final = 30.0
# No request has a greater number.
_NO_REQUEST: Final = 10**15


class NoPracticeClub(AutotennisError):
    """What is at that address is no practice club, or does not let us in; nothing was done there."""


class PracticeSession(BaseModel):
    """A session at the practice club."""

    model_config = ConfigDict(extra="ignore")

    link: str
    timeid: int
    spilletid: str

    @property
    def key(self) -> tuple[int, str]:
        """What identifies it."""
        return self.timeid, self.spilletid

    @property
    def day(self) -> date:
        """The club's local date of it."""
        return datetime.strptime(self.spilletid.partition("T")[0], "%Y%m%d").replace(tzinfo=UTC).date()


class PracticeDesk:
    """Whoever runs the practice club."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def check(self) -> None:
        """Raises NoPracticeClub unless it is one, and takes our token."""
        try:
            told = await self._ask("GET", "/control/time")
        except aiohttp.ClientResponseError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise NoPracticeClub(f"The practice club at {self._url} does not take this control token.") from None
            raise NoPracticeClub(f"There is no practice club at {self._url}: it knows no /control/time.") from None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise NoPracticeClub(f"No practice club answers at {self._url} ({type(error).__name__}).") from None
        if not isinstance(told, dict) or "offset_ms" not in told:
            raise NoPracticeClub(f"There is no practice club at {self._url}: /control/time is something else.")

    async def now(self) -> datetime:
        """The club's own time (UTC)."""
        return datetime.fromtimestamp((await self._ask("GET", "/control/time"))["now_ns"] / 1e9, UTC)

    async def new_member(self, email: str, name: str, pin: SecretStr) -> int:
        """Makes a member; gives the id by which the club knows them."""
        order = {"email": email, "name": name, "pin": pin.get_secret_value()}
        return int((await self._ask("POST", "/control/members", order))["id"])

    async def change_pin(self, member_id: int, pin: SecretStr) -> None:
        """Gives the member another PIN, and ends their logins."""
        await self._ask("POST", f"/control/members/{member_id}/pin", {"pin": pin.get_secret_value()})

    async def remove_member(self, member_id: int) -> None:
        """Takes the member away, with every place."""
        await self._ask("DELETE", f"/control/members/{member_id}")

    async def remove_session(self, session: PracticeSession) -> None:
        """Takes the session out of the timetable, this week and every other."""
        await self._ask("POST", f"/control/sessions/{session.timeid}/{session.spilletid}/drop", {})
        before = session.day - timedelta(days=1)
        await self._ask("POST", "/control/slots/end", {"timeid": session.timeid, "last_date": before.isoformat()})

    async def knobs(self) -> dict[str, Any]:
        """All knobs as they are."""
        return await self._ask("GET", "/control/knobs")

    async def turn(self, knobs: dict[str, Any]) -> None:
        """Turns those that are named."""
        await self._ask("PATCH", "/control/knobs", knobs)

    async def counts(self) -> dict[str, Any]:
        """The record's report without the single requests."""
        return await self._ask("GET", f"/control/report?since={_NO_REQUEST}")

    async def add_member(self, email: str, name: str, pin: SecretStr) -> int:
        """Makes a member, unless there is one with this address; gives the id by which the club knows them."""
        for member in await self._ask("GET", "/control/members"):
            if member["email"] == email:
                return int(member["id"])
        return await self.new_member(email, name, pin)

    async def session_at(self, opens_at: datetime, **more: Any) -> PracticeSession:
        """Makes a session whose sign-up opens at that instant, in whole seconds of the club's clock."""
        order = {"opens_at": opens_at.isoformat(), **more}
        return PracticeSession.model_validate(await self._ask("POST", "/control/sessions", order))

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
    async with desk_at(system.practice_url, system.control_token) as desk:
        yield desk


@asynccontextmanager
async def desk_at(url: str, control_token: SecretStr) -> AsyncGenerator[PracticeDesk]:
    """The desk of the practice club at this address."""
    headers = {"Authorization": f"Bearer {control_token.get_secret_value()}"}
    timeout = aiohttp.ClientTimeout(total=_LONGEST_S)
    async with aiohttp.ClientSession(url, headers=headers, timeout=timeout) as session:
        yield PracticeDesk(session, url)
