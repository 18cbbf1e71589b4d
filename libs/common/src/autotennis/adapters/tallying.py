"""Counting what both families list."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from autotennis.ports import OpeningCount
from autotennis.values import utc_text


def counted(rows: Iterable[tuple[str, str, str]], now: datetime) -> Sequence[OpeningCount]:
    """The openings of bookings that wait for a booker, in the order in which they come.

    Each booking is told by its opening, its club and from when on it waits: in the future while it is raced for.
    """
    bookings, in_flight = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for opening_at, club_id, waits_from in rows:
        bookings[opening_at, club_id] += 1
        in_flight[opening_at, club_id] += waits_from > utc_text(now)
    return [
        OpeningCount(
            club_id=club_id,
            opening_at=datetime.fromisoformat(opening_at),
            bookings=count,
            in_flight=in_flight[opening_at, club_id],
        )
        for (opening_at, club_id), count in bookings.items()
    ]
