"""Tokens and the API's page in a real browser: on a phone and a desk, with and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect
from support.browsing import BOTH_WAYS, is_for_everybody, sign_in


@pytest.mark.parametrize("look", BOTH_WAYS, indirect=True)
@pytest.mark.usefixtures("look")
def test_a_token_is_made_and_revoked(page: Page, registered: str) -> None:
    sign_in(page, registered)
    page.goto("/settings")
    page.get_by_role("link", name="Your tokens").click()
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("alert")).to_contain_text("This is needed.")
    is_for_everybody(page, "a mistake")
    page.get_by_label("What is it for?").fill("My laptop")
    page.get_by_label("Book for me").check()
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#made")).to_have_text(re.compile(r"^autotennis\.\w+\.\w+$"))
    is_for_everybody(page, "a new token")
    page.get_by_role("button", name="Revoke My laptop").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()
    expect(page.get_by_text("My laptop")).to_have_count(0)
    page.get_by_role("link", name="What programs can do").click()
    expect(page.get_by_role("heading", name="Asks for a place in a session.")).to_be_visible()
