"""Receivers that answer with more than anybody can keep: what is read of an answer is bounded, and others are told."""

from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from support.mailroom import Mailroom, failed, packed_noughts
from support.memory import memory_taken

from autotennis.domain.channel import AppriseAddress, ChannelTrouble

# What a notifier takes for a letter, many times over, and a part of what the bomb unpacks to.
MOST_BYTES = 120_000_000
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")


@pytest.mark.parametrize("path", ["/bomb", "/endless"])
async def test_an_answer_to_a_service_is_read_no_further_than_honest_ones_go(room: Mailroom, path: str) -> None:
    member, port = room.member(), urlsplit(room.receiver.url).port
    url = f"mmost://127.0.0.1:{port}{path}/aaaabbbbccccddddeeeeffff"
    channel = room.channel(member, AppriseAddress(url=SecretStr(url)))
    assert len(packed_noughts()) < 1_000_000
    with memory_taken() as taken:
        assert await room.push(failed(room.booking(member), room)) == 204
    assert len(room.receiver.posts) == 1
    assert taken.bytes < MOST_BYTES
    assert room.now(channel, member).health.trouble is ChannelTrouble.REFUSED


@pytest.mark.parametrize("path", ["/bomb", "/endless"])
async def test_the_answer_of_a_webhook_is_not_read_at_all(room: Mailroom, path: str) -> None:
    member = room.member()
    channel = room.by_webhook(member, path)
    packed_noughts()
    with memory_taken() as taken:
        assert await room.push(failed(room.booking(member), room)) == 204
    assert taken.bytes < MOST_BYTES
    assert room.now(channel, member).health.last_success
