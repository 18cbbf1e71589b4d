"""Channels and links of messages in a real browser: for everybody, on a phone and a desk."""

from collections.abc import Generator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr
from support.api_site import LINK_SECRET, ClubBeside, api_settings, offer
from support.browsing import ALL_LOOKS, Look, Program, is_for_everybody, paste, running_program, sign_in

from autotennis.action_links import ActionLinks, LinkAction
from autotennis.domain.channel import Channel, ChannelTrouble
from autotennis.domain.member import Member
from practice_club.orders import NewSession

LOOKS = [
    *ALL_LOOKS,
    pytest.param(Look(width=320, height=640, dark=True), id="small and dark"),
]
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544/"


@pytest.fixture(scope="module")
def program(club: ClubBeside, tmp_path_factory: pytest.TempPathFactory) -> Generator[Program, None, None]:
    """The web pages' program of an installation that sends e-mail."""
    settings = api_settings(tmp_path_factory.mktemp("data"), club.rules(), mail_from="tennis@example.org")
    with running_program(settings) as program:
        yield program


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
