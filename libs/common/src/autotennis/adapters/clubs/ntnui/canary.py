"""How the club's pages are read to see whether they are still as the parsers know them."""

from typing import Final

from autotennis.adapters.clubs.canary import Readers, Shown
from autotennis.adapters.clubs.ntnui.pages.document import Document
from autotennis.adapters.clubs.ntnui.pages.login import read_login
from autotennis.adapters.clubs.ntnui.pages.session import read_session
from autotennis.adapters.clubs.ntnui.pages.timetable import read_free_sessions, read_timetable
from autotennis.domain.club_health import PageTrouble
from autotennis.errors import PageNotUnderstood
from autotennis.values import PageKind


def _free_places(body: bytes) -> Shown:
    try:
        read_free_sessions(body)
    except PageNotUnderstood:
        return PageTrouble.NO_FREE_LIST, ()
    return None, ()


def _timetable(body: bytes) -> Shown:
    try:
        sessions = tuple(entry.session for entry in read_timetable(body))
    except PageNotUnderstood:
        return PageTrouble.NO_TIMETABLE, ()
    # In the holidays there may be no session at all; but where there are links to some, they are in cells.
    is_strange = not sessions and bool(Document(body).links)
    return PageTrouble.NO_CELLS if is_strange else None, sessions


READERS: Final = Readers(
    fronts={PageKind.FREE_PLACES: _free_places, PageKind.TIMETABLE: _timetable},
    session=read_session,
    login=read_login,
)
