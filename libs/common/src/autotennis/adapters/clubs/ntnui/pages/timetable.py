"""The front page: the weekly timetable, and the list of free places that every page has."""

import re
from collections.abc import Iterator
from typing import Final

from selectolax.lexbor import LexborNode

from autotennis.adapters.clubs.markup import text_lines
from autotennis.adapters.clubs.ntnui.pages.document import Document, Link
from autotennis.errors import PageNotUnderstood
from autotennis.ports import TimetableEntry
from autotennis.values import Session

# A cell's class is one of ledigtime, fulltime, ledigdropintime, fulldropintime (seen in 2017). "full" means that
# nothing can be taken now, which includes all that is not open yet.
_CELL_CLASS: Final = re.compile(r"\b(ledig|full)[a-z]{0,20}time\b")
_RESERVED: Final = re.compile(r"\s*([0-9]{1,3})/([0-9]{1,3}) reservert")
# The list of free places has a column for each of these; division players' sessions and padel are not in it.
_LISTED_LEVELS: Final = frozenset({"N", "N+", "M", "M+", "E"})
_FREE_LIST: Final = "#available_slots"
_LONGEST_LEVEL: Final = 20
_LONGEST_TIP: Final = 2000
# A cell's link lies in two.
_MOST_SPANS: Final = 8


def read_timetable(body: bytes) -> list[TimetableEntry]:
    """The cells with a link, in the order of the page: sessions that are past have none.

    Raises PageNotUnderstood if there is no timetable on the page.
    """
    page = Document(body)
    if not page.has("#treningsplan"):
        raise PageNotUnderstood("The club's front page has no timetable.", page.fingerprint)
    return list(_entries(page))


def read_free_sessions(body: bytes) -> list[Session]:
    """The sessions in the list of free places, and those of levels that it has no column for by their cell's class.

    Raises PageNotUnderstood if there is no such list on the page.
    """
    page = Document(body)
    if not page.has(_FREE_LIST):
        raise PageNotUnderstood("The club's page has no list of free places.", page.fingerprint)
    listed = [link.session for link in page.links_in(_FREE_LIST)]
    unlisted = [entry.session for entry in _entries(page) if entry.free and _base(entry.level) not in _LISTED_LEVELS]
    return list(dict.fromkeys(listed + unlisted))


def _entries(page: Document) -> Iterator[TimetableEntry]:
    seen: set[Session] = set()
    for link in page.links:
        found = _CELL_CLASS.search(_around(link.node, "class"))
        if found and link.session not in seen and not link.actions:
            seen.add(link.session)
            yield _entry(link, is_free=found[1] == "ledig")


def _entry(link: Link, *, is_free: bool) -> TimetableEntry:
    level = " ".join((link.node.text() or "").split())[:_LONGEST_LEVEL]
    tip = text_lines(_around(link.node, "title")[:_LONGEST_TIP])
    text = tip[0] if tip else ""
    reserved = _RESERVED.match(text)
    taken, places = (int(reserved[1]), int(reserved[2])) if reserved else (None, None)
    if reserved is None and text.startswith("Ingen påmeldt"):
        taken = 0
    return TimetableEntry(session=link.session, level=level, free=is_free, taken=taken, places=places)


def _around(node: LexborNode, attribute: str) -> str:
    """The attribute of the spans that lie around a cell's link, innermost first."""
    values: list[str] = []
    around = node.parent
    while around is not None and around.tag == "span" and len(values) < _MOST_SPANS:
        values.append(around.attributes.get(attribute) or "")
        around = around.parent
    return " ".join(values)


def _base(level: str) -> str:
    """The level without its mark for a session with a coach."""
    return level.rstrip("* ")
