"""What a sweep cannot do for one booking does not keep it from doing the rest."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.clock import ManualClock
from support.records import NOW, OPENING, a_request, scheduled

from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.system import SystemIds
from autotennis.errors import StoreBusy
from autotennis.events import OpeningDue, SweepDue
from autotennis.ports import Ports
from autotennis_timer.handlers import Timer


class _NoMoreJobs:
    """A calendar that takes no more wake-ups, as when a quota is used up; all else goes to the real one."""

    def __init__(self, family: LocalFamily) -> None:
        self._wake = family.wake
        self.wanted: list[bool] = []

    def wake(self, event: OpeningDue, at: datetime) -> None:
        raise StoreBusy(f"No more jobs this minute: none for {event.id} at {at}.")

    def woken(self, event: OpeningDue) -> None:
        self._wake.woken(event)

    def sweep(self, wanted: bool) -> None:
        self.wanted.append(wanted)

    def watch(self, club_id: str, wanted: bool) -> None:
        self._wake.watch(club_id, wanted)


async def test_a_sweep_hands_over_and_publishes_past_what_it_cannot_do(tmp_path: Path) -> None:
    with open_local(tmp_path, clock := ManualClock(NOW)) as family:
        for number in range(3):
            opening_at = OPENING + timedelta(minutes=number)
            family.store.create(a_request(f"b-{number}", member_id=f"m-{number}", opening_at=opening_at))
        family.store.change("b-0", scheduled)
        with closing(sqlite3.connect(family.database.path)) as database, database:
            # As after an upgrade was rolled back: a fact that this version cannot read.
            database.execute(
                "UPDATE outbox SET data = CAST(replace(data, '\"version\":1', '\"version\":9') AS BLOB) "
                "WHERE booking_id = 'b-1'"
            )
        clock.advance((OPENING - NOW).total_seconds())
        wake = _NoMoreJobs(family)
        door = SecretDoor(SecretStr("a secret of the bus"))
        ports = Ports(family.store, family.bus, wake, family.vault, clock, SystemIds(), {}, door)
        with pytest.raises(StoreBusy):
            await Timer(ports).on_sweep_due(SweepDue(at=clock.now()))
        told = [event.id for _, event in family.bus.events_since(0)]
        assert [one for one in told if one.startswith("RaceDue")]
        assert "BookingRequested/b-2" in told
        assert "BookingRequested/b-1" not in told
        assert wake.wanted == [True]
