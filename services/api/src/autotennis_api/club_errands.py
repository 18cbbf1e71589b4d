"""Sends somebody to a club and waits for them: the pages are synchronous, clubs are not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from autotennis.domain.member import Credentials
from autotennis.errors import ClubUnreachable, PageNotUnderstood, Transient
from autotennis.ports import Answer, Club, TimetableEntry, Visit
from autotennis.values import Pointer, Session, VerdictKind

_Found = TypeVar("_Found")

# A person waits for this, and most proxies give a page up after 30 s.
ERRAND_LIMIT_S: Final = 25.0
# A wish that is confirmed may be for an opening that is seconds away: it is not kept waiting for longer than this.
SECOND_LOOK_LIMIT_S: Final = 2.0
# Of it, what the search for the member's id may take: the login alone is enough to register.
ID_SEARCH_LIMIT_S: Final = 8.0


def log_in(club: Club, credentials: Credentials) -> int | None:
    """Logs in at the club, once; gives the member's id there if a page shows it.

    Raises LoginRefused, ClubBusy, ClubUnreachable, PageNotUnderstood.
    """

    async def errand(visit: Visit) -> int | None:
        await visit.log_in(credentials)
        try:
            async with asyncio.timeout(ID_SEARCH_LIMIT_S):
                return await visit.find_club_member_id()
        except (TimeoutError, Transient, PageNotUnderstood):
            return None

    return _send(club, errand, ERRAND_LIMIT_S)


def look(club: Club, spellings: Sequence[Session], limit_s: float) -> tuple[Session, Answer]:
    """Reads a session's page as a visitor who is not logged in, in the first of the spellings that the club knows.

    If it knows none, its answer to the last. Raises ClubUnreachable when that takes longer than `limit_s` in all.
    """

    async def errand(visit: Visit) -> tuple[Session, Answer]:
        for spelling in spellings[:-1]:
            answer = await visit.look(spelling)
            if answer.verdict.kind is not VerdictKind.NO_SESSION:
                return spelling, answer
        return spellings[-1], await visit.look(spellings[-1])

    return _send(club, errand, limit_s)


def find(club: Club, pointer: Pointer, limit_s: float) -> Session:
    """The session that a link points at. Raises NotFound, ClubBusy, PageNotUnderstood, and ClubUnreachable also when
    it takes longer than `limit_s`.
    """
    return _send(club, lambda visit: visit.find(pointer), limit_s)


def timetable(club: Club, weeks_ahead: int, limit_s: float) -> Sequence[TimetableEntry]:
    """Reads a page of the club's timetable as a visitor who is not logged in.

    Raises ClubBusy, PageNotUnderstood, and ClubUnreachable also when it takes longer than `limit_s`.
    """
    return _send(club, lambda visit: visit.timetable(weeks_ahead), limit_s)


def _send(club: Club, errand: Callable[[Visit], Awaitable[_Found]], limit_s: float) -> _Found:
    async def there_and_back() -> _Found:
        async with asyncio.timeout(limit_s), club.visit() as visit:
            return await errand(visit)

    try:
        return asyncio.run(there_and_back())
    except TimeoutError:
        raise ClubUnreachable(f"{club.rules.name} did not answer within {limit_s:.0f} s.") from None
