"""Every page in a real browser: on a phone and a desk, in both languages, with and without scripts, for everybody."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from support.api_site import PASSWORD, ClubBeside
from support.browsing import Look, Program, is_for_everybody, no_scroll
from support.dead_letters import publish_and_give_up
from support.every_page import PLACES, Reader
from support.stage import Played, staged

# So many pages that the others have ended long before.
pytestmark = pytest.mark.long(150)

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=800)
# A page is loaded at one size and looked at in both, since no script of ours asks for the size. On a phone and a desk,
# with and without scripts, each page is seen in the light in one language and in the dark in the other.
SIZES = {"en": (PHONE, DESK), "nb": (DESK, PHONE)}
LOOKS = [
    pytest.param(
        Look(**SIZES[language][0], language=language, scripts=scripts, dark=(language == "nb") == scripts),
        id=f"{language}-{'scripts' if scripts else 'bare'}",
    )
    for language in ("en", "nb")
    for scripts in (True, False)
]
SMALLEST = 320


@pytest.fixture(scope="module")
def played(program: Program, club: ClubBeside) -> Mapping[str, Played]:
    """What there is to see, by the reader's language."""
    publish_and_give_up(program.directory)
    # Not in this thread, where the browser's event loop runs.
    with ThreadPoolExecutor(1) as other_thread:
        return other_thread.submit(staged, program.ports, club).result(60)


def _become(page: Page, reader: Reader, played: Played) -> None:
    page.context.clear_cookies()
    if reader is not Reader.NOBODY:
        page.goto("/sign-in")
        page.locator("#email").fill(played.emails[reader])
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
        page.wait_for_url("**/")


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_every_page_is_for_everybody(page: Page, played: Mapping[str, Played], look: Look) -> None:
    there = played[look.language]
    for reader in Reader:
        _become(page, reader, there)
        for place in (one for one in PLACES if one.reader is reader):
            page.set_viewport_size(SIZES[look.language][0])
            answer = page.goto(there.path(place))
            assert answer is not None
            assert answer.ok, (place.name, answer.status)
            expect(page.locator("html")).to_have_attribute("lang", look.language)
            for size in SIZES[look.language]:
                _is_for_everybody_at(page, size, place.name)


def _is_for_everybody_at(page: Page, size: ViewportSize, name: str) -> None:
    page.set_viewport_size(size)
    is_for_everybody(page, f"{name} at {size['width']}")
    if size == PHONE:
        page.set_viewport_size({**size, "width": SMALLEST})
        no_scroll(page)
