# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# (Google's client tells half of its types; this is the only file that touches it)
"""Google's Pub/Sub clients, as far as they are needed: made on first use, every call bounded in time.

The plain calls are used, not Google's batching publisher: that one answers through threads of its own, waits to fill a
batch, and repeats a message with an ordering key for ever. Here a call has succeeded or failed when it returns.
"""

import contextlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from autotennis.adapters.gcp.google_errors import passes
from autotennis.adapters.gcp.lazily import Lazily
from autotennis.errors import Transient

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.pubsub_v1 import PublisherClient, SubscriberClient

# One try of a call, and all its tries together: whoever publishes has a request of somebody's in hand.
_CALL_S: Final = 3.0
_ALL_TRIES_S: Final = 10.0
_PUBLISH: Final = "pubsub.topics.publish"


class BusDown(Transient):
    """Pub/Sub did not do what was asked: it is away, overloaded, or not set up for us."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was pulled and is neither acknowledged nor given back yet.

    `message_id` stays the same however often the message comes; `ack_id` is of this one time. Messages of one
    `ordering_key` belong in their order; empty for none.
    """

    ack_id: str
    message_id: str
    data: bytes
    attributes: Mapping[str, str]
    ordering_key: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A subscription as it stands: where it is pushed and with whose token, and the id of its dead letters' topic.

    Empty where there is none.
    """

    endpoint: str
    account: str
    audience: str
    dead_letter_topic: str


class PubSub:
    """Topics and subscriptions of one project, named by their ids. Safe from many threads."""

    def __init__(self, project: str) -> None:
        self._project = project
        self._publisher = Lazily(_new_publisher, _end)
        self._subscriber = Lazily(_new_subscriber, _end)

    def topic_path(self, topic: str) -> str:
        """The full name of a topic."""
        return f"projects/{self._project}/topics/{topic}"

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str], ordering_key: str = "") -> None:
        """Returns once Pub/Sub has taken the message. Raises BusDown."""
        message = {"data": data, "attributes": dict(attributes), "ordering_key": ordering_key}
        with _told(f"publish to {topic}"):
            self._publisher.get().publish(
                request={"topic": self.topic_path(topic), "messages": [message]},
                retry=_again(),
                timeout=_CALL_S,
            )

    def pull(self, subscription: str, limit: int, within_s: float) -> Sequence[Received]:
        """Leases up to so many messages; nothing if none turn up within that time. Raises BusDown."""
        from google.api_core.exceptions import DeadlineExceeded

        request = {"subscription": self._subscription_path(subscription), "max_messages": limit}
        with _told(f"pull from {subscription}"):
            try:
                answer = self._subscriber.get().pull(request=request, retry=None, timeout=within_s)
            except DeadlineExceeded:
                return []
        return [
            Received(
                ack_id=one.ack_id,
                message_id=one.message.message_id,
                data=bytes(one.message.data),
                attributes=dict(one.message.attributes),
                ordering_key=one.message.ordering_key,
                published_at=_plain(one.message.publish_time),
            )
            for one in answer.received_messages
        ]

    def require(self, subscription: str) -> None:
        """Returns if Pub/Sub answers and has this subscription: to pull nothing proves neither. Raises BusDown."""
        request = {"subscription": self._subscription_path(subscription)}
        with _told(f"show subscription {subscription}"):
            self._subscriber.get().get_subscription(request=request, retry=_again(), timeout=_CALL_S)

    def topics(self) -> frozenset[str]:
        """The ids of all topics of the project. Raises BusDown."""
        with _told("list topics"):
            found = self._publisher.get().list_topics(
                request={"project": f"projects/{self._project}"}, retry=_again(), timeout=_CALL_S
            )
            return frozenset(_id(one.name) for one in found)

    def subscriptions(self) -> Mapping[str, Kept]:
        """All subscriptions of the project by their ids. Raises BusDown."""
        with _told("list subscriptions"):
            found = self._subscriber.get().list_subscriptions(
                request={"project": f"projects/{self._project}"}, retry=_again(), timeout=_CALL_S
            )
            return {_id(one.name): _kept(one) for one in found}

    def may_publish(self, topic: str) -> bool | None:
        """Whether this program's account may publish there; None where that is not told. Raises BusDown."""
        from google.api_core.exceptions import MethodNotImplemented, NotFound

        request = {"resource": self.topic_path(topic), "permissions": [_PUBLISH]}
        with _told(f"tell the rights on {topic}"):
            try:
                answer = self._publisher.get().test_iam_permissions(request=request, timeout=_CALL_S)
            except (MethodNotImplemented, NotFound):
                return None
        return _PUBLISH in answer.permissions

    def acknowledge(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """These messages are done. Raises BusDown."""
        if ack_ids:
            request = {"subscription": self._subscription_path(subscription), "ack_ids": list(ack_ids)}
            with _told(f"acknowledge to {subscription}"):
                self._subscriber.get().acknowledge(request=request, retry=_again(), timeout=_CALL_S)

    def give_back(self, subscription: str, ack_ids: Sequence[str]) -> None:
        """These messages may be pulled again at once. Raises BusDown."""
        if ack_ids:
            request: dict[str, Any] = {
                "subscription": self._subscription_path(subscription),
                "ack_ids": list(ack_ids),
                "ack_deadline_seconds": 0,
            }
            with _told(f"give back to {subscription}"):
                self._subscriber.get().modify_ack_deadline(request=request, retry=_again(), timeout=_CALL_S)

    def create_topic(self, topic: str) -> None:
        """Makes it; one that is there stays as it is. Raises BusDown."""
        from google.api_core.exceptions import AlreadyExists

        with _told(f"create topic {topic}"), contextlib.suppress(AlreadyExists):
            self._publisher.get().create_topic(
                request={"name": self.topic_path(topic)}, retry=_again(), timeout=_CALL_S
            )

    def create_subscription(self, subscription: str, topic: str, settings: Mapping[str, Any]) -> None:
        """Makes it, with these fields of Pub/Sub's `Subscription`; one that is there stays as it is. Raises BusDown."""
        from google.api_core.exceptions import AlreadyExists

        request = {"name": self._subscription_path(subscription), "topic": self.topic_path(topic), **settings}
        with _told(f"create subscription {subscription}"), contextlib.suppress(AlreadyExists):
            self._subscriber.get().create_subscription(request=request, retry=_again(), timeout=_CALL_S)

    def delete_topic(self, topic: str) -> None:
        """Ends it, if it is there. Raises BusDown."""
        from google.api_core.exceptions import NotFound

        with _told(f"delete topic {topic}"), contextlib.suppress(NotFound):
            self._publisher.get().delete_topic(
                request={"topic": self.topic_path(topic)}, retry=_again(), timeout=_CALL_S
            )

    def delete_subscription(self, subscription: str) -> None:
        """Ends it with all that it holds, if it is there. Raises BusDown."""
        from google.api_core.exceptions import NotFound

        request = {"subscription": self._subscription_path(subscription)}
        with _told(f"delete subscription {subscription}"), contextlib.suppress(NotFound):
            self._subscriber.get().delete_subscription(request=request, retry=_again(), timeout=_CALL_S)

    def close(self) -> None:
        """Closes the connections that were made. A call after that opens new ones."""
        self._publisher.close()
        self._subscriber.close()

    def _subscription_path(self, subscription: str) -> str:
        return f"projects/{self._project}/subscriptions/{subscription}"


def _new_publisher() -> "PublisherClient":
    """The plain client on the connection of the batching one, which knows the emulator's variable."""
    from google import pubsub_v1 as plain
    from google.cloud import pubsub_v1

    return plain.PublisherClient(transport=pubsub_v1.PublisherClient().transport)


def _new_subscriber() -> "SubscriberClient":
    from google.cloud import pubsub_v1

    return pubsub_v1.SubscriberClient()


def _end(client: "PublisherClient | SubscriberClient") -> None:
    client.transport.close()


def _again() -> "Retry":
    """Repeats what failed in passing, some seconds long."""
    from google.api_core import retry

    return retry.Retry(predicate=_passes, initial=0.1, maximum=1.0, timeout=_ALL_TRIES_S)


def _passes(error: BaseException) -> bool:
    return isinstance(error, Exception) and passes(error)


@contextlib.contextmanager
def _told(what: str) -> Generator[None]:
    """Google's errors come out as BusDown, which says what could not be done."""
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except (GoogleAPIError, GoogleAuthError) as error:
        # Google's text may repeat what was sent.
        raise BusDown(f"Pub/Sub did not {what}: {type(error).__name__}.") from None


def _id(full_name: str) -> str:
    return full_name.rpartition("/")[2]


def _kept(subscription: Any) -> Kept:
    push = subscription.push_config
    return Kept(
        endpoint=push.push_endpoint,
        account=push.oidc_token.service_account_email,
        audience=push.oidc_token.audience,
        dead_letter_topic=_id(subscription.dead_letter_policy.dead_letter_topic),
    )


def _plain(instant: Any) -> datetime:
    """Google's own kind of datetime as everybody's."""
    return datetime.fromtimestamp(instant.timestamp(), UTC)
