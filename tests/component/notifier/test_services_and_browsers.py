"""Services by Apprise, and browsers by Web Push: against a receiver that stands in for theirs."""

import asyncio
import base64
import json
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr
from support.mailroom import Mailroom, Receiver, another_notifier, failed, receiving
from support.waiting import eventually

from autotennis.domain.channel import AppriseAddress, ChannelTrouble, PushAddress
from autotennis_notifier.outgoing import Pace

KEY = base64.urlsafe_b64encode(b"k" * 32).rstrip(b"=").decode()
AUTH = b"a" * 16
# Apprise looks whether it could use a library that Python 3.13 does without.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")


def encoded(given: bytes) -> str:
    return base64.urlsafe_b64encode(given).rstrip(b"=").decode()


class Browser:
    """A browser that subscribed, and can read what is pushed to it."""

    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.address = PushAddress(
            endpoint=SecretStr(endpoint), p256dh=SecretStr(encoded(self._point)), auth=SecretStr(encoded(AUTH))
        )

    def read(self, body: bytes) -> dict[str, str]:
        """What a push says (RFC 8291)."""
        salt, length = body[:16], body[20]
        sender, ciphertext = body[21 : 21 + length], body[21 + length :]
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = HKDF(hashes.SHA256(), 32, AUTH, b"WebPush: info\0" + self._point + sender).derive(shared)
        key = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        plain = AESGCM(key).decrypt(nonce, ciphertext, None)
        assert plain.endswith(b"\x02")
        return json.loads(plain[:-1])


async def test_a_browser_is_pushed_what_only_it_can_read(room: Mailroom) -> None:
    member, browser = room.member("nb"), Browser(room.receiver.url + "/push")
    room.channel(member, browser.address)
    booking = room.booking(member)
    async with another_notifier(room, vapid_private_key=SecretStr(KEY)) as url:
        assert await room.push(failed(booking, room), url) == 204
    (post,) = room.receiver.posts
    told = browser.read(post.body)
    assert told["title"].startswith("Ikke påmeldt: Tennis, tor. 3. des. kl. 18:00")
    assert told["body"].startswith("Du fikk ikke plass: timen var full.")
    assert told["url"] == f"https://book.example.org/bookings/{booking.id}"
    assert b"Ikke" not in post.body
    assert post.headers["Content-Encoding"] == "aes128gcm"
    token, key = post.headers["Authorization"].removeprefix("vapid t=").split(", k=")
    point = base64.urlsafe_b64decode(key + "=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    origin = room.receiver.url
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=origin, options={"verify_exp": False})
    assert claims["sub"] == "mailto:booking@club.example"
    assert 0 < claims["exp"] - room.clock.now().timestamp() <= 24 * 3600


async def test_a_browser_that_has_unsubscribed_is_given_up(room: Mailroom) -> None:
    member, browser = room.member(), Browser(room.receiver.url + "/status/410")
    channel = room.channel(member, browser.address)
    async with another_notifier(room, vapid_private_key=SecretStr(KEY)) as url:
        assert await room.push(failed(room.booking(member), room), url) == 204
    health = room.now(channel, member).health
    assert (health.trouble, health.stopped_at is None) == (ChannelTrouble.GONE, False)


async def test_a_service_is_told_through_apprise(room: Mailroom) -> None:
    member, port = room.member(), urlsplit(room.receiver.url).port
    channel = room.channel(member, AppriseAddress(url=SecretStr(f"ntfy://127.0.0.1:{port}/tennis")))
    await room.told(failed(room.booking(member), room))
    (post,) = room.receiver.posts
    assert post.told["topic"] == "tennis"
    assert post.told["title"].startswith("Not booked: Tennis")
    assert "You did not get a place: the session was full." in post.told["message"]
    assert room.now(channel, member).health.last_success


async def test_a_service_that_leads_inside_is_not_asked(room: Mailroom) -> None:
    member, port = room.member(), urlsplit(room.receiver.url).port
    channel = room.channel(member, AppriseAddress(url=SecretStr(f"ntfy://localhost:{port}/tennis")))
    async with another_notifier(room, private_receivers=False) as url:
        assert await room.push(failed(room.booking(member), room), url) == 204
    assert room.receiver.posts == []
    health = room.now(channel, member).health
    assert (health.trouble, health.stopped_at is None) == (ChannelTrouble.NOT_ALLOWED, False)


def _mattermost(receiver: Receiver, path: str) -> AppriseAddress:
    return AppriseAddress(url=SecretStr(f"mmost://{urlsplit(receiver.url).netloc}/{path}/aaaabbbbccccddddeeeeffff"))


async def test_services_that_hang_are_cut_off_and_delay_nobody(room: Mailroom) -> None:
    """As many as there are threads for them, two at each of four receivers: one alone does not get more."""
    members, first = [room.member() for _ in range(8)], room.member()
    # What Apprise takes to be loaded is done before: by itself it gives up after four seconds.
    room.channel(first, _mattermost(room.receiver, "well"))
    await room.told(failed(room.booking(first), room), 1)
    other = room.member()
    room.by_webhook(other)
    async with AsyncExitStack() as stack:
        receivers = [room.receiver, *[await stack.enter_async_context(receiving()) for _ in range(3)]]
        for member, receiver in zip(members, receivers * 2, strict=True):
            room.channel(member, _mattermost(receiver, "hang"))
        url = await stack.enter_async_context(another_notifier(room, Pace(window_s=0, longest_s=0, answer_s=3.5)))
        hanging = [asyncio.create_task(room.push(failed(room.booking(one), room), url)) for one in members]
        assert await room.push(failed(room.booking(other), room), url) == 204
        assert not any(one.done() for one in hanging)
        assert set(await asyncio.wait_for(asyncio.gather(*hanging), 60)) == {204}
    troubles = [room.ports.store.member(one.id).channels[0].health.trouble for one in members]
    assert troubles == [ChannelTrouble.NO_ANSWER] * len(members)
    assert sum(post.path.startswith("/hang") for one in receivers for post in one.posts) == len(members)
    await eventually(lambda: len(room.receiver.at("/hook")) == 1, "the other one was told")
