"""A club's pages are looked through in the same way, whatever they are made of."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from yarl import URL

from autotennis.adapters.clubs.canary import Readers, Requests, Shown, looked_through
from autotennis.adapters.clubs.login import LoginOutcome, LoginPage
from autotennis.domain.club_health import LookedThrough, PageTrouble, Unread
from autotennis.errors import PageNotUnderstood
from autotennis.ports import SessionPage
from autotennis.values import PageKind, Session, Verdict, VerdictKind

ROOT = URL("https://club.example/")
SESSION = Session(timeid=7, start=datetime(2026, 12, 1, 15, 0))
FRONT, NEXT, PAGE = ROOT / "0", ROOT / "1", ROOT / "session"
GOOD = {FRONT: [b"shows"], NEXT: [b"shows"], PAGE: [b"logged_out", b"full"]}


def read_front(body: bytes) -> Shown:
    return (None, (SESSION,)) if body == b"shows" else (PageTrouble.NO_TIMETABLE if body == b"odd" else None, ())


def read_session(body: bytes, session: Session) -> SessionPage:
    return SessionPage(verdict=Verdict(kind=VerdictKind(body.decode())), date_text="Tuesday")


def read_login(body: bytes) -> LoginPage:
    return LoginPage(LoginOutcome(body.decode()))


async def looked(pages: Mapping[URL, list[bytes]], login: bytes | None = b"accepted") -> LookedThrough:
    """What is found where these are answered, one after another, and no page where there is none."""
    left = {url: list(bodies) for url, bodies in pages.items()}

    async def page(url: URL) -> bytes:
        if not left.get(url):
            raise PageNotUnderstood("No page.", "none")
        return left[url].pop(0)

    async def log_in() -> bytes:
        return login or b""

    requests = Requests([FRONT, NEXT], lambda _: PAGE, page, log_in if login else None)
    return await looked_through(requests, Readers({PageKind.TIMETABLE: read_front}, read_session, read_login))


def troubles(found: LookedThrough) -> list[tuple[PageKind, PageTrouble | None]]:
    return [(page.page, page.trouble) for page in found.pages]


async def test_each_kind_of_page_is_read_once_logged_out_and_logged_in() -> None:
    found = await looked(GOOD)
    kinds = [PageKind.TIMETABLE, PageKind.SESSION, PageKind.LOG_IN, PageKind.SESSION_LOGGED_IN]
    assert troubles(found) == [(kind, None) for kind in kinds]
    assert (found.unread, found.pages[0].sessions) == (None, (SESSION,))


async def test_where_the_front_page_shows_nothing_the_next_one_has_a_session_and_the_first_is_judged() -> None:
    found = await looked({**GOOD, FRONT: [b"odd"]})
    assert troubles(found)[:2] == [(PageKind.TIMETABLE, PageTrouble.NO_TIMETABLE), (PageKind.SESSION, None)]
    assert (await looked({**GOOD, FRONT: [b"none"], NEXT: [b"none"]})).unread is Unread.NO_SESSION


@pytest.mark.parametrize(
    ("login", "unread", "read"),
    [
        (None, Unread.NO_LOGIN, [(PageKind.TIMETABLE, None), (PageKind.SESSION, None)]),
        (
            b"refused",
            Unread.LOGIN_REFUSED,
            [(PageKind.TIMETABLE, None), (PageKind.SESSION, None), (PageKind.LOG_IN, None)],
        ),
        (
            b"unclear",
            None,
            [(PageKind.TIMETABLE, None), (PageKind.SESSION, None), (PageKind.LOG_IN, PageTrouble.NO_PROOF)],
        ),
    ],
)
async def test_without_a_login_no_members_page_is_read(
    login: bytes | None, unread: Unread | None, read: list[tuple[PageKind, PageTrouble | None]]
) -> None:
    found = await looked(GOOD, login)
    assert (troubles(found), found.unread) == (read, unread)


@pytest.mark.parametrize(
    ("bodies", "trouble"),
    [
        ([b"free", b"full"], (PageTrouble.NO_VERDICT, None)),
        ([b"logged_out", b"logged_out"], (None, PageTrouble.NO_VERDICT)),
        ([b"cancelled", b"cancelled"], (None, None)),
        ([b"logged_out"], (None, PageTrouble.NO_PAGE)),
    ],
)
async def test_a_sessions_page_has_to_say_how_it_stands_to_members_alone(
    bodies: list[bytes], trouble: tuple[PageTrouble | None, PageTrouble | None]
) -> None:
    found = dict(troubles(await looked({**GOOD, PAGE: bodies})))
    assert (found[PageKind.SESSION], found[PageKind.SESSION_LOGGED_IN]) == trouble
