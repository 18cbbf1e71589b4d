"""What the browser's tests speak of."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from support.api_site import PASSWORD

from autotennis.ports import Ports


@dataclass(frozen=True)
class Program:
    """The program as it is served, and the ports behind it as another process sees them."""

    address: str
    ports: Ports


@dataclass(frozen=True)
class Look:
    """How a reader looks at the pages."""

    width: int = 360
    height: int = 740
    language: str = "en"
    scripts: bool = True
    dark: bool = False


PHONE = Look()
DESK = Look(width=1280, height=860)
ALL_LOOKS = [
    pytest.param(PHONE, id="phone"),
    pytest.param(DESK, id="desk"),
    pytest.param(Look(scripts=False), id="phone without scripts"),
    pytest.param(Look(width=1280, height=860, scripts=False), id="desk without scripts"),
]


def no_scroll(page: Page) -> None:
    """Nothing sticks out to the side."""
    box = page.locator("html")
    assert box.evaluate("it => it.scrollWidth") <= box.evaluate("it => it.clientWidth"), page.url


def sign_in(page: Page, email: str) -> None:
    """Fills in the form."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Your password for Autotennis").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="My bookings")).to_be_visible()


def paste(page: Page, link: str) -> None:
    """Sends a link from the list."""
    page.get_by_label("Link of the session").fill(link)
    page.get_by_role("button", name="Next").click()
