"""How the doctor judges what it has measured."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from autotennis.errors import StoreBusy, VaultLocked
from autotennis.flow import Service
from autotennis.ports import Queue
from autotennis_local.doctor.clubs import certificate_found
from autotennis_local.doctor.examining import Check, examined
from autotennis_local.doctor.finding import Finding, Level, broken, fine, status_of, summary, unknown, warning
from autotennis_local.doctor.machine import memory_found, offset_found, offset_of, synchronised_found
from autotennis_local.doctor.queues import late_found

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def test_a_stamp_bounds_the_clocks_difference_to_a_second_and_the_way() -> None:
    sent, received = NOW + timedelta(milliseconds=200), NOW + timedelta(milliseconds=300)
    assert offset_of(NOW + timedelta(seconds=3), sent, received) == pytest.approx((2.7, 3.8))


@pytest.mark.parametrize(
    ("bounds", "level", "said"),
    [
        ((-0.3, 0.8), Level.FINE, "agree"),
        ((0.9, 1.9), Level.FINE, "0.9 s behind"),
        ((2.0, 3.1), Level.WARNING, "2.0 s behind"),
        ((-4.0, -2.9), Level.WARNING, "2.9 s ahead of"),
        ((3600.0, 3601.0), Level.BROKEN, "3600.0 s behind"),
    ],
)
def test_how_far_a_clock_may_be_off(bounds: tuple[float, float], level: Level, said: str) -> None:
    found = offset_found(bounds, "the club")
    assert found.level is level
    assert said in found.said
    assert bool(found.advice) is (level is not Level.FINE)


@pytest.mark.parametrize(("state", "level"), [(0, Level.FINE), (5, Level.WARNING), (-1, Level.UNKNOWN)])
def test_what_the_kernel_says_of_its_clock(state: int, level: Level) -> None:
    assert synchronised_found(state, 12_000).level is level


@pytest.mark.parametrize(
    ("total_mb", "free_mb", "level"), [(512, 200, Level.FINE), (512, 30, Level.WARNING), (256, 200, Level.WARNING)]
)
def test_how_much_memory_is_enough(total_mb: int, free_mb: int, level: Level) -> None:
    assert memory_found(total_mb, free_mb).level is level


@pytest.mark.parametrize(
    ("ends", "level"), [("Dec 30 12:00:00 2026 GMT", Level.FINE), ("Dec  2 12:00:00 2026 GMT", Level.WARNING)]
)
def test_when_a_certificate_ends_soon(ends: str, level: Level) -> None:
    assert certificate_found("club.example", ends, NOW).level is level


@pytest.mark.parametrize(("minutes", "level"), [(1, Level.FINE), (6, Level.BROKEN)])
def test_when_events_wait_for_long(minutes: int, level: Level) -> None:
    queues = [
        Queue(consumer=Service.BOOKER, waiting=2, oldest_at=NOW - timedelta(minutes=minutes)),
        Queue(consumer=Service.TIMER, waiting=0),
    ]
    found = late_found(queues, NOW)
    assert found.level is level
    assert ("2 for booker" in found.said) is (level is Level.BROKEN)


async def _crashes() -> Sequence[Finding]:
    raise ValueError("a password")


async def _busy() -> Sequence[Finding]:
    raise StoreBusy("The database is busy.")


async def _locked() -> Sequence[Finding]:
    raise VaultLocked("The key is missing: put it back.")


async def _never() -> Sequence[Finding]:
    await asyncio.Event().wait()
    return []


async def _well() -> Sequence[Finding]:
    return [fine("all is well")]


async def test_a_check_that_fails_spoils_no_other_and_tells_no_secret() -> None:
    looks = [("crash", _crashes), ("busy", _busy), ("locked", _locked), ("never", _never), ("well", _well)]
    found = await examined([Check(about, look, 5 if about != "never" else 0.01) for about, look in looks])
    assert {one.about: one.level for one in found} == {
        "crash": Level.UNKNOWN,
        "busy": Level.UNKNOWN,
        "locked": Level.BROKEN,
        "never": Level.UNKNOWN,
        "well": Level.FINE,
    }
    assert "a password" not in str(found)
    assert "ValueError" in str(found)


def test_only_what_is_broken_makes_the_status_1() -> None:
    assert status_of([fine("a"), warning("b", "c"), unknown("d")]) == 0
    findings = [fine("a"), broken("b", "mend it")]
    assert status_of(findings) == 1
    assert summary(findings) == "1 fine, 1 broken."
    assert "mend it" in str(findings[1])
