"""Pages that are made to be expensive: what reading one costs is bounded, however its bytes are spent.

What is counted is processor time, and the bound is a hundred times what an honest page takes: each of these pages took
from ten seconds to hours before the reading was bounded.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import pytest
from support.ntnui_pages import NONE_FREE, SESSION, session_page

from autotennis.adapters.clubs.login import LoginOutcome
from autotennis.adapters.clubs.markup import fingerprint_of
from autotennis.adapters.clubs.ntnui.pages.login import read_login
from autotennis.adapters.clubs.ntnui.pages.session import read_session
from autotennis.adapters.clubs.ntnui.pages.timetable import read_free_sessions, read_timetable
from autotennis.errors import PageNotUnderstood
from autotennis.values import VerdictKind

# As large as a page may be that is taken apart, in bytes.
LARGEST: Final = 500_000
# Of tags that the parser is given at all.
TAGS: Final = 9_900
BOUND_S: Final = 3.0
LINK: Final = '<a href="timeinfo.php?timeid=194&spilletid=20261203T18:00:00&leggtilvikarid=7">x</a>'
# Of the session that is asked for, so that all of the text around it counts.
TABLE: Final = f'<div id="content"><table><tr><td>Klokkeslett: {SESSION.start:%H:%M}</td></tr></table>'
FRONT: Final = '<h4 id="treningsplan">x</h4><div id="available_slots"></div><table><tr><td>'


def full(piece: str, before: str = '<div id="content">', after: str = "", most_tags: int = TAGS) -> bytes:
    """A page of as many of these pieces as there may be."""
    tags = piece.count("<")
    by_size = (LARGEST - len(before) - len(after)) // len(piece)
    return (before + piece * (min(by_size, most_tags // tags) if tags else by_size) + after).encode("cp1252")


PAGES: Final[Mapping[str, bytes]] = {
    "nested beyond all measure": full("<div>", most_tags=5 * TAGS),
    "nested": full("<div>"),
    "nested tables": full("<table><tr><td>"),
    "nested tables with the row": full("<table><tr><td>Klokkeslett: 18:00"),
    "nested tables that name the row": full("<table><tr><td>x Klokkeslett:"),
    "nested formatting": full("<b><i><p>"),
    "nested links": full(f"<div>{LINK}"),
    "nested links in a list": full(f'<div id="available_slots">{LINK}'),
    "nested notices": full('<div class="informasjon">x'),
    "nested cells": full(f'<span class="ledigtime" title="x">{LINK}', FRONT),
    "nested in a tip": f'{FRONT}<span class="ledigtime" title="{"&lt;b>" * 75_000}">{LINK}</span>'.encode(),
    "a class without end": full(f'<span class="{"ledig" * 1_900}">{LINK}</span>', FRONT),
    "an attribute again and again": full(" a=b", '<div id="content" '),
    "as many attributes as there may be": f'<div id="content"{" a=b" * 2_400}>'.encode(),
    "opens, opens, opens": full("åpnes for ", TABLE),
    "opens in nothing": full("åpnes for x om ", TABLE),
    "may confirm": full("kan bekrefte/avkrefte ", TABLE),
    "places": full("for øyeblikket ", TABLE),
    "amounts": full("1 dag, ", f"{TABLE}åpnes for x om "),
    "blanks": full(" "),
    "entities": full("&aring;"),
    "numbers": full("&#x10ffff;"),
    "entities in entities": full(
        "&amp;amp;", '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]><div id="content">&c;'
    ),
    "a link without end": f'<a href="timeinfo.php?{"a=b&" * 100_000}leggtilvikarid=7">x</a>'.encode(),
    "noughts": b"\0" * LARGEST,
}


def read_as_session(body: bytes) -> object:
    """What most of the pages are made for."""
    return read_session(body, SESSION)


READERS: Final[Mapping[str, Callable[[bytes], object]]] = {
    "nested notices": read_login,
    "nested cells": read_timetable,
    "nested in a tip": read_timetable,
    "a class without end": read_timetable,
    "nested links in a list": read_free_sessions,
    "nested formatting": lambda body: (read_session(body, SESSION), fingerprint_of(body)),
}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_takes_long_to_read(page: str) -> None:
    """By whoever reads that of a page which is made to be expensive there; most are a session's."""
    body = PAGES[page]
    assert len(body) <= LARGEST
    began_s = time.process_time()
    with suppress(PageNotUnderstood):
        READERS.get(page, read_as_session)(body)
    assert time.process_time() - began_s < BOUND_S


# Each a little more than is read.
ENDLESS: Final[Mapping[str, bytes]] = {
    "elements that lie in each other": b"<div>" * 10_001,
    "attributes of one element": b"<div " + b" ".join(b"a%d" % number for number in range(2_000)) + b">",
    "rows that are never closed": b"<ul><li>" * 5_001,
    "text": b"timer " * 90_000,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_page_far_too_large_to_be_the_clubs_is_not_taken_apart(name: str) -> None:
    nothing, page = read_session(b"", SESSION), session_page() + ENDLESS[name]
    assert read_session(page, SESSION) == nothing
    assert nothing.verdict.kind is VerdictKind.UNKNOWN
    assert read_login(page).outcome is LoginOutcome.UNCLEAR
    for read in (read_timetable, read_free_sessions):
        with pytest.raises(PageNotUnderstood):
            read(page)


def test_a_long_page_of_the_clubs_is_read() -> None:
    row = b'<tr><td class="x">Navn Navnesen<br><td><a href="timeinfo.php?a=1" title="%s">her</a></tr>' % (b"n" * 900)
    longer = session_page(NONE_FREE).replace(b"</body>", b"<table>" + row * 400 + b"</table></body>")
    assert len(longer) > 300_000
    assert read_session(longer, SESSION).verdict.kind is VerdictKind.FULL
