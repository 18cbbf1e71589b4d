"""A fact of a booking that a crash makes somebody publish again is in the embedded bus already."""

from pathlib import Path

from support.clock import ManualClock
from support.records import an_opening, asked_for, to_race

from autotennis.adapters.local.family import open_local


def test_a_fact_of_a_booking_is_kept_once_and_what_may_recur_each_time(tmp_path: Path) -> None:
    with open_local(tmp_path, ManualClock()) as family:
        for event in (asked_for("b-1"), asked_for("b-2"), to_race("b-1"), an_opening()) * 2:
            family.bus.publish(event)
        kinds = [event.kind for _, event in family.bus.events_since(0)]
    assert kinds == ["BookingRequested", "BookingRequested", *["RaceDue", "OpeningDue"] * 2]
