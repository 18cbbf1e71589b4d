"""Whether the club's pages are still as the parsers know them: each kind of page is read once, and judged."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from autotennis.adapters.clubs.ntnui.pages.document import Document
from autotennis.adapters.clubs.ntnui.pages.login import LoginOutcome, read_login
from autotennis.adapters.clubs.ntnui.pages.session import read_session
from autotennis.adapters.clubs.ntnui.pages.timetable import read_free_sessions, read_timetable
from autotennis.domain.club_health import LookedThrough, PageRead, PageTrouble, Unread
from autotennis.errors import PageNotUnderstood
from autotennis.values import PageKind, Session, VerdictKind

Body = Awaitable[bytes]
# Who is not logged in is told so beside the session; who is, how it stands.
_EXPECTED: Final[Mapping[PageKind, Callable[[VerdictKind], bool]]] = {
    PageKind.SESSION: lambda verdict: verdict is VerdictKind.LOGGED_OUT,
    PageKind.SESSION_LOGGED_IN: lambda verdict: verdict not in (VerdictKind.LOGGED_OUT, VerdictKind.UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Requests:
    """What is asked of the club. Each raises ClubBusy, ClubUnreachable, and PageNotUnderstood for what is no page.

    `log_in` is None where nobody's login may be used.
    """

    front: Callable[[int], Body]
    session: Callable[[Session], Body]
    log_in: Callable[[], Body] | None


async def looked_through(requests: Requests) -> LookedThrough:
    """Reads the front page, a session's page, the answer to a login, and that session's page once more."""
    pages, shown = await _front(requests)
    # Neither one that has begun nor one of which the club says little yet.
    session = shown[len(shown) // 2] if shown else None
    if session:
        pages.append(await _session(requests, session, PageKind.SESSION))
    if requests.log_in is None:
        return LookedThrough(pages=tuple(pages), unread=Unread.NO_LOGIN)
    login, outcome = await _login(requests.log_in)
    pages.append(login)
    if outcome is LoginOutcome.REFUSED:
        return LookedThrough(pages=tuple(pages), unread=Unread.LOGIN_REFUSED)
    if session and outcome is LoginOutcome.ACCEPTED:
        pages.append(await _session(requests, session, PageKind.SESSION_LOGGED_IN))
    return LookedThrough(pages=tuple(pages), unread=None if session else Unread.NO_SESSION)


async def _front(requests: Requests) -> tuple[list[PageRead], Sequence[Session]]:
    try:
        free, table = front_pages(await requests.front(0))
        # Late in a week it may be over: the next one has sessions, too.
        shown = table.sessions or front_pages(await requests.front(1))[1].sessions
    except PageNotUnderstood as error:
        return [_no_page(kind, error) for kind in (PageKind.FREE_PLACES, PageKind.TIMETABLE)], ()
    return [free, table], shown


async def _session(requests: Requests, session: Session, kind: PageKind) -> PageRead:
    try:
        return session_page(await requests.session(session), session, kind)
    except PageNotUnderstood as error:
        return _no_page(kind, error)


async def _login(log_in: Callable[[], Body]) -> tuple[PageRead, LoginOutcome]:
    try:
        return login_page(await log_in())
    except PageNotUnderstood as error:
        return _no_page(PageKind.LOG_IN, error), LoginOutcome.UNCLEAR


def _no_page(kind: PageKind, error: PageNotUnderstood) -> PageRead:
    return PageRead(page=kind, fingerprint=error.fingerprint, trouble=PageTrouble.NO_PAGE)


def front_pages(body: bytes) -> tuple[PageRead, PageRead]:
    """The front page, as the list of free places and as the timetable."""
    return _free_places(body), _timetable(body)


def session_page(body: bytes, session: Session, kind: PageKind) -> PageRead:
    """A session's page, as a visitor or as a member sees it."""
    page = read_session(body, session)
    is_told = page.verdict.kind is VerdictKind.CANCELLED or _EXPECTED[kind](page.verdict.kind)
    trouble = PageTrouble.NO_SESSION if not page.date_text else None if is_told else PageTrouble.NO_VERDICT
    return _read(kind, body, trouble)


def login_page(body: bytes) -> tuple[PageRead, LoginOutcome]:
    """The answer to a login. That it was refused is no trouble with the page."""
    outcome = read_login(body).outcome
    trouble = PageTrouble.NO_PROOF if outcome is LoginOutcome.UNCLEAR else None
    return _read(PageKind.LOG_IN, body, trouble), outcome


def _free_places(body: bytes) -> PageRead:
    try:
        read_free_sessions(body)
    except PageNotUnderstood:
        return _read(PageKind.FREE_PLACES, body, PageTrouble.NO_FREE_LIST)
    return _read(PageKind.FREE_PLACES, body)


def _timetable(body: bytes) -> PageRead:
    try:
        sessions = tuple(entry.session for entry in read_timetable(body))
    except PageNotUnderstood:
        return _read(PageKind.TIMETABLE, body, PageTrouble.NO_TIMETABLE)
    # In the holidays there may be no session at all; but where there are links to some, they are in cells.
    is_strange = not sessions and bool(Document(body).links)
    return _read(PageKind.TIMETABLE, body, PageTrouble.NO_CELLS if is_strange else None, sessions)


def _read(
    kind: PageKind, body: bytes, trouble: PageTrouble | None = None, sessions: tuple[Session, ...] = ()
) -> PageRead:
    return PageRead(page=kind, fingerprint=Document(body).fingerprint, trouble=trouble, sessions=sessions)
