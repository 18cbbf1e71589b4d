"""Takes pictures of every page, in a real browser before the real program and a practice club with a plausible week."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from support import chromium
from support.api_site import PASSWORD, api_settings, club_beside, served
from support.dead_letters import publish_and_give_up
from support.every_page import PLACES, Reader
from support.stage import LANGUAGES, Played, staged

from autotennis.wiring import open_ports

SIZES = {"phone": (390, 844), "desk": (1280, 800)}


class Photographer:
    """Takes the pictures into a directory; a name says what is on it, on what, how and in which language."""

    def __init__(self, browser: Browser, address: str, directory: Path) -> None:
        self._browser = browser
        self._address = address
        self._directory = directory

    def take_all(self, played: Mapping[str, Played]) -> int:
        """Every page in every way; gives how many pictures that are."""
        looks = [(size, dark, language) for size in SIZES for dark in (False, True) for language in LANGUAGES]
        return sum(self._take(size, dark, played[language], language) for size, dark, language in looks)

    def _take(self, size: str, dark: bool, played: Played, language: str) -> int:
        width, height = SIZES[size]
        context = self._browser.new_context(
            base_url=self._address,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale=language,
            timezone_id="Europe/Oslo",
        )
        ending = f"{size}-{'dark' if dark else 'light'}-{language}"
        for reader in Reader:
            self._become(context, reader, played)
            self._shoot(context, reader, played, ending)
        context.close()
        return len(PLACES)

    def _become(self, context: BrowserContext, reader: Reader, played: Played) -> None:
        context.clear_cookies()
        if reader is Reader.NOBODY:
            return
        page = context.new_page()
        page.goto("/sign-in")
        page.locator("#email").fill(played.emails[reader])
        page.locator("#password").fill(PASSWORD)
        page.locator("main form button[type=submit]").click()
        page.wait_for_url("**/")
        page.close()

    def _shoot(self, context: BrowserContext, reader: Reader, played: Played, ending: str) -> None:
        page = context.new_page()
        for place in (one for one in PLACES if one.reader is reader):
            answer = page.goto(played.path(place))
            assert answer is not None
            assert answer.ok, (place.name, answer.status)
            page.wait_for_load_state()
            page.screenshot(path=self._directory / f"{place.name}-{ending}.png")
        page.close()


def main(arguments: Sequence[str]) -> None:
    """Takes the pictures into the directory that is named."""
    directory = Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    program = chromium.found()
    if program is None:
        sys.exit(chromium.NONE_HERE)
    with tempfile.TemporaryDirectory() as data, club_beside(empty=False) as club:
        settings = api_settings(Path(data), club.rules())
        with served(settings) as address, open_ports(settings) as ports:
            played = staged(ports, club)
            publish_and_give_up(settings.data_dir)
            with sync_playwright() as playwright, chromium.browsing(playwright, program) as browser:
                count = Photographer(browser, address, directory).take_all(played)
    sys.stdout.write(f"{count} pictures are in {directory}.\n")


if __name__ == "__main__":
    main(sys.argv[1:])
