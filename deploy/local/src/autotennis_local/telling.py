"""What a person at the terminal is told: each event in a line, as it happens."""

import sys
from datetime import datetime
from typing import Final

from autotennis.events import (
    Booked,
    BookingRequested,
    Event,
    Failed,
    OpeningDue,
    PlaceOffered,
    RaceDue,
    SeriesInterrupted,
    WithdrawalFailed,
)
from autotennis.terminal import in_one_line, shown
from autotennis.values import Attempt, VerdictKind

# What comes later than this after an opening was not raced for.
_LONGEST_RACE_MS: Final = 240_000


def say(text: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(shown(text) + "\n")
    sys.stdout.flush()


def line_of(event: Event, local: datetime) -> str:
    """An event in a line; `local` is its instant in the reader's zone."""
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}  {event.kind:<17} {in_one_line(_words(event))}".rstrip()


def _words(event: Event) -> str:
    match event:
        case BookingRequested():
            return f"booking {event.booking_id} of {event.session.key}"
        case OpeningDue():
            return f"sign-up opens {_seconds_to(event.opening_at, event.at)}"
        case RaceDue():
            return f"{len(event.booking_ids)} booking(s) handed to the booker"
        case Booked():
            return f"proven on the club's page; {_race(event.timeline)}"
        case Failed():
            return f"{event.failure.reason.value} {event.failure.detail}; {_race(event.timeline)}"
        case PlaceOffered():
            return f"a place is free: the member may answer until {event.until.isoformat()}"
        case WithdrawalFailed():
            return f"{event.failure.reason.value} {event.failure.detail}"
        case SeriesInterrupted():
            return f"{event.session.key}: {event.reason} {event.seen}"
        case _:
            return ""


def _seconds_to(instant: datetime, now: datetime) -> str:
    left_s = (instant - now).total_seconds()
    return f"in {left_s:.1f} s" if left_s > 0 else f"{-left_s:.1f} s ago"


def _race(timeline: tuple[Attempt, ...]) -> str:
    won = [attempt for attempt in timeline if attempt.verdict.kind is VerdictKind.SIGNED_UP]
    if not won or won[0].sent_ms > _LONGEST_RACE_MS:
        return f"{len(timeline)} requests"
    return f"first yes was sent {won[0].sent_ms:+.1f} ms from the opening, {len(timeline)} requests"
