"""What a sweep cannot do for one booking does not keep it from doing the rest."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs
from support.clock import ManualClock
from support.records import NOW, OPENING, a_request, a_series, scheduled

from autotennis.adapters.local.door import SecretDoor
from autotennis.adapters.local.family import LocalFamily, open_local
from autotennis.adapters.system import SystemIds
from autotennis.domain.booking import State
from autotennis.domain.checks import CheckRules
from autotennis.errors import StoreBusy
from autotennis.events import CheckDue, OpeningDue, RaceDue, SeriesDue, SweepDue
from autotennis.outbox import publish_left, publish_outbox
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


def ports_of(family: LocalFamily, clock: ManualClock) -> Ports:
    door = SecretDoor(SecretStr("a secret of the bus"))
    return Ports(family.store, family.bus, family.wake, family.vault, clock, SystemIds(), {}, door)


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
        with pytest.raises(StoreBusy):
            await Timer(replace(ports_of(family, clock), wake=wake)).on_sweep_due(SweepDue(at=clock.now()))
        told = [event.id for _, event in family.bus.events_since(0)]
        assert [one for one in told if one.startswith("RaceDue")]
        assert "BookingRequested/b-2" in told
        assert "BookingRequested/b-1" not in told
        assert wake.wanted == [True]


# One each that the database itself does not take, whatever asks for it: as an error of ours may have it.
POISON = """
CREATE TRIGGER no_race BEFORE INSERT ON messages WHEN NEW.kind = 'RaceDue' AND instr(NEW.data, '"race-1"')
BEGIN SELECT RAISE(ABORT, 'no'); END;
CREATE TRIGGER no_fact BEFORE INSERT ON messages WHEN NEW.event_id = 'BookingRequested/fact-1'
BEGIN SELECT RAISE(ABORT, 'no'); END;
CREATE TRIGGER no_series BEFORE INSERT ON messages WHEN NEW.kind = 'SeriesDue' AND instr(NEW.data, '"series-1"')
BEGIN SELECT RAISE(ABORT, 'no'); END;
CREATE TRIGGER no_change BEFORE UPDATE ON bookings WHEN OLD.id IN ('wake-1', 'check-1')
BEGIN SELECT RAISE(ABORT, 'no'); END;
"""


async def test_whatever_is_wrong_with_one_keeps_none_of_the_others_from_anything(tmp_path: Path) -> None:
    """Of each kind of work the first one can never be done, by an error that nobody thought of."""
    checks = CheckRules()
    with open_local(tmp_path, clock := ManualClock(NOW)) as family:
        store = family.store
        for number in (1, 2):
            race, checked = OPENING + timedelta(minutes=number), OPENING + timedelta(days=1)
            for kind, opening_at in {"race": race, "check": checked}.items():
                store.create(a_request(f"{kind}-{number}", f"{kind}-of-{number}", opening_at=opening_at))
                store.change(f"{kind}-{number}", lambda it: it.wake_planned(NOW, checks))
            for kind in ("wake", "fact"):
                opening_at = OPENING + timedelta(days=9)
                store.create(a_request(f"{kind}-{number}", f"{kind}-of-{number}", opening_at=opening_at))
            store.change(f"fact-{number}", scheduled)
            store.add_series(a_series(f"series-{number}", f"series-of-{number}"))
        for kind in ("race", "check", "wake"):
            for number in (1, 2):
                publish_outbox(ports_of(family, clock), f"{kind}-{number}")
        with closing(sqlite3.connect(family.database.path)) as database, database:
            database.executescript(POISON)
        clock.advance((OPENING - NOW).total_seconds() + 2 * 3600)
        with pytest.raises(sqlite3.IntegrityError):
            await Timer(ports_of(family, clock), checks).on_sweep_due(SweepDue(at=clock.now()))
        told = [event for _, event in family.bus.events_since(0)]
        assert [event.booking_ids for event in told if isinstance(event, RaceDue)] == [("race-2",)]
        assert [event.series_id for event in told if isinstance(event, SeriesDue)] == ["series-2"]
        assert {one for event in told if isinstance(event, CheckDue) for one in event.booking_ids} == {"check-2"}
        assert store.booking("wake-2").state is State.SCHEDULED
        assert [fact.id for fact in store.unpublished()] == ["BookingRequested/fact-1"]


async def test_where_the_bus_takes_nothing_at_all_not_everything_is_tried(tmp_path: Path) -> None:
    """Each try at a bus that is away may take its time, and the sweep has more to do."""
    with open_local(tmp_path, clock := ManualClock(NOW)) as family:
        for number in range(9):
            family.store.create(a_request(f"b-{number}", f"m-{number}"))
        tried = list[str]()
        with closing(sqlite3.connect(family.database.path)) as database, database:
            database.executescript("ALTER TABLE messages RENAME TO gone")
        ports, left = ports_of(family, clock), family.store.unpublished()
        with capture_logs() as logs, pytest.raises(sqlite3.OperationalError):
            publish_left(ports, left)
        tried += [line["event_id"] for line in logs if line["event"] == "a fact cannot be published now"]
        assert tried == [fact.id for fact in left[:3]]
