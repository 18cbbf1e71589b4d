"""A club that is unlike NTNUI's in what services must not care about: it names its slots, and lacks what others have.

Behind it is a real club's site: only links, slots and traits are others.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import SplitResult

from autotennis.domain.club import ClubRules
from autotennis.domain.opening import opening_of
from autotennis.errors import BadLink, ClubBusy, ClubUnreachable, LinkProblem, NotFound, PageNotUnderstood
from autotennis.ports import Answer, Club, FreePlaces, TimetableEntry, Traits, Visit
from autotennis.values import Pointer, Session, VerdictKind

BARE = Traits(has_timetable=False, has_fixed_places=False, has_list=False)
# No session is known to open at another instant than by the club's rule.
BY_THE_RULE = timedelta(0)
# Dates are numbered by their seconds since then.
_FIRST = datetime(2020, 1, 1)


def number_of(start: datetime) -> int:
    """The number of a date."""
    return int((start - _FIRST).total_seconds())


def named(session: Session, *, with_number: bool = True) -> Session:
    """A session of NTNUI's as this club names it."""
    number = number_of(session.start) if with_number else 0
    return Session(timeid=number, slot=f"slot-{session.timeid}", start=session.start)


def numbered(session: Session) -> Session:
    """A session of this club's as the site behind it names it; one that is named so already stays as it is."""
    if not session.slot:
        return session
    return Session(timeid=int(session.slot.removeprefix("slot-")), start=session.start)


@dataclass(frozen=True)
class NamingClub:
    """The port Club over another one. `later` is by how much its sessions open later than the rule says."""

    behind: Club
    traits: Traits = BARE
    later: timedelta = BY_THE_RULE

    @property
    def rules(self) -> ClubRules:
        """Those of the club behind it."""
        return self.behind.rules

    @property
    def good_link(self) -> str:
        """What a link looks like."""
        return f"{self.rules.root}slot-65/218300400/"

    def link(self, session: Session) -> str:
        """A link that does not tell the start."""
        return f"{self.rules.root}{session.slot}/{number_of(session.start)}/"

    def session_of(self, url: SplitResult) -> Pointer:
        """What a link points at."""
        parts = url.path.strip("/").split("/")
        if len(parts) != 2 or not parts[1].isdecimal():
            raise BadLink(LinkProblem.NOT_A_SESSION, "This is no session.", self.good_link)
        return Pointer(slot=parts[0], number=int(parts[1]))

    @asynccontextmanager
    async def visit(self) -> AsyncGenerator[Visit]:
        """A visitor at the site behind it."""
        async with self.behind.visit() as visit:
            yield _NamingVisit(self, visit)  # type: ignore[misc]


class _NamingVisit:
    def __init__(self, club: NamingClub, behind: Visit) -> None:
        self._club = club
        self._behind = behind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)

    async def look(self, session: Session) -> Answer:
        """Reads the page of the session that it is at the site behind."""
        return await self._behind.look(numbered(session))

    async def sign_up(self, session: Session, club_member_id: int) -> Answer:
        """Asks for a place in the session that it is at the site behind."""
        return await self._behind.sign_up(numbered(session), club_member_id)

    async def find(self, pointer: Pointer) -> Session:
        """From the page of the session that it is at the site behind."""
        start = _FIRST + timedelta(seconds=pointer.number)
        found = Session(timeid=int(pointer.slot.removeprefix("slot-")), start=start)
        page = (await self._behind.look(found)).page
        verdict = page.verdict
        match verdict.kind:
            case VerdictKind.NO_SESSION:
                raise NotFound("There is no such session.")
            case VerdictKind.BUSY:
                raise ClubBusy("The club is busy.", retry_after_s=verdict.retry_after_s)
            case VerdictKind.NO_ANSWER | VerdictKind.UNTRUSTED:
                raise ClubUnreachable("The club does not answer.")
            case _ if not page.date_text:
                raise PageNotUnderstood("The page is not understood.", verdict.fingerprint or "")
            case _:
                return named(found)

    async def timetable(self, weeks_ahead: int = 0) -> Sequence[TimetableEntry]:
        """The week of the site behind, with the openings where they are told. Raises NotImplementedError without."""
        if not self._club.traits.has_timetable:
            raise NotImplementedError("Nobody may ask for what there is not.")
        return [self._told(entry) for entry in await self._behind.timetable(weeks_ahead)]

    def _told(self, entry: TimetableEntry) -> TimetableEntry:
        opens_at = opening_of(entry.session, self._club.rules) + self._club.later if self._club.later else None
        return entry.model_copy(update={"session": named(entry.session), "opens_at": opens_at})

    async def free_places(self) -> FreePlaces:
        """Those of the site behind. Raises NotImplementedError where there is no week."""
        if not self._club.traits.has_timetable:
            raise NotImplementedError("Nobody may ask for what there is not.")
        found = await self._behind.free_places()
        return FreePlaces(free=frozenset(map(named, found.free)), shown=frozenset(map(named, found.shown)))
