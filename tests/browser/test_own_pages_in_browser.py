"""What is a member's own, in a real browser: settings, sign-ins, calendar, invitations, leaving; for everybody."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from support.api_site import PASSWORD, ClubBeside, api_settings, served
from support.browsing import BOTH_WAYS, Look, Program, is_for_everybody, sign_in
from support.past_races import made_operator

SMALL = [pytest.param(Look(width=320, height=640, language="nb", dark=True), id="small phone, dark, Norwegian")]


def _make_operator(program: Program, email: str) -> None:
    account = program.ports.store.member_by_email(email)
    assert account is not None
    made_operator(program.ports, account)


def _sign_in(page: Page, email: str, look: Look) -> None:
    if look.language == "en":
        return sign_in(page, email)
    page.goto("/sign-in")
    page.get_by_label("E-post").fill(email)
    page.get_by_label("Passordet ditt til Autotennis").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Logg inn").click()
    page.wait_for_url("**/")
    return None


@pytest.mark.parametrize("look", SMALL, indirect=True)
def test_what_the_pages_of_ones_own_answer_is_for_everybody(
    page: Page, program: Program, registered: str, look: Look
) -> None:
    _make_operator(program, registered)
    _sign_in(page, registered, look)
    page.goto("/settings/calendar")
    page.locator("main form button").first.click()
    expect(page.locator("#address")).to_be_visible()
    is_for_everybody(page, "an address")
    page.goto("/operator/invitations")
    page.locator("main form button").first.click()
    expect(page.locator("#link")).to_be_visible()
    is_for_everybody(page, "an invitation")
    page.goto("/settings/leave")
    page.locator("main form button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    is_for_everybody(page, "what is missing")


def test_what_is_said_to_who_is_not_invited_is_for_everybody(page: Page, club: ClubBeside, tmp_path: Path) -> None:
    with served(api_settings(tmp_path, club.rules(), open_registration=False)) as address:
        page.goto(f"{address}/register/no-such-one")
        expect(page.get_by_role("heading", name="By invitation only")).to_be_visible()
        is_for_everybody(page, "not invited")


@pytest.mark.parametrize("look", BOTH_WAYS, indirect=True)
def test_from_settings_to_leaving_for_good(page: Page, program: Program, registered: str, look: Look) -> None:
    sign_in(page, registered)
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_text("last took your login on")).to_be_visible()
    page.get_by_role("link", name="Where you are signed in").click()
    expect(page.get_by_text("(here)")).to_be_visible()
    page.get_by_role("link", name="Settings").last.click()
    page.get_by_role("link", name="Delete your account").click()
    page.get_by_label("Your password for Autotennis").fill("et langt og galt passord")
    page.get_by_role("button", name="Delete my account for good").click()
    expect(page.get_by_role("alert")).to_contain_text("Your present password is another one.")
    page.get_by_label("Your password for Autotennis").fill(PASSWORD)
    page.get_by_role("button", name="Delete my account for good").click()
    expect(page.get_by_text("Your account is deleted, and everything that was kept of you.")).to_be_visible()
    assert program.ports.store.member_by_email(registered) is None
