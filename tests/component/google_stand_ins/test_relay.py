# pyright: reportUnknownMemberType=false
# (Google's clients are typed by halves)
"""The relay pushes what the emulator holds as Cloud Pub/Sub does."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from aiohttp import web
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from support.emulators import fresh_project, need_emulators
from support.running import while_running
from support.waiting import eventually, never

from google_stand_ins.emulators import free_port
from google_stand_ins.issuer import Issuer
from google_stand_ins.pushing import Route, Sender
from google_stand_ins.relay import Relay, RelayOptions
from google_stand_ins.speaking_grpc import insecure_channel

AUDIENCE = "https://booker.example"
ACCOUNT = "pusher@example.iam.gserviceaccount.com"


class Project:
    """A project of its own on the emulator. Each subscription has a topic of the same name."""

    def __init__(self) -> None:
        self.host = need_emulators().pubsub_host
        self.id = fresh_project()
        channel = insecure_channel(self.host)
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self._subscriber = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        self._issuer = Issuer("https://issuer.example")

    def subscribe(self, name: str = "booker", **settings: Any) -> str:
        """Makes a topic and its subscription; gives the subscription's path."""
        path = f"projects/{self.id}/subscriptions/{name}"
        topic = self._publisher.create_topic(name=f"projects/{self.id}/topics/{name}").name
        self._subscriber.create_subscription({"name": path, "topic": topic, **settings})
        return path

    def publish(self, *texts: str, to: str = "booker", **fields: Any) -> None:
        messages = [PubsubMessage(data=text.encode(), **fields) for text in texts]
        self._publisher.publish(topic=f"projects/{self.id}/topics/{to}", messages=messages)

    def waiting(self, name: str) -> list[str]:
        """What waits in this subscription, at least one message."""
        path = f"projects/{self.id}/subscriptions/{name}"
        answer = self._subscriber.pull(subscription=path, max_messages=10, timeout=10)
        return [message.message.data.decode() for message in answer.received_messages]

    def sender(self) -> Sender:
        return Sender(self._issuer, AUDIENCE, ACCOUNT)

    def claims(self, authorization: str) -> dict[str, Any]:
        """What the token in this header says, if the project's issuer made it for the audience."""
        scheme, token = authorization.split(" ")
        assert scheme == "Bearer"
        (shown,) = jwt.PyJWKSet.from_dict(self._issuer.key_set()).keys
        return jwt.decode(token, shown, algorithms=["RS256"], audience=AUDIENCE)

    def relay(self, *addresses: str, ack_deadline_s: float = 20.0, options: RelayOptions | None = None) -> Relay:
        """A relay of the subscription `booker` to these addresses."""
        return Relay(self.host, self.id, {"booker": Route(addresses, ack_deadline_s)}, self.sender(), options)


@pytest.fixture
def project() -> Project:
    return Project()


@dataclass
class Consumer:
    """What was pushed to a service, and how many requests it holds."""

    url: str = ""
    envelopes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    authorizations: list[str] = field(default_factory=list[str])
    holding: int = 0

    @property
    def texts(self) -> list[str]:
        return [base64.b64decode(one["message"]["data"]).decode() for one in self.envelopes]


Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answering(*statuses: int) -> Answerer:
    """These statuses one after the other, then the last of them for ever."""
    left = list(statuses)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=left.pop(0) if len(left) > 1 else left[0])

    return answer


async def hold(_request: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


@asynccontextmanager
async def consuming(answer: Answerer, port: int = 0) -> AsyncGenerator[Consumer, None]:
    consumer = Consumer()

    async def on_push(request: web.Request) -> web.StreamResponse:
        consumer.envelopes.append(await request.json())
        consumer.authorizations.append(request.headers["Authorization"])
        consumer.holding += 1
        try:
            return await answer(request)
        finally:
            consumer.holding -= 1

    app = web.Application()
    app.router.add_post("/events", on_push)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        consumer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
        yield consumer
    finally:
        await runner.cleanup()


async def test_a_push_is_the_whole_envelope_with_a_token(project: Project) -> None:
    project.subscribe("dead")
    dead = {"dead_letter_topic": f"projects/{project.id}/topics/dead", "max_delivery_attempts": 5}
    path = project.subscribe(dead_letter_policy=dead)
    async with consuming(answering(204)) as consumer, while_running(project.relay(consumer.url).run()):
        project.publish("Serve!", attributes={"court": "4"}, ordering_key="booking-1")
        await eventually(lambda: consumer.envelopes, "it was pushed")
    (envelope,) = consumer.envelopes
    message = envelope.pop("message")
    assert envelope == {"subscription": path, "deliveryAttempt": 1}
    assert message.pop("publishTime") == message.pop("publish_time")
    assert message.pop("messageId") == message.pop("message_id")
    assert message == {
        "data": base64.b64encode(b"Serve!").decode(),
        "attributes": {"court": "4"},
        "orderingKey": "booking-1",
    }
    assert project.claims(consumer.authorizations[0])["email"] == ACCOUNT


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_success_acknowledges(project: Project, status: int) -> None:
    project.subscribe()
    async with consuming(answering(status)) as consumer, while_running(project.relay(consumer.url).run()):
        project.publish("Serve!")
        await eventually(lambda: consumer.envelopes, "it was pushed")
        await never(lambda: len(consumer.envelopes) > 1, "it came again", for_s=0.5)


@pytest.mark.parametrize("status", [302, 400, 429, 500])
async def test_what_is_refused_comes_again(project: Project, status: int) -> None:
    project.subscribe()
    async with consuming(answering(status, 204)) as consumer, while_running(project.relay(consumer.url).run()):
        project.publish("Serve!")
        await eventually(lambda: len(consumer.envelopes) == 2, "it came again")
    assert consumer.texts == ["Serve!", "Serve!"]


async def test_a_redirect_is_not_followed(project: Project) -> None:
    project.subscribe()

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": elsewhere.url})

    async with (
        consuming(answering(204)) as elsewhere,
        consuming(redirect) as consumer,
        while_running(project.relay(consumer.url).run()),
    ):
        project.publish("Serve!")
        await eventually(lambda: len(consumer.envelopes) > 1, "it came again")
    assert elsewhere.envelopes == []


async def test_what_is_always_refused_becomes_a_dead_letter(project: Project) -> None:
    project.subscribe("dead")
    dead = {"dead_letter_topic": f"projects/{project.id}/topics/dead", "max_delivery_attempts": 5}
    project.subscribe(dead_letter_policy=dead)
    async with consuming(answering(500)) as consumer, while_running(project.relay(consumer.url).run()):
        project.publish("Serve!")
        assert await asyncio.to_thread(project.waiting, "dead") == ["Serve!"]
    assert [envelope["deliveryAttempt"] for envelope in consumer.envelopes] == [1, 2, 3, 4, 5]


async def test_an_answer_that_breaks_off_is_a_refusal(project: Project) -> None:
    project.subscribe()

    async def break_off(request: web.Request) -> web.Response:
        if request.transport is not None and len(consumer.envelopes) == 1:
            request.transport.abort()
        return web.Response(status=204)

    async with consuming(break_off) as consumer, while_running(project.relay(consumer.url).run()):
        project.publish("Serve!")
        await eventually(lambda: len(consumer.envelopes) == 2, "it came again")


async def test_a_request_is_cut_off_at_the_ack_deadline_and_comes_again(project: Project) -> None:
    project.subscribe()
    async with consuming(hold) as consumer, while_running(project.relay(consumer.url, ack_deadline_s=0.2).run()):
        project.publish("Serve!")
        await eventually(lambda: len(consumer.envelopes) > 1, "it came again")
        await eventually(lambda: consumer.holding <= 1, "the first request was cut off")


async def test_hundreds_of_held_requests_delay_nobody(project: Project) -> None:
    project.subscribe()
    project.subscribe("timer")
    async with consuming(hold) as holding, consuming(answering(204)) as quick:
        routes = {"booker": Route((holding.url,), 600.0), "timer": Route((quick.url,), 10.0)}
        async with while_running(Relay(project.host, project.id, routes, project.sender()).run()):
            project.publish(*(f"Serve {number}!" for number in range(300)))
            await eventually(lambda: holding.holding == 300, "all are held at once")
            project.publish("Out!", to="timer")
            await eventually(lambda: quick.texts == ["Out!"], "the other one was pushed")
    assert sorted(holding.texts) == sorted(f"Serve {number}!" for number in range(300))


async def test_a_held_message_does_not_come_again(project: Project) -> None:
    """A lease lasts 10 s, the least that Pub/Sub knows."""
    project.subscribe(ack_deadline_seconds=10)
    async with consuming(hold) as consumer, while_running(project.relay(consumer.url, ack_deadline_s=600.0).run()):
        project.publish("Serve!")
        await eventually(lambda: consumer.holding == 1, "it is held")
        await never(lambda: len(consumer.envelopes) > 1, "it came again", for_s=12.0)


async def test_a_relay_that_stops_drops_what_is_held_and_the_next_one_gets_it(project: Project) -> None:
    project.subscribe(ack_deadline_seconds=600)
    async with consuming(hold) as consumer:
        async with while_running(project.relay(consumer.url, ack_deadline_s=600.0).run()):
            project.publish("Serve!", "Out!")
            await eventually(lambda: consumer.holding == 2, "both are held")
        await eventually(lambda: consumer.holding == 0, "the requests were dropped")
        async with while_running(project.relay(consumer.url).run()):
            await eventually(lambda: len(consumer.envelopes) == 4, "they came again")


async def test_instances_take_turns(project: Project) -> None:
    project.subscribe()
    async with (
        consuming(answering(204)) as one,
        consuming(answering(204)) as other,
        while_running(project.relay(one.url, other.url).run()),
    ):
        project.publish(*"123456")
        await eventually(lambda: len(one.texts + other.texts) == 6, "all were pushed")
    assert len(one.texts) == len(other.texts) == 3


async def test_an_instance_that_is_gone_is_passed_over(project: Project) -> None:
    project.subscribe("dead")
    dead = {"dead_letter_topic": f"projects/{project.id}/topics/dead", "max_delivery_attempts": 5}
    project.subscribe(dead_letter_policy=dead)
    gone = f"http://127.0.0.1:{free_port()}/events"
    async with consuming(answering(204)) as consumer, while_running(project.relay(gone, consumer.url).run()):
        project.publish(*"123456")
        await eventually(lambda: len(consumer.envelopes) == 6, "all were pushed")
    assert {envelope["deliveryAttempt"] for envelope in consumer.envelopes} == {1}


async def test_what_found_nobody_comes_when_somebody_is_there(project: Project) -> None:
    project.subscribe()
    port = free_port()
    async with while_running(project.relay(f"http://127.0.0.1:{port}/events").run()):
        project.publish("Serve!")
        async with consuming(answering(204), port) as consumer:
            await eventually(lambda: consumer.texts == ["Serve!"], "it was pushed")


async def test_a_subscription_may_be_made_later(project: Project) -> None:
    async with consuming(answering(204)) as consumer, while_running(project.relay(consumer.url).run()):
        await asyncio.to_thread(project.subscribe)
        project.publish("Serve!")
        await eventually(lambda: consumer.texts == ["Serve!"], "it was pushed")


async def test_those_of_one_ordering_key_come_one_after_another(project: Project) -> None:
    project.subscribe()
    at_once: list[int] = []

    async def look(_request: web.Request) -> web.Response:
        at_once.append(consumer.holding)
        await asyncio.sleep(0)
        return web.Response(status=204)

    async with consuming(look) as consumer, while_running(project.relay(consumer.url).run()):
        project.publish(*"123456789", ordering_key="booking-1")
        await eventually(lambda: len(consumer.envelopes) == 9, "all were pushed")
    assert consumer.texts == list("123456789")
    assert set(at_once) == {1}


async def test_messages_can_be_pushed_twice_at_once(project: Project) -> None:
    project.subscribe()
    release = asyncio.Event()

    async def wait(_request: web.Request) -> web.Response:
        await release.wait()
        return web.Response(status=204)

    twice = RelayOptions(duplicate=1.0)
    async with consuming(wait) as consumer, while_running(project.relay(consumer.url, options=twice).run()):
        project.publish("Serve!")
        await eventually(lambda: consumer.holding == 2, "it was pushed twice")
        release.set()
        await never(lambda: len(consumer.envelopes) > 2, "it came again", for_s=0.5)
    assert consumer.envelopes[0] == consumer.envelopes[1]


async def test_pushes_can_be_delayed(project: Project) -> None:
    project.subscribe()
    loop = asyncio.get_running_loop()
    late = RelayOptions(delay_s=1.0)
    async with consuming(answering(204)) as consumer, while_running(project.relay(consumer.url, options=late).run()):
        started = loop.time()
        project.publish(*(str(number) for number in range(30)))
        await eventually(lambda: len(consumer.envelopes) == 30, "all were pushed")
    # Of 30 delays from 0 to 1 s the longest is all but certain to be above 0.5 s, and the order to be another.
    assert loop.time() - started > 0.5
    assert consumer.texts != [str(number) for number in range(30)]
