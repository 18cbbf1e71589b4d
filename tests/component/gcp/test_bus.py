"""The bus on Pub/Sub's emulator."""

import asyncio
import socket
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from support.collector import collecting
from support.consumers import consuming, noting, refuse, refusing
from support.gcp_bus import QUICK, OnEmulators, a_place, on_emulators
from support.records import asked_for, to_race
from support.waiting import eventually

from autotennis.adapters.gcp.bus import GcpBus
from autotennis.adapters.gcp.meter import Use
from autotennis.adapters.gcp.pubsub import BusDown, PubSub
from autotennis.adapters.gcp.replays import replays_of
from autotennis.adapters.gcp.topology import dead_letters_of, topic_of
from autotennis.errors import NotFound
from autotennis.events import dump
from autotennis.flow import Service
from autotennis.ports import DeadLetter
from autotennis.tracing import set_up_traces, shut_down_traces, span, traceparent

BOOKER = Service.BOOKER


@pytest.fixture
def opened() -> Generator[OnEmulators, None, None]:
    """A bus with nothing on it."""
    with on_emulators() as found:
        yield found


@pytest.fixture
def pubsub(opened: OnEmulators) -> Generator[PubSub, None, None]:
    """Pub/Sub itself, in the bus's place."""
    with closing(PubSub(opened.place.project)) as found:
        yield found


def graveyard(opened: OnEmulators, service: Service = BOOKER) -> str:
    """Where what this service refused lies."""
    return dead_letters_of(opened.place.prefix, service)


def bury(pubsub: PubSub, opened: OnEmulators, data: bytes, **attributes: str) -> None:
    """Puts a message where Pub/Sub would have put it after five refusals by the booker."""
    given_up = {
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
        "CloudPubSubDeadLetterSourceSubscription": f"{opened.place.prefix}-RaceDue-booker",
    }
    pubsub.publish(graveyard(opened), data, {**given_up, **attributes})


async def letters_of(opened: OnEmulators, enough: Callable[[list[DeadLetter]], bool] = bool) -> list[DeadLetter]:
    """The dead letters, once there are enough."""
    async with asyncio.timeout(20):
        while not enough(letters := list(await asyncio.to_thread(opened.bus.dead_letters))):
            pass
    return letters


def test_an_event_carries_its_id_and_kind_and_a_fact_its_bookings_id(opened: OnEmulators, pubsub: PubSub) -> None:
    opened.bus.publish(asked_for("b-7"))
    (message,) = pubsub.pull(f"{opened.place.prefix}-BookingRequested-timer", 10, 1.0)
    assert message.data == dump(asked_for("b-7"))
    assert message.attributes == {"event_id": "BookingRequested/b-7", "kind": "BookingRequested"}
    assert message.ordering_key == "b-7"


def test_an_event_carries_the_trace_that_it_belongs_to(opened: OnEmulators, pubsub: PubSub) -> None:
    with collecting() as collector:
        set_up_traces("api", collector.url)
        try:
            with span("asked for"):
                opened.bus.publish(to_race())
                parent = traceparent()
        finally:
            shut_down_traces()
    (message,) = pubsub.pull(f"{opened.place.prefix}-RaceDue-booker", 10, 1.0)
    assert parent
    assert message.attributes["googclient_traceparent"] == parent


def test_what_is_no_fact_of_a_booking_has_no_order(opened: OnEmulators, pubsub: PubSub) -> None:
    opened.bus.publish(to_race("b-7"))
    (message,) = pubsub.pull(f"{opened.place.prefix}-RaceDue-booker", 10, 1.0)
    assert message.ordering_key == ""


def test_each_published_event_is_counted(opened: OnEmulators) -> None:
    for number in range(3):
        opened.bus.publish(to_race(f"b-{number}"))
    assert opened.meter.counts()[Use.MESSAGES] == 3


def test_many_threads_may_publish_from_the_first_moment_on(opened: OnEmulators, pubsub: PubSub) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(opened.bus.publish, [to_race(f"b-{number}") for number in range(64)]))
    held = [pubsub.pull(f"{opened.place.prefix}-RaceDue-booker", 100, 1.0)]
    while held[-1]:
        held.append(pubsub.pull(f"{opened.place.prefix}-RaceDue-booker", 100, 0.5))
    assert len({message.data for some in held for message in some}) == 64


def test_a_bus_that_was_closed_can_be_used_again(opened: OnEmulators) -> None:
    opened.bus.publish(to_race())
    opened.bus.close()
    opened.bus.publish(to_race())


@pytest.fixture(params=["refuses connections", "never answers"])
def dead_host(request: pytest.FixtureRequest) -> Generator[str, None, None]:
    """Where Pub/Sub should be and is not."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "never answers":
            listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_without_pubsub_every_call_ends_within_seconds(
    dead_host: str, opened: OnEmulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", dead_host)
    with closing(GcpBus(opened.place, opened.refusals, opened.meter)) as bus, ThreadPoolExecutor(3) as pool:
        began = time.monotonic()
        calls = (
            pool.submit(bus.publish, to_race()),
            pool.submit(bus.dead_letters),
            pool.submit(bus.replay, "booker-1"),
        )
        for call in calls:
            with pytest.raises(BusDown):
                call.result()
        assert time.monotonic() - began < 20


def test_without_its_topic_an_event_is_not_taken_and_the_error_names_it(opened: OnEmulators) -> None:
    with closing(GcpBus(a_place(), opened.refusals, opened.meter)) as bus, pytest.raises(BusDown, match="RaceDue"):
        bus.publish(to_race())


async def test_a_given_up_event_tells_who_refused_it_how_often_and_why(opened: OnEmulators) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    async with (
        consuming(refuse, on_refusal=noting(opened.refusals, BOOKER)) as booker,
        opened.delivering({BOOKER: booker.url}),
    ):
        await asyncio.to_thread(opened.bus.publish, to_race())
        (letter,) = await letters_of(opened)
    assert (letter.kind, letter.consumer, letter.attempts) == ("RaceDue", "booker", QUICK.attempts)
    assert letter.reason == "500 The racket is broken."
    assert before <= letter.at <= datetime.now(UTC) + timedelta(seconds=1)
    assert [envelope.delivery_attempt for envelope in booker.envelopes] == [1, 2, 3, 4, 5]


async def test_a_fact_that_is_always_refused_is_not_lost_for_its_order(opened: OnEmulators) -> None:
    async with consuming(refuse) as timer, opened.delivering({Service.TIMER: timer.url}):
        await asyncio.to_thread(opened.bus.publish, asked_for())
        (letter,) = await letters_of(opened)
    assert (letter.kind, letter.consumer) == ("BookingRequested", "timer")


def test_looking_at_dead_letters_leaves_them_where_they_are(opened: OnEmulators, pubsub: PubSub) -> None:
    for number in range(30):
        bury(pubsub, opened, b"%d" % number, kind="RaceDue")
    first = opened.bus.dead_letters()
    assert len(first) == 30
    for _ in range(3):
        assert opened.bus.dead_letters() == first


def test_the_newest_dead_letters_come_first_and_the_limit_holds(opened: OnEmulators, pubsub: PubSub) -> None:
    for number in range(6):
        bury(pubsub, opened, b"%d" % number, kind="RaceDue")
    found = opened.bus.dead_letters(limit=4)
    assert [letter.id for letter in found] == [letter.id for letter in opened.bus.dead_letters()][:4]
    assert [letter.at for letter in found] == sorted((letter.at for letter in found), reverse=True)


@pytest.mark.parametrize(
    ("data", "attributes", "kind"),
    [
        (b"garbage", {"kind": "SweepDue"}, "SweepDue"),
        (b"garbage", {"kind": "NoSuchKind"}, "RaceDue"),
        (b"garbage", {}, "RaceDue"),
        (
            dump(asked_for()),
            {"CloudPubSubDeadLetterSourceSubscription": "autotennis-replays-booker"},
            "BookingRequested",
        ),
        (b"\xff", {"CloudPubSubDeadLetterSourceSubscription": "autotennis-replays-booker"}, "unknown"),
    ],
)
def test_a_dead_letter_has_a_kind_whatever_it_holds(
    opened: OnEmulators, pubsub: PubSub, data: bytes, attributes: dict[str, str], kind: str
) -> None:
    bury(pubsub, opened, data, **attributes)
    (letter,) = opened.bus.dead_letters()
    assert letter.kind == kind
    assert letter.attempts == 5
    assert letter.reason == "not known here; the service's log has it"


def test_a_message_that_pubsub_did_not_give_up_itself_is_shown_too(opened: OnEmulators, pubsub: PubSub) -> None:
    pubsub.publish(graveyard(opened), b"", {"CloudPubSubDeadLetterSourceDeliveryCount": "many"})
    (letter,) = opened.bus.dead_letters()
    assert (letter.kind, letter.attempts) == ("unknown", 0)


async def test_a_replay_reaches_the_consumer_that_refused_it_and_no_other(opened: OnEmulators, pubsub: PubSub) -> None:
    """The timer refused it; should the booker consume it too, or somebody look on, they see nothing of the replay."""
    async with consuming(refusing(5)) as timer, opened.delivering({Service.TIMER: timer.url}):
        await asyncio.to_thread(opened.bus.publish, asked_for())
        (letter,) = await letters_of(opened)
        pubsub.create_subscription("onlooker", topic_of(opened.place.prefix, "BookingRequested"), {})
        await asyncio.to_thread(opened.bus.replay, letter.id)
        await eventually(lambda: timer.times(asked_for()) == 6, "it arrived again")
    assert timer.envelopes[-1].delivery_attempt == 1
    assert pubsub.pull("onlooker", 10, 0.5) == []
    assert opened.bus.dead_letters() == []


def test_a_replay_leaves_the_other_dead_letters_alone(opened: OnEmulators, pubsub: PubSub) -> None:
    for number in range(5):
        bury(pubsub, opened, b"%d" % number, kind="RaceDue")
    before = opened.bus.dead_letters()
    opened.bus.replay(before[2].id)
    assert opened.bus.dead_letters() == [*before[:2], *before[3:]]


def test_a_replayed_message_is_the_one_that_was_published_but_for_pubsubs_own_marks(
    opened: OnEmulators, pubsub: PubSub
) -> None:
    bury(pubsub, opened, b"{}", event_id="RaceDue/x", googclient_traceparent="00-1-2-01")
    opened.bus.replay(opened.bus.dead_letters()[0].id)
    (message,) = pubsub.pull(replays_of(opened.place.prefix, BOOKER), 10, 1.0)
    assert message.data == b"{}"
    assert message.attributes == {
        "event_id": "RaceDue/x",
        "kind": "RaceDue",
        "googclient_traceparent": "00-1-2-01",
    }


async def test_what_is_refused_again_after_its_replay_is_a_dead_letter_again(opened: OnEmulators) -> None:
    async with consuming(refuse) as booker, opened.delivering({BOOKER: booker.url}):
        await asyncio.to_thread(opened.bus.publish, to_race())
        (first,) = await letters_of(opened)
        await asyncio.to_thread(opened.bus.replay, first.id)
        (second,) = await letters_of(opened)
    assert (second.kind, second.consumer, second.attempts) == ("RaceDue", "booker", QUICK.attempts)
    assert second.id != first.id
    assert booker.times(to_race()) == 2 * QUICK.attempts


@pytest.mark.parametrize(
    "letter_id", ["", "1", "booker", "booker-", "booker-1", "nobody-1", "api-1", "-", "booker-1-1"]
)
def test_what_is_no_dead_letter_cannot_be_replayed(opened: OnEmulators, pubsub: PubSub, letter_id: str) -> None:
    bury(pubsub, opened, b"{}")
    if opened.bus.dead_letters()[0].id == letter_id:
        letter_id += "9"
    with pytest.raises(NotFound):
        opened.bus.replay(letter_id)
    assert len(opened.bus.dead_letters()) == 1


def test_events_and_errors_show_no_more_than_they_have_to(opened: OnEmulators) -> None:
    """What Google's client says of a call can repeat the message; ours does not."""
    with closing(GcpBus(a_place(), opened.refusals, opened.meter)) as bus, pytest.raises(BusDown) as raised:
        bus.publish(to_race("b-plain"))
    assert "b-plain" not in str(raised.value)
    assert raised.value.__cause__ is None
