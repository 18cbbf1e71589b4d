"""A real browser before the real program. Skipped, and it says so, where there is no Chromium."""

import itertools
import re
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright
from pydantic import SecretStr
from support import chromium
from support.api_site import CLUB_ID, PASSWORD, PIN, ClubBeside, api_settings, club_beside
from support.browsing import PHONE, Look, Program, running_program

from autotennis.domain.member import Credentials, Member
from autotennis_api.accounts import Accounts, Registration
from autotennis_api.invitations import Pass
from autotennis_api.tries import Tries

# How long is waited for whatever a page should come to: the whole systems of other tests may be starting meanwhile.
PATIENCE_MS = 15_000
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def playwright() -> Generator[Playwright, None, None]:
    """What speaks to browsers."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Generator[Browser, None, None]:
    """Chromium that shows pages, or the whole of it where that is all there is."""
    program = chromium.found()
    if program is None:
        pytest.skip(f"NO BROWSER TEST WAS RUN. {chromium.NONE_HERE}")
    with chromium.browsing(request.getfixturevalue("playwright"), program) as browser:
        yield browser


@pytest.fixture(scope="module")
def club() -> Generator[ClubBeside, None, None]:
    """A practice club."""
    with club_beside() as club:
        yield club


@pytest.fixture(scope="module")
def program(club: ClubBeside, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program, None, None]:
    """The web pages' program."""
    with running_program(api_settings(tmp_path_factory.mktemp("data"), club.rules())) as program:
        yield program


@pytest.fixture
def email(club: ClubBeside) -> str:
    """The address of one more member of the club, who has no account."""
    return club.add_member(f"spiller{next(_numbers)}@example.org").email


@pytest.fixture
def registered(program: Program, email: str) -> str:
    """The address of a member who has an account."""
    return _register(program, email)


@pytest.fixture
def friend(program: Program, club: ClubBeside) -> Member:
    """The account of another member."""
    address = _register(program, club.add_member(f"spiller{next(_numbers)}@example.org").email)
    account = program.ports.store.member_by_email(address)
    assert account is not None
    return account


def _register(program: Program, email: str) -> str:
    """Beside the program, whose limits on registering are few."""
    tries = Tries(program.ports.store, program.ports.clock, club_logins_per_hour=100)
    at_club = Credentials(email=email, password=SecretStr(PIN))
    asked = Registration(CLUB_ID, at_club, SecretStr(PASSWORD), "en", f"192.0.2.{next(_numbers)}")
    # Not in this thread, where the browser's event loop runs.
    with ThreadPoolExecutor(1) as other_thread:
        other_thread.submit(Accounts(program.ports, tries).register, asked, Pass()).result(30)
    return email


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Look:
    """A phone with scripts, unless a test says otherwise."""
    return getattr(request, "param", PHONE)


@pytest.fixture
def page(browser: Browser, program: Program, look: Look) -> Iterator[Page]:
    """An empty tab. Whatever the browser complains of fails the test."""
    context: BrowserContext = browser.new_context(
        base_url=program.address,
        viewport={"width": look.width, "height": look.height},
        locale=look.language,
        java_script_enabled=look.scripts,
        color_scheme="dark" if look.dark else "light",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # What was refused is answered with a status that the browser mentions; that is no complaint.
        if message.type in {"error", "warning"} and not re.search("status of (401|403|410|422)", message.text):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []
