"""A weekly series in a real browser: on a phone and a desk, with and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.api_site import ClubBeside
from support.browsing import BOTH_WAYS, no_scroll, paste, sign_in

from practice_club.orders import NewSession


@pytest.mark.parametrize("look", BOTH_WAYS, indirect=True)
@pytest.mark.usefixtures("look")
def test_from_the_tick_to_the_end(page: Page, club: ClubBeside, registered: str) -> None:
    sign_in(page, registered)
    paste(page, club.add_session(NewSession(opens_in_s=86_400))[1])
    page.get_by_label("Repeat every week").check()
    no_scroll(page)
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    page.wait_for_url(re.compile(r"/bookings/[0-9a-f]+$"))
    page.get_by_role("link", name=re.compile(r"^Every \w+day at")).click()
    expect(page.get_by_role("heading", name="The next weeks")).to_be_visible()
    expect(page.locator("ul.bookings li")).to_have_count(4)
    no_scroll(page)
    page.get_by_role("button", name=re.compile("^Skip ")).nth(1).click()
    expect(page.get_by_text("is skipped.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Do not skip ")).click()
    page.get_by_role("button", name="Pause the series").click()
    expect(page.get_by_text("Not planned while the series is paused").first).to_be_visible()
    no_scroll(page)
    page.get_by_role("button", name="Go on with the series").click()
    page.get_by_role("link", name="End the series").click()
    expect(page.get_by_label("Cancel these, too")).to_be_checked()
    no_scroll(page)
    page.get_by_role("button", name="Yes, end it").click()
    expect(page.get_by_text("1 planned booking was cancelled.")).to_be_visible()
    expect(page.get_by_text("Nothing is repeated yet.")).to_be_visible()
    no_scroll(page)
