"""The topics and subscriptions that the flow of events needs: a topic for each kind, a subscription for each consumer.

Whoever sets up a project makes these; the adapters only use them.
"""

from dataclasses import dataclass
from typing import Final

from autotennis.events import KINDS
from autotennis.flow import ACK_DEADLINE_S, CONSUMERS, Service

# A delivery that is refused is tried this often. A second delivery of a race that is under way is refused until that
# race has ended, which takes minutes, so there have to be many more tries than a poisoned message needs.
ATTEMPTS: Final = 25
FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """One consumer's share of a topic. What it refuses too often goes to `dead_letter_topic`.

    None is ordered: a kind of fact happens to a booking once, so within one topic there is no order to keep. Where it
    may happen again (a wish to give a place back), whoever consumes it looks first at how the booking stands.
    """

    id: str
    topic: str
    kind: str
    service: Service
    ack_deadline_s: float
    dead_letter_topic: str


def topic_of(prefix: str, kind: str) -> str:
    """The id of the topic of this kind of event."""
    return f"{prefix}-{kind}"


def dead_letters_of(prefix: str, service: Service) -> str:
    """The id of the topic, and of its one subscription, that keeps what this service refused too often."""
    return f"{prefix}-dead-letters-{service.value}"


def topics(prefix: str) -> tuple[str, ...]:
    """The ids of all topics of events."""
    return tuple(topic_of(prefix, kind) for kind in KINDS)


def subscriptions(prefix: str) -> tuple[Subscription, ...]:
    """All consumers' subscriptions, in a settled order."""
    return tuple(
        Subscription(
            id=f"{prefix}-{kind}-{service.value}",
            topic=topic_of(prefix, kind),
            kind=kind,
            service=service,
            ack_deadline_s=ACK_DEADLINE_S[service],
            dead_letter_topic=dead_letters_of(prefix, service),
        )
        for kind in KINDS
        for service in sorted(CONSUMERS[kind])
    )


def consumers() -> tuple[Service, ...]:
    """The services that consume anything."""
    return tuple(sorted({service for services in CONSUMERS.values() for service in services}))
