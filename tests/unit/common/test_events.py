"""Events: the round trip through JSON, their identity, and what is refused."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autotennis.errors import BadEvent
from autotennis.events import KINDS, Booked, BookingRequested, Event, OpeningDue, RaceDue, SweepDue, dump, load
from autotennis.flow import ACK_DEADLINE_S, CONSUMERS
from autotennis.push import open_envelope, seal_envelope
from autotennis.values import (
    Action,
    Attempt,
    ClockReading,
    Failure,
    FailureReason,
    PageKind,
    Proof,
    Session,
    Verdict,
    VerdictKind,
    utc_text,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


IDS = st.text("abcXYZ019_-", min_size=1, max_size=64)
INSTANTS = st.datetimes(timezones=st.just(UTC))
VERDICTS = st.builds(
    Verdict,
    kind=st.sampled_from(VerdictKind),
    free=st.none() | st.integers(0, 8),
    opens_in_s=st.none() | st.integers(0, 10**6),
    retry_after_s=st.none() | st.floats(0, 1e6),
    fingerprint=st.none() | st.text(max_size=20),
)
ATTEMPTS = st.builds(
    Attempt,
    action=st.sampled_from(Action),
    sent_ms=st.floats(-1e9, 1e9),
    latency_ms=st.floats(0, 1e6),
    verdict=VERDICTS,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "at": INSTANTS,
    "booking_id": IDS,
    "member_id": IDS,
    "club_id": IDS,
    "opening_at": INSTANTS,
    "session": st.builds(Session, timeid=st.integers(1, 10**6), start=st.datetimes(), padded=st.booleans()),
    "series_id": IDS,
    "bond_id": IDS,
    "channel_id": IDS,
    "until": INSTANTS,
    "reason": st.text(max_size=40),
    "seen": st.text(max_size=80),
    "booking_ids": st.lists(IDS, min_size=1, max_size=5),
    "timeline": st.lists(ATTEMPTS, max_size=3),
    "clock": st.none()
    | st.builds(
        ClockReading,
        offset_ms=st.floats(-1e6, 1e6),
        bound_ms=st.floats(0, 1e3),
        round_trip_ms=st.floats(0, 1e3),
        probes=st.integers(0, 20),
    ),
    "late_s": st.floats(0, 1e6),
    "proof": st.builds(Proof, seen_at=INSTANTS),
    "page": st.sampled_from(PageKind),
    "was": st.text(max_size=64),
    "now_is": st.text(max_size=64),
    "moved_to": st.none() | st.builds(Session, timeid=st.integers(1, 10**6), start=st.datetimes()),
    "failure": st.builds(Failure, reason=st.sampled_from(FailureReason), detail=st.text(max_size=500)),
}


@pytest.mark.parametrize("kind", get_args(Event))
def test_every_kind_makes_the_round_trip(kind: type[Event]) -> None:
    given_fields = {name: FIELDS[name] for name in kind.model_fields if name not in ("kind", "version")}

    @given(st.fixed_dictionaries(given_fields))
    def round_trip(fields: dict[str, Any]) -> None:
        event = kind(**fields)
        assert load(dump(event)) == event
        assert (event.kind, event.version) == (kind.__name__, 1)

    round_trip()


def test_kinds_and_flow_agree() -> None:
    assert set(CONSUMERS) == set(KINDS)
    consumers = {service for services in CONSUMERS.values() for service in services}
    assert consumers == set(ACK_DEADLINE_S)


def test_the_same_fact_has_the_same_id() -> None:
    first = OpeningDue(at=NOW, club_id="club", opening_at=NOW)
    again = OpeningDue(
        at=NOW + timedelta(seconds=5), club_id="club", opening_at=NOW.astimezone(timezone(timedelta(hours=1)))
    )
    assert first.id == again.id == "OpeningDue/club/2026-11-22T12:00:00.000000+00:00"
    assert again.opening_at == NOW
    assert again.opening_at.tzinfo is UTC


def test_a_shard_is_named_after_its_first_booking() -> None:
    shards = [RaceDue(at=NOW, club_id="c", opening_at=NOW, booking_ids=(first, "z")) for first in ("a", "b")]
    assert shards[0].id != shards[1].id


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=5))
def test_instants_as_text_are_in_the_order_of_time(instants: list[datetime]) -> None:
    assert [utc_text(instant) for instant in sorted(instants)] == sorted(utc_text(instant) for instant in instants)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"kind": ' + b"1" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an event"),
        (b"{}", "kind"),
        (b'{"kind": "Unheard"}', "Unheard"),
        (b'{"kind": "SweepDue", "version": 2, "at": "2026-11-22T12:00:00Z"}', "version"),
        (b'{"kind": "SweepDue", "at": "2026-11-22T12:00:00"}', "timezone"),
        (b'{"kind": "SweepDue", "at": "2026-11-22T12:00:00Z", "more": 1}', "more"),
        (b'{"kind": "RaceDue", "at": "2026-11-22T12:00:00Z", "club_id": "c"}', "booking_ids"),
    ],
)
def test_what_is_not_an_event_is_refused_with_its_reason(data: bytes, named: str) -> None:
    with pytest.raises(BadEvent, match=named):
        load(data)


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "SweepDue", "at": "s3cret-value", "cookie": "s3cret-value"},
        {"kind": "s3cret-value"},
        {"kind": ["s3cret-value"]},
        {"kind": "RaceDue", "at": {"s3cret": "s3cret-value"}, "booking_ids": ["s3cret-value" * 50], "club_id": 4},
        "s3cret-value",
    ],
)
def test_a_refusal_repeats_no_value(told: object) -> None:
    with pytest.raises(BadEvent) as refused:
        load(json.dumps(told).encode())
    assert "s3cret-value" not in str(refused.value)


@given(st.binary())
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        load(data)
    except BadEvent:
        return


def test_a_sealed_envelope_opens_to_the_event() -> None:
    event = SweepDue(at=NOW)
    envelope = open_envelope(seal_envelope(dump(event), "17", "timer", 2, "2026-11-22T12:00:00Z"))
    assert envelope.event() == event
    assert (envelope.delivery_attempt, envelope.message.message_id, envelope.subscription) == (2, "17", "timer")


def test_an_envelope_of_the_real_service_opens() -> None:
    body = {
        "message": {
            "data": "eyJraW5kIjoiU3dlZXBEdWUiLCJhdCI6IjIwMjYtMTEtMjJUMTI6MDA6MDBaIn0=",
            "messageId": "136969346945",
            "message_id": "136969346945",
            "publishTime": "2026-11-22T12:00:00.1Z",
            "attributes": {"googclient_traceparent": "00-x"},
            "orderingKey": "b1",
        },
        "subscription": "projects/p/subscriptions/timer",
        "deliveryAttempt": 5,
    }
    envelope = open_envelope(json.dumps(body).encode())
    assert envelope.event() == SweepDue(at=NOW)
    assert envelope.message.ordering_key == "b1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b'{"message": {}}',
        b'{"message": {"data": 1, "messageId": "1"}}',
        b'{"message": {"data": "%%%", "messageId": "1"}}',
        b'{"message": {"data": "e30=", "messageId": "1"}}',
    ],
)
def test_a_broken_envelope_is_refused(body: bytes) -> None:
    with pytest.raises(BadEvent):
        open_envelope(body).event()


def test_booked_needs_its_proof() -> None:
    raw = json.loads(dump(BookingRequested.model_validate_json(_requested())))
    with pytest.raises(BadEvent, match="proof"):
        load(json.dumps({**raw, "kind": Booked.__name__}).encode())


def _requested() -> str:
    session = {"timeid": 65, "start": "2026-11-25T13:00:00"}
    about = {"booking_id": "b1", "member_id": "m1", "club_id": "c", "session": session}
    return json.dumps({"kind": "BookingRequested", "at": utc_text(NOW), "opening_at": utc_text(NOW), **about})
