"""One trace from the form to Booked, across all services; and every line about the booking says which one it is."""

import json
from pathlib import Path

import pytest
from support.collector import collecting
from support.waiting import eventually_beside
from support.whole_system import Wish, available, whole_system_with_club

from autotennis.domain.booking import State
from autotennis_local.backbone import Backing

# What each service does for a booking, in the order of things.
STEPS = {"bookings.create": "api", "plan wake-up": "timer", "race": "booker", "publish": "booker"}
# What shows that the trace travels with a message: the span of its handling. The embedded bus carries events alone.
CARRIED = {Backing.LOCAL: {}, Backing.EMULATORS: {"BookingRequested": "timer"}}
# Lines that are about one booking, by their messages.
ABOUT_ONE = ("booking asked for", "wake planned", "claimed", "ended")


@pytest.mark.parametrize("backing", Backing)
async def test_a_booking_is_one_trace(tmp_path: Path, backing: Backing) -> None:
    expected = {**STEPS, **CARRIED[backing]}
    with collecting() as collector:
        told = {"AUTOTENNIS_OTLP_ENDPOINT": collector.url}
        async with whole_system_with_club(tmp_path, available(backing), told=told) as whole:
            wish = await whole.wish(5)
            booking = await whole.ended(wish)
            assert booking.state is State.BOOKED
            await eventually_beside(lambda: expected.keys() <= collector.names(), "every span arrived", within_s=60)
        trace_id = booking.trace.split("-")[1]
        found = {span.name: span.service for span in collector.spans() if span.trace_id == trace_id}
        assert expected.items() <= found.items()
        lines_tell(tmp_path, wish, trace_id)


def lines_tell(data_dir: Path, wish: Wish, trace_id: str) -> None:
    lines = [
        json.loads(line)
        for log in (data_dir / "log").glob("*.log")
        for line in log.read_text().splitlines()
        if line.startswith("{")
    ]
    about = {message: [line for line in lines if line["message"] == message] for message in ABOUT_ONE}
    for message, said in about.items():
        # Once or more: an event may be delivered again.
        assert {line.get("booking_id") for line in said} == {wish.booking_id}, message
        assert all(trace_id in json.dumps(line) for line in said), message
