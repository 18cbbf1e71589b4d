"""The whole of a booking in Norwegian, from registering to giving the place back, with and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.api_site import HOLDER, NOTHING_SENT, PASSWORD, PIN, ClubBeside, claim, win
from support.browsing import Look, Program
from support.stage import OUTCOME

from autotennis.domain.progress import Reached, Stage
from practice_club.orders import NewSession

LOOKS = [
    pytest.param(Look(390, 844, "nb"), id="phone"),
    pytest.param(Look(1280, 800, "nb", scripts=False), id="desk without scripts"),
]


def _sees(page: Page, look: Look, text: str) -> None:
    """With scripts it comes by itself."""
    if not look.scripts:
        page.reload()
    expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()


def _register(page: Page, email: str) -> None:
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Registrer deg").click()
    page.get_by_label("E-postadressen din hos klubben").fill(email)
    page.get_by_label("Passordet eller PIN-koden din hos klubben").fill(PIN)
    page.get_by_label("Et nytt passord til Autotennis").fill(PASSWORD)
    page.get_by_label("Det nye passordet en gang til").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Registrer deg").click()
    expect(page.get_by_text("Velkommen!")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_the_whole_of_a_booking(page: Page, program: Program, club: ClubBeside, email: str, look: Look) -> None:
    _register(page, email)
    page.get_by_label("Lenke til timen").fill(club.add_session(NewSession(opens_in_s=86_400))[1])
    page.get_by_role("button", name="Neste").click()
    expect(page.get_by_role("heading", name="Er dette timen?")).to_be_visible()
    page.get_by_role("button", name="Ja, meld meg på når det åpner").click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f]+$"))
    booking_id = page.url.rsplit("/", 1)[1]
    claim(program.ports, booking_id)
    _sees(page, look, "Gjør seg klar hos klubben.")
    now = program.ports.clock.now()
    fired = (Reached(stage=Stage.FIRED, at=now),)
    program.ports.store.change(booking_id, lambda it: it.progressed(HOLDER, fired, now))
    _sees(page, look, "Påmeldingen er sendt")
    win(program.ports, booking_id, NOTHING_SENT, OUTCOME)
    _sees(page, look, "Du har plass: klubbens egen side viser det.")
    expect(page.get_by_role("heading", name="Dette ble gjort")).to_be_visible()
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(1 + 2 + len(OUTCOME.timeline))
    page.get_by_role("link", name="Meld meg av").click()
    page.get_by_role("button", name="Ja, meld meg av").click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f]+$"))
    page.get_by_role("link", name="Innstillinger").click()
    expect(page.get_by_text(f"Logget inn som {email}.")).to_be_visible()
