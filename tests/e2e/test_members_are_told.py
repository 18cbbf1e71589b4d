"""The whole system: a booking is won, and its member hears of it by e-mail and webhook."""

from pathlib import Path

from pydantic import SecretStr
from support.mailroom import SIGNING_SECRET, receiving, taking_mail, text_of
from support.waiting import eventually
from support.whole_system import Whole, whole_system_with_club

from autotennis.domain.booking import State
from autotennis.domain.channel import Channel, ChannelAddress, EmailAddress, WebhookAddress
from autotennis.member_secrets import door_code_of, keep_channel_address


def told_by(whole: Whole, member_id: str, name: str, address: ChannelAddress) -> None:
    """The member is told by that, the door code too."""
    store, now = whole.insight.store, whole.insight.store.member(member_id).created_at
    channel = Channel(id=name, kind=address.kind, label=name, since=now, door_code=True)
    keep_channel_address(whole.insight.vault, member_id, name, address)
    store.change_member(member_id, lambda it: it.with_channel(channel))


async def test_who_wins_a_place_hears_of_it(tmp_path: Path) -> None:
    async with receiving() as receiver, taking_mail() as server:
        told = {
            "AUTOTENNIS_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
            "AUTOTENNIS_MAIL_FROM": "Autotennis <booking@club.example>",
            "AUTOTENNIS_PRIVATE_RECEIVERS": "true",
        }
        async with whole_system_with_club(tmp_path, told=told) as whole:
            wish = await whole.wish(10)
            member_id = whole.booking(wish).member_id
            webhook = WebhookAddress(url=SecretStr(f"{receiver.url}/hook"), secret=SecretStr(SIGNING_SECRET))
            told_by(whole, member_id, "by-email", EmailAddress(email=SecretStr("ola@example.org")))
            told_by(whole, member_id, "by-webhook", webhook)
            booking = await whole.ended(wish)
            assert booking.state is State.BOOKED
            mails = server.mails_to("ola@example.org")
            await eventually(lambda: mails() and receiver.posts, "the member was told", within_s=60)
            code = door_code_of(whole.insight.vault, member_id, booking.id)
            assert code
            (mail,) = mails()
            (post,) = receiver.posts
            assert (post.told["kind"], post.told["booking_id"]) == ("Booked", booking.id)
            for text in (text_of(mail), post.told["text"]):
                assert f"{whole.system.api_url}/bookings/{booking.id}" in text
                assert code.get_secret_value() in text
        log = (tmp_path / "log" / f"{whole.system.program_of('notifier')}.log").read_text()
        secrets = ("ola@example.org", receiver.url, SIGNING_SECRET, code.get_secret_value())
        assert booking.id in log
        assert [secret for secret in secrets if secret in log] == []
