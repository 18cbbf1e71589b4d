"""Notifications in a real browser. All is real but the push service, which is not to be had here."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from support import chromium
from support.api_site import ClubBeside, api_settings
from support.browsing import Program, is_for_everybody, running_program, sign_in

from autotennis.domain.channel import Channel

VAPID = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
SUBSCRIPTION = json.dumps(
    {"endpoint": "https://push.example.org/send/1", "keys": {"p256dh": "B" + "a" * 86, "auth": "c" * 22}}
)
# What is shown by now, as soon as there is anything.
SHOWN = """async () => {
  for (let left = 100; left; left -= 1) {
    const shown = await (await navigator.serviceWorker.ready).getNotifications();
    if (shown.length) return shown.map((one) => ({ title: one.title, body: one.body, url: one.data.url }));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return [];
}"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Generator[Browser, None, None]:
    """The whole of Chromium: only that notifies."""
    program = chromium.found(chromium.WHOLE)
    if program is None:
        pytest.skip(f"NO NOTIFICATION WAS TESTED. {chromium.NONE_HERE}")
    with chromium.browsing(playwright, program) as browser:
        yield browser


@pytest.fixture(scope="module")
def program(club: ClubBeside, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program, None, None]:
    """The web pages' program of an installation that notifies browsers."""
    settings = api_settings(tmp_path_factory.mktemp("data"), club.rules(), vapid_private_key=VAPID)
    with running_program(settings) as program:
        yield program


@pytest.fixture
def allowed(page: Page, program: Program) -> None:
    """The page's browser lets the site notify."""
    page.context.grant_permissions(["notifications"], origin=program.address)


def _channels(program: Program, email: str) -> tuple[Channel, ...]:
    account = program.ports.store.member_by_email(email)
    assert account is not None
    return account.channels


def _pushed(page: Page, program: Program, message: object) -> list[dict[str, str]]:
    """Has the worker get a push as from a push service; gives the notifications that are shown then."""
    control: Any = page.context.new_cdp_session(page)
    versions: list[str] = []

    def note(event: dict[str, list[dict[str, str]]]) -> None:
        versions.extend(one["registrationId"] for one in event["registrations"])

    control.on("ServiceWorker.workerRegistrationUpdated", note)
    control.send("ServiceWorker.enable")
    page.evaluate("navigator.serviceWorker.register('/push.js').then(() => navigator.serviceWorker.ready)")
    for _ in range(50):
        if versions:
            break
        page.wait_for_timeout(100)
    data = message if isinstance(message, str) else json.dumps(message)
    control.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": program.address, "registrationId": versions[-1], "data": data},
    )
    return page.evaluate(SHOWN)


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    ("message", "title", "path"),
    [
        ({"title": "Booked", "body": "Thursday 18:00", "url": "/bookings/abc"}, "Booked", "/bookings/abc"),
        ({"title": "Booked", "body": "", "url": "https://evil.example//evil.example/x"}, "Booked", "/evil.example/x"),
        ("no message of ours", "Autotennis", "/"),
    ],
)
def test_a_push_is_shown_and_leads_to_a_page_of_ours(
    page: Page, program: Program, registered: str, message: object, title: str, path: str
) -> None:
    sign_in(page, registered)
    page.goto("/settings/messages")
    (shown,) = _pushed(page, program, message)
    assert (shown["title"], shown["url"]) == (title, program.address + path)


@pytest.mark.usefixtures("allowed")
def test_a_browser_that_its_push_service_does_not_reach_says_so(page: Page, registered: str) -> None:
    sign_in(page, registered)
    page.goto("/settings/messages")
    button = page.get_by_role("button", name="Notify me in this browser")
    expect(button).to_be_visible()
    # In place of the push service, which would be asked for over the network.
    page.evaluate("void (PushManager.prototype.subscribe = () => Promise.reject(new Error('no push service')))")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("could not be reached by its push service")
    is_for_everybody(page, "no push service")


@pytest.mark.usefixtures("allowed")
def test_a_browser_becomes_a_channel_and_is_none_any_more(page: Page, program: Program, registered: str) -> None:
    sign_in(page, registered)
    page.goto("/settings/messages")
    page.evaluate(f"void (PushManager.prototype.subscribe = async () => ({{toJSON: () => ({SUBSCRIPTION})}}))")
    page.get_by_role("button", name="Notify me in this browser").click()
    expect(page.get_by_text("This browser notifies you from now on.")).to_be_visible()
    expect(page.get_by_text("This browser notifies you.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Notify me in this browser")).to_be_hidden()
    is_for_everybody(page, "a browser that notifies")
    (channel,) = _channels(program, registered)
    page.get_by_role("button", name=f"Remove {channel.label}").click()
    expect(page.get_by_role("button", name="Notify me in this browser")).to_be_visible()
    assert _channels(program, registered) == ()
