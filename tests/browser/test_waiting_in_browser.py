"""Waiting for a place and giving one back, in a real browser: on a phone and a desk, with and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.api_site import NOTHING_SENT, ClubBeside, find_full, win
from support.browsing import BOTH_WAYS, Look, Program, no_scroll, paste, sign_in

from autotennis.domain.booking import Outcome
from practice_club.orders import NewSession


def _see_news(page: Page, look: Look) -> None:
    """With scripts they come by themselves."""
    if not look.scripts:
        page.get_by_role("link", name="Reload to see the latest").click()


def _become_withdrawn(program: Program, booking_id: str) -> None:
    now = program.ports.clock.now()
    program.ports.store.change(booking_id, lambda it: it.withdrawn(now, NOTHING_SENT, Outcome(), now))


@pytest.mark.parametrize("look", BOTH_WAYS, indirect=True)
def test_from_waiting_to_giving_back(
    page: Page, program: Program, club: ClubBeside, registered: str, look: Look
) -> None:
    sign_in(page, registered)
    paste(page, club.add_session(NewSession(opens_in_s=86_400))[1])
    tick = page.get_by_label("If it is full, wait for a place that is given back")
    expect(tick).to_be_checked()
    tick.uncheck()
    expect(page.get_by_label("Quiet hours from")).to_be_hidden()
    tick.check()
    page.get_by_label("Do not take a place later than").select_option("2 hours before the start")
    page.get_by_label("Quiet hours from").select_option("03:00")
    no_scroll(page)
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    problems = page.get_by_role("alert")
    expect(problems).to_contain_text("Quiet hours until: Choose both hours, or none.")
    if look.scripts:
        expect(problems).to_be_focused()
    expect(page.get_by_label("Do not take a place later than")).to_have_value("120")
    page.get_by_label("Quiet hours until").select_option("04:00")
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f]+$"))
    booking_id = page.url.rsplit("/", 1)[1]

    find_full(program.ports, booking_id)
    _see_news(page, look)
    expect(page.get_by_text("You are number 1 of 1 in the line for this session.")).to_be_visible()
    expect(page.get_by_text("03:00\N{EN DASH}04:00")).to_be_visible()
    no_scroll(page)
    win(program.ports, booking_id)
    _see_news(page, look)
    page.get_by_role("link", name="Give the place back").click()
    expect(page.get_by_text("This cannot be undone.")).to_be_visible()
    no_scroll(page)
    page.get_by_role("button", name="Yes, give it back").click()
    expect(page.get_by_text("Giving your place back at the club…")).to_be_visible()
    _become_withdrawn(program, booking_id)
    _see_news(page, look)
    expect(page.get_by_text("You gave your place back: the club's own page does not show you")).to_be_visible()
    expect(page.get_by_role("link", name="Give the place back")).to_have_count(0)
