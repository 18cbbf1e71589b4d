"""What the browser's tests speak of."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, expect
from support.api_site import PASSWORD, served

from autotennis.ports import Ports
from autotennis.wiring import open_ports
from autotennis_api.settings import ApiSettings

AXE = Path(__file__).parent.parent / "browser" / "vendor" / "axe-4.14.1.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Gives only what is wrong, and where.
CHECK = """async rules => (await axe.run({runOnly: rules, resultTypes: ["violations"]})).violations
    .map(one => [one.id, one.nodes.map(node => node.html)])"""


@dataclass(frozen=True)
class Program:
    """The program as it is served, and the ports behind it as another process sees them."""

    address: str
    ports: Ports
    directory: Path


@contextmanager
def running_program(settings: ApiSettings) -> Generator[Program]:
    """The web pages' program of these settings, while the context lasts."""
    with served(settings) as address, open_ports(settings) as ports:
        yield Program(address, ports, settings.data_dir)


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
# What a page looks like in every way, the table of pages tells: a story is told once with scripts and once without.
BOTH_WAYS = [
    pytest.param(PHONE, id="phone"),
    pytest.param(Look(width=1280, height=860, scripts=False), id="desk without scripts"),
]


def no_scroll(page: Page) -> None:
    """Nothing sticks out to the side."""
    box = page.locator("html")
    assert box.evaluate("it => it.scrollWidth") <= box.evaluate("it => it.clientWidth"), page.url


def is_for_everybody(page: Page, name: str) -> None:
    """Nothing sticks out, and nothing keeps anybody from using the page."""
    # Without its style sheet, a page on its way has other sizes.
    page.wait_for_load_state()
    no_scroll(page)
    with _scripts_of_our_own(page):
        if not page.evaluate("'axe' in window"):
            page.evaluate(_axe())
        found = page.evaluate(CHECK, RULES)
    assert found == [], (name, found)


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


@contextmanager
def _scripts_of_our_own(page: Page) -> Generator[None, None, None]:
    """Lets a script of the tests run where scripts are off: after the page was read without any, and on it alone."""
    if page.evaluate("matchMedia('(scripting: enabled)').matches"):
        yield
        return
    # Its end would switch the scripts on: it is left open as long as the page. And it only tells what it changes.
    switch = page.context.new_cdp_session(page)
    for is_off in (True, False):
        _turn_off(switch, is_off)
    yield
    _turn_off(switch, True)


def _turn_off(switch: CDPSession, is_off: bool) -> None:
    switch.send("Emulation.setScriptExecutionDisabled", {"value": is_off})  # pyright: ignore[reportUnknownMemberType]


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
