"""What the console shows, gathered. All looks have a limit, and where it was reached that is said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from autotennis.domain import figures
from autotennis.domain.booking import Booking
from autotennis.domain.club import ClubRules
from autotennis.domain.figures import Histogram, Load, Success
from autotennis.domain.pause import Pause
from autotennis.ports import OpeningCount, Ports, Queue
from autotennis.values import FailureReason

# So many bookings of the past are looked at, at most: the latest ones.
MOST: Final = 2000
MOST_LEFTOVERS: Final = 100
_AHEAD: Final = timedelta(hours=24)
# A race that began at an opening is over within minutes; the sweep finds what was left of older ones.
_BEHIND: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=7)
_MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sent:
    """What bookings of the last week sent to a club, beside what each of them may."""

    club: ClubRules
    load: Load
    heard_at: datetime | None

    @property
    def cap(self) -> int:
        """How many requests one booking may send: racing, and waiting."""
        return self.club.race.requests + self.club.watch.requests


@dataclass(frozen=True, slots=True)
class Figures:
    """The console's figures. `is_cut` tells that there were more bookings than were looked at."""

    openings: Sequence[OpeningCount]
    in_flight: int
    week: Success
    month: Success
    is_cut: bool
    fire_error: Histogram
    proof: Histogram
    failures: Sequence[tuple[FailureReason, int]]
    sent: Sequence[Sent]
    queues: Sequence[Queue] | None
    leftovers: int
    oldest_leftover: datetime | None
    pauses: Sequence[Pause]


def gathered(ports: Ports) -> Figures:
    """All of it, as it is now."""
    now = ports.clock.now()
    month = ports.store.opened(now - _MONTH, now, MOST)
    week = [one for one in month if one.opening_at >= now - _WEEK]
    openings = ports.store.openings(now - _BEHIND, now + _AHEAD, now)
    left = ports.store.unpublished(limit=MOST_LEFTOVERS)
    return Figures(
        openings=[one for one in openings if one.opening_at >= now],
        in_flight=sum(one.in_flight for one in openings),
        week=figures.success(week),
        month=figures.success(month),
        is_cut=len(month) == MOST,
        fire_error=figures.histogram(_known(figures.fire_error_ms(one) for one in month), figures.FIRE_ERRORS_MS),
        proof=figures.histogram(_known(figures.proof_s(one) for one in month), figures.PROOFS_S),
        failures=figures.failures(month),
        sent=_sent(ports, week, figures.last_heard(month)),
        queues=ports.bus.queues(),
        leftovers=len(left),
        oldest_leftover=left[0].at if left else None,
        pauses=ports.store.pauses().pauses,
    )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _sent(ports: Ports, week: Sequence[Booking], heard: Mapping[str, datetime]) -> Sequence[Sent]:
    loads = figures.loads(week)
    nothing = Load(0, 0, 0, 0)
    return [Sent(club.rules, loads.get(club_id, nothing), heard.get(club_id)) for club_id, club in ports.clubs.items()]
