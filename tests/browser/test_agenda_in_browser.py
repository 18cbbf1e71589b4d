"""The agenda, the club's week and the preview in a real browser: for everybody, with and without scripts."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr
from support.api_site import NOTHING_SENT, ClubBeside, claim, find_full, offer, win
from support.browsing import BOTH_WAYS, DESK, Look, Program, is_for_everybody, paste, sign_in

from autotennis.domain.booking import Outcome
from autotennis.values import Failure, FailureReason
from practice_club.orders import NewSession
from practice_club.vocabulary import Level

DAY_S = 86_400
BOOKING = re.compile(r"/bookings/[0-9a-f]+$")
SMALLEST = pytest.param(
    Look(width=320, height=600, language="nb-NO", dark=True), id="very small phone in Norwegian, dark"
)


def _week(club: ClubBeside) -> None:
    club.add_session(NewSession(opens_in_s=DAY_S, level=Level.E))
    club.add_session(NewSession(opens_in_s=2 * DAY_S + 1_800, level=Level.N_PLUS))
    club.add_session(NewSession(opens_in_s=-10 * 3600, level=Level.N, capacity=4, taken=1))
    club.add_session(NewSession(opens_in_s=-11 * 3600, level=Level.M, capacity=2, taken=2))


@pytest.mark.parametrize("look", BOTH_WAYS, indirect=True)
@pytest.mark.usefixtures("look")
def test_from_the_empty_agenda_to_a_session_of_the_week(page: Page, club: ClubBeside, registered: str) -> None:
    _week(club)
    sign_in(page, registered)
    page.get_by_role("link", name="See the club's week").click()
    expect(page.get_by_role("heading", name="Pick a session")).to_be_visible()
    page.get_by_label("Level").select_option("E")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(re.compile(r"level=E"))
    expect(page.get_by_role("link", name=re.compile("N free"))).to_have_count(0)
    is_for_everybody(page, "a week, filtered")
    page.locator("a.pick.ahead").first.click()
    expect(page.get_by_role("heading", name="Is this the session?")).to_be_visible()
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    page.wait_for_url(BOOKING)
    page.get_by_role("link", name="My bookings").click()
    expect(page.get_by_role("heading", name="Next opening")).to_be_visible()
    expect(page.locator(".next")).to_contain_text("we sign you up then; if it is full we wait until")
    page.get_by_role("link", name="Timetable").click()
    expect(page.locator("a.pick.mine")).to_be_visible()
    is_for_everybody(page, "a week with a booking")


@pytest.mark.parametrize("look", [SMALLEST], indirect=True)
def test_every_kind_of_card(page: Page, program: Program, club: ClubBeside, registered: str, look: Look) -> None:
    _week(club)
    sign_in_anywhere(page, registered, look)
    ids = [_book(page, club, count) for count in range(5)]
    ports = program.ports
    claim(ports, ids[0])
    win(ports, ids[0])
    owner = ports.store.booking(ids[0]).member_id
    ports.vault.put(owner, f"door-code/{ids[0]}", SecretStr("Kode for tilgang: 8520#"))
    find_full(ports, ids[1])
    offer(ports, ids[2])
    claim(ports, ids[3])
    refused, now = Failure(reason=FailureReason.LOGIN_REFUSED), ports.clock.now()
    ports.store.change(ids[3], lambda it: it.failed(refused, NOTHING_SENT, Outcome(), now))
    page.goto("/")
    expect(page.get_by_role("article")).to_have_count(5)
    expect(page.get_by_text("8520#")).to_be_hidden()
    page.locator(f"#door-{ids[0]}").click()
    expect(page.get_by_text("8520#")).to_be_visible()
    page.goto("/week?week=99&part=night")
    expect(page.locator("#problems")).to_be_visible()
    is_for_everybody(page, "a week that cannot be")
    page.goto("/")
    page.locator(f"#mend-{ids[3]}-password").click()
    expect(page.locator("#club-password")).to_be_visible()


def sign_in_anywhere(page: Page, email: str, look: Look) -> None:
    """In English, then as the look says: the tests fill in forms by their English names."""
    page.goto("/sign-in")
    page.locator("button[value=en]").first.click()
    sign_in(page, email)
    if not look.language.startswith("en"):
        page.locator("button[value=nb]").first.click()
        expect(page.locator("html")).to_have_attribute("lang", "nb")


def _book(page: Page, club: ClubBeside, days: int) -> str:
    page.goto("/")
    page.locator("#link").fill(club.add_session(NewSession(opens_in_s=(days + 1) * DAY_S))[1])
    page.locator(".paste button").click()
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(BOOKING)
    return page.url.rsplit("/", 1)[1]


def test_a_reader_far_away_is_told_when_it_opens_there(
    browser: Browser, program: Program, club: ClubBeside, registered: str
) -> None:
    session, link = club.add_session(NewSession(opens_in_s=DAY_S))
    for zone, told in (("Asia/Tokyo", True), (str(session.start.tzinfo), False)):
        context = browser.new_context(base_url=program.address, timezone_id=zone, locale="en")
        page = context.new_page()
        sign_in(page, registered)
        paste(page, link)
        note = page.locator("[data-elsewhere]")
        if told:
            expect(note).to_contain_text("Where you are:")
            expect(note).to_contain_text("(Asia/Tokyo)")
            is_for_everybody(page, "a preview far away")
        else:
            expect(page.get_by_role("heading", name="Is this the session?")).to_be_visible()
            page.wait_for_load_state()
            expect(note).to_be_hidden()
        context.close()


@pytest.mark.parametrize("look", [pytest.param(DESK, id="desk")], indirect=True)
@pytest.mark.usefixtures("look")
def test_the_week_is_a_table_by_days_and_hours_where_there_is_room(
    page: Page, club: ClubBeside, registered: str
) -> None:
    _week(club)
    sign_in(page, registered)
    page.goto("/week")
    expect(page.get_by_role("rowheader")).to_have_count(7)
    heads, cell = page.get_by_role("columnheader"), page.locator("a.pick.free").first
    hour = cell.locator(".at").text_content()
    assert hour is not None
    box = heads.filter(has_text=hour[:2]).bounding_box()
    beside = cell.bounding_box()
    assert box is not None
    assert beside is not None
    assert box["y"] <= beside["y"] <= box["y"] + box["height"]
    assert beside["x"] > box["x"]
    days = [day.bounding_box() for day in page.get_by_role("rowheader").all()]
    lefts = [day["x"] for day in days if day]
    assert lefts == sorted(set(lefts))
    assert len(lefts) == 7
