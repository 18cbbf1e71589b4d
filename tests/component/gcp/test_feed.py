"""Looking on while events are published, on Pub/Sub's emulator."""

from collections.abc import Generator
from contextlib import closing

import pytest
from support.feeds import seen
from support.gcp_bus import OnEmulators, a_place, on_emulators
from support.records import to_race

from autotennis.adapters.gcp.feed import GcpFeed, open_feed
from autotennis.adapters.gcp.pubsub import BusDown, PubSub
from autotennis.adapters.gcp.topology import topic_of
from autotennis.adapters.system import SystemIds
from autotennis.events import KINDS
from autotennis.ports import Ids


class OneId:
    """Gives out the same id, so that a test knows what it names."""

    def new(self) -> str:
        """Always this."""
        return "onlooker-1"


@pytest.fixture
def opened() -> Generator[OnEmulators, None, None]:
    """A bus with nothing on it."""
    with on_emulators() as found:
        yield found


@pytest.fixture
def feed(opened: OnEmulators) -> Generator[GcpFeed, None, None]:
    """A feed of what comes from now on."""
    with open_feed(opened.place, SystemIds()) as found:
        yield found


def test_more_than_one_answer_holds_is_seen_at_once(opened: OnEmulators, feed: GcpFeed) -> None:
    with closing(PubSub(opened.place.project)) as pubsub:
        for number in range(650):
            pubsub.publish(topic_of(opened.place.prefix, "Booked"), b"%d" % number, {})
    opened.bus.publish(to_race())
    assert list(feed.new()) == [to_race()]


def test_what_cannot_be_read_is_left_out(opened: OnEmulators, feed: GcpFeed) -> None:
    with closing(PubSub(opened.place.project)) as pubsub:
        pubsub.publish(topic_of(opened.place.prefix, "RaceDue"), b'{"kind": "RaceDue", "version": 9}', {})
    opened.bus.publish(to_race())
    assert seen(feed, 1) == [to_race()]


def test_a_closed_feed_leaves_no_subscriptions(opened: OnEmulators) -> None:
    ids: Ids = OneId()
    names = [f"{opened.place.prefix}-feed-onlooker-1-{kind}" for kind in KINDS]
    with closing(PubSub(opened.place.project)) as pubsub:
        with open_feed(opened.place, ids):
            for name in names:
                pubsub.require(name)
        for name in names:
            with pytest.raises(BusDown, match="NotFound"):
                pubsub.require(name)


def test_where_nothing_is_set_up_no_feed_is_opened() -> None:
    with pytest.raises(BusDown, match="NotFound"), open_feed(a_place(), SystemIds()):
        pass
