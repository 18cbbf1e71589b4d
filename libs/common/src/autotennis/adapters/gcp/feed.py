"""Lets somebody look on while events are published, through subscriptions that last as long as that."""

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, Final

import structlog

from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.pubsub import PubSub, Received
from autotennis.adapters.gcp.topology import topic_of
from autotennis.adapters.readable import readable
from autotennis.errors import Transient
from autotennis.events import KINDS, Event
from autotennis.ports import Ids

# How long one look waits for something to turn up; all topics are looked at together.
_LOOK_S: Final = 0.9
_AT_ONCE: Final = 500
# Where a feed was not closed, nothing of it stays: a day is Pub/Sub's least, and ten minutes that of what it keeps.
_SETTINGS: Final[Mapping[str, Any]] = {
    "ack_deadline_seconds": 10,
    "message_retention_duration": {"seconds": 600},
    "expiration_policy": {"ttl": {"seconds": 24 * 3600}},
}
_log = structlog.get_logger()


class GcpFeed:
    """The port EventFeed. What is published within the same moment can come in any order, and anything twice."""

    def __init__(self, pubsub: PubSub, subscriptions: Sequence[str], pool: ThreadPoolExecutor) -> None:
        self._pubsub = pubsub
        self._subscriptions = subscriptions
        self._pool = pool
        self._taken: list[Received] = []

    def new(self) -> Sequence[Event]:
        """What was published since this was last asked, by time; what cannot be read is left out. Raises BusDown."""
        for done in [self._pool.submit(self._take, one) for one in self._subscriptions]:
            done.result()
        taken, self._taken = self._taken, []
        # Within a millisecond, Pub/Sub's numbers mostly rise.
        taken.sort(key=lambda message: (message.published_at, len(message.message_id), message.message_id))
        return readable(message.data for message in taken)

    def _take(self, subscription: str) -> None:
        while pulled := self._pubsub.pull(subscription, _AT_ONCE, _LOOK_S):
            # Kept first: if another subscription fails meanwhile, these come the next time.
            self._taken.extend(pulled)
            self._pubsub.acknowledge(subscription, [message.ack_id for message in pulled])
            if len(pulled) < _AT_ONCE:
                return


@contextmanager
def open_feed(place: Place, ids: Ids) -> Generator[GcpFeed]:
    """A feed of all that is published in this place while the context lasts. Raises BusDown."""
    name = ids.new()
    topics = {f"{place.prefix}-feed-{name}-{kind}": topic_of(place.prefix, kind) for kind in KINDS}
    with closing(PubSub(place.project)) as pubsub, ThreadPoolExecutor(len(topics)) as pool:
        try:
            _done(pool, [partial(pubsub.create_subscription, one, topic, _SETTINGS) for one, topic in topics.items()])
            yield GcpFeed(pubsub, tuple(topics), pool)
        finally:
            _ended(pubsub, pool, topics)


def _ended(pubsub: PubSub, pool: ThreadPoolExecutor, subscriptions: Mapping[str, str]) -> None:
    try:
        _done(pool, [partial(pubsub.delete_subscription, one) for one in subscriptions])
    except Transient as error:
        _log.warning("a feed's subscriptions are left to expire", reason=str(error))


def _done(pool: ThreadPoolExecutor, calls: Sequence[partial[None]]) -> None:
    for done in [pool.submit(call) for call in calls]:
        done.result()
