"""What a race leaves in the metrics."""

import re
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.booking_desk import CLUB_ID, Desk, booking_desk, sign_ups

from autotennis.domain.figures import fire_error_ms, proof_s
from autotennis.metrics import Metrics
from autotennis.values import Action

Labels = Mapping[str, str]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    async with booking_desk(tmp_path) as desk:
        yield desk


def value(metrics: Metrics, name: str, **labels: str) -> float:
    """The sum of all series of that name with those labels, as Prometheus reads them."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


async def test_a_race_that_was_won_is_counted_once_it_is_over(desk: Desk) -> None:
    member, _ = desk.member()
    booking = desk.booking(member, desk.session(opens_in_s=2))
    assert value(desk.ports.metrics, "autotennis_bookings_ended_total") == 0
    ended = await desk.raced(booking)
    counted = desk.ports.metrics
    assert value(counted, "autotennis_bookings_ended_total", club=CLUB_ID, state="booked", reason="") == 1
    assert value(counted, "autotennis_bookings_ended_total") == 1
    assert value(counted, "autotennis_fire_error_ms_count", club=CLUB_ID) == 1
    assert value(counted, "autotennis_fire_error_ms_sum") == pytest.approx(fire_error_ms(ended))
    assert value(counted, "autotennis_proof_seconds_sum") == pytest.approx(proof_s(ended))
    assert value(counted, "autotennis_club_requests_total", action="sign_up") == len(sign_ups(ended))
    looks = [one for one in ended.timeline if one.action is Action.LOOK]
    assert value(counted, "autotennis_club_requests_total", action="look") == len(looks)
    assert value(counted, "autotennis_club_logins_total", verdict="logged_in") == 1
    assert ended.clock
    assert value(counted, "autotennis_club_clock_offset_ms", club=CLUB_ID) == ended.clock.offset_ms
    assert value(counted, "autotennis_club_clock_bound_ms", club=CLUB_ID) == ended.clock.bound_ms
    assert value(counted, "autotennis_event_seconds_count", kind="RaceDue", outcome="done") == 1
    assert value(counted, "autotennis_races_in_flight") == 0


async def test_one_that_failed_is_counted_with_its_reason_and_no_login_that_succeeded(desk: Desk) -> None:
    member, _ = desk.member(pin="9999")
    await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    counted = desk.ports.metrics
    assert value(counted, "autotennis_bookings_ended_total", state="failed", reason="login_refused") == 1
    assert value(counted, "autotennis_club_logins_total", verdict="refused") == 1
    assert value(counted, "autotennis_club_logins_total", verdict="logged_in") == 0
    assert value(counted, "autotennis_fire_error_ms_count") == 0


async def test_a_second_delivery_is_counted_as_stale_and_ends_nothing(desk: Desk) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    await desk.race(booking)
    assert value(desk.ports.metrics, "autotennis_bookings_ended_total") == 1
    assert value(desk.ports.metrics, "autotennis_event_seconds_count", kind="RaceDue") == 2


async def test_nobody_is_named(desk: Desk) -> None:
    member, _ = desk.member()
    booking = await desk.raced(desk.booking(member, desk.session(opens_in_s=1)))
    told = desk.ports.metrics.exposition().decode()
    assert all(name not in told for name in (member.id, booking.id, member.email))
    # A session's number is short: among figures, and the bounds that count them, it may stand by chance.
    labels = [value for name, value in re.findall(r'(\w+)="([^"]*)"', told) if name != "le"]
    assert labels
    assert str(booking.session.timeid) not in re.findall(r"\d+", " ".join(labels))
