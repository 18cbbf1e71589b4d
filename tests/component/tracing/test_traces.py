"""Spans that reach a collector over HTTP, and what becomes of the service when they cannot."""

import logging
import re
import time
from collections.abc import Generator

import pytest
from support.collector import Collector, collecting
from support.consumers import closed_port
from support.waiting import eventually

from autotennis.errors import Stale, Transient
from autotennis.tracing import (
    carried,
    carried_attributes,
    parent_in,
    set_up_traces,
    shut_down_traces,
    span,
    standing,
    traceparent,
)

# A collector that was waited for at each span would take hours; on a slow machine the spans themselves take a while.
SOON_S = 20
ELSEWHERE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


@pytest.fixture
def collector() -> Generator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture(autouse=True)
def traces_end_with_the_test() -> Generator[None]:
    level = logging.getLogger("opentelemetry.exporter").level
    yield
    shut_down_traces()
    logging.getLogger("opentelemetry.exporter").setLevel(level)


async def test_spans_arrive_by_themselves(collector: Collector) -> None:
    set_up_traces("timer", collector.url + "/")
    with span("outer", booking_id="b1"), span("inner"):
        pass
    await eventually(lambda: collector.names() == {"outer", "inner"}, "both spans arrived")
    outer, inner = collector.named("outer"), collector.named("inner")
    assert (outer.service, outer.parent_id, outer.attributes) == ("timer", "", {"booking_id": "b1"})
    assert (inner.trace_id, inner.parent_id) == (outer.trace_id, outer.span_id)
    assert set(collector.paths) == {"/v1/traces"}


def test_what_is_left_is_sent_at_the_end(collector: Collector) -> None:
    set_up_traces("timer", collector.url)
    for number in range(600):
        with span(f"span {number}"):
            pass
    shut_down_traces()
    assert len(collector.names()) == 600


def test_a_message_carries_the_trace_to_the_next_service(collector: Collector) -> None:
    set_up_traces("api", collector.url)
    with span("asked for"):
        attributes = {"kind": "BookingRequested", **carried_attributes()}
        assert traceparent() == parent_in(attributes)
    set_up_traces("timer", collector.url)
    with span("planned", parent=parent_in(attributes)):
        pass
    shut_down_traces()
    asked, planned = collector.named("asked for"), collector.named("planned")
    assert (asked.service, planned.service) == ("api", "timer")
    assert (planned.trace_id, planned.parent_id) == (asked.trace_id, asked.span_id)


def test_a_trace_is_kept_whatever_the_callers_flags_say(collector: Collector) -> None:
    set_up_traces("booker", collector.url)
    with span("race", parent=ELSEWHERE):
        assert re.fullmatch("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01", traceparent())
    shut_down_traces()
    assert collector.named("race").parent_id == "b7ad6b7169203331"


def test_a_span_of_another_trace_links_to_the_one_it_is_inside(collector: Collector) -> None:
    set_up_traces("booker", collector.url)
    with span("delivery"):
        with span("race", parent=ELSEWHERE):
            pass
        with span("same trace", parent=traceparent()):
            pass
    shut_down_traces()
    delivery, race = collector.named("delivery"), collector.named("race")
    assert race.links == (delivery.trace_id,)
    assert collector.named("same trace").links == ()


@pytest.mark.parametrize(
    "parent", ["", "00-x", "ff" + ELSEWHERE[2:], f"00-{'0' * 32}-{'0' * 16}-01", "x" * 5000, "a\nb"]
)
def test_a_parent_that_cannot_be_read_is_none(collector: Collector, parent: str) -> None:
    set_up_traces("booker", collector.url)
    with span("outer"), span("inner", parent=parent):
        pass
    shut_down_traces()
    inner = collector.named("inner")
    assert inner.parent_id == collector.named("outer").span_id
    assert inner.links == ()


def test_an_error_is_told_by_its_type_alone(collector: Collector) -> None:
    set_up_traces("booker", collector.url)
    with pytest.raises(Transient), span("outer"), span("inner"):
        raise Transient("the PIN is 4711")
    with pytest.raises(Stale), span("done before"):
        raise Stale("it was done before")
    shut_down_traces()
    assert (collector.named("outer").error, collector.named("inner").error) == ("Transient", "Transient")
    assert collector.named("done before").error is None
    assert not [one for one in collector.spans() if "4711" in one.raw or "it was done" in one.raw]


def test_where_one_stands(collector: Collector) -> None:
    set_up_traces("booker", collector.url)
    assert (carried(), traceparent(), standing()) == ({}, "", None)
    with span("race"):
        here = standing()
    shut_down_traces()
    race = collector.named("race")
    assert here is not None
    assert (here.trace_id, here.span_id, here.is_sampled) == (race.trace_id, race.span_id, True)


def test_off_is_off() -> None:
    set_up_traces("booker", "")
    with span("race", parent=ELSEWHERE, booking_id="b1"):
        assert (carried(), carried_attributes(), traceparent(), standing()) == ({}, {}, "", None)
    with pytest.raises(Transient), span("race"):
        raise Transient("not now")
    shut_down_traces()


def _trace_a_lot(spans: int) -> float:
    """How long (s) it took."""
    began = time.monotonic()
    for number in range(spans):
        with span("race", number=str(number)):
            pass
    return time.monotonic() - began


@pytest.mark.parametrize("status", [503, 429, 400])
async def test_a_collector_that_refuses_costs_spans_and_nothing_else(collector: Collector, status: int) -> None:
    collector.status = status
    set_up_traces("booker", collector.url)
    assert _trace_a_lot(300) < SOON_S
    began = time.monotonic()
    shut_down_traces()
    assert time.monotonic() - began < SOON_S
    assert collector.spans() == []


def test_a_collector_that_is_away_costs_spans_and_nothing_else() -> None:
    set_up_traces("booker", f"http://127.0.0.1:{closed_port()}")
    assert _trace_a_lot(1000) < SOON_S
    began = time.monotonic()
    shut_down_traces()
    assert time.monotonic() - began < SOON_S


def test_a_collector_that_never_answers_costs_spans_and_nothing_else(collector: Collector) -> None:
    collector.release.clear()
    set_up_traces("booker", collector.url)
    assert _trace_a_lot(3000) < SOON_S
    began = time.monotonic()
    shut_down_traces()
    assert time.monotonic() - began < SOON_S


async def test_a_collector_that_comes_back_gets_what_follows(collector: Collector) -> None:
    collector.status = 400
    set_up_traces("booker", collector.url)
    with span("lost"):
        pass
    await eventually(lambda: collector.refused, "the collector refused")
    collector.status = 200
    with span("found"):
        pass
    await eventually(lambda: collector.names() == {"found"}, "what followed arrived")
