"""Two clubs, in a browser: a wish at the second one leads over its login and back, and its week can be chosen."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect
from support.api_site import PIN, ClubBeside, api_settings, club_beside
from support.browsing import BOTH_WAYS, Program, is_for_everybody, paste, running_program, sign_in
from support.two_clubs import OTHER_ID, OTHER_NAME

from practice_club.orders import NewSession


@pytest.fixture(scope="module")
def other() -> Generator[ClubBeside]:
    """The second club."""
    with club_beside() as club:
        yield club


@pytest.fixture(scope="module")
def program(club: ClubBeside, other: ClubBeside, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program]:
    """The web pages' program with both."""
    clubs = (club.rules(), other.rules(OTHER_ID, OTHER_NAME))
    with running_program(api_settings(tmp_path_factory.mktemp("data"), *clubs)) as program:
        yield program


@pytest.mark.parametrize("look", BOTH_WAYS, indirect=True)
@pytest.mark.usefixtures("look")
def test_the_pasted_link_chooses_the_club_and_its_login_is_entered_on_the_way(
    page: Page, program: Program, other: ClubBeside, registered: str
) -> None:
    sign_in(page, registered)
    is_for_everybody(page, "the list, with what good links look like")
    paste(page, other.add_session(NewSession(opens_in_s=86_400))[1])
    expect(page.get_by_role("heading", name=f"Your login at {OTHER_NAME}")).to_be_visible()
    is_for_everybody(page, "a club's login")
    other.add_member(registered)
    _enter(page, "0000")
    expect(page.get_by_role("alert")).to_contain_text(f"{OTHER_NAME} refused")
    _enter(page, PIN)
    expect(page.get_by_role("heading", name="Is this the session?")).to_be_visible()
    expect(page.get_by_text(f"{OTHER_NAME} let you in.")).to_be_visible()
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    expect(page.get_by_role("link", name=f"The session's page at {OTHER_NAME}")).to_be_visible()
    account = program.ports.store.member_by_email(registered)
    assert account is not None
    assert [one.club_id for one in program.ports.store.bookings_of(account.id)] == [OTHER_ID]
    page.goto("/")
    expect(page.locator(".club", has_text=OTHER_NAME).first).to_be_visible()


@pytest.mark.parametrize("look", BOTH_WAYS, indirect=True)
@pytest.mark.usefixtures("look")
def test_each_clubs_login_is_in_the_settings_and_its_week_can_be_chosen(
    page: Page, other: ClubBeside, registered: str
) -> None:
    sign_in(page, registered)
    page.goto("/settings")
    is_for_everybody(page, "the settings of a member of two clubs")
    page.get_by_role("link", name=f"Enter it for {OTHER_NAME}").click()
    other.add_member(registered)
    _enter(page, PIN)
    expect(page.get_by_text(f"{OTHER_NAME} last took your login on")).to_be_visible()
    page.get_by_role("link", name="Timetable").click()
    page.get_by_label("Club", exact=True).select_option(OTHER_NAME)
    page.get_by_role("button", name="Show").click()
    page.wait_for_url(f"**/week?club={OTHER_ID}*")
    is_for_everybody(page, "the week of the second club")


def _enter(page: Page, pin: str) -> None:
    page.get_by_label("Your password or PIN at the club").fill(pin)
    page.get_by_role("button", name="Keep this login").click()
