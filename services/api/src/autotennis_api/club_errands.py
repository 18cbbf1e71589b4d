"""Sends somebody to a club and waits for them: the pages are synchronous, clubs are not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from autotennis.domain.member import Credentials
from autotennis.errors import ClubUnreachable, PageNotUnderstood, Transient
from autotennis.ports import Answer, Club, Visit
from autotennis.values import Session

_Found = TypeVar("_Found")

# A person waits for this, and most proxies give a page up after 30 s.
ERRAND_LIMIT_S: Final = 25.0
# Of it, what the search for the member's id may take: the login alone is enough to register.
ID_SEARCH_LIMIT_S: Final = 8.0


def log_in(club: Club, credentials: Credentials) -> int | None:
    """Logs in at the club, once; gives the member's id there if a page shows it.

    Raises LoginRefused, ClubBusy, ClubUnreachable.
    """

    async def errand(visit: Visit) -> int | None:
        await visit.log_in(credentials)
        try:
            async with asyncio.timeout(ID_SEARCH_LIMIT_S):
                return await visit.find_club_member_id()
        except (TimeoutError, Transient, PageNotUnderstood):
            return None

    return _send(club, errand)


def look(club: Club, session: Session) -> Answer:
    """Reads a session's page as a visitor who is not logged in. Raises ClubUnreachable when it takes too long."""
    return _send(club, lambda visit: visit.look(session))


def _send(club: Club, errand: Callable[[Visit], Awaitable[_Found]]) -> _Found:
    async def there_and_back() -> _Found:
        async with asyncio.timeout(ERRAND_LIMIT_S), club.visit() as visit:
            return await errand(visit)

    try:
        return asyncio.run(there_and_back())
    except TimeoutError:
        raise ClubUnreachable(f"{club.rules.name} did not answer within {ERRAND_LIMIT_S:.0f} s.") from None
