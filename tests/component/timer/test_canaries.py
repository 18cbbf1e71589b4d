"""The timer has each club looked through once a day."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.booking_desk import CLUB_ID, Desk, booking_desk

from autotennis.canary import keep_health
from autotennis.domain.club_health import ClubHealth, look_through_at
from autotennis.events import CanaryDue, SweepDue
from autotennis.flow import Service
from autotennis.serving import listening, service_app
from autotennis_timer.handlers import Timer

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """A desk whose address is a timer's."""
    async with booking_desk(tmp_path, now=NOON) as desk:
        app = service_app(Service.TIMER, Timer(desk.ports).handlers(), desk.ports)
        async with listening(app, "127.0.0.1", 0) as desk.url:
            yield desk


async def swept(desk: Desk) -> int:
    """How often the club was to be looked through by then."""
    assert await desk.push(SweepDue(at=desk.ports.clock.now())) == 204
    return sum(isinstance(event, CanaryDue) for event in desk.told())


def look(desk: Desk) -> None:
    keep_health(desk.ports, ClubHealth(club_id=CLUB_ID, read_at=desk.ports.clock.now()))


async def test_once_a_day_and_again_after_half_an_hour_where_nobody_could(desk: Desk) -> None:
    assert await swept(desk) == 1
    assert await swept(desk) == 1
    desk.later(timedelta(minutes=31))
    assert await swept(desk) == 2
    look(desk)
    desk.later(timedelta(minutes=31))
    assert await swept(desk) == 2
    tomorrow = look_through_at(CLUB_ID, desk.rules.zone, desk.ports.clock.now() + timedelta(days=1))
    desk.later(tomorrow - timedelta(minutes=1) - desk.ports.clock.now())
    assert await swept(desk) == 2
    desk.later(timedelta(minutes=2))
    assert await swept(desk) == 3
