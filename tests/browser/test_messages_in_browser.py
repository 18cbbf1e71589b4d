"""Channels, links of messages and browser notifications, in a real browser: for everybody, on a phone and a desk."""

import json
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr
from support.api_site import LINK_SECRET, ClubBeside, api_settings, offer, served
from support.browsing import ALL_LOOKS, Look, Program, is_for_everybody, paste, sign_in

from autotennis.action_links import ActionLinks, LinkAction
from autotennis.domain.channel import Channel, ChannelTrouble
from autotennis.domain.member import Member
from autotennis.wiring import open_ports
from practice_club.orders import NewSession

LOOKS = [
    *ALL_LOOKS,
    pytest.param(Look(width=320, height=640, dark=True), id="small and dark"),
]
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
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544/"


@pytest.fixture(scope="module")
def program(club: ClubBeside, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program, None, None]:
    """The web pages' program of an installation that sends e-mail and notifies browsers."""
    directory = tmp_path_factory.mktemp("data")
    settings = api_settings(directory, club.rules(), mail_from="tennis@example.org", vapid_private_key=VAPID)
    with served(settings) as address, open_ports(settings) as ports:
        yield Program(address, ports, directory)


def _account(program: Program, email: str) -> Member:
    account = program.ports.store.member_by_email(email)
    assert account is not None
    return account


def _is_good(page: Page, look: Look, name: str) -> None:
    """Where there are no scripts, only what needs none is looked at."""
    if look.scripts:
        is_for_everybody(page, name)


def _comes_through(program: Program, email: str, *, works: bool) -> None:
    """What the notifier would write once it has sent a test."""
    now = program.ports.clock.now()

    def told(channel: Channel) -> Channel:
        health = channel.health
        done = health.succeeded(now) if works else health.failed(ChannelTrouble.REFUSED, "status 401", now)
        return channel.with_health(done)

    program.ports.store.change_member(_account(program, email).id, lambda it: it.channel_changed(told(it.channels[0])))


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_a_channel_is_added_tried_out_and_removed(page: Page, program: Program, registered: str, look: Look) -> None:
    sign_in(page, registered)
    page.goto("/settings")
    page.get_by_role("link", name="Where you are told, and when").click()
    expect(page.get_by_text("You are told nowhere yet")).to_be_visible()
    _is_good(page, look, "no channels")
    page.get_by_role("link", name="Another service").click()
    page.get_by_label("Address of the service").fill("telegram")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not such an address")
    _is_good(page, look, "a wrong address")
    page.get_by_label("Address of the service").fill(TELEGRAM)
    page.get_by_label("What is told here").select_option("Everything")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Nothing was sent there yet.")).to_be_visible()
    page.get_by_role("button", name="Send a test to Telegram").click()
    expect(page.get_by_text("A test is on its way…")).to_be_visible()
    _is_good(page, look, "a test on its way")
    _comes_through(program, registered, works=False)
    if not look.scripts:
        page.get_by_role("link", name="Look again").click()
    expect(page.locator("#channels")).to_contain_text("did not get through: the receiver refused it.")
    _is_good(page, look, "a test that failed")
    if look.scripts:
        expect(page.locator("#announcement")).to_contain_text("the receiver refused it")
    page.get_by_role("button", name="Remove Telegram").click()
    expect(page.get_by_text("You are told nowhere yet")).to_be_visible()
    assert _account(program, registered).channels == ()


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(Look(language="nb"), id="phone"),
        pytest.param(Look(width=320, height=640, language="nb", dark=True), id="small and dark"),
        pytest.param(Look(width=1280, height=860, language="nb"), id="desk"),
    ],
    indirect=True,
)
@pytest.mark.usefixtures("look")
def test_every_page_of_messages_is_for_everybody_in_norwegian_too(
    page: Page, program: Program, registered: str
) -> None:
    account = _account(program, registered)
    program.ports.store.change_member(account.id, lambda it: it.model_copy(update={"language": "nb"}))
    page.goto("/sign-in")
    page.get_by_label("E-post").fill(registered)
    page.get_by_label("Passordet ditt til Autotennis").fill("et langt og godt passord")
    page.get_by_role("main").get_by_role("button", name="Logg inn").click()
    page.wait_for_url("**/")
    for path in ("", "/add/email", "/add/apprise", "/add/webhook"):
        page.goto(f"/settings/messages{path}")
        is_for_everybody(page, path)
    page.get_by_label("Adressen til webhooken").fill("https://hooks.example.org/in")
    page.get_by_role("button", name="Legg til").click()
    expect(page.locator("#secret")).to_contain_text("whsec_")
    is_for_everybody(page, "a secret")
    channel = _account(program, registered).channels[0]
    page.goto(f"/settings/messages/{channel.id}")
    is_for_everybody(page, "a channel")
    page.goto("/settings/messages")
    page.get_by_label("Stilletid fra").select_option("23:00")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_role("alert")).to_be_visible()
    is_for_everybody(page, "half of the quiet hours")


@pytest.mark.parametrize("look", LOOKS, indirect=True)
def test_a_link_of_a_message_answers_without_signing_in(
    page: Page, program: Program, club: ClubBeside, registered: str, look: Look
) -> None:
    sign_in(page, registered)
    paste(page, club.add_session(NewSession(opens_in_s=86_400))[1])
    page.get_by_label("Ask me first").select_option("Yes, with 15 minutes to answer")
    page.get_by_role("button", name="Yes, sign me up when it opens").click()
    page.wait_for_url("**/bookings/*")
    booking_id, account = page.url.rsplit("/", 1)[1], _account(program, registered)
    offer(program.ports, booking_id)
    page.context.clear_cookies()
    until = program.ports.clock.now() + timedelta(minutes=15)
    links = ActionLinks(SecretStr(LINK_SECRET))
    token = links.make(LinkAction.ACCEPT, account.id, booking_id, until).get_secret_value()
    page.goto(f"/act/{token}")
    expect(page.get_by_role("heading", name="Do you want the free place?")).to_be_visible()
    _is_good(page, look, "a question")
    page.get_by_role("button", name="Yes, sign me up").click()
    expect(page.get_by_role("heading", name="You have said yes")).to_be_visible()
    _is_good(page, look, "an answer")
    kept = program.ports.store.booking(booking_id).offer
    assert kept is not None
    assert kept.accepted is True
    over = links.make(LinkAction.CANCEL, account.id, booking_id, until - timedelta(days=1)).get_secret_value()
    page.goto(f"/act/{over}")
    expect(page.get_by_role("heading", name="This link has run out")).to_be_visible()
    _is_good(page, look, "a link that is over")


# Notifications: a subscription takes a push service, which is not to be had here; all the rest is real.


@pytest.fixture
def allowed(page: Page, program: Program) -> None:
    """The page's browser lets the site notify."""
    page.context.grant_permissions(["notifications"], origin=program.address)


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
    (channel,) = _account(program, registered).channels
    page.get_by_role("button", name=f"Remove {channel.label}").click()
    expect(page.get_by_role("button", name="Notify me in this browser")).to_be_visible()
    assert _account(program, registered).channels == ()
