# pyright: reportUnknownMemberType=false, reportMissingTypeStubs=false
# (Google's client tells half of its types)
"""Making the topics and subscriptions, on Pub/Sub's emulator."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from google.cloud import pubsub_v1
from support.gcp_bus import a_place

from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.pubsub import PubSub
from autotennis.adapters.gcp.setting_up import ON_EMULATOR, Push, set_up, tear_down
from autotennis.events import KINDS
from autotennis.flow import CONSUMERS, Service


@pytest.fixture
def place() -> Generator[Place, None, None]:
    """A project with nothing in it."""
    place = a_place()
    yield place
    tear_down(place)


@pytest.fixture
def google(place: Place) -> Generator[pubsub_v1.SubscriberClient, None, None]:
    """Google's own client."""
    client = pubsub_v1.SubscriberClient()
    with closing(client.transport):
        yield client


def subscriptions_in(place: Place, google: pubsub_v1.SubscriberClient) -> dict[str, Any]:
    """All subscriptions of the project, by their ids."""
    found = google.list_subscriptions(request={"project": f"projects/{place.project}"}, timeout=5)
    return {one.name.rpartition("/")[2]: one for one in found}


def topics_in(place: Place) -> set[str]:
    """The ids of all topics of the project."""
    client = pubsub_v1.PublisherClient()
    with closing(client.transport):
        found = client.list_topics(request={"project": f"projects/{place.project}"}, timeout=5)
        return {one.name.rpartition("/")[2] for one in found}


def test_each_kind_has_a_topic_and_each_consumer_its_share_of_it(
    place: Place, google: pubsub_v1.SubscriberClient
) -> None:
    set_up(place, ON_EMULATOR)
    assert topics_in(place) >= {f"autotennis-{kind}" for kind in KINDS}
    found = subscriptions_in(place, google)
    for kind, consumers in CONSUMERS.items():
        for consumer in consumers:
            assert found[f"autotennis-{kind}-{consumer}"].topic.endswith(f"/autotennis-{kind}")


def test_every_delivery_that_is_refused_too_often_is_kept_and_no_subscription_expires(
    place: Place, google: pubsub_v1.SubscriberClient
) -> None:
    set_up(place, replace(ON_EMULATOR, attempts=7, first_retry_s=1.5, longest_retry_s=20.0))
    found = subscriptions_in(place, google)
    kept = {name for name in found if "dead-letters" in name}
    assert kept == {f"autotennis-dead-letters-{service}" for service in ("booker", "notifier", "timer", "waitlist")}
    for name in kept:
        assert found[name].message_retention_duration.days == 7
    for name in found.keys() - kept:
        policy = found[name].dead_letter_policy
        assert policy.dead_letter_topic.rpartition("/")[2] == f"autotennis-dead-letters-{name.rpartition('-')[2]}"
        assert policy.max_delivery_attempts == 7
        retry = found[name].retry_policy
        assert (retry.minimum_backoff.total_seconds(), retry.maximum_backoff.total_seconds()) == (1.5, 20.0)
    assert all(not one.expiration_policy.ttl for one in found.values())


def test_each_service_may_hold_a_delivery_for_as_long_as_it_works(
    place: Place, google: pubsub_v1.SubscriberClient
) -> None:
    set_up(place, ON_EMULATOR)
    found = subscriptions_in(place, google)
    assert found["autotennis-RaceDue-booker"].ack_deadline_seconds == 600
    assert found["autotennis-replays-booker"].ack_deadline_seconds == 600
    assert found["autotennis-OpeningDue-timer"].ack_deadline_seconds == 60
    assert found["autotennis-WatchDue-waitlist"].ack_deadline_seconds == 300


def test_deadlines_and_waits_can_be_shortened(place: Place, google: pubsub_v1.SubscriberClient) -> None:
    set_up(place, replace(ON_EMULATOR, ack_deadline_s=10.0, first_retry_s=0.0))
    for name, one in subscriptions_in(place, google).items():
        assert one.ack_deadline_seconds == 10
        assert "dead-letters" in name or not one.retry_policy


def test_pubsub_pushes_to_the_services_if_told_where_they_are(place: Place, google: pubsub_v1.SubscriberClient) -> None:
    push = Push({Service.BOOKER: "https://booker.example.org/"}, "pusher@tennis.example.org", "our-audience")
    set_up(place, replace(ON_EMULATOR, push=push))
    found = subscriptions_in(place, google)
    config = found["autotennis-RaceDue-booker"].push_config
    assert config.push_endpoint == "https://booker.example.org/events"
    assert config.oidc_token.service_account_email == "pusher@tennis.example.org"
    assert config.oidc_token.audience == "our-audience"
    assert found["autotennis-replays-booker"].push_config.push_endpoint == "https://booker.example.org/events"
    # Nobody told where the timer is, and dead letters are nobody's to receive.
    assert not found["autotennis-OpeningDue-timer"].push_config.push_endpoint
    assert not found["autotennis-dead-letters-booker"].push_config.push_endpoint
    tear_down(place)


def test_setting_up_twice_or_by_several_at_once_changes_nothing(
    place: Place, google: pubsub_v1.SubscriberClient
) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(set_up, [place] * 3, [ON_EMULATOR] * 3))
    before = subscriptions_in(place, google)
    with closing(PubSub(place.project)) as pubsub:
        pubsub.publish("autotennis-RaceDue", b"{}", {})
        set_up(place, replace(ON_EMULATOR, attempts=9))
        assert len(pubsub.pull("autotennis-RaceDue-booker", 10, 1.0)) == 1
    assert subscriptions_in(place, google) == before


def test_two_installations_live_in_one_project(place: Place, google: pubsub_v1.SubscriberClient) -> None:
    other = replace(place, prefix="tryout")
    set_up(place, ON_EMULATOR)
    before = subscriptions_in(place, google)
    set_up(other, ON_EMULATOR)
    tear_down(other)
    assert subscriptions_in(place, google) == before
    assert all(name.startswith("autotennis-") for name in topics_in(place))


def test_what_was_set_up_can_be_taken_away_even_twice(place: Place, google: pubsub_v1.SubscriberClient) -> None:
    set_up(place, ON_EMULATOR)
    tear_down(place)
    tear_down(place)
    assert subscriptions_in(place, google) == {}
    assert topics_in(place) == set()
