"""A fact of a booking that a crash makes somebody publish again is in the embedded bus already."""

from datetime import datetime, timedelta
from pathlib import Path

from support.clock import ManualClock
from support.records import OPENING, a_request, an_opening, asked_for, booked, claimed, scheduled, to_race

from autotennis.adapters.local.family import open_local
from autotennis.events import Event


def test_a_fact_of_a_booking_is_kept_once_and_what_may_recur_each_time(tmp_path: Path) -> None:
    with open_local(tmp_path, ManualClock()) as family:
        for event in (asked_for("b-1"), asked_for("b-2"), to_race("b-1"), an_opening()) * 2:
            family.bus.publish(event)
        kinds = [event.kind for _, event in family.bus.events_since(0)]
    assert kinds == ["BookingRequested", "BookingRequested", *["RaceDue", "OpeningDue"] * 2]


def to_be_given_back(now: datetime) -> Event:
    """The wish of that instant to give the place of one and the same booking back."""
    booking, _ = a_request()
    for step in (scheduled, claimed, booked):
        booking, _ = step(booking)
    return booking.withdrawal_asked(now)[1][0]


def test_each_wish_to_give_a_place_back_is_kept_once(tmp_path: Path) -> None:
    wishes = [to_be_given_back(OPENING + timedelta(minutes=minutes)) for minutes in (0, 5)]
    with open_local(tmp_path, ManualClock()) as family:
        for event in wishes * 2:
            family.bus.publish(event)
        assert [event for _, event in family.bus.events_since(0)] == wishes
