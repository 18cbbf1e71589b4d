"""The page of messages: channels are added, changed, tried out and removed; their addresses are shown nowhere."""

from collections.abc import Generator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from pydantic import SecretStr
from support.api_site import LINK_SECRET, ClubBeside, Site, Visitor, api_settings, open_site, words
from werkzeug.test import TestResponse

from autotennis.action_links import ActionLinks, LinkAction
from autotennis.adapters.local.bus import LocalBus
from autotennis.domain.channel import (
    AppriseAddress,
    Channel,
    ChannelKind,
    ChannelTrouble,
    EmailAddress,
    Level,
    PushAddress,
    WebhookAddress,
)
from autotennis.domain.member import Member
from autotennis.events import ChannelTestRequested
from autotennis.member_secrets import channel_address
from autotennis.values import QuietHours

EMAIL = "ashild.nokkvang@example.org"
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544/"
HOOK = "https://hooks.example.org/in/8461"
VAPID = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
SUBSCRIPTION = {"endpoint": "https://push.example.org/send/1", "p256dh": "B" + "a" * 86, "auth": "c" * 22}


@pytest.fixture
def mailing(club: ClubBeside, tmp_path: Path) -> Generator[Site, None, None]:
    """The pages of an installation that can send e-mail and notify browsers."""
    settings = api_settings(tmp_path / "mailing", club.rules(), mail_from="tennis@example.org", vapid_private_key=VAPID)
    with open_site(settings) as site:
        yield site


@pytest.fixture
def reader(mailing: Site, email: str) -> Visitor:
    """A member of that one."""
    visitor = mailing.visitor()
    assert visitor.register(email).status_code == 200
    return visitor


def _account(site: Site, email: str = EMAIL) -> Member:
    found = site.ports.store.member_by_email(email)
    assert found is not None
    return found


def _channels(site: Site) -> Sequence[Channel]:
    return _account(site).channels


def _only(site: Site) -> Channel:
    (channel,) = _channels(site)
    return channel


def _tests(site: Site) -> list[str]:
    bus = cast("LocalBus", site.ports.bus)
    return [event.channel_id for _, event in bus.events_since(0) if isinstance(event, ChannelTestRequested)]


def _add(visitor: Visitor, kind: str, address: str, **more: str) -> TestResponse:
    return visitor.post(f"/settings/messages/add/{kind}", {"address": address, "level": "results", **more})


def test_a_new_member_is_told_by_e_mail_without_being_asked(mailing: Site, reader: Visitor) -> None:
    channel = _only(mailing)
    assert (channel.kind, channel.level, channel.confirmed) == (ChannelKind.EMAIL, Level.RESULTS, True)
    assert channel.label == "a…@example.org"
    address = channel_address(mailing.ports.vault, _account(mailing).id, channel.id)
    assert address == EmailAddress(email=SecretStr(EMAIL))
    shown = words(reader.get("/settings/messages"))
    assert "a…@example.org E-mail · What came of my bookings, too Nothing was sent there yet." in shown


def test_where_no_e_mail_is_sent_a_new_member_is_told_where_to_choose(site: Site, email: str) -> None:
    welcome = site.visitor().register(email)
    assert "choose under Settings where you are told" in words(welcome)
    assert _channels(site) == ()


def test_what_is_not_set_up_is_shown_and_cannot_be_had(site: Site, member: Visitor) -> None:
    shown = words(member.get("/settings/messages"))
    assert "whoever runs this service has not set it up to send e-mail" in shown
    assert "has not set it up to notify browsers" in shown
    assert member.get("/settings/messages/add/email").status_code == 404
    assert _add(member, "email", EMAIL).status_code == 404
    assert member.post("/settings/messages/browser", SUBSCRIPTION).status_code == 404
    assert _channels(site) == ()


def test_another_service_is_added_and_its_address_shown_nowhere(site: Site, member: Visitor) -> None:
    answer = _add(member, "apprise", f"  {TELEGRAM} ", level="everything", door_code="y")
    assert "Telegram is added. Send a test to see whether it works." in words(answer)
    channel = _only(site)
    assert (channel.label, channel.level, channel.door_code) == ("Telegram", Level.EVERYTHING, True)
    address = channel_address(site.ports.vault, _account(site).id, channel.id)
    assert address == AppriseAddress(url=SecretStr(TELEGRAM))
    for path in ("/settings/messages", f"/settings/messages/{channel.id}", "/settings/export"):
        assert "123456789" not in member.get(path).text
    assert "Telegram Another service · Everything · with door codes" in words(answer)


def test_a_webhooks_secret_is_shown_once_and_can_be_renewed(site: Site, member: Visitor) -> None:
    made = _add(member, "webhook", HOOK)
    channel = _only(site)

    def kept() -> WebhookAddress:
        address = channel_address(site.ports.vault, _account(site).id, channel.id)
        assert isinstance(address, WebhookAddress)
        return address

    secret = kept().secret.get_secret_value()
    assert secret.startswith("whsec_")
    assert secret in made.text
    assert channel.label == "hooks.example.org"
    for path in ("/settings/messages", f"/settings/messages/{channel.id}"):
        text = member.get(path).text
        assert secret not in text
        assert "8461" not in text
    renewed = member.post(f"/settings/messages/{channel.id}/secret", {})
    assert secret not in renewed.text
    assert kept().secret.get_secret_value() in renewed.text
    assert kept().url.get_secret_value() == HOOK


def test_only_a_webhook_has_a_secret(site: Site, member: Visitor) -> None:
    _add(member, "apprise", TELEGRAM)
    assert member.post(f"/settings/messages/{_only(site).id}/secret", {}).status_code == 404


@pytest.mark.parametrize(
    ("kind", "address", "told"),
    [
        ("apprise", "", "This is needed."),
        ("apprise", "telegram", "This is not such an address"),
        ("apprise", "tgram://", "This is not such an address"),
        ("apprise", "exec://rm", "We do not know this service"),
        ("apprise", "mailto://a:b@example.org", "We do not know this service"),
        ("apprise", "ntfys://ntfy.sh/a?attach=/etc/passwd", "asks for a file"),
        ("apprise", "ntfys://ntfy.sh/" + "a" * 2000, "This address is too long."),
        ("webhook", "", "This is needed."),
        ("webhook", "http://example.org/", "has to begin with https://"),
        ("webhook", "ftp://example.org/", "has to begin with https://"),
        ("webhook", "https://kari:4711@example.org/", "This is not an address."),
        ("webhook", "https://", "This is not an address."),
    ],
)
def test_a_wrong_address_is_told_at_its_field_and_nothing_is_lost(
    site: Site, member: Visitor, kind: str, address: str, told: str
) -> None:
    answer = _add(member, kind, address, label="Mine", door_code="y")
    assert answer.status_code == 422
    assert f'id="address-error">{told}' in answer.text or told in answer.text.split('id="address-error">')[1][:120]
    assert 'value="Mine"' in answer.text
    assert _channels(site) == ()


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.org", "a@b@", "a@example.org,b@example.org"])
def test_nor_is_a_wrong_e_mail_address_taken(mailing: Site, reader: Visitor, address: str) -> None:
    answer = _add(reader, "email", address)
    assert answer.status_code == 422
    assert 'id="address-error"' in answer.text
    assert len(_channels(mailing)) == 1


@pytest.mark.parametrize(("field", "value"), [("level", "shout"), ("level", ""), ("label", "x" * 101)])
def test_nor_what_is_not_offered(site: Site, member: Visitor, field: str, value: str) -> None:
    answer = _add(member, "apprise", TELEGRAM, **{field: value})
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)
    assert _channels(site) == ()


def test_a_strange_address_is_asked_first_and_confirms_by_its_link(mailing: Site, reader: Visitor) -> None:
    answer = _add(reader, "email", "noen.andre@example.org")
    assert "We have sent a link to that address" in words(answer)
    strange = _channels(mailing)[1]
    assert not strange.confirmed
    assert not strange.is_told
    assert _tests(mailing) == [strange.id]
    assert "Waits for its reader" in words(answer)
    now, mine = mailing.ports.clock.now(), _account(mailing)
    token = ActionLinks(SecretStr(LINK_SECRET)).make(LinkAction.CONFIRM, mine.id, strange.id, now + timedelta(days=1))
    client = mailing.app.test_client(use_cookies=False)
    path = f"/act/{token.get_secret_value()}"
    assert "Do you want messages of Autotennis here?" in words(client.get(path))
    assert not _channels(mailing)[1].confirmed
    client.post(path)
    assert not _channels(mailing)[1].confirmed, "nothing was shown"
    for _ in range(2):
        assert "This address is confirmed" in words(client.post(path, data={"step": "confirm"}))
    assert _channels(mailing)[1].confirmed


def test_a_link_to_an_earlier_address_confirms_no_later_one(mailing: Site, reader: Visitor) -> None:
    _add(reader, "email", "noen.andre@example.org", level="everything")
    earlier = _channels(mailing)[1]
    form = {"address": "enda.noen@example.org", "level": "everything"}
    reader.post(f"/settings/messages/{earlier.id}", form)
    later = _channels(mailing)[1]
    assert (later.level, later.confirmed, later.id == earlier.id) == (Level.EVERYTHING, False, False)
    now, mine = mailing.ports.clock.now(), _account(mailing)
    token = ActionLinks(SecretStr(LINK_SECRET)).make(LinkAction.CONFIRM, mine.id, earlier.id, now + timedelta(days=1))
    answer = mailing.app.test_client().post(f"/act/{token.get_secret_value()}", data={"step": "confirm"})
    assert answer.status_code == 410
    assert not _channels(mailing)[1].confirmed
    assert channel_address(mailing.ports.vault, mine.id, earlier.id) is None


def test_strangers_are_not_asked_all_the_time(mailing: Site, reader: Visitor) -> None:
    codes = [_add(reader, "email", f"fremmed{turn}@example.org").status_code for turn in range(5)]
    assert codes == [200] * 4 + [429]
    strange = _channels(mailing)[1]
    assert reader.post(f"/settings/messages/{strange.id}/test", {}).status_code == 429
    assert len(_tests(mailing)) == 4


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "One-Click"}, {"step": "silence"}])
def test_no_more_messages_here_by_one_click(mailing: Site, reader: Visitor, body: dict[str, str]) -> None:
    channel, mine = _only(mailing), _account(mailing)
    until = mailing.ports.clock.now() + timedelta(days=90)
    token = ActionLinks(SecretStr(LINK_SECRET)).make(LinkAction.SILENCE, mine.id, channel.id, until)
    client, path = mailing.app.test_client(use_cookies=False), f"/act/{token.get_secret_value()}"
    assert "No more messages here? a…@example.org" in words(client.get(path))
    assert _channels(mailing), "asking changes nothing"
    for _ in range(2):
        answer = client.post(path, data=body)
        assert (answer.status_code, "No more messages here" in words(answer)) == (200, True)
    assert _channels(mailing) == ()
    assert channel_address(mailing.ports.vault, mine.id, channel.id) is None


def test_a_channel_is_changed_and_keeps_its_address(site: Site, member: Visitor) -> None:
    _add(member, "apprise", TELEGRAM)
    before = _only(site)
    form = {"address": "", "label": "Tennis chat", "level": "needs_me", "door_code": "y"}
    assert "That is kept." in words(member.post(f"/settings/messages/{before.id}", form))
    after = _only(site)
    assert (after.id, after.label, after.level, after.door_code) == (before.id, "Tennis chat", Level.NEEDS_ME, True)
    assert channel_address(site.ports.vault, _account(site).id, after.id) == AppriseAddress(url=SecretStr(TELEGRAM))
    form = member.get(f"/settings/messages/{after.id}").text
    assert 'value="Tennis chat"' in form
    assert 'selected value="needs_me"' in form
    wrong = member.post(f"/settings/messages/{after.id}", {"address": "no", "level": "results"})
    assert wrong.status_code == 422
    assert _only(site) == after


@pytest.mark.parametrize(
    ("name", "sent", "after"),
    [("", "hooks.example.org", "new.example.org"), ("Mine", "Mine", "Mine"), ("Mine", "Yours", "Yours")],
)
def test_another_address_leaves_a_name_that_was_given(
    site: Site, member: Visitor, name: str, sent: str, after: str
) -> None:
    _add(member, "webhook", HOOK, label=name)
    before = _only(site)
    form = {"address": "https://new.example.org/x", "label": sent, "level": "results"}
    assert "whsec_" in member.post(f"/settings/messages/{before.id}", form).text
    assert _only(site).label == after
    assert _only(site).id != before.id


def test_a_channel_is_removed_with_its_address(site: Site, member: Visitor) -> None:
    _add(member, "webhook", HOOK)
    channel = _only(site)
    answer = member.post(f"/settings/messages/{channel.id}/remove", {})
    assert "hooks.example.org is removed" in words(answer)
    assert "You are told nowhere yet" in words(answer)
    assert _channels(site) == ()
    assert channel_address(site.ports.vault, _account(site).id, channel.id) is None


def test_there_are_so_many_and_no_more(site: Site, member: Visitor) -> None:
    for turn in range(10):
        assert _add(member, "apprise", f"ntfys://ntfy.sh/topic{turn}").status_code == 200
    answer = _add(member, "apprise", "ntfys://ntfy.sh/one-more")
    assert (answer.status_code, "You have 10 channels: remove one first." in words(answer)) == (422, True)
    assert "one-more" in answer.text, "nothing is lost"
    assert len(_channels(site)) == 10


def _fail(site: Site, channel_id: str, *, given_up: bool) -> None:
    now = site.ports.clock.now()

    def failed(it: Member) -> Member:
        channel = it.channel(channel_id)
        assert channel
        health = channel.health.failed(ChannelTrouble.REFUSED, "410 Gone", now)
        return it.channel_changed(channel.with_health(health.stopped(now) if given_up else health))

    site.ports.store.change_member(_account(site).id, failed)


def test_a_test_is_asked_for_and_what_came_of_it_is_shown(site: Site, member: Visitor) -> None:
    _add(member, "apprise", TELEGRAM)
    channel = _only(site)
    answer = member.post(f"/settings/messages/{channel.id}/test", {})
    assert _tests(site) == [channel.id]
    assert "A test is on its way… Look again" in words(answer)
    again = f"{answer.request.path}?{answer.request.query_string.decode()}"
    assert f'href="{again.replace("&", "&amp;")}"' in answer.text
    _fail(site, channel.id, given_up=False)
    shown = words(member.get(again))
    assert "A test is on its way" not in shown
    assert "did not get through: the receiver refused it. 410 Gone" in shown


def test_one_that_was_given_up_says_so_and_is_tried_again_once_it_is_changed(site: Site, member: Visitor) -> None:
    _add(member, "apprise", TELEGRAM)
    channel = _only(site)
    _fail(site, channel.id, given_up=True)
    shown = words(member.get("/settings/messages"))
    assert "the receiver refused it. Nothing is sent there until you change it or send a test." in shown
    member.post(f"/settings/messages/{channel.id}", {"address": "", "level": "results"})
    assert _only(site).is_told


def test_tests_are_not_sent_all_the_time(site: Site, member: Visitor) -> None:
    _add(member, "apprise", TELEGRAM)
    path = f"/settings/messages/{_only(site).id}/test"
    codes = [member.post(path, {}).status_code for _ in range(31)]
    assert codes == [200] * 30 + [429]


def test_quiet_hours_and_the_reminder_are_kept(site: Site, member: Visitor) -> None:
    form = {"quiet_from": "23", "quiet_until": "7", "remind": "180"}
    answer = member.post("/settings/messages/telling", form)
    assert "That is kept." in words(answer)
    telling = _account(site).telling
    assert (telling.quiet, telling.remind_before_min) == (QuietHours(from_hour=23, until_hour=7), 180)
    assert 'selected value="23"' in answer.text
    assert 'selected value="180"' in answer.text
    member.post("/settings/messages/telling", {"quiet_from": "", "quiet_until": "", "remind": "0"})
    assert (_account(site).telling.quiet, _account(site).telling.remind_before_min) == (None, 0)


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"quiet_from": "23"}, "quiet_until"),
        ({"quiet_until": "7"}, "quiet_from"),
        ({"quiet_from": "7", "quiet_until": "7"}, "quiet_until"),
        ({"quiet_from": "24", "quiet_until": "7"}, "quiet_from"),
        ({"remind": "7"}, "remind"),
    ],
)
def test_wrong_hours_are_told_at_their_field(site: Site, member: Visitor, form: dict[str, str], wrong: str) -> None:
    before = _account(site).telling
    answer = member.post("/settings/messages/telling", {"quiet_from": "", "quiet_until": "", "remind": "120", **form})
    assert (answer.status_code, f'id="{wrong}-error"' in answer.text) == (422, True)
    assert _account(site).telling == before


def test_a_browser_is_a_channel_once(mailing: Site, reader: Visitor) -> None:
    reader.post("/settings/messages/browser", SUBSCRIPTION)
    answer = reader.post("/settings/messages/browser", SUBSCRIPTION)
    assert "This browser notifies you from now on." in words(answer)
    channel = _channels(mailing)[1]
    assert len(_channels(mailing)) == 2
    assert answer.request.query_string.decode() == f"here={channel.id}"
    address = channel_address(mailing.ports.vault, _account(mailing).id, channel.id)
    assert isinstance(address, PushAddress)
    assert address.endpoint.get_secret_value() == SUBSCRIPTION["endpoint"]
    assert channel.kind is ChannelKind.WEB_PUSH
    changed = reader.post(f"/settings/messages/{channel.id}", {"level": "needs_me", "label": "My phone"})
    assert "My phone Browser notifications · Only what needs me" in words(changed)


@pytest.mark.parametrize("wrong", [{"endpoint": ""}, {"endpoint": "javascript:1"}, {"auth": "x"}, {"p256dh": "x"}])
def test_a_browser_that_says_nothing_useful_is_told_so(mailing: Site, reader: Visitor, wrong: dict[str, str]) -> None:
    answer = reader.post("/settings/messages/browser", {**SUBSCRIPTION, **wrong})
    assert (answer.status_code, "did not say where to notify it" in words(answer)) == (422, True)
    assert len(_channels(mailing)) == 1


def test_the_page_gives_a_browser_the_public_key(mailing: Site, reader: Visitor) -> None:
    text = reader.get("/settings/messages").text
    key = text.split('data-key="')[1].split('"')[0]
    assert len(key) == 87
    assert key.startswith("B"), "an uncompressed point"
    assert VAPID not in text


def test_the_worker_is_at_the_root_for_everybody(site: Site) -> None:
    answer = site.visitor().get("/push.js")
    assert answer.request.path == "/push.js"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers.getlist("Content-Security-Policy") == [
        site.visitor().get("/").headers["Content-Security-Policy"]
    ]
    assert "showNotification" in answer.text


def test_what_is_anothers_is_not_there(site: Site, member: Visitor, stranger: Visitor) -> None:
    _add(member, "apprise", TELEGRAM)
    channel = _only(site)
    for path in ("", "/test", "/remove", "/secret"):
        form = {"address": "", "level": "everything"}
        assert stranger.post(f"/settings/messages/{channel.id}{path}", form).status_code == 404
    assert _only(site) == channel
    assert _tests(site) == []
