"""What openings taught, to test with."""

from datetime import timedelta

from support.records import OPENING

from autotennis.domain.experience import KEPT_LESSONS, Experience
from autotennis.values import Lesson


def a_lesson(number: int = 0) -> Lesson:
    """Of the opening so many weeks after the first."""
    return Lesson(
        at=OPENING + timedelta(weeks=number, microseconds=1),
        refused_ms=-3.1 + number,
        accepted_ms=0.7 + number,
        bound_ms=1.25,
        service_ms=2.5,
        round_trip_ms=20.1,
        jitter_ms=4.9,
        offset_ms=1370.000_001,
    )


def known_from(*numbers: int) -> Experience:
    """What is known after these openings."""
    return Experience(lessons=tuple(map(a_lesson, numbers[-KEPT_LESSONS:])))
