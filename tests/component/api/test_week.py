"""The page of the club's week: picked from, filtered, remembered for everybody, and polite to the club."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import HttpUrl
from support.api_site import ClubBeside, Site, Visitor, api_settings, open_site, words
from support.clock import ManualClock

from autotennis.domain.club import ClubRules
from autotennis.values import Activity, Seen
from autotennis_api.app import create_app
from autotennis_api.tries import Rule, Tries
from practice_club.knobs import Fault, FaultKind
from practice_club.orders import NewSession
from practice_club.vocabulary import Kind, Level

DAY_S = 86_400
FULL = {"capacity": 2, "taken": 2}


@pytest.fixture
def clock(club: ClubBeside) -> ManualClock:
    """The time of the pages and of the club, on an afternoon: after midnight, another page would be shown."""
    clock = ManualClock()
    club.do(lambda it: it.set_clock(clock.now()))
    return clock


@pytest.fixture
def pages(site: Site, club: ClubBeside, clock: ManualClock, tmp_path: Path) -> Site:
    """The same pages, with a clock that can be moved on."""
    ports = replace(site.ports, clock=clock)
    return Site(create_app(ports, api_settings(tmp_path, club.rules())), ports)


@pytest.fixture
def reader(pages: Site, member: Visitor, email: str) -> Visitor:
    """A member who is signed in there."""
    visitor = pages.visitor()
    assert visitor.sign_in(email).status_code == 200
    return visitor


def _reads(club: ClubBeside) -> int:
    return club.actions().count("index")


def _week(visitor: Visitor) -> str:
    return words(visitor.get("/week"))


def _add(club: ClubBeside, opens_in_s: float, **facts: object) -> str:
    """A session, and its link."""
    return club.add_session(NewSession.model_validate({"opens_in_s": opens_in_s, **facts}))[1]


def test_a_session_is_picked_and_booked_without_its_link(site: Site, club: ClubBeside, member: Visitor) -> None:
    session, _ = club.add_session(NewSession(opens_in_s=DAY_S, court="Bane 3", level=Level.E))
    page = member.get("/week")
    assert page.status_code == 200
    opening = session.start - timedelta(hours=72)
    assert f"{session.start:%H:%M} E opens {opening:%a %H:%M}" in words(page)
    picked = page.text.split('class="pick ahead" href="')[1].split('"')[0].replace("&amp;", "&")
    shown = member.get(picked)
    assert "Is this the session?" in words(shown)
    assert "Activity Tennis" in words(shown)
    booked = member.confirm(shown)
    booking = site.ports.store.booking(booked.request.path.rsplit("/", 1)[1])
    assert booking.seen == Seen(place="Nordhallen", court="Bane 3", level="E", activity=Activity.TENNIS)
    for path in ("/", f"/bookings/{booking.id}"):
        assert "Tennis, Nordhallen, Bane 3, level E" in words(member.get(path))


def test_padel_is_padel(club: ClubBeside, member: Visitor) -> None:
    link = _add(club, DAY_S, kind=Kind.PADEL, level=Level.P, place="Blåfjell padelhall")
    assert "Activity Padel" in words(member.paste(link))


def test_each_session_says_what_can_be_done_with_it(club: ClubBeside, member: Visitor) -> None:
    _add(club, -10 * 3600, level=Level.N, capacity=4, taken=1)
    _add(club, -11 * 3600, level=Level.M, **FULL)
    _add(club, DAY_S, level=Level.E)
    shown = words(member.get("/week"))
    assert "N free 1 of 4 taken" in shown
    assert "M full 2 of 2 taken" in shown
    assert "E opens " in shown
    assert shown.count("full") == 1


def test_what_is_booked_already_is_marked_and_leads_to_the_booking(club: ClubBeside, member: Visitor) -> None:
    booking_id = member.book(_add(club, DAY_S))
    page = member.get("/week").text
    assert f'<a class="pick mine" href="/bookings/{booking_id}">' in page
    assert "Planned" in page.split('class="pick mine"')[1].split("</a>")[0]


def test_another_week_stands_in_the_address(club: ClubBeside, member: Visitor) -> None:
    _add(club, 6 * DAY_S, level=Level.E)
    assert "E opens" not in words(member.get("/week"))
    page = member.get("/week?week=1&level=E")
    assert "E opens" in words(page)
    assert "/week?club=practice&amp;week=2&amp;level=E" in page.text
    assert "The week after" not in words(member.get("/week?week=8"))


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("level=N", "N free", "M full"),
        ("free=y", "N free", "M full"),
        ("level=M", "M full", "N free"),
    ],
)
def test_the_filters_stand_in_the_address(
    club: ClubBeside, member: Visitor, query: str, shown: str, hidden: str
) -> None:
    _add(club, -10 * 3600, level=Level.N)
    _add(club, -11 * 3600, level=Level.M, **FULL)
    page = words(member.get(f"/week?{query}"))
    assert shown in page
    assert hidden not in page


def test_choices_that_nothing_fits_lead_back_to_the_whole_week(club: ClubBeside, member: Visitor) -> None:
    _add(club, -10 * 3600, level=Level.N)
    page = member.get("/week?level=D&week=0")
    assert "No session fits these choices." in words(page)
    assert '<option selected value="D">D</option>' in page.text


def test_a_week_without_sessions_says_so(club: ClubBeside, member: Visitor) -> None:
    assert "The club's timetable shows no session to come in this week." in words(member.get("/week?week=3"))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("week=-1", "Week: Choose something from the list."),
        ("week=9", "Week: Choose something from the list."),
        ("week=next", "Week: Choose something from the list."),
        ("part=night", "Time of day: Choose something from the list."),
        ("club=elsewhere", "Club: Choose something from the list."),
        ("level=" + 21 * "M", "Level: Choose something from the list."),
    ],
)
def test_what_cannot_be_chosen_is_said_at_its_field(club: ClubBeside, member: Visitor, query: str, field: str) -> None:
    before = _reads(club)
    answer = member.get(f"/week?free=y&{query}")
    assert answer.status_code == 422
    assert field in words(answer)
    assert "checked" in answer.text.split('name="free"')[0].rsplit("<input", 1)[1] + answer.text.split('name="free"')[1]
    assert _reads(club) == before


def test_one_read_serves_everybody_for_some_minutes(
    club: ClubBeside, reader: Visitor, pages: Site, clock: ManualClock, stranger: Visitor
) -> None:
    other = pages.visitor()
    other.sign_in("tormod.vassfjell@example.org")
    before = _reads(club)
    for visitor in (reader, other, reader):
        assert visitor.get("/week?level=N").status_code == 200
    assert _reads(club) == before + 1
    reader.get("/week?week=1")
    assert _reads(club) == before + 2
    clock.advance(181)
    other.get("/week")
    assert _reads(club) == before + 3


def test_who_looks_while_it_is_read_waits_for_that_and_reads_nothing_more(
    club: ClubBeside, site: Site, member: Visitor, email: str
) -> None:
    _add(club, DAY_S, level=Level.E)
    visitors = [site.visitor() for _ in range(4)]
    for visitor in visitors:
        visitor.sign_in(email)
    club.turn(latency_in_ms=400)
    before = _reads(club)
    with ThreadPoolExecutor(len(visitors)) as crowd:
        for shown in crowd.map(_week, visitors):
            assert "E opens" in shown
    assert _reads(club) == before + 1


def test_what_is_remembered_is_no_look_and_is_shown_to_who_looked_too_often(
    club: ClubBeside, pages: Site, reader: Visitor, email: str, clock: ManualClock
) -> None:
    _add(club, DAY_S, level=Level.E)
    for _ in range(45):
        assert "tried too often" not in words(reader.get("/week"))
    account = pages.ports.store.member_by_email(email)
    assert account is not None
    tries = Tries(pages.ports.store, clock, club_logins_per_hour=1)
    for _ in range(39):
        tries.count(Rule.LOOK_OF_MEMBER, account.id)
    before = _reads(club)
    shown = words(reader.get("/week?week=1"))
    assert "That was tried too often. Try again in" in shown
    assert "remember" not in shown
    clock.advance(181)
    shown = words(reader.get("/week"))
    assert "That was tried too often. Try again in" in shown
    assert "E opens" in shown
    assert _reads(club) == before


def test_a_busy_club_is_left_alone_and_what_is_remembered_is_shown(
    club: ClubBeside, reader: Visitor, clock: ManualClock
) -> None:
    _add(club, DAY_S, level=Level.E)
    reader.get("/week")
    clock.advance(181)
    club.turn(faults=(Fault(kind=FaultKind.UNAVAILABLE, retry_after_s=400),))
    before = _reads(club)
    for _ in range(2):
        shown = words(reader.get("/week"))
        assert "The club is busy and asked to be left alone. We ask it again in 6 min 40 s." in shown
        assert "This is what we remember from" in shown
        assert "E opens" in shown
    assert _reads(club) == before + 1
    club.turn(faults=())
    clock.advance(399)
    assert "The club is busy" in words(reader.get("/week"))
    clock.advance(2)
    assert "The club is busy" not in words(reader.get("/week"))


def test_a_club_that_is_silent_is_said_to_be_so(club: ClubBeside, reader: Visitor) -> None:
    club.turn(faults=(Fault(kind=FaultKind.RESET),))
    answer = reader.get("/week")
    assert answer.status_code == 200
    assert "The club does not answer just now." in words(answer)
    assert "shows no session" not in words(answer)


@pytest.fixture
def elsewhere(club: ClubBeside, tmp_path: Path) -> Generator[Site, None, None]:
    """Pages with a second club, which lives by New York's clocks."""
    far = ClubRules(id="far", name="Far Away", base_url=HttpUrl(club.base_url + "/"), zone_name="America/New_York")
    with open_site(api_settings(tmp_path, club.rules(), far)) as site:
        yield site


def test_a_club_far_away_opens_by_its_own_clock(elsewhere: Site, club: ClubBeside, member: Visitor, email: str) -> None:
    session, _ = club.add_session(NewSession(opens_in_s=DAY_S, level=Level.E))
    visitor = elsewhere.visitor()
    visitor.sign_in(email)
    opening = session.start - timedelta(hours=72)
    # The practice club writes the hours of its own zone; to the pages they are New York's, and so are the openings.
    assert f"E opens {opening:%a %H:%M}" in words(visitor.get("/week?club=far"))
    now = elsewhere.ports.clock.now().astimezone(ZoneInfo("America/New_York"))
    assert f"Read at {now:%H}:" in words(visitor.get("/week?club=far"))


def test_the_page_is_for_members_and_leads_back_to_itself(site: Site, member: Visitor, email: str) -> None:
    visitor = site.visitor()
    answer = visitor.client.get("/week?week=1&level=M")
    assert answer.headers["Location"] == "/sign-in?next=/week?week%3D1%26level%3DM"
    assert visitor.sign_in(email, wanted="/week?week=1&level=M").request.path == "/week"
