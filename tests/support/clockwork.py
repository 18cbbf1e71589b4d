# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (grpc ships no types, and Google's clients are typed by halves)
"""Cloud Scheduler at a clock that stands until a test moves it, and what it publishes."""

import time
import warnings
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import grpc
from google.cloud.scheduler_v1 import CloudSchedulerClient
from google.cloud.scheduler_v1.services.cloud_scheduler.transports import CloudSchedulerGrpcTransport
from google.pubsub_v1 import PublisherClient, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from support.clock import ManualClock

from autotennis.adapters.gcp.place import Place
from google_stand_ins.scheduler import SchedulerOptions, running_scheduler


class Mailbox:
    """What was published to the topics of a project since the mailbox was opened."""

    def __init__(self, subscriber: SubscriberClient, subscriptions: tuple[str, ...]) -> None:
        self._subscriber = subscriber
        self._subscriptions = subscriptions
        self.messages: list[Any] = []

    def arrived(self) -> list[Any]:
        """All messages so far, each with its `data` and `attributes`."""
        for name in self._subscriptions:
            pulled = self._pull(name)
            if pulled:
                self._subscriber.acknowledge(subscription=name, ack_ids=[one.ack_id for one in pulled])
            self.messages += [one.message for one in pulled]
        return self.messages

    def wait_for(self, count: int) -> list[Any]:
        """All messages, as soon as there are so many. Fails after some seconds."""
        deadline = time.monotonic() + 5
        while len(self.arrived()) < count:
            assert time.monotonic() < deadline, f"{len(self.messages)} of {count} messages arrived"
            time.sleep(0.01)
        return self.messages

    def _pull(self, name: str) -> Any:
        with warnings.catch_warnings():
            # Google advises against asking without waiting, which is all that a test wants.
            warnings.filterwarnings("ignore", message="The return_immediately flag is deprecated")
            request = {"subscription": name, "max_messages": 1000, "return_immediately": True}
            return self._subscriber.pull(request=request, timeout=5, retry=None).received_messages


@contextmanager
def mailbox(pubsub_host: str, project: str, topics: Iterable[str]) -> Generator[Mailbox, None, None]:
    """Makes these topics in the project on this emulator, and listens to them."""
    channel = grpc.insecure_channel(pubsub_host)
    publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
    subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
    names: list[str] = []
    for topic in topics:
        name = f"projects/{project}/subscriptions/{topic}-mailbox"
        publisher.create_topic(name=f"projects/{project}/topics/{topic}")
        subscriber.create_subscription(name=name, topic=f"projects/{project}/topics/{topic}")
        names.append(name)
    yield Mailbox(subscriber, tuple(names))
    channel.close()


@dataclass(frozen=True)
class Clockwork:
    """A scheduler at `host`, Google's own client of it, and the clock that it lives by."""

    host: str
    jobs: CloudSchedulerClient
    clock: ManualClock


@contextmanager
def clockwork(
    pubsub_host: str, clock: ManualClock, options: SchedulerOptions | None = None
) -> Generator[Clockwork, None, None]:
    """A scheduler by this clock that fires into the emulator at `pubsub_host`."""
    options = replace(options or SchedulerOptions(), now=clock.now, poll_s=0.01)
    with running_scheduler(pubsub_host, options) as host, _client(host) as jobs:
        yield Clockwork(host, jobs, clock)


def planned_wakes(place: Place) -> list[datetime]:
    """When the jobs that wake for an opening fire next, earliest first."""
    with _client(place.scheduler_host) as jobs:
        listed = jobs.list_jobs(parent=f"projects/{place.project}/locations/{place.region}")
        found: list[Any] = [job.schedule_time for job in listed if f"/{place.prefix}-wake-" in job.name]
        return sorted(found)


@contextmanager
def _client(host: str) -> Generator[CloudSchedulerClient, None, None]:
    channel = grpc.insecure_channel(host)
    yield CloudSchedulerClient(transport=CloudSchedulerGrpcTransport(channel=channel))
    channel.close()
