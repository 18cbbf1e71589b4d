"""What bookings that ended say of the service: how exact it was, how quickly it knew, how often it won."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from autotennis.domain.booking import Booking, State
from autotennis.values import Action, Attempt, FailureReason, PlanBasis, VerdictKind

# Upper bounds of the classes in which they are counted; the last class is open.
FIRE_ERRORS_MS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 5000.0)
PROOFS_S: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_SIGN_UPS: Final = frozenset({Action.SIGN_UP, Action.CONFIRM})
_SILENT: Final = frozenset({VerdictKind.BUSY, VerdictKind.NO_ANSWER, VerdictKind.UNTRUSTED})


def fire_error_ms(booking: Booking) -> float | None:
    """How far from the opening, in ms, the first sign-up that could succeed reached the club; never below 0.

    That is the first which the club did not refuse as too early. Reckoned from when it was sent and from half of the
    quickest way there and back, on the club's clock as far as it is known. None where nothing was fired at an opening.
    """
    if booking.plan is None or booking.plan.basis is PlanBasis.AT_ONCE:
        return None
    way_ms = booking.clock.round_trip_ms / 2 if booking.clock else 0.0
    arrived = [one.sent_ms + way_ms for one in booking.timeline if _could_succeed(one)]
    return max(0.0, min(arrived)) if arrived else None


def _could_succeed(attempt: Attempt) -> bool:
    return attempt.action in _SIGN_UPS and attempt.verdict.kind is not VerdictKind.NOT_OPEN


def proof_s(booking: Booking) -> float | None:
    """How long after the opening, in s, the club's page proved the place; None where it was not won at an opening."""
    if booking.proof is None or booking.wait is not None or booking.plan is None:
        return None
    if booking.plan.basis is PlanBasis.AT_ONCE:
        return None
    return max(0.0, (booking.proof.seen_at - booking.opening_at).total_seconds())


def heard_at(booking: Booking) -> datetime | None:
    """When the club last gave this booking an answer; None if it never did."""
    answered = [one.sent_ms + one.latency_ms for one in booking.timeline if one.verdict.kind not in _SILENT]
    return booking.opening_at + timedelta(milliseconds=max(answered)) if answered else None


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values lie in each class: up to each of the bounds, and above the last."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many values there are."""
        return sum(self.counts)


def histogram(values: Iterable[float], bounds: tuple[float, ...]) -> Histogram:
    """The values in their classes."""
    counted = Counter(bisect_left(bounds, value) for value in values)
    return Histogram(bounds, tuple(counted[place] for place in range(len(bounds) + 1)))


@dataclass(frozen=True, slots=True)
class Load:
    """What bookings sent to a club in all, and the most that one of them sent."""

    requests: int
    sign_ups: int
    most_requests: int
    most_sign_ups: int


@dataclass(frozen=True, slots=True)
class Success:
    """How many bookings came to an end, and how many of them got a place. Who cancelled is left out."""

    won: int
    lost: int

    @property
    def share(self) -> float | None:
        """The part that got a place, from 0 to 1; None where nothing ended."""
        return self.won / (self.won + self.lost) if self.won + self.lost else None


def success(bookings: Iterable[Booking]) -> Success:
    """How it went. A place that was given back later was won."""
    states = Counter(booking.state for booking in bookings)
    return Success(states[State.BOOKED] + states[State.WITHDRAWN], states[State.FAILED])


def failures(bookings: Iterable[Booking]) -> Sequence[tuple[FailureReason, int]]:
    """Why bookings failed, the most frequent reason first."""
    return Counter(one.failure.reason for one in bookings if one.failure and one.state is State.FAILED).most_common()


def loads(bookings: Iterable[Booking]) -> Mapping[str, Load]:
    """What was sent to each club."""
    found: dict[str, Load] = {}
    for one in bookings:
        before = found.get(one.club_id, Load(0, 0, 0, 0))
        found[one.club_id] = Load(
            before.requests + one.requests_sent,
            before.sign_ups + one.sign_ups_sent,
            max(before.most_requests, one.requests_sent),
            max(before.most_sign_ups, one.sign_ups_sent),
        )
    return found


def last_heard(bookings: Iterable[Booking]) -> Mapping[str, datetime]:
    """When each club last gave any of these bookings an answer."""
    found: dict[str, datetime] = {}
    for one in bookings:
        if at := heard_at(one):
            found[one.club_id] = max(at, found.get(one.club_id, at))
    return found
