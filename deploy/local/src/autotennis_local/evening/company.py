"""The members of an evening: made at the practice club and at Autotennis, as people would, and taken away again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import aiohttp
from pydantic import SecretStr

from autotennis.adapters.system import SystemIds
from autotennis.domain.token import Scope
from autotennis.errors import AutotennisError
from autotennis_local.evening.api import MemberApi
from autotennis_local.patience import comes_about
from autotennis_local.practice import NoPracticeClub, PracticeDesk
from autotennis_local.visitor import PageRefused, Person, Visitor, visiting

# So many registrations, wishes or looks go on at once.
AT_ONCE: Final = 6
MOST_INVITED: Final = 100
_LONGEST_S: Final = 60.0
_LEAVES_WITHIN_S: Final = 180.0
_ENTRANCE: Final = "/register"
_One = TypeVar("_One")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an evening is rehearsed. `invitation` is the path of an invitation's link, empty without one."""

    url: str
    practice_url: str
    control_token: SecretStr
    invitation: str = ""


@dataclass(slots=True)
class Guest:
    """A practice member: at the club by their id, at Autotennis by a window that is signed in, and by a token."""

    person: Person
    club_member_id: int
    window: Visitor
    api: MemberApi | None = None

    @property
    def asks(self) -> MemberApi:
        """The API. Only for who has been let in."""
        if self.api is None:
            raise AssertionError("has no token yet")
        return self.api


@dataclass
class Company:
    """All practice members of an evening."""

    place: Place
    desk: PracticeDesk
    club_id: str = ""
    guests: list[Guest] = field(default_factory=list[Guest])
    open: AsyncExitStack = field(default_factory=AsyncExitStack)
    _entrance: str = ""

    async def check(self) -> None:
        """Finds the practice club among those of Autotennis, before anybody gives a password anywhere.

        Raises NoPracticeClub, PageRefused.
        """
        await self.desk.check()
        self._entrance = self.place.invitation or _ENTRANCE
        try:
            async with visiting(self.place.url) as window:
                clubs = await window.clubs(self._entrance)
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
            raise PageRefused(f"No Autotennis answers at {self.place.url} ({type(error).__name__}).") from None
        wanted = self.place.practice_url.rstrip("/")
        self.club_id = next((one for one, root in clubs.items() if root.rstrip("/") == wanted), "")
        if not self.club_id:
            known = ", ".join(clubs.values())
            raise NoPracticeClub(
                f"Autotennis at {self.place.url} does not know the practice club {wanted}: its clubs are {known}. "
                "Nothing was done."
            )

    async def come(self, count: int) -> None:
        """Makes so many members, and lets each into Autotennis. Raises PageRefused."""
        session = await self.open.enter_async_context(
            aiohttp.ClientSession(self.place.url, timeout=aiohttp.ClientTimeout(total=_LONGEST_S))
        )
        ids = SystemIds()
        run = ids.new()[:8]
        for number in range(count):
            email = f"rehearsal-{run}-{number + 1}@practice.example"
            person = Person(email, SecretStr(ids.new()[:8]), SecretStr(ids.new()))
            club_member_id = await self.desk.new_member(email, f"Rehearsal {_letters(number)}", person.pin)
            window = await self.open.enter_async_context(visiting(self.place.url))
            self.guests.append(Guest(person, club_member_id, window))
        first, *others = self.guests
        await self._let_in(first, session)
        await self._get_invited(first, len(others))
        await at_once(others, lambda guest: self._let_in(guest, session))

    async def _let_in(self, guest: Guest, session: aiohttp.ClientSession) -> None:
        await guest.window.register(guest.person, self.club_id, self._entrance)
        guest.api = MemberApi(session, await guest.window.make_token("Rehearsal", *(scope.value for scope in Scope)))
        await guest.api.tell_nothing()

    async def _get_invited(self, first: Guest, others: int) -> None:
        """Where nobody may register unasked, the first of all accounts is an operator's, who invites the others."""
        async with visiting(self.place.url) as window:
            try:
                await window.clubs(self._entrance)
            except PageRefused:
                self._entrance = await first.window.invite(min(others, MOST_INVITED))

    async def leave(self) -> list[str]:
        """Takes everybody away again; gives what could not be."""
        left = [one for one in await at_once(self.guests, self._leave) if one]
        self.guests.clear()
        return left

    async def _leave(self, guest: Guest) -> str:
        try:
            await self._delete_account(guest)
            await self.desk.remove_member(guest.club_member_id)
        except (AutotennisError, aiohttp.ClientError, TimeoutError) as error:
            return f"{guest.person.email}: {error or type(error).__name__}"
        return ""

    async def _delete_account(self, guest: Guest) -> None:
        # Somebody who was interrupted while registering may have an account, and not know.
        if guest.api is None and not await guest.window.sign_in(guest.person):
            return

        async def has_ended() -> bool:
            return not await guest.window.is_leaving()

        while not await guest.window.leave(guest.person):
            await comes_about(has_ended, f"{guest.person.email} may leave", _LEAVES_WITHIN_S)


async def at_once(ones: Iterable[_One], act: Callable[[_One], Awaitable[_Result]]) -> list[_Result]:
    """Does it for each, a few at a time. What one raises ends the others."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one_of_them(one: _One) -> _Result:
        async with room:
            return await act(one)

    try:
        async with asyncio.TaskGroup() as group:
            tasks: list[asyncio.Task[Any]] = [group.create_task(one_of_them(one)) for one in ones]
    except ExceptionGroup as errors:
        # All that went wrong is of the same kind, most often: the first of them tells it.
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]


def _letters(number: int) -> str:
    """A name of letters for a number, as a club wants it: A, B, ... Z, BA, BB."""
    more, last = divmod(number, 26)
    return (_letters(more) if more else "") + chr(ord("A") + last)
