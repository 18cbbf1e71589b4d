"""What every Store promises of messages to members."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from support.families import Family
from support.records import NOW, a_message

from autotennis.domain.channel import ChannelTrouble
from autotennis.domain.message import KEPT_FOR, Message
from autotennis.errors import NotFound, Stale

SENT = NOW + timedelta(seconds=5)


def ids(messages: Sequence[Message]) -> list[str]:
    """Which they are, in their order."""
    return [one.id for one in messages]


def test_a_message_comes_back_as_it_was(family: Family) -> None:
    family.store.add_messages([])
    family.store.add_messages([a_message("SeriesInterrupted/s-1/194@2026-11-25T18:00:00/c-1")])
    found = family.store.message("SeriesInterrupted/s-1/194@2026-11-25T18:00:00/c-1")
    assert found == a_message("SeriesInterrupted/s-1/194@2026-11-25T18:00:00/c-1")
    with pytest.raises(NotFound):
        family.store.message("msg-2")
    with pytest.raises(NotFound):
        family.store.change_message("msg-2", lambda it: it)


def test_added_again_it_stays_where_it_has_come(family: Family) -> None:
    family.store.add_messages([a_message()])
    sent = family.store.change_message("msg-1", lambda it: it.sent(SENT))
    family.store.add_messages([a_message(), a_message("msg-2")])
    assert family.store.message("msg-1") == sent
    assert ids(family.store.messages_due(SENT)) == ["msg-2"]


def test_those_are_due_that_wait_and_whose_time_has_come(family: Family) -> None:
    family.store.add_messages([a_message(f"msg-{minute}", minute=minute) for minute in (3, 1, 2, 0)])
    family.store.add_messages([a_message("other", channel_id="c-2", minute=1)])
    assert ids(family.store.messages_due(NOW)) == ["msg-0"], "what is due at this instant is due"
    later = NOW + timedelta(minutes=2)
    assert sorted(ids(family.store.messages_due(later))) == ["msg-0", "msg-1", "msg-2", "other"]
    assert ids(family.store.messages_due(later, channel_id="c-1")) == ["msg-0", "msg-1", "msg-2"]
    assert ids(family.store.messages_due(later, 2, "c-1")) == ["msg-0", "msg-1"]
    family.store.change_message("msg-0", lambda it: it.sent(SENT))
    family.store.change_message("msg-1", lambda it: it.dropped(SENT))
    family.store.change_message("msg-2", lambda it: it.failed(ChannelTrouble.BUSY, "status 503", SENT))
    assert ids(family.store.messages_due(later, channel_id="c-1")) == ["msg-2"]
    assert ids(family.store.messages_due(NOW, channel_id="c-1")) == []


def test_a_sweep_has_something_to_do_while_one_waits(family: Family) -> None:
    assert not family.store.has_open()
    family.store.add_messages([a_message(minute=60)])
    assert family.store.has_open()
    family.store.change_message("msg-1", lambda it: it.sent(SENT))
    assert not family.store.has_open()


def test_a_member_sees_their_own_the_newest_first(family: Family) -> None:
    def made(message_id: str, minute: int, member_id: str = "m-1") -> Message:
        return a_message(message_id, member_id).model_copy(update={"made_at": NOW + timedelta(minutes=minute)})

    family.store.add_messages([made("old", 0), made("new", 2), made("theirs", 1, "m-2")])
    assert ids(family.store.messages_of("m-1")) == ["new", "old"]
    assert ids(family.store.messages_of("m-1", 1)) == ["new"]


def test_those_that_were_given_up_are_listed_until_they_are_tried_again(family: Family) -> None:
    family.store.add_messages([a_message(f"msg-{number}") for number in range(3)])
    for number in (1, 2):
        given_up = NOW + timedelta(minutes=number)
        family.store.change_message(
            f"msg-{number}", lambda it, at=given_up: it.given_up(ChannelTrouble.GONE, "status 410", at)
        )
    assert ids(family.store.dead_messages()) == ["msg-2", "msg-1"]
    assert ids(family.store.dead_messages(1)) == ["msg-2"]
    family.store.change_message("msg-2", lambda it: it.again(SENT))
    assert ids(family.store.dead_messages()) == ["msg-1"]
    assert ids(family.store.messages_due(SENT)) == ["msg-0", "msg-2"]


def test_of_two_who_settle_it_at_once_one_is_told(family: Family) -> None:
    family.store.add_messages([a_message()])

    def settle(_turn: int) -> bool:
        try:
            family.store.change_message("msg-1", lambda it: it.sent(SENT))
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(settle, range(6))) == 1
    assert family.store.message("msg-1").tries == 1


def test_what_waits_outlives_what_is_settled(family: Family) -> None:
    family.store.add_messages([a_message("waits"), a_message("settled")])
    family.store.change_message("settled", lambda it: it.sent(SENT))
    much_later = NOW + KEPT_FOR + timedelta(days=1)
    family.store.add_messages([a_message("new").model_copy(update={"made_at": much_later})])
    assert "waits" in ids(family.store.messages_of("m-1"))
