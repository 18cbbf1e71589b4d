"""The weekly timetable and the list of free places."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.ntnui_pages import cell, front_page, whole_page

from autotennis.adapters.clubs.ntnui.pages.timetable import read_free_sessions, read_timetable
from autotennis.errors import PageNotUnderstood
from autotennis.ports import TimetableEntry
from autotennis.values import Session

TIP = "<strong>2/4 reservert:</strong><br/>Åse Ø.<br/>Bjørn-Kåre S.<br/>"
NOBODY = "<i>Ingen p&aring;meldt</i>"
PAGE = front_page(
    '<td class="expired">E</td>',
    cell("ledigtime", TIP, "N+*", 65, "20261124T9:00:00"),
    cell("fulltime", NOBODY, "M", 66, "20261125T15:00:00"),
    cell("ledigdropintime", "", "D", 67, "20261126T21:00:00"),
    cell("fulldropintime", TIP.replace("2/4", "8/8"), "E", 68, "20261127T10:00:00"),
    slots='<div>Middels <a href="./timeinfo.php?timeid=70&amp;spilletid=20261124T18:00:00&amp;lang=no">Tir</a></div>'
    '<div>Nybegynner+ <a href="./timeinfo.php?spilletid=20261124T9:00:00&amp;timeid=65">Tir</a></div>',
)


def session(timeid: int, day: int, hour: int) -> Session:
    return Session(timeid=timeid, start=datetime(2026, 11, day, hour))


def test_each_cell_with_a_link_is_an_entry() -> None:
    assert read_timetable(PAGE) == [
        TimetableEntry(session=session(65, 24, 9), level="N+*", free=True, taken=2, places=4),
        TimetableEntry(session=session(66, 25, 15), level="M", free=False, taken=0),
        TimetableEntry(session=session(67, 26, 21), level="D", free=True),
        TimetableEntry(session=session(68, 27, 10), level="E", free=False, taken=8, places=8),
    ]


def test_an_entry_remembers_how_its_link_writes_the_hour() -> None:
    padded = read_timetable(PAGE.replace(b"T9:00:00", b"T09:00:00"))
    assert (read_timetable(PAGE)[0].session.padded, padded[0].session.padded) == (False, True)


def test_names_in_tooltips_are_left_there() -> None:
    assert "Åse" not in repr(read_timetable(PAGE))


def test_free_sessions_are_those_listed_and_those_of_levels_without_a_column() -> None:
    assert read_free_sessions(PAGE) == [session(70, 24, 18), session(65, 24, 9), session(67, 26, 21)]


def test_a_cell_that_is_free_but_not_listed_is_not_believed_where_there_is_a_column() -> None:
    assert read_free_sessions(front_page(cell("ledigtime", TIP, "M*", 65, "20261124T9:00:00"))) == []


def test_pages_without_the_table_or_the_list_are_not_understood() -> None:
    with pytest.raises(PageNotUnderstood, match="no timetable"):
        read_timetable(whole_page("Hei"))
    with pytest.raises(PageNotUnderstood, match="no list"):
        read_free_sessions(b"<p>Hei")


def test_links_that_lead_to_no_session_are_passed_over() -> None:
    odd = [
        cell("ledigtime", TIP, "N", 65, start)
        for start in ("", "i morgen", "20261332T9:00:00", "20261124", "20261124T9:00:00%00")
    ]
    assert read_timetable(front_page(*odd)) == []
    assert read_timetable(PAGE.replace(b"timeid=", b"timeid=x")) == []


@given(st.binary(max_size=200), st.floats(0, 1))
def test_no_bytes_make_it_raise_anything_else(noise: bytes, where: float) -> None:
    at = int(len(PAGE) * where)
    for read in (read_timetable, read_free_sessions):
        try:
            read(PAGE[:at] + noise + PAGE[at:])
            read(PAGE[:at])
        except PageNotUnderstood:
            pass
