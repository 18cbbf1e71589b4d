"""A visitor of the kit's, who asks politely and keeps what a case needs to know."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from autotennis.conformance.outcome import Failed
from autotennis.conformance.pace import Pace
from autotennis.domain.member import Credentials
from autotennis.ports import Answer, Visit
from autotennis.values import Session, VerdictKind

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody at the club, logged in or not."""

    visit: Visit
    pace: Pace

    async def ask(self, what: Callable[[Visit], Awaitable[_T]]) -> _T:
        """What the club answers, asked when it is time. Raises LeftAlone, and what a client raises."""
        await self.pace.turn()
        try:
            answer = await what(self.visit)
        finally:
            self.pace.asked()
        if isinstance(answer, Answer):
            self.pace.heard(answer)
        return answer

    async def look(self, session: Session) -> Answer:
        """The session's page."""
        return await self.ask(lambda visit: visit.look(session))

    async def says(self, session: Session) -> VerdictKind:
        """What the session's page says."""
        return (await self.look(session)).verdict.kind


@dataclass(slots=True, eq=False)
class Member:
    """Somebody who is logged in, and what the login took."""

    guest: Guest
    credentials: Credentials
    login: Answer
    login_requests: int
    id_at_club: int | None = None

    async def club_member_id(self) -> int:
        """The id by which the club knows this member: every action needs it. Raises Failed where no page shows it."""
        if self.id_at_club is None:
            self.id_at_club = self.login.page.club_member_id or await self.guest.ask(
                lambda visit: visit.find_club_member_id()
            )
        if self.id_at_club is None:
            raise Failed("find_club_member_id finds no id of who is logged in, and no action goes without one")
        return self.id_at_club

    async def act(
        self, verb: Callable[[Visit], Callable[[Session, int], Awaitable[Answer]]], session: Session
    ) -> Answer:
        """The answer to an action of the member's, such as `lambda visit: visit.sign_up`."""
        own_id = await self.club_member_id()
        return await self.guest.ask(lambda visit: verb(visit)(session, own_id))
