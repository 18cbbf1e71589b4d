"""The bus on Pub/Sub: a topic for each kind of event, and one for each consumer that keeps what it refused too often.

What Pub/Sub delivers it pushes to the services' `POST /events`; here is what a service does with it by itself.
"""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.pubsub import PubSub, Received
from autotennis.adapters.gcp.refusals import GcpRefusals
from autotennis.adapters.gcp.replays import replays_of
from autotennis.adapters.gcp.topology import consumers, dead_letters_of, subscriptions, topic_of
from autotennis.errors import BadEvent, NotFound
from autotennis.events import FACTS, KINDS, Event, dump, load
from autotennis.flow import Service
from autotennis.ports import DeadLetter, Queue
from autotennis.tracing import carried_attributes

_KIND: Final = "kind"
_EVENT_ID: Final = "event_id"
# What Pub/Sub adds to a message that it gives up.
_GIVEN_UP: Final = "CloudPubSubDeadLetter"
_SOURCE: Final = f"{_GIVEN_UP}SourceSubscription"
_ATTEMPTS: Final = f"{_GIVEN_UP}SourceDeliveryCount"
# One look for dead letters. Pub/Sub may answer with a part of them, or with none: it is asked until it twice has
# nothing new. It holds its answer back while it has nothing.
_LOOK_S: Final = 0.9
_EMPTY_LOOKS: Final = 2
# More than this of one consumer are not looked through: somebody has to mend the service, not read letters.
_MOST_LETTERS: Final = 1000
_READERS: Final = 8
_REASON_UNKNOWN: Final = "not known here; the service's log has it"


@dataclass(frozen=True, slots=True)
class _Letter:
    service: Service
    message: Received

    @property
    def id(self) -> str:
        return f"{self.service.value}-{self.message.message_id}"


class GcpBus:
    """The ports EventBus and DeadLetters. Nothing is asked of Google, or imported, before the first call.

    Pub/Sub cannot show what lies in a subscription without lending it out. So while somebody looks, nobody else sees
    the same letters; and a look that is cut off hides what it saw for the ten seconds of its lease.
    """

    def __init__(self, place: Place, refusals: GcpRefusals, meter: Meter) -> None:
        self._prefix = place.prefix
        self._refusals = refusals
        self._meter = meter
        self._pubsub = PubSub(place.project)

    def publish(self, event: Event) -> None:
        """Returns once Pub/Sub has taken the event. Raises BusDown."""
        attributes = {_EVENT_ID: event.id, _KIND: event.kind, **carried_attributes()}
        # One call after the other, so what a booking goes through is taken in its order.
        key = event.booking_id if isinstance(event, FACTS) else ""
        self._pubsub.publish(topic_of(self._prefix, event.kind), dump(event), attributes, key)
        self._meter.count(Use.MESSAGES)

    def dead_letters(self, limit: int = 100) -> Sequence[DeadLetter]:
        """The given-up deliveries, newest first, as far as Pub/Sub shows them: see the class. Raises BusDown."""
        with ThreadPoolExecutor(_READERS) as readers:
            found = [letter for some in readers.map(self._seen, consumers()) for letter in some]
            found.sort(key=lambda letter: letter.message.published_at, reverse=True)
            return list(readers.map(self._described, found[:limit]))

    def replay(self, letter_id: str) -> None:
        """Delivers it again from the first attempt, to the consumer that refused it and to no other.

        A crash in between leaves the dead letter where it is, to be replayed once more. Raises NotFound (also while
        somebody else looks at it), BusDown.
        """
        service = _service_in(letter_id)
        if service is None:
            raise NotFound("There is no such dead letter.")
        with self._laid_open(service, letter_id) as found:
            letter = found.get(letter_id)
            if letter is None:
                raise NotFound("There is no such dead letter.")
            self._publish_again(letter)
            self._pubsub.acknowledge(dead_letters_of(self._prefix, service), [letter.message.ack_id])
            del found[letter_id]

    def queues(self, limit: int = 1000) -> Sequence[Queue] | None:  # noqa: ARG002 (the port's)
        """Not known here: Pub/Sub shows how much waits only as a metric of Cloud Monitoring, minutes old."""
        return None

    def close(self) -> None:
        """Closes the connections. Harmless when there are none."""
        self._pubsub.close()

    def _publish_again(self, letter: _Letter) -> None:
        attributes = {
            name: value for name, value in letter.message.attributes.items() if not name.startswith(_GIVEN_UP)
        }
        # What came without a kind is known by its subscription, which a second dead letter would not tell any more.
        attributes[_KIND] = self._kind(letter)
        self._pubsub.publish(replays_of(self._prefix, letter.service), letter.message.data, attributes)
        self._meter.count(Use.MESSAGES)

    def _seen(self, service: Service) -> Sequence[_Letter]:
        with self._laid_open(service) as found:
            return list(found.values())

    @contextmanager
    def _laid_open(self, service: Service, wanted: str | None = None) -> Generator[dict[str, _Letter]]:
        """The dead letters of a consumer by their ids, lent out; at the end those still in there are given back.

        Looks no further once it has the one that is wanted.
        """
        subscription = dead_letters_of(self._prefix, service)
        # First of all, so that one which is missing, or a server that is away, is no empty one.
        self._pubsub.require(subscription)
        found: dict[str, _Letter] = {}
        try:
            empty_looks = 0
            while empty_looks < _EMPTY_LOOKS and len(found) < _MOST_LETTERS and wanted not in found:
                pulled = [_Letter(service, one) for one in self._pubsub.pull(subscription, _MOST_LETTERS, _LOOK_S)]
                empty_looks += all(letter.id in found for letter in pulled)
                # One that came again has to be given back under its latest lease.
                found.update((letter.id, letter) for letter in pulled)
            yield found
        finally:
            self._pubsub.give_back(subscription, [letter.message.ack_id for letter in found.values()])

    def _described(self, letter: _Letter) -> DeadLetter:
        attempts = letter.message.attributes.get(_ATTEMPTS, "")
        return DeadLetter(
            id=letter.id,
            kind=self._kind(letter),
            consumer=letter.service.value,
            attempts=int(attempts) if attempts.isdecimal() else 0,
            reason=self._refusals.reason(letter.service, letter.message.data) or _REASON_UNKNOWN,
            at=letter.message.published_at,
        )

    def _kind(self, letter: _Letter) -> str:
        """As its sender says; else by the subscription that it came from, or by what it holds."""
        said = letter.message.attributes.get(_KIND, "")
        if said in KINDS:
            return said
        source = letter.message.attributes.get(_SOURCE, "")
        kinds = {subscription.id: subscription.kind for subscription in subscriptions(self._prefix)}
        return kinds.get(source) or _kind_of(letter.message.data)


def _service_in(letter_id: str) -> Service | None:
    name, _, number = letter_id.partition("-")
    return Service(name) if number and name in consumers() else None


def _kind_of(data: bytes) -> str:
    try:
        return load(data).kind
    except BadEvent:
        return "unknown"
