"""An open page that changes by itself, with and without streams; and the picture of what was done."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.api_site import HOLDER, NOTHING_SENT, ClubBeside, claim, win
from support.browsing import Look, Program, is_for_everybody, paste, sign_in

from autotennis.domain.booking import Outcome
from autotennis.domain.progress import Reached, Stage
from autotennis.values import Action, Attempt, Verdict, VerdictKind
from practice_club.orders import NewSession

SMALL_AND_DARK = Look(width=320, dark=True)
WITHOUT_STREAMS = "delete window.EventSource"
FIRED = "The sign-up is sent"
# What a reader feels to be at once, and what asking every 2 s takes at most.
AT_ONCE_MS, ASKED_MS = 1_000, 5_000
KINDS = (
    (Action.LOG_IN, -90_000.0, VerdictKind.LOGGED_IN),
    (Action.LOOK, -88_000.0, VerdictKind.NOT_OPEN),
    (Action.SIGN_UP, -1.5, VerdictKind.NOT_OPEN),
    (Action.SIGN_UP, 1.0, VerdictKind.NO_ANSWER),
    (Action.SIGN_UP, 3.5, VerdictKind.SIGNED_UP),
    (Action.LOOK, 60.0, VerdictKind.SIGNED_UP),
)


def book(page: Page, club: ClubBeside, opens_in_s: float) -> str:
    """Books a session; gives the booking's id, with its page open."""
    paste(page, club.add_session(NewSession(opens_in_s=opens_in_s))[1])
    page.get_by_role("main").locator("form button[type=submit]").last.click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f]+$"))
    return page.url.rsplit("/", 1)[1]


def fire(program: Program, booking_id: str) -> None:
    now = program.ports.clock.now()
    fired = (Reached(stage=Stage.FIRED, at=now),)
    program.ports.store.change(booking_id, lambda it: it.progressed(HOLDER, fired, now))


def is_lit(page: Page, text: str, within_ms: float) -> None:
    expect(page.locator("ol.lights li.lit", has_text=text)).to_be_visible(timeout=within_ms)


@pytest.mark.parametrize("with_streams", [True, False], ids=["stream", "asking"])
def test_an_open_page_shows_by_itself_that_the_sign_up_is_sent_and_that_it_is_booked(
    page: Page, program: Program, club: ClubBeside, registered: str, with_streams: bool
) -> None:
    if not with_streams:
        page.add_init_script(WITHOUT_STREAMS)
    within_ms = AT_ONCE_MS if with_streams else ASKED_MS
    sign_in(page, registered)
    booking_id = book(page, club, opens_in_s=86_400)
    claim(program.ports, booking_id)
    expect(page.get_by_text("Getting ready at the club.")).to_be_visible()
    with page.expect_request(re.compile(r"/live/stream" if with_streams else r"/live$")):
        page.reload()
    expect(page.locator("ol.lights li.lit", has_text=FIRED)).to_have_count(0)
    fire(program, booking_id)
    is_lit(page, FIRED, within_ms)
    expect(page.locator("#announcement")).to_contain_text(FIRED)
    win(program.ports, booking_id)
    expect(page.get_by_text("You have a place: the club's own page shows it.")).to_be_visible(timeout=within_ms)


def test_the_list_lights_up_too(page: Page, program: Program, club: ClubBeside, registered: str) -> None:
    sign_in(page, registered)
    booking_id = book(page, club, opens_in_s=86_400)
    claim(program.ports, booking_id)
    page.goto("/")
    is_lit(page, "The opening is in our calendar", ASKED_MS)
    fire(program, booking_id)
    is_lit(page, FIRED, ASKED_MS)


@pytest.mark.parametrize("look", [SMALL_AND_DARK], indirect=True)
@pytest.mark.usefixtures("look")
def test_the_picture_is_for_everybody(page: Page, program: Program, club: ClubBeside, registered: str) -> None:
    sign_in(page, registered)
    booking_id = book(page, club, opens_in_s=86_400)
    claim(program.ports, booking_id)
    timeline = tuple(
        Attempt(action=action, sent_ms=sent_ms, latency_ms=21.5, verdict=Verdict(kind=kind))
        for action, sent_ms, kind in KINDS
    )
    win(program.ports, booking_id, NOTHING_SENT, Outcome(timeline=timeline))
    page.reload()
    picture = page.locator("svg.picture")
    expect(picture).to_be_visible()
    expect(picture.locator("g")).to_have_count(len(KINDS))
    expect(page.locator("table.timeline tbody tr td:first-child")).to_have_count(len(KINDS))
    is_for_everybody(page, "picture")
