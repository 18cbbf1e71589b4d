"""Every page with texts that would break out of it, in a real browser: nothing of them becomes an element or runs."""

from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Page
from support.api_site import PASSWORD, ClubBeside
from support.browsing import Program
from support.dead_letters import publish_and_give_up
from support.every_page import PLACES, Reader
from support.hostile import HOSTILE, hostile
from support.stage import Played, staged


def _sign_in(page: Page, email: str) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in")
    # Not a field for addresses as the browser sees it: such a one is none to it.
    page.locator("main form").evaluate("it => { it.noValidate = true; }")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button[type=submit]").click()
    page.wait_for_url("**/")


def _staged(program: Program, club: ClubBeside) -> Played:
    publish_and_give_up(program.directory, hostile("dead letter"))
    # Not in this thread, where the browser's event loop runs.
    with ThreadPoolExecutor(1) as other_thread:
        return other_thread.submit(staged, program.ports, club, HOSTILE).result(60)["en"]


def test_no_page_makes_anything_of_what_others_wrote(page: Page, program: Program, club: ClubBeside) -> None:
    """What the browser complains of, as of a script that the policy keeps from running, fails the test as well."""
    played = _staged(program, club)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    shown = 0
    for reader in Reader:
        if email := played.emails.get(reader):
            _sign_in(page, email)
        for place in (one for one in PLACES if one.reader is reader):
            answer = page.goto(played.path(place))
            assert answer is not None
            assert answer.ok, place.name
            assert page.locator("img[onerror], [src=x], [onerror]").count() == 0, place.name
            shown += "onerror=a(" in page.locator("body").inner_text()
    assert shown >= 10, "they are there to be read"
    assert {one for one in asked if not one.startswith(f"{program.address}/") or one.endswith("/x")} == set()
