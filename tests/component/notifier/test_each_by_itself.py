"""No channel waits for another, and a storm is told as one."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr
from support.mailroom import (
    NOW,
    SESSION,
    SIGNING_SECRET,
    Mailroom,
    another_notifier,
    booked,
    failed,
    mailroom,
    subjects,
    text_of,
)
from support.name_servers import unanswered
from support.waiting import eventually

from autotennis.domain.channel import ChannelTrouble, WebhookAddress
from autotennis.domain.message import MessageState
from autotennis.domain.telling import DAILY_CAP, messages_about
from autotennis.ports import Note
from autotennis_notifier.outgoing import Pace
from autotennis_notifier.senders.email import EmailSender
from autotennis_notifier.senders.webhook import WebhookSender

GATHERING = Pace(window_s=1.0, longest_s=60.0)
# As it is when nobody says otherwise, but for a machine that is several times slower than usual.
USUAL = Pace(longest_s=300.0)
PATIENT = Pace(window_s=0.0, longest_s=0.0, answer_s=300.0)


async def test_a_channel_that_hangs_delays_no_other(room: Mailroom) -> None:
    member = room.member()
    hung, well = room.by_webhook(member, "/hang"), room.by_email(member)
    began = time.monotonic()
    telling = asyncio.create_task(room.told(booked(room.booking(member), room)))
    await eventually(lambda: room.server.mails and room.receiver.at("/hang"), "both were told")
    assert time.monotonic() - began < 5
    assert not telling.done(), "the receiver has not answered yet"
    # Nor does it delay others' messages, or its own member's next one elsewhere.
    other = room.member()
    room.by_webhook(other)
    await asyncio.wait_for(room.told(booked(room.booking(other), room)), 5)
    assert len(room.receiver.at("/hook")) == 1
    assert room.now(well, member).health.last_success
    room.receiver.let_go.set()
    await telling
    assert room.now(hung, member).health.in_a_row == 0


async def test_who_does_not_answer_in_time_is_not_waited_for(room: Mailroom) -> None:
    member = room.member()
    hung = room.by_webhook(member, "/hang")
    async with another_notifier(room, Pace(window_s=0, longest_s=0, answer_s=0.3)) as url:
        assert await asyncio.wait_for(room.push(failed(room.booking(member), room), url), 10) == 204
    health = room.now(hung, member).health
    assert (health.trouble, health.in_a_row, health.stopped_at) == (ChannelTrouble.NO_ANSWER, 1, None)
    (message,) = room.ports.store.messages_of(member.id)
    assert message.state is MessageState.WAITING
    assert message.due_at > room.clock.now()


async def test_one_receiver_that_hangs_for_many_leaves_room_for_the_others(room: Mailroom) -> None:
    """More members than there may be letters of a kind under way have theirs where nobody answers."""
    there = [room.member() for _ in range(WebhookSender.most + 10)]
    for member in there:
        room.by_webhook(member, "/hang")
    facts = [failed(room.booking(one), room) for one in there]
    async with another_notifier(room, PATIENT) as url:
        telling = [asyncio.create_task(room.push(fact, url)) for fact in facts]
        await eventually(lambda: len(room.receiver.at("/hang")) == WebhookSender.most // 4, "its part is under way")
        elsewhere = room.member()
        other = SecretStr(room.receiver.url.replace("127.0.0.1", "localhost") + "/hook")
        room.channel(elsewhere, WebhookAddress(url=other, secret=SecretStr(SIGNING_SECRET)))
        assert await room.push(failed(room.booking(elsewhere), room), url) == 204
        assert len(room.receiver.at("/hook")) == 1
        assert len(room.receiver.at("/hang")) == WebhookSender.most // 4
        room.receiver.let_go.set()
        assert set(await asyncio.gather(*telling)) == {204}
    assert len(room.receiver.at("/hang")) == len(there)


async def test_a_mail_server_whose_name_nobody_answers_for_delays_no_other_channel(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = SecretStr("smtp://silent.example:25")
    with unanswered(monkeypatch, "silent.example") as let_go:
        async with another_notifier(room, PATIENT, smtp_url=silent) as url:
            waiting = [room.member() for _ in range(EmailSender.most)]
            for member in waiting:
                room.by_email(member)
            facts = [failed(room.booking(one), room) for one in waiting]
            telling = [asyncio.create_task(room.push(fact, url)) for fact in facts]
            by_mail = [one.id for member in waiting for one in room.ports.store.member(member.id).channels]
            await eventually(
                lambda: all(room.ports.store.note(f"telling/{one}", room.clock.now()) for one in by_mail), "all wait"
            )
            well = room.member()
            room.by_webhook(well)
            assert await room.push(failed(room.booking(well), room), url) == 204
            assert len(room.receiver.at("/hook")) == 1
            assert not any(one.done() for one in telling)
            let_go.set()
            assert set(await asyncio.gather(*telling)) == {204}
    assert {room.ports.store.messages_of(one.id)[0].state for one in waiting} == {MessageState.WAITING}


async def test_a_storm_is_told_as_one(tmp_path: Path) -> None:
    async with mailroom(tmp_path, USUAL) as room:
        member = room.member()
        room.by_email(member)
        room.by_webhook(member)
        sessions = [SESSION.model_copy(update={"timeid": 1000 + number}) for number in range(500)]
        facts = [failed(room.booking(member, session), room) for session in sessions]
        gate = asyncio.Semaphore(50)

        async def push(fact: object) -> int:
            async with gate:
                return await room.push(fact)  # type: ignore[arg-type]

        # The first ones are held until all are told; the others are taken at once.
        assert set(await asyncio.gather(*(push(fact) for fact in facts for _ in range(2)))) == {204}
        (mail,) = room.server.mails
        (post,) = room.receiver.posts
        assert subjects([mail]) == ["500 messages from Autotennis"]
        assert "Not booked: 500" in text_of(mail)
        assert "and 480 more" in text_of(mail)
        assert text_of(mail).count("You did not get a place") == 20
        assert (post.told["kind"], post.told["count"], len(post.told["events"])) == ("Summary", 500, 500)
        assert {one.state for one in room.ports.store.messages_of(member.id, 2000)} == {MessageState.SENT}


async def test_two_instances_tell_what_comes_to_both_once(tmp_path: Path) -> None:
    async with mailroom(tmp_path, GATHERING) as room, another_notifier(room, GATHERING) as other:
        member = room.member()
        room.by_webhook(member)
        facts = [failed(room.booking(member, SESSION.model_copy(update={"timeid": 7 + one})), room) for one in range(6)]
        await asyncio.gather(*(room.push(fact, url) for fact in facts for url in (room.url, other)))
        (post,) = room.receiver.posts
        assert post.told["count"] == 6


async def test_after_so_many_a_day_the_rest_waits_for_the_next(room: Mailroom) -> None:
    member = room.member()
    room.by_webhook(member)
    for number in range(DAILY_CAP + 3):
        await room.told(failed(room.booking(member, SESSION.model_copy(update={"timeid": 7 + number})), room), 1)
    assert len(room.receiver.posts) == DAILY_CAP
    await room.swept()
    assert len(room.receiver.posts) == DAILY_CAP
    (rest, *_) = [one for one in room.ports.store.messages_of(member.id) if one.is_waiting]
    await room.swept(rest.due_at - room.clock.now())
    assert len(room.receiver.posts) == DAILY_CAP + 1
    assert room.receiver.posts[-1].told["count"] == 3
    assert rest.due_at > NOW


async def test_whoever_is_told_to_stop_with_a_window_open_tells_at_once(room: Mailroom) -> None:
    member = room.member()
    gathering = f"telling/{room.by_email(member).id}"
    fact = booked(room.booking(member), room)
    async with another_notifier(room, Pace(window_s=600, longest_s=600)) as url:
        push = asyncio.create_task(room.push(fact, url))
        await eventually(lambda: room.ports.store.note(gathering, room.clock.now()), "more is waited for")
    assert await push == 204
    assert len(room.server.mails) == 1
    assert room.ports.store.note(gathering, room.clock.now()) is None, "nobody waits for who is gone"


async def test_whoever_died_with_a_window_open_is_followed(room: Mailroom) -> None:
    """As if the process had written the message down and died: the sweep tells it."""
    member = room.member()
    room.by_email(member)
    fact = booked(room.booking(member), room)
    known = room.ports.store.member(member.id)
    room.ports.store.add_messages(messages_about(fact, known, ZoneInfo("UTC"), room.clock.now()))
    await room.swept()
    assert len(room.server.mails) == 1


@pytest.mark.parametrize(("dead", "letters"), [("notifier", 1), ("another", 0)])
async def test_where_one_process_bears_a_name_the_next_takes_up_at_once_what_it_had_begun(
    room: Mailroom, dead: str, letters: int
) -> None:
    """As if the process before had died while it gathered: nobody but one of its own name knows that it has."""
    member, now = room.member(), room.clock.now()
    gathering = f"telling/{room.by_email(member).id}"
    room.ports.store.note_once(gathering, Note(text=f"{dead}/1", until=now + timedelta(minutes=3)), now)
    async with another_notifier(room, instance="notifier") as url:
        assert await room.push(booked(room.booking(member), room), url) == 204
    assert len(room.server.mails) == letters
