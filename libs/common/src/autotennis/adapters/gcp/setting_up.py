"""Makes the topics and subscriptions that the bus needs in a project, and takes them away again.

What is there already is left alone: to change an installation's subscriptions, take them away first.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.pubsub import PubSub
from autotennis.adapters.gcp.replays import deliveries
from autotennis.adapters.gcp.topology import (
    ATTEMPTS,
    FIRST_RETRY_S,
    LONGEST_RETRY_S,
    Subscription,
    consumers,
    dead_letters_of,
    topics,
)
from autotennis.flow import Service

_AT_ONCE: Final = 8
# Whoever looks at dead letters holds them for a moment; this is Pub/Sub's least.
LOOK_DEADLINE_S: Final = 10
# Without this, Pub/Sub deletes what nobody used for a month: a quiet summer.
_NEVER: Final[Mapping[str, Any]] = {"expiration_policy": {}}


@dataclass(frozen=True, slots=True)
class Push:
    """Where Pub/Sub is to push (the services' addresses, by service), and with whose tokens for which audience.

    Without an account it shows no token.
    """

    endpoints: Mapping[Service, str]
    account: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True)
class SetUpOptions:
    """How deliveries are made.

    A refused one is tried again after `first_retry_s`, doubling up to `longest_retry_s` (0: at once), `attempts` times
    in all, which Pub/Sub wants to be 5 to 100. `ack_deadline_s` (10 to 600) is in place of each consumer's own.
    Without `push`, deliveries wait to be pulled. Dead letters are kept for so long.
    """

    attempts: int = ATTEMPTS
    first_retry_s: float = FIRST_RETRY_S
    longest_retry_s: float = LONGEST_RETRY_S
    ack_deadline_s: float | None = None
    dead_letters_kept: timedelta = timedelta(days=31)
    push: Push | None = None


# What a relay pulls from the emulator, which keeps nothing for more than a week.
ON_EMULATOR: Final = SetUpOptions(dead_letters_kept=timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Wanted:
    """The topics' ids, and by its id each subscription: its topic's id, and fields of Pub/Sub's `Subscription`."""

    topics: frozenset[str]
    subscriptions: Mapping[str, tuple[str, Mapping[str, Any]]]


def wanted(pubsub: PubSub, prefix: str, options: SetUpOptions) -> Wanted:
    """All that an installation needs."""
    kept = _dead_letter_settings(options)
    graves = {one: (one, kept) for one in _graves(prefix)}
    pushed = {one.id: (one.topic, _settings(pubsub, one, options)) for one in deliveries(prefix)}
    return Wanted(frozenset(_topics(prefix)), graves | pushed)


def set_up(place: Place, options: SetUpOptions) -> None:
    """Makes all that is missing; what is there stays as it is, whatever the options. Raises BusDown."""
    with closing(PubSub(place.project)) as pubsub:
        all_of_it = wanted(pubsub, place.prefix, options)
        _all([partial(pubsub.create_topic, one) for one in all_of_it.topics])
        _all([partial(pubsub.create_subscription, one, *it) for one, it in all_of_it.subscriptions.items()])


def tear_down(place: Place) -> None:
    """Takes away all that `set_up` makes, with every message in it. Raises BusDown."""
    with closing(PubSub(place.project)) as pubsub:
        names = [one.id for one in deliveries(place.prefix)]
        _all([partial(pubsub.delete_subscription, one) for one in names + _graves(place.prefix)])
        _all([partial(pubsub.delete_topic, one) for one in _topics(place.prefix)])


def _topics(prefix: str) -> set[str]:
    # Also those of kinds that nobody consumes: they are published all the same.
    return {one.topic for one in deliveries(prefix)} | set(topics(prefix)) | set(_graves(prefix))


def _graves(prefix: str) -> list[str]:
    """The ids of the topics, and of their subscriptions, that keep what was given up."""
    return [dead_letters_of(prefix, service) for service in consumers()]


def _all(calls: list[Callable[[], None]]) -> None:
    """Makes these calls, several at once."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result()


def _dead_letter_settings(options: SetUpOptions) -> Mapping[str, Any]:
    return {
        "ack_deadline_seconds": LOOK_DEADLINE_S,
        "message_retention_duration": _duration(options.dead_letters_kept.total_seconds()),
        **_NEVER,
    }


def _settings(pubsub: PubSub, subscription: Subscription, options: SetUpOptions) -> Mapping[str, Any]:
    return {
        "ack_deadline_seconds": int(options.ack_deadline_s or subscription.ack_deadline_s),
        "dead_letter_policy": {
            "dead_letter_topic": pubsub.topic_path(subscription.dead_letter_topic),
            "max_delivery_attempts": options.attempts,
        },
        **_retry_policy(options),
        **_push_config(subscription, options),
        **_NEVER,
    }


def _retry_policy(options: SetUpOptions) -> Mapping[str, Any]:
    if not options.first_retry_s:
        return {}
    first, longest = _duration(options.first_retry_s), _duration(options.longest_retry_s)
    return {"retry_policy": {"minimum_backoff": first, "maximum_backoff": longest}}


def _push_config(subscription: Subscription, options: SetUpOptions) -> Mapping[str, Any]:
    push = options.push
    if push is None or subscription.service not in push.endpoints:
        return {}
    token = {"service_account_email": push.account, "audience": push.audience}
    endpoint = f"{push.endpoints[subscription.service].rstrip('/')}/events"
    return {"push_config": {"push_endpoint": endpoint, **({"oidc_token": token} if push.account else {})}}


def _duration(seconds: float) -> Mapping[str, int]:
    whole = int(seconds)
    return {"seconds": whole, "nanos": round((seconds - whole) * 1e9)}
