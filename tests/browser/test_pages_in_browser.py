"""The pages in a real browser: on a phone and a desk, with and without scripts, by keyboard, for everybody."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr
from support.api_site import NOTHING_SENT, PASSWORD, PIN, ClubBeside, claim, win
from support.browsing import ALL_LOOKS, DESK, Look, Program, is_for_everybody, no_scroll, paste, sign_in

from autotennis.domain.booking import Budget, Outcome
from autotennis.values import (
    Action,
    Attempt,
    ClockDoubt,
    ClockReading,
    Failure,
    FailureReason,
    Plan,
    PlanBasis,
    Verdict,
    VerdictKind,
)
from practice_club.orders import NewSession

TIMELINE = (
    Attempt(action=Action.LOG_IN, sent_ms=-90_012.3, latency_ms=32.1, verdict=Verdict(kind=VerdictKind.LOGGED_IN)),
    Attempt(action=Action.SIGN_UP, sent_ms=-1.2, latency_ms=28.5, verdict=Verdict(kind=VerdictKind.NOT_OPEN)),
    Attempt(action=Action.SIGN_UP, sent_ms=1_234.5, latency_ms=1_027.5, verdict=Verdict(kind=VerdictKind.SIGNED_UP)),
    Attempt(action=Action.CONFIRM, sent_ms=1_534.5, latency_ms=1_021.5, verdict=Verdict(kind=VerdictKind.NO_SESSION)),
)
CLOCK = ClockReading(offset_ms=1370.2, bound_ms=2.4, round_trip_ms=12.0, probes=14, doubts=tuple(ClockDoubt))
# As many sign-ups as a club may allow, written as long as they get.
PLAN = Plan(basis=PlanBasis.RUSH, shots_ms=tuple(-1_234.5 + 250 * number for number in range(12)), uncertain_ms=2_512.5)


def _book(page: Page, link: str) -> str:
    """Pastes and confirms; gives the booking's id."""
    paste(page, link)
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f]+$"))
    return page.url.rsplit("/", 1)[1]


def _become_booked(program: Program, booking_id: str) -> None:
    claim(program.ports, booking_id)
    outcome = Outcome(timeline=TIMELINE, clock=CLOCK, plan=PLAN)
    win(program.ports, booking_id, Budget(requests=12, sign_ups=2), outcome)
    owner = program.ports.store.booking(booking_id).member_id
    program.ports.vault.put(owner, f"door-code/{booking_id}", SecretStr("Kode for tilgang: 8520#"))


def _fail_to_withdraw(program: Program, booking_id: str) -> None:
    now, failure = program.ports.clock.now(), Failure(reason=FailureReason.STILL_SIGNED_UP)
    program.ports.store.change(booking_id, lambda it: it.withdrawal_failed(failure, NOTHING_SENT, Outcome(), now))


@pytest.mark.parametrize("look", ALL_LOOKS, indirect=True)
def test_from_registering_to_cancelling(page: Page, club: ClubBeside, email: str) -> None:
    _, link = club.add_session(NewSession(opens_in_s=2 * 86_400 + 60, court="Bane 7"))
    page.goto("/")
    no_scroll(page)
    page.get_by_role("main").get_by_role("link", name="Register").click()
    page.get_by_label("Your e-mail address at the club").fill(email)
    page.get_by_label("Your password or PIN at the club").fill(PIN)
    page.get_by_label("A new password for Autotennis").fill(PASSWORD)
    page.get_by_label("The new password again").fill(PASSWORD)
    no_scroll(page)
    page.get_by_role("main").get_by_role("button", name="Register").click()
    expect(page.get_by_text("Welcome! The club knows you")).to_be_visible()
    expect(page.get_by_text("Nothing is planned yet.")).to_be_visible()

    paste(page, "https://www.example.org/somewhere-else-altogether/with-a-rather-long-address?that=does-not-break")
    expect(page.get_by_text("This link leads to no club that is known here.")).to_be_visible()
    no_scroll(page)
    paste(page, link)
    expect(page.get_by_role("heading", name="Is this the session?")).to_be_visible()
    expect(page.get_by_text("Bane 7")).to_be_visible()
    expect(page.get_by_text("in 2 d 0 h")).to_be_visible()
    no_scroll(page)
    page.get_by_role("button", name="Yes, sign me up when it opens").click()

    expect(page.get_by_text("Signs you up when it opens:")).to_be_visible()
    no_scroll(page)
    page.get_by_role("link", name="My bookings").click()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article")).to_contain_text("Planned")
    no_scroll(page)
    page.get_by_role("article").get_by_role("link").click()
    page.get_by_role("link", name="Cancel this booking").click()
    no_scroll(page)
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_text("The booking is cancelled.")).to_be_visible()
    expect(page.get_by_text("You cancelled this booking.")).to_be_visible()


def test_news_come_without_reloading_and_are_announced(
    page: Page, program: Program, club: ClubBeside, registered: str
) -> None:
    sign_in(page, registered)
    booking_id = _book(page, club.add_session(NewSession(opens_in_s=86_400))[1])
    expect(page.get_by_text("Signs you up when it opens:")).to_be_visible()
    page.evaluate("window.stillTheSamePage = true")
    _become_booked(program, booking_id)
    expect(page.get_by_text("You have a place: the club's own page shows it.")).to_be_visible()
    expect(page.locator("#announcement")).to_contain_text("Booked")
    expect(page.get_by_role("link", name="Cancel this booking")).to_have_count(0)
    assert page.evaluate("window.stillTheSamePage")
    expect(page.get_by_role("rowheader")).to_have_text(["Before the opening", "After the opening"])
    no_scroll(page)

    expect(page.get_by_text("8520#")).to_be_hidden()
    page.get_by_text("Show the door code").click()
    expect(page.get_by_text("8520#")).to_be_visible()


def test_a_page_left_open_leads_to_sign_in_once_its_session_has_ended(
    page: Page, club: ClubBeside, registered: str
) -> None:
    # A stream that is open already outlives a cookie that only the browser has forgotten.
    page.add_init_script("delete window.EventSource")
    sign_in(page, registered)
    _book(page, club.add_session(NewSession(opens_in_s=86_400))[1])
    page.context.clear_cookies()
    page.wait_for_url(re.compile(r"/sign-in\?next="))
    expect(page.get_by_text("Sign in to see this page.")).to_have_count(1)


def test_a_countdown_ticks(page: Page, club: ClubBeside, registered: str) -> None:
    sign_in(page, registered)
    paste(page, club.add_session(NewSession(opens_in_s=600))[1])
    shown = page.locator("time[data-countdown]")
    expect(shown).to_have_text(re.compile(r"^in (9|10) min \d+ s$"))
    before = shown.inner_text()
    expect(shown).not_to_have_text(before)
    expect(shown).to_have_text(re.compile(r"^in 9 min \d+ s$"))


@pytest.mark.parametrize(
    "look",
    [pytest.param(Look(language="nb-NO"), id="phone in Norwegian"), pytest.param(DESK, id="desk")],
    indirect=True,
)
def test_what_takes_a_while_says_so_and_is_sent_once(page: Page, look: Look) -> None:
    page.goto("/register")
    # The form stays, so that there is time to look at it.
    page.evaluate(
        """() => {
            window.sent = [];
            document.addEventListener("submit", (event) => {
                window.sent.push(!event.defaultPrevented);
                event.preventDefault();
            });
        }"""
    )
    button = page.locator("main form button[type=submit]")
    for _ in range(2):
        button.press("Enter")
        expect(button).to_have_text(
            "Kontrollerer hos klubben…" if look.language == "nb-NO" else "Checking at the club…"
        )
        expect(button).to_have_attribute("aria-busy", "true")
    assert page.evaluate("window.sent") == [True, False]


def test_it_can_be_used_by_keyboard(page: Page, registered: str) -> None:
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    outline = page.get_by_label("E-mail address").evaluate("it => getComputedStyle(it).outlineStyle")
    assert outline == "solid"
    page.keyboard.type(registered)
    page.keyboard.press("Tab")
    page.keyboard.type("et langt og galt passord")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")


def _wrong_and_long(page: Page, program: Program, club: ClubBeside, email: str) -> Iterator[str]:
    """What the table of pages lacks: forms with mistakes, and bookings with more to tell; gives the name of each."""
    page.goto("/sign-in")
    page.locator("main form button[type=submit]").click()
    yield "a form with errors"
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.locator("#link").fill("https://elsewhere.example/")
    page.locator(".paste button").click()
    page.locator("#link-error").wait_for()
    yield "a bad link"
    page.locator("#link").fill(club.add_session(NewSession(opens_in_s=86_400))[1])
    page.locator(".paste button").click()
    page.locator("#quiet_from").select_option("22")
    page.locator("main form button[type=submit]").click()
    page.locator("#quiet_until-error").wait_for()
    yield "a preview with a mistake"
    page.locator("#quiet_until").select_option("7")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f]+$"))
    booking_id = page.url.rsplit("/", 1)[1]
    _become_booked(program, booking_id)
    page.reload()
    yield "a booking with a long plan"
    yield from _giving_back(page, program, booking_id)


def _giving_back(page: Page, program: Program, booking_id: str) -> Iterator[str]:
    page.goto(f"/bookings/{booking_id}/withdraw")
    page.locator("main form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f]+$"))
    yield "a place is being given back"
    _fail_to_withdraw(program, booking_id)
    page.goto(f"/bookings/{booking_id}")
    yield "it could not be given back"


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(Look(width=1280, height=860, dark=True), id="desk, English, dark"),
        pytest.param(Look(width=320, height=600, language="nb-NO"), id="very small phone, Norwegian"),
    ],
    indirect=True,
)
@pytest.mark.usefixtures("look")
def test_mistakes_and_long_stories_are_for_everybody(
    page: Page, program: Program, club: ClubBeside, registered: str
) -> None:
    for name in _wrong_and_long(page, program, club, registered):
        is_for_everybody(page, name)
