"""The way back from the dead letters: a topic for each consumer, with one subscription of the same id.

To publish a dead letter under its own kind again would bring it to all consumers of that kind, and to those who look
on, as if it had happened anew.
"""

from autotennis.adapters.gcp.topology import Subscription, consumers, dead_letters_of, subscriptions
from autotennis.flow import ACK_DEADLINE_S, Service


def replays_of(prefix: str, service: Service) -> str:
    """The id of the topic, and of its one subscription, by which this service gets again what was given up."""
    return f"{prefix}-replays-{service.value}"


def deliveries(prefix: str) -> tuple[Subscription, ...]:
    """All subscriptions that are to be pushed to services: those of the events, and those of the replays.

    The `kind` of a replay's is empty: it brings any.
    """
    return subscriptions(prefix) + tuple(_replays(prefix, service) for service in consumers())


def _replays(prefix: str, service: Service) -> Subscription:
    name = replays_of(prefix, service)
    return Subscription(
        id=name,
        topic=name,
        kind="",
        service=service,
        ack_deadline_s=ACK_DEADLINE_S[service],
        dead_letter_topic=dead_letters_of(prefix, service),
    )
