"""Webhooks are signed as it is documented, go nowhere else, and are given up where they are not wanted."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from support.mailroom import SESSION, SIGNING_SECRET, Mailroom, another_notifier, booked, failed

from autotennis.domain.channel import ChannelTrouble, WebhookAddress
from autotennis.domain.message import MessageState

DOCUMENT = Path(__file__).parents[3] / "docs/webhooks.md"


def recipe() -> Any:
    """The function that the page shows to receivers."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102 (our own page)
    return namespace["is_ours"]


async def test_the_documented_recipe_verifies_what_is_sent(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    member = room.member()
    room.by_webhook(member)
    await room.told(failed(room.booking(member), room))
    (post,) = room.receiver.posts
    headers = {name.lower(): value for name, value in post.headers.items()}
    is_ours = recipe()
    monkeypatch.setattr("time.time", lambda: room.clock.now().timestamp())
    assert is_ours(headers, post.body, SIGNING_SECRET)
    assert not is_ours(headers, post.body + b" ", SIGNING_SECRET)
    assert not is_ours(headers, post.body, "whsec_" + "f" * 48)
    assert not is_ours({**headers, "webhook-id": "msg_other"}, post.body, SIGNING_SECRET)
    monkeypatch.setattr("time.time", lambda: room.clock.now().timestamp() + 301)
    assert not is_ours(headers, post.body, SIGNING_SECRET)


@pytest.mark.parametrize(
    ("status", "trouble"), [(410, ChannelTrouble.GONE), (404, ChannelTrouble.GONE), (403, ChannelTrouble.REFUSED)]
)
async def test_where_it_is_not_wanted_it_is_given_up_at_once(
    room: Mailroom, status: int, trouble: ChannelTrouble
) -> None:
    member = room.member()
    channel = room.by_webhook(member, f"/status/{status}")
    await room.told(failed(room.booking(member), room))
    health = room.now(channel, member).health
    assert (health.trouble, health.detail, health.in_a_row) == (trouble, f"status {status}", 1)
    assert health.stopped_at
    (dead,) = room.ports.store.dead_messages()
    assert (dead.state, dead.trouble) == (MessageState.DEAD, trouble)
    await room.told(booked(room.booking(member, SESSION.model_copy(update={"timeid": 195})), room))
    assert len(room.receiver.posts) == 1, "nothing more is sent there"


async def test_a_busy_one_is_asked_again_over_most_of_a_day_with_the_same_id(room: Mailroom) -> None:
    member = room.member()
    channel = room.by_webhook(member, "/status/503")
    await room.told(failed(room.booking(member), room))
    for _ in range(20):
        waiting = [one for one in room.ports.store.messages_of(member.id) if one.is_waiting]
        if not waiting:
            break
        await room.swept(waiting[0].due_at - room.clock.now())
    assert len(room.receiver.posts) == 8
    assert len({post.headers["webhook-id"] for post in room.receiver.posts}) == 1
    assert [one.detail for one in room.ports.store.dead_messages()] == ["status 503"]
    assert room.now(channel, member).is_stopped


async def test_a_redirect_is_not_followed(room: Mailroom) -> None:
    member = room.member()
    channel = room.by_webhook(member, "/elsewhere")
    await room.told(failed(room.booking(member), room))
    assert [post.path for post in room.receiver.posts] == ["/elsewhere"]
    assert room.now(channel, member).health.trouble is ChannelTrouble.REFUSED


async def test_a_name_is_judged_by_where_it_leads_to(room: Mailroom) -> None:
    inside, port = room.member(), urlsplit(room.receiver.url).port
    secret = SecretStr(SIGNING_SECRET)
    address = WebhookAddress(url=SecretStr(f"https://localhost:{port}/hook"), secret=secret)
    channel = room.channel(inside, address)
    async with another_notifier(room, private_receivers=False) as url:
        assert await room.push(failed(room.booking(inside), room), url) == 204
    assert room.now(channel, inside).health.trouble is ChannelTrouble.NOT_ALLOWED
    allowed = room.member()
    room.channel(allowed, WebhookAddress(url=SecretStr(f"http://localhost:{port}/hook"), secret=secret))
    await room.told(failed(room.booking(allowed), room))
    assert len(room.receiver.posts) == 1


async def test_a_name_that_nobody_knows_is_no_answer(room: Mailroom) -> None:
    member = room.member()
    address = WebhookAddress(url=SecretStr("https://nowhere.invalid/hook"), secret=SecretStr(SIGNING_SECRET))
    channel = room.channel(member, address)
    await room.told(failed(room.booking(member), room))
    assert room.now(channel, member).health.trouble is ChannelTrouble.NO_ANSWER


@pytest.mark.parametrize(
    ("host", "trouble"),
    [
        ("127.0.0.1", ChannelTrouble.NOT_ALLOWED),
        ("[::ffff:127.0.0.1]", ChannelTrouble.NOT_ALLOWED),
        ("0x7f.1", ChannelTrouble.NOT_ALLOWED),
        # Not even looked up.
        ("2130706433", ChannelTrouble.NO_ANSWER),
        ("0177.0.0.1", ChannelTrouble.NO_ANSWER),
    ],
)
async def test_an_address_is_judged_however_it_is_written(room: Mailroom, host: str, trouble: ChannelTrouble) -> None:
    member, port = room.member(), urlsplit(room.receiver.url).port
    address = WebhookAddress(url=SecretStr(f"https://{host}:{port}/hook"), secret=SecretStr(SIGNING_SECRET))
    channel = room.channel(member, address)
    async with another_notifier(room, private_receivers=False) as url:
        assert await room.push(failed(room.booking(member), room), url) == 204
    assert room.now(channel, member).health.trouble is trouble


async def test_private_addresses_are_not_asked_unless_it_is_allowed(room: Mailroom) -> None:
    member = room.member()
    channel = room.by_webhook(member)
    async with another_notifier(room, private_receivers=False) as url:
        assert await room.push(failed(room.booking(member), room), url) == 204
    assert room.receiver.posts == []
    health = room.now(channel, member).health
    assert health.trouble is ChannelTrouble.NOT_ALLOWED
    assert health.stopped_at
