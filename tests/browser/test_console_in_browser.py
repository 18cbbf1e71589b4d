"""The operators' console in a browser: readable for everybody, and a pause begun and ended by hand."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from support.browsing import DESK, PHONE, Look, Program, is_for_everybody, sign_in
from support.past_races import a_past_race, made_operator

from autotennis.domain.booking import State
from autotennis.values import FailureReason

SMALL = Look(width=320, height=640)
DARK = Look(width=320, height=640, dark=True)
PATHS = ("/operator", "/operator/dead-letters", "/operator/deeds")


@pytest.fixture
def operator(program: Program, registered: str) -> str:
    """The address of somebody who looks after the installation, with some races behind it."""
    account = program.ports.store.member_by_email(registered)
    assert account is not None
    made_operator(program.ports, account)
    for number in range(3):
        a_past_race(program.ports, f"{registered.partition('@')[0]}-{number}", days=number + 1, sent_ms=4.0 * number)
    a_past_race(program.ports, f"{registered.partition('@')[0]}-f", days=2, failure=FailureReason.FULL)
    soon = program.ports.clock.now() + timedelta(hours=1)
    a_past_race(program.ports, f"{registered.partition('@')[0]}-s", opening_at=soon, state=State.SCHEDULED)
    return registered


@pytest.mark.parametrize("look", [PHONE, DESK, SMALL, DARK], indirect=True, ids=["phone", "desk", "small", "dark"])
def test_the_console_is_for_everybody_in_both_languages(page: Page, program: Program, operator: str) -> None:
    sign_in(page, operator)
    for path in PATHS:
        page.goto(path)
        is_for_everybody(page, path)
    page.goto("/operator")
    expect(page.get_by_role("table", name="Fire error")).to_be_visible()
    account = program.ports.store.member_by_email(operator)
    assert account is not None
    program.ports.store.change_member(account.id, lambda it: it.model_copy(update={"language": "nb"}))
    for path in PATHS:
        page.goto(path)
        is_for_everybody(page, f"{path} in Norwegian")


@pytest.mark.parametrize("look", [PHONE, DESK], indirect=True, ids=["phone", "desk"])
def test_a_pause_is_begun_told_and_ended(page: Page, operator: str) -> None:
    sign_in(page, operator)
    page.get_by_role("link", name="Console").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("alert")).to_contain_text("Reason: This is needed.")
    is_for_everybody(page, "a pause without a reason")
    page.get_by_label("Reason").fill("Their server smokes.")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("#paused")).to_contain_text("Their server smokes.")
    is_for_everybody(page, "the console with a pause")
    page.get_by_role("button", name="End this pause").click()
    expect(page.get_by_text("Nothing is paused.")).to_be_visible()
    expect(page.locator("#paused")).to_have_count(0)
    page.goto("/operator/deeds")
    expect(page.get_by_text("Their server smokes.").first).to_be_visible()
    is_for_everybody(page, "what operators did")
