"""The links in real e-mails, followed on the real pages: each does what its message promised."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest_asyncio
from flask.testing import FlaskClient
from support.api_site import api_settings, words
from support.mailroom import CLUB, PUBLIC_URL, Mailroom, mailroom, text_of
from werkzeug.test import TestResponse

from autotennis.domain.booking import Booking, Budget, Outcome, State
from autotennis.domain.session import starts_at
from autotennis.events import BookingRequested, ChannelTestRequested, PlaceOffered
from autotennis.values import WaitingWish
from autotennis_api.app import create_app

NOTHING = Budget(requests=0, sign_ups=0)


@dataclass(frozen=True)
class Reader:
    """Somebody who reads the mail, and follows links in a browser in which nobody is signed in."""

    room: Mailroom
    client: FlaskClient

    def mail(self) -> EmailMessage:
        """The only e-mail that has come."""
        (mail,) = self.room.server.mails
        return mail

    def links(self) -> list[str]:
        """The links in it that act, in order, as paths of the pages."""
        return list(re.findall(re.escape(PUBLIC_URL) + r"(/act/\S+)", text_of(self.mail())))

    def follow(self, path: str, step: str) -> TestResponse:
        """Looks, which does nothing, and presses the button."""
        assert f'value="{step}"' in self.client.get(path).text
        return self.client.post(path, data={"step": step})


@pytest_asyncio.fixture
async def reader(tmp_path: Path) -> AsyncGenerator[Reader]:
    """The notifier and the pages, on one store."""
    async with mailroom(tmp_path) as room:
        app = create_app(room.ports, api_settings(tmp_path, CLUB, link_secret="l" * 32))
        yield Reader(room, app.test_client(use_cookies=False))


def _offered(room: Mailroom, booking: Booking) -> PlaceOffered:
    """The booking waits, and its member is asked."""
    store, rules, now = room.ports.store, CLUB.race, room.clock.now()
    store.change(booking.id, lambda it: it.wake_planned(now))
    store.change(booking.id, lambda it: it.claimed("b-1", rules, now))
    until = starts_at(booking.session, CLUB.zone)
    store.change(booking.id, lambda it: it.found_full(until, NOTHING, Outcome(), now))
    asked = store.change(booking.id, lambda it: it.offered(now))
    assert asked.offer
    return PlaceOffered(**asked.about(now), until=asked.offer.until)


async def test_an_offer_is_answered_from_the_mail(reader: Reader) -> None:
    room = reader.room
    member = room.member()
    room.by_email(member)
    booking = room.booking(member, waiting=WaitingWish(ask_min=15))
    await room.told(_offered(room, booking))
    yes, no = reader.links()[:2]
    assert "You have said yes" in words(reader.follow(yes, "accept"))
    kept = room.ports.store.booking(booking.id).offer
    assert kept
    assert kept.accepted is True
    assert "You have said yes already" in words(reader.client.get(no))


async def test_a_booking_is_cancelled_from_the_mail(reader: Reader) -> None:
    room = reader.room
    member = room.member()
    room.by_email(member)
    booking = room.booking(member)
    await room.told(BookingRequested(**booking.about(room.clock.now())))
    assert "This booking is cancelled" in words(reader.follow(reader.links()[0], "cancel"))
    assert room.ports.store.booking(booking.id).state is State.CANCELLED


async def test_a_strange_address_is_asked_and_says_yes(reader: Reader) -> None:
    room = reader.room
    member = room.member()
    channel = room.by_email(member, confirmed=False)
    await room.told(ChannelTestRequested(at=room.clock.now(), member_id=member.id, channel_id=channel.id))
    assert not room.now(channel, member).confirmed
    reader.follow(reader.links()[0], "confirm")
    assert room.now(channel, member).confirmed


async def test_a_mail_program_ends_the_messages_by_one_click(reader: Reader) -> None:
    room = reader.room
    member = room.member()
    channel = room.by_email(member)
    await room.told(ChannelTestRequested(at=room.clock.now(), member_id=member.id, channel_id=channel.id))
    mail = reader.mail()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = str(mail["List-Unsubscribe"]).replace("\n", "").replace(" ", "").strip("<>")
    answer = reader.client.post(url.removeprefix(PUBLIC_URL), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert room.ports.store.member(member.id).channel(channel.id) is None
