# pyright: reportUnknownMemberType=false
# (icalendar tells half of its types)
"""What an e-mail is made of, who gets the door code, and when it comes."""

import asyncio
from datetime import datetime, timedelta

from icalendar import Calendar
from pydantic import SecretStr
from support.mailroom import (
    NOW,
    PUBLIC_URL,
    SESSION,
    Mailroom,
    another_notifier,
    booked,
    failed,
    html_of,
    subjects,
    text_of,
)

from autotennis.action_links import ActionLinks, LinkAction
from autotennis.domain.booking import Booking, Budget, Outcome
from autotennis.domain.channel import ChannelTrouble, Telling
from autotennis.domain.message import MessageState
from autotennis.events import BookingRequested, ChannelTestRequested, ClubPagesChanged, PlaceOffered
from autotennis.member_secrets import keep_door_code
from autotennis.values import PageKind, Proof, QuietHours, Seen

NOTHING = Budget(requests=0, sign_ups=0)
CODE = "4711*"


def won(room: Mailroom, booking: Booking) -> Booking:
    """The booking, with a place that the club's page has shown."""
    now, store = room.clock.now(), room.ports.store
    store.change(booking.id, lambda it: it.wake_planned(now))
    store.change(booking.id, lambda it: it.claimed("booker", room.ports.clubs[booking.club_id].rules.race, now))
    keep_door_code(room.ports.vault, booking.member_id, booking.id, SecretStr(CODE))
    return store.change(booking.id, lambda it: it.booked(Proof(seen_at=now), NOTHING, Outcome(), now))


async def test_an_email_says_what_a_person_needs(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    booking = won(room, room.booking(member))
    await room.told(booked(booking, room))
    (mail,) = room.server.mails
    for text in (text_of(mail), html_of(mail)):
        assert "Thursday 3 December at 18:00" in text
        assert "Dragvoll idrettssenter, Bane 2" in text
        assert "Tennis, Viderekomne" in text
        assert f"{PUBLIC_URL}/bookings/{booking.id}" in text
        assert "https://club.example/" in text
    assert mail["From"] == "Autotennis <booking@club.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@club.example>")
    assert mail["List-Unsubscribe"].startswith(f"<{PUBLIC_URL}/act/")
    assert f"Choose what you are told: {PUBLIC_URL}/settings/messages" in text_of(mail)
    assert f"No more messages here: {PUBLIC_URL}/act/" in text_of(mail)


async def test_a_place_that_was_won_comes_with_an_entry_for_the_calendar(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    booking = won(room, room.booking(member))
    await room.told(booked(booking, room))
    (entry,) = room.server.mails[0].iter_attachments()
    assert entry.get_content_type() == "text/calendar"
    content = entry.get_content()
    calendar = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    assert str(event["UID"]) == f"{booking.id}@autotennis"
    assert event.decoded("DTSTART") == datetime.fromisoformat("2026-12-03T17:00:00+00:00")
    assert CODE not in content


async def test_links_do_one_thing_for_whoever_has_them(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    booking, now = room.booking(member), room.clock.now()
    await room.told(PlaceOffered(**booking.about(now), until=now + timedelta(minutes=20)))
    words = text_of(room.server.mails[0]).split()
    tokens = [word.rpartition("/")[2] for word in words if "/act/" in word]
    links = [ActionLinks(SecretStr("l" * 32)).read(token, now) for token in tokens]
    assert [link.action for link in links] == [LinkAction.ACCEPT, LinkAction.DECLINE, LinkAction.SILENCE]
    assert {link.subject_id for link in links[:2]} == {booking.id}


async def test_a_clubs_words_are_words_and_nothing_else(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    seen = Seen(place="<b>Hall</b>\nBcc: kari@example.org", court="Bane & 2")
    await room.told(failed(room.booking(member, seen=seen), room))
    (mail,) = room.server.mails
    assert mail["Bcc"] is None
    assert "<b>" not in html_of(mail)
    assert "&lt;b&gt;Hall&lt;/b&gt; Bcc: kari@example.org, Bane &amp; 2" in html_of(mail)


async def test_the_door_code_goes_only_where_its_member_allows_it(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member, "allowed", door_code=True)
    room.by_email(member, "other")
    room.by_webhook(member, "/allowed", door_code=True)
    room.by_webhook(member, "/other")
    await room.told(booked(won(room, room.booking(member)), room))
    assert {mail["To"]: CODE in mail.as_string() for mail in room.server.mails} == {
        "allowed@example.org": True,
        "other@example.org": False,
    }
    assert {post.path: CODE in post.body.decode() for post in room.receiver.posts} == {
        "/allowed": True,
        "/other": False,
    }
    assert room.receiver.at("/allowed")[0].told["door_code"] == CODE
    assert all(CODE not in one.model_dump_json() for one in room.ports.store.messages_of(member.id))


async def test_a_reminder_comes_before_the_session_with_the_door_code(room: Mailroom) -> None:
    member = room.member("nb", Telling(remind_before_min=90))
    room.by_email(member, door_code=True)
    booking = won(room, room.booking(member))
    await room.told(booked(booking, room))
    start = datetime.fromisoformat("2026-12-03T18:00:00+01:00")
    await room.swept(start - timedelta(minutes=91) - room.clock.now())
    assert len(room.server.mails) == 1, "not yet"
    await room.swept(timedelta(minutes=1))
    await room.swept(timedelta(minutes=1))
    assert subjects(room.server.mails)[1:] == ["Snart: Tennis, tor. 3. des. kl. 18:00, Dragvoll idrettssenter, Bane 2"]
    reminder = text_of(room.server.mails[1])
    assert f"Dørkode: {CODE}" in reminder
    assert "Timen din begynner snart." in reminder


async def test_nobody_is_reminded_of_a_place_that_was_given_back(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    booking = won(room, room.booking(member))
    await room.told(booked(booking, room))
    room.ports.store.change(booking.id, lambda it: it.withdrawal_asked(room.clock.now()))
    await room.swept(datetime.fromisoformat("2026-12-03T17:00:00+01:00") - room.clock.now())
    assert len(room.server.mails) == 1
    assert not room.ports.store.messages_due(room.clock.now())


async def test_in_quiet_hours_only_what_cannot_wait_is_told(room: Mailroom) -> None:
    member = room.member(telling=Telling(quiet=QuietHours(from_hour=10, until_hour=14)))
    room.by_email(member)
    first, second = room.booking(member), room.booking(member, SESSION.model_copy(update={"timeid": 195}))
    now = room.clock.now()
    await room.told(failed(first, room))
    await room.told(failed(second, room))
    assert room.server.mails == []
    await room.told(PlaceOffered(**first.about(now), until=now + timedelta(minutes=20)))
    assert [one.startswith("A place is free") for one in subjects(room.server.mails)] == [True]
    await room.swept(NOW + timedelta(hours=2) - room.clock.now())
    assert subjects(room.server.mails)[1:] == ["2 messages from Autotennis"]
    assert "Not booked: 2" in text_of(room.server.mails[1])


async def test_what_is_tried_again_waits_for_the_morning_as_well(room: Mailroom) -> None:
    member = room.member(telling=Telling(quiet=QuietHours(from_hour=13, until_hour=15)))
    channel = room.by_email(member, "later")
    await room.told(failed(room.booking(member), room))
    assert room.now(channel, member).health.in_a_row == 1
    for _ in range(3):
        await room.swept(timedelta(minutes=25))
    tries = room.now(channel, member).health.in_a_row
    await room.swept(timedelta(minutes=30))
    assert room.now(channel, member).health.in_a_row == tries, "it is quiet since one o'clock"
    (message,) = room.ports.store.messages_of(member.id)
    assert message.due_at == datetime.fromisoformat("2026-11-30T15:00:00+01:00")
    await room.swept(message.due_at - room.clock.now())
    assert room.now(channel, member).health.in_a_row == tries + 1


async def test_an_offer_that_is_over_is_not_told(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    booking, now = room.booking(member), room.clock.now()
    await room.told(PlaceOffered(**booking.about(now), until=now - timedelta(seconds=1)))
    assert room.server.mails == []
    assert [one.state for one in room.ports.store.messages_of(member.id)] == [MessageState.DROPPED]


async def test_an_unknown_recipient_ends_the_channel_and_a_busy_server_does_not(room: Mailroom) -> None:
    member = room.member()
    unknown, later = room.by_email(member, "unknown"), room.by_email(member, "later")
    await room.told(failed(room.booking(member), room))
    health = room.now(unknown, member).health
    assert (health.trouble, health.detail, health.stopped_at is None) == (ChannelTrouble.REFUSED, "status 550", False)
    health = room.now(later, member).health
    assert (health.trouble, health.detail, health.stopped_at is None) == (ChannelTrouble.BUSY, "status 450", True)


async def test_without_a_mail_server_that_is_what_the_channel_says(room: Mailroom) -> None:
    member = room.member()
    channel = room.by_email(member)
    async with another_notifier(room, smtp_url=SecretStr("")) as url:
        assert await room.push(failed(room.booking(member), room), url) == 204
    health = room.now(channel, member).health
    assert (health.trouble, health.stopped_at) == (ChannelTrouble.NOT_SET_UP, None)


async def test_a_letter_that_is_sent_again_has_the_same_message_id(room: Mailroom) -> None:
    """As if the process had died between handing it in and noting that."""
    member = room.member()
    room.by_email(member)
    event = failed(room.booking(member), room)
    await room.told(event)
    (message,) = room.ports.store.messages_of(member.id)
    room.ports.store.change_message(
        message.id, lambda it: it.model_copy(update={"state": MessageState.WAITING, "tries": 0})
    )
    await room.told(event)
    first, again = room.server.mails
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Subject"] == again["Subject"]


async def test_a_test_tells_at_once_whether_a_channel_works(room: Mailroom) -> None:
    member = room.member("nb", Telling(quiet=QuietHours(from_hour=0, until_hour=23)))
    well, ill = room.by_email(member), room.by_webhook(member, "/status/500")
    for channel in (well, ill):
        await room.told(ChannelTestRequested(at=room.clock.now(), member_id=member.id, channel_id=channel.id))
    assert subjects(room.server.mails) == ["En prøve fra Autotennis"]
    assert room.now(well, member).health.last_success
    health = room.now(ill, member).health
    assert (health.in_a_row, health.detail, health.stopped_at) == (1, "status 500", None)
    assert len(room.receiver.posts) == 1, "whoever tests looks on, and tests again"


async def test_an_address_that_is_not_confirmed_is_asked_and_told_nothing(room: Mailroom) -> None:
    member = room.member()
    channel = room.by_email(member, confirmed=False)
    await room.told(failed(room.booking(member), room))
    assert room.server.mails == []
    await room.told(ChannelTestRequested(at=room.clock.now(), member_id=member.id, channel_id=channel.id))
    (mail,) = room.server.mails
    assert mail["Subject"] == "Is this address yours?"
    (token, *_) = [word.rpartition("/")[2] for word in text_of(mail).split() if "/act/" in word]
    link = ActionLinks(SecretStr("l" * 32)).read(token, room.clock.now())
    assert (link.action, link.subject_id) == (LinkAction.CONFIRM, channel.id)


async def test_operators_are_told_of_a_clubs_changed_pages(room: Mailroom) -> None:
    operator, other = room.member(is_operator=True), room.member()
    room.by_email(operator, "operator")
    room.by_email(other, "other")
    changed = ClubPagesChanged(
        at=room.clock.now(), club_id="ntnui-tennis", page=PageKind.TIMETABLE, was="a1", now_is="b2", reason="No hours."
    )
    await room.told(changed)
    (mail,) = room.server.mails
    assert mail["To"] == "operator@example.org"
    assert mail["Subject"] == "NTNUI Tennis: a page has changed"
    assert "No hours." in text_of(mail)


async def test_who_has_left_is_told_nothing(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    event = failed(room.booking(member), room)
    room.ports.store.forget_member(member.id, room.clock.now())
    await room.told(event)
    assert room.server.mails == []


async def test_a_channel_that_was_removed_meanwhile_is_told_nothing(room: Mailroom) -> None:
    member = room.member(telling=Telling(quiet=QuietHours(from_hour=10, until_hour=14)))
    channel = room.by_email(member)
    await room.told(failed(room.booking(member), room))
    room.ports.store.change_member(member.id, lambda it: it.without_channel(channel.id))
    await room.swept(timedelta(hours=3))
    assert room.server.mails == []
    assert [one.state for one in room.ports.store.messages_of(member.id)] == [MessageState.DROPPED]


async def test_a_place_that_came_free_is_called_so(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    booking, store, now = room.booking(member), room.ports.store, room.clock.now()
    rules = room.ports.clubs[booking.club_id].rules
    until = datetime.fromisoformat("2026-12-03T18:00:00+01:00")
    store.change(booking.id, lambda it: it.wake_planned(now))
    store.change(booking.id, lambda it: it.claimed("booker", rules.race, now))
    store.change(booking.id, lambda it: it.found_full(until, NOTHING, Outcome(), now))
    store.change(booking.id, lambda it: it.tried("waitlist", rules, now))
    won_it = store.change(booking.id, lambda it: it.booked(Proof(seen_at=now), NOTHING, Outcome(), now))
    await room.told(booked(won_it, room))
    assert subjects(room.server.mails)[0].startswith("A freed place is yours: Tennis, Thu 3 Dec 18:00")


async def test_what_a_member_wishes_for_is_not_told_twice_by_two_deliveries_at_once(room: Mailroom) -> None:
    member = room.member()
    room.by_email(member)
    event = BookingRequested(**room.booking(member).about(room.clock.now()))
    await asyncio.gather(*(room.told(event, 5) for _ in range(3)))
    assert len(room.server.mails) == 1
