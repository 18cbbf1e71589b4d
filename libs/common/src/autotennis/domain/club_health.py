"""Whether a club's pages are still understood: they are looked through once a day."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Self
from zoneinfo import ZoneInfo

from autotennis.domain.spread import spread
from autotennis.events import ClubPagesChanged
from autotennis.values import Id, Instant, PageKind, Session, Value

# A club is looked through at some time between these local hours: nobody's sessions open then, and few sleep badly.
_FROM_HOUR: Final = 1
_HOURS: Final = 5


class PageTrouble(StrEnum):
    """What was not found on a page."""

    NO_FREE_LIST = "no_free_list"
    NO_TIMETABLE = "no_timetable"
    NO_CELLS = "no_cells"
    NO_SESSION = "no_session"
    NO_VERDICT = "no_verdict"
    NO_PROOF = "no_proof"
    NO_PAGE = "no_page"


# For operators, and for whoever tells them.
IN_WORDS: Final[Mapping[PageTrouble, str]] = {
    PageTrouble.NO_FREE_LIST: "The page has no list of free places.",
    PageTrouble.NO_TIMETABLE: "The page has no timetable.",
    PageTrouble.NO_CELLS: "The page links to sessions, but the timetable's cells are not understood.",
    PageTrouble.NO_SESSION: "The session's page has no day and time where they used to be.",
    PageTrouble.NO_VERDICT: "The session's page does not say how the session stands.",
    PageTrouble.NO_PROOF: "The answer to the login is neither proof nor refusal.",
    PageTrouble.NO_PAGE: "The club answered with something else than its page.",
}


class PageRead(Value):
    """A page of that kind as it was read; `fingerprint` identifies its structure, and never its content.

    `trouble` is what was not found on it, None if it is understood. `sessions` are those that it shows.
    """

    page: PageKind
    fingerprint: str = ""
    trouble: PageTrouble | None = None
    sessions: tuple[Session, ...] = ()


class Unread(StrEnum):
    """Why not all pages were read."""

    NO_LOGIN = "no_login"
    LOGIN_REFUSED = "login_refused"
    NO_SESSION = "no_session"


class LookedThrough(Value):
    """The pages that were read, and why others were not."""

    pages: tuple[PageRead, ...] = ()
    unread: Unread | None = None


class PageHealth(Value):
    """How a page was when it was read last. `good` is its fingerprint when it was understood last."""

    page: PageKind
    fingerprint: str = ""
    good: str = ""
    trouble: PageTrouble | None = None


class ClubHealth(Value):
    """How a club's pages were when they were looked through last."""

    club_id: Id
    read_at: Instant
    pages: tuple[PageHealth, ...] = ()
    unread: Unread | None = None

    @property
    def changed(self) -> tuple[PageHealth, ...]:
        """Those that are not understood."""
        return tuple(one for one in self.pages if one.trouble)

    def after(self, looked: LookedThrough, now: datetime) -> tuple[Self, tuple[ClubPagesChanged, ...]]:
        """As it is after that, and what operators have to be told: of each new structure once."""
        known = {one.page: one for one in self.pages}
        facts: list[ClubPagesChanged] = []
        for read in looked.pages:
            before = known.get(read.page) or PageHealth(page=read.page)
            known[read.page] = after = _after(before, read)
            if read.trouble and (before.trouble is None or before.fingerprint != read.fingerprint):
                facts.append(self._changed(after, read.trouble, now))
        pages_now = tuple(known[kind] for kind in PageKind if kind in known)
        return type(self)(club_id=self.club_id, read_at=now, pages=pages_now, unread=looked.unread), tuple(facts)

    def _changed(self, page: PageHealth, trouble: PageTrouble, now: datetime) -> ClubPagesChanged:
        return ClubPagesChanged(
            at=now,
            club_id=self.club_id,
            page=page.page,
            was=page.good,
            now_is=page.fingerprint,
            reason=IN_WORDS[trouble],
        )


def _after(before: PageHealth, read: PageRead) -> PageHealth:
    good = before.good if read.trouble else read.fingerprint
    return PageHealth(page=read.page, fingerprint=read.fingerprint, good=good, trouble=read.trouble)


def look_through_at(club_id: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The last instant (UTC) at which the club was to be looked through: once a local day, each club at its time."""
    minutes = int((_FROM_HOUR + spread(club_id) * _HOURS) * 60)
    at = time(minutes // 60, minutes % 60)
    today = now.astimezone(zone).date()
    due = datetime.combine(today, at, zone).astimezone(UTC)
    return due if due <= now else datetime.combine(today - timedelta(days=1), at, zone).astimezone(UTC)
