"""Whether a club's pages are still as its client reads them: each kind of page is read once, and judged."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from yarl import URL

from autotennis.adapters.clubs.login import LoginOutcome, LoginPage
from autotennis.adapters.clubs.markup import fingerprint_of
from autotennis.domain.club_health import LookedThrough, PageRead, PageTrouble, Unread
from autotennis.errors import PageNotUnderstood
from autotennis.ports import SessionPage
from autotennis.values import PageKind, Session, VerdictKind

Body = Awaitable[bytes]
Shown = tuple[PageTrouble | None, tuple[Session, ...]]
# Who is not logged in is told so beside the session; who is, how it stands.
_EXPECTED: Final[Mapping[PageKind, Callable[[VerdictKind], bool]]] = {
    PageKind.SESSION: lambda verdict: verdict is VerdictKind.LOGGED_OUT,
    PageKind.SESSION_LOGGED_IN: lambda verdict: verdict not in (VerdictKind.LOGGED_OUT, VerdictKind.UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Requests:
    """What is asked of the club. `page` and `log_in` raise ClubBusy, ClubUnreachable, and PageNotUnderstood for what is
    no page.

    `fronts` are the pages that show sessions, asked one after another until one shows any; the first is judged.
    `page_of` tells where a session's page is. `log_in` is None where nobody's login may be used.
    """

    fronts: Sequence[URL]
    page_of: Callable[[Session], URL]
    page: Callable[[URL], Body]
    log_in: Callable[[], Body] | None


@dataclass(frozen=True, slots=True)
class Readers:
    """How the club's pages are read. `fronts` has all that the front page is read as: each gives what was not found,
    and the timetable the sessions that it shows.
    """

    fronts: Mapping[PageKind, Callable[[bytes], Shown]]
    session: Callable[[bytes, Session], SessionPage]
    login: Callable[[bytes], LoginPage]


async def looked_through(requests: Requests, readers: Readers) -> LookedThrough:
    """Reads the front page, a session's page, the answer to a login, and that session's page once more."""
    pages, shown = await _front(requests, readers)
    # Neither one that has begun nor one of which the club says little yet.
    session = shown[len(shown) // 2] if shown else None
    if session:
        pages.append(await _session(requests, readers, session, PageKind.SESSION))
    if requests.log_in is None:
        return LookedThrough(pages=tuple(pages), unread=Unread.NO_LOGIN)
    login, outcome = await _login(requests.log_in, readers)
    pages.append(login)
    if outcome is LoginOutcome.REFUSED:
        return LookedThrough(pages=tuple(pages), unread=Unread.LOGIN_REFUSED)
    if session and outcome is LoginOutcome.ACCEPTED:
        pages.append(await _session(requests, readers, session, PageKind.SESSION_LOGGED_IN))
    return LookedThrough(pages=tuple(pages), unread=None if session else Unread.NO_SESSION)


async def _front(requests: Requests, readers: Readers) -> tuple[list[PageRead], Sequence[Session]]:
    pages, shown = list[PageRead](), tuple[Session, ...]()
    for url in requests.fronts:
        try:
            body = await requests.page(url)
        except PageNotUnderstood as error:
            return [_no_page(kind, error) for kind in readers.fronts], ()
        read = [_read(kind, body, *reader(body)) for kind, reader in readers.fronts.items()]
        pages = pages or read
        if shown := tuple(session for page in read for session in page.sessions):
            break
    return pages, shown


async def _session(requests: Requests, readers: Readers, session: Session, kind: PageKind) -> PageRead:
    try:
        body = await requests.page(requests.page_of(session))
    except PageNotUnderstood as error:
        return _no_page(kind, error)
    return _read(kind, body, session_trouble(readers.session(body, session), kind))


def session_trouble(page: SessionPage, kind: PageKind) -> PageTrouble | None:
    """What a session's page lacks, as a visitor or as a member sees it."""
    if not page.date_text:
        return PageTrouble.NO_SESSION
    is_told = page.verdict.kind is VerdictKind.CANCELLED or _EXPECTED[kind](page.verdict.kind)
    return None if is_told else PageTrouble.NO_VERDICT


async def _login(log_in: Callable[[], Body], readers: Readers) -> tuple[PageRead, LoginOutcome]:
    """How a login went. That it was refused is no trouble with the page."""
    try:
        body = await log_in()
    except PageNotUnderstood as error:
        return _no_page(PageKind.LOG_IN, error), LoginOutcome.UNCLEAR
    outcome = readers.login(body).outcome
    trouble = PageTrouble.NO_PROOF if outcome is LoginOutcome.UNCLEAR else None
    return _read(PageKind.LOG_IN, body, trouble), outcome


def _no_page(kind: PageKind, error: PageNotUnderstood) -> PageRead:
    return PageRead(page=kind, fingerprint=error.fingerprint, trouble=PageTrouble.NO_PAGE)


def _read(
    kind: PageKind, body: bytes, trouble: PageTrouble | None = None, sessions: tuple[Session, ...] = ()
) -> PageRead:
    return PageRead(page=kind, fingerprint=fingerprint_of(body), trouble=trouble, sessions=sessions)
