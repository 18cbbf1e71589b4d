"""The operators' console in a browser: a pause begun and ended by hand, and a dead letter delivered again."""

import pytest
from playwright.sync_api import Page, expect
from support.browsing import BOTH_WAYS, DESK, PHONE, Program, is_for_everybody, sign_in
from support.dead_letters import publish_and_give_up
from support.past_races import made_operator


@pytest.fixture
def operator(program: Program, registered: str) -> str:
    """The address of somebody who looks after the installation."""
    account = program.ports.store.member_by_email(registered)
    assert account is not None
    made_operator(program.ports, account)
    return registered


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


@pytest.mark.parametrize("look", BOTH_WAYS, indirect=True)
@pytest.mark.usefixtures("look")
def test_a_dead_letter_is_delivered_again(page: Page, program: Program, operator: str) -> None:
    publish_and_give_up(program.directory)
    sign_in(page, operator)
    page.get_by_role("link", name="Console").click()
    page.get_by_role("link", name="Dead letters").click()
    letters = page.get_by_role("article")
    expect(letters).to_contain_text("It smokes.")
    letters.get_by_role("button", name="Deliver again: WatchDue").click()
    expect(page.get_by_role("status").first).to_have_text("It is delivered again.")
    expect(letters).to_have_count(0)
    assert sum(queue.waiting for queue in program.ports.bus.queues() or ()) > 0
    page.goto("/operator/deeds")
    expect(page.get_by_role("main")).to_contain_text("Had delivered again")
