"""Chromium, as the machine's packages install it."""

import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, Playwright

WHOLE: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The same engine without windows and notifications: it takes two thirds of the time.
SHOWING_PAGES: Final = ("chromium-headless-shell", *WHOLE)
NONE_HERE: Final = "There is no Chromium here: apt-get install --no-install-recommends chromium fonts-dejavu-core"
_OPTIONS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def found(programs: Sequence[str] = SHOWING_PAGES) -> str | None:
    """The first of these programs that is installed."""
    return next((path for name in programs if (path := shutil.which(name))), None)


@contextmanager
def browsing(playwright: Playwright, program: str) -> Generator[Browser]:
    """The browser, while the context lasts."""
    browser = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
    yield browser
    browser.close()
