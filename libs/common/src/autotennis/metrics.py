"""What is counted, and how Prometheus is told: one set of counters for each process.

Nothing here names a member, a booking or a session, and a race is counted once it is over.
"""

import hmac
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import SecretStr

from autotennis.domain import figures
from autotennis.domain.booking import FINAL, Booking, Outcome, State
from autotennis.errors import AutotennisError
from autotennis.values import Action, ClockReading

PATH: Final = "/metrics"
CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
# In these states a race is over.
ENDS: Final = FINAL | {State.BOOKED, State.WAITING}
_SECONDS: Final = (0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 300.0, 600.0)
_PAGES_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
_LATE_S: Final = (2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
_BUDGET: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_ENDED: Final = ("club", "state", "reason")
_ASKED: Final = ("club", "action", "verdict")
_log = structlog.get_logger()

Sample = Callable[[], None]


class Metrics:
    """All that one process counts. `exposition` is what Prometheus reads."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._samples: list[Sample] = []
        self.ended = Counter(
            "autotennis_bookings_ended",
            "Runs that ended a booking, or put it into the line.",
            _ENDED,
            registry=registry,
        )
        self.fire_error = Histogram(
            "autotennis_fire_error_ms",
            "How long after the opening the first sign-up that could succeed reached the club, in ms.",
            ("club",),
            registry=registry,
            buckets=figures.FIRE_ERRORS_MS,
        )
        self.proof = Histogram(
            "autotennis_proof_seconds",
            "How long after the opening the club's page proved the place.",
            ("club",),
            registry=registry,
            buckets=figures.PROOFS_S,
        )
        self.late = Histogram(
            "autotennis_race_late_seconds",
            "How long after its opening a race began that was late.",
            registry=registry,
            buckets=_LATE_S,
        )
        self.budget_used = Histogram(
            "autotennis_budget_used",
            "The part of what a race may send to its club that it had sent when it was over.",
            ("club",),
            registry=registry,
            buckets=_BUDGET,
        )
        self.requests = Counter(
            "autotennis_club_requests",
            "Requests to clubs, by what they asked and what was answered.",
            _ASKED,
            registry=registry,
        )
        self.logins = Counter("autotennis_club_logins", "Logins at clubs.", ("club", "verdict"), registry=registry)
        self.events = Histogram(
            "autotennis_event_seconds",
            "Events handled, by kind and outcome: done, stale, later, failed or refused.",
            ("kind", "outcome"),
            registry=registry,
            buckets=_SECONDS,
        )
        self.races = Gauge("autotennis_races_in_flight", "Bookings that this instance races for.", registry=registry)
        self.looks = Counter(
            "autotennis_watch_looks",
            "Looks for freed places: read or unread.",
            ("club", "outcome"),
            registry=registry,
        )
        self.waiting = Gauge(
            "autotennis_waiting", "Bookings in the line at the last look.", ("club",), registry=registry
        )
        self.offset = Gauge(
            "autotennis_club_clock_offset_ms",
            "The club's clock less ours, at the last race.",
            ("club",),
            registry=registry,
        )
        self.bound = Gauge(
            "autotennis_club_clock_bound_ms", "By how much that can be off.", ("club",), registry=registry
        )
        self.checks = Counter(
            "autotennis_checks",
            "Bookings checked before their opening, by what was found: fine, later, or a reason.",
            ("club", "found"),
            registry=registry,
        )
        self.pages_changed = Gauge(
            "autotennis_club_pages_changed",
            "Kinds of the club's pages that were not understood when they were looked through last.",
            ("club",),
            registry=registry,
        )
        self.canary_age = Gauge(
            "autotennis_canary_age_seconds",
            "How long ago the club's pages were looked through.",
            ("club",),
            registry=registry,
        )
        self.missed = Counter(
            "autotennis_openings_missed",
            "Openings that a sweep found with bookings not handed over.",
            registry=registry,
        )
        self.outbox = Gauge("autotennis_outbox_events", "Facts not published yet, up to 100.", registry=registry)
        self.outbox_age = Gauge("autotennis_outbox_oldest_seconds", "Age of the oldest of them.", registry=registry)
        self.queue = Gauge(
            "autotennis_queue_deliveries", "Deliveries that wait for a service.", ("consumer",), registry=registry
        )
        self.queue_age = Gauge(
            "autotennis_queue_oldest_seconds", "Age of the oldest of them.", ("consumer",), registry=registry
        )
        self.dead = Gauge("autotennis_dead_letters", "Deliveries that were given up.", registry=registry)
        self.messages = Counter(
            "autotennis_messages",
            "Letters to members, by the channel's kind and by what came of them: sent, or why not.",
            ("channel", "outcome"),
            registry=registry,
        )
        self.tries_refused = Counter(
            "autotennis_tries_refused",
            "Tries that were refused since there were too many of them, by the rule.",
            ("rule",),
            registry=registry,
        )
        self.pages = Histogram(
            "autotennis_page_seconds",
            "Pages, by endpoint and status.",
            ("endpoint", "status"),
            registry=registry,
            buckets=_PAGES_S,
        )

    def sampled_by(self, sample: Sample) -> None:
        """Has this asked at each scrape; it sets gauges."""
        self._samples.append(sample)

    def exposition(self) -> bytes:
        """All of it in Prometheus's text format. May take a while: call it in a thread."""
        for sample in self._samples:
            try:
                sample()
            except AutotennisError:
                _log.warning("something could not be sampled", exc_info=True)
        return generate_latest(self.registry)

    def run_ended(self, booking: Booking, outcome: Outcome) -> None:
        """A run of this booking is over, and found that out."""
        self.said(booking.club_id, outcome)
        if outcome.clock:
            self._clock(booking.club_id, outcome.clock)
        if booking.state in ENDS:
            self.booking_ended(booking)
            self._race(booking)

    def said(self, club_id: str, outcome: Outcome) -> None:
        """These requests were sent and answered."""
        for one in outcome.timeline:
            self.requests.labels(club_id, one.action.value, one.verdict.kind.value).inc()
            if one.action is Action.LOG_IN:
                self.logins.labels(club_id, one.verdict.kind.value).inc()

    def booking_ended(self, booking: Booking) -> None:
        """The booking is over, or waits from now on."""
        reason = booking.failure.reason.value if booking.failure else ""
        self.ended.labels(booking.club_id, booking.state.value, reason).inc()

    def _race(self, booking: Booking) -> None:
        if booking.late_s:
            self.late.observe(booking.late_s)
        # Of one that has waited all this was counted when its race was over.
        if booking.wait is not None and booking.state is not State.WAITING:
            return
        if (error_ms := figures.fire_error_ms(booking)) is not None:
            self.fire_error.labels(booking.club_id).observe(error_ms)
        if (took_s := figures.proof_s(booking)) is not None:
            self.proof.labels(booking.club_id).observe(took_s)

    def _clock(self, club_id: str, reading: ClockReading) -> None:
        self.offset.labels(club_id).set(reading.offset_ms)
        self.bound.labels(club_id).set(reading.bound_ms)


def names_of(metrics: Metrics) -> Sequence[str]:
    """The names of all series that there may be, those that nothing was counted of yet included."""
    return sorted({name for one in metrics.registry.collect() for name in _series(one.name, one.type)})


def _series(name: str, kind: str) -> Iterable[str]:
    match kind:
        case "counter":
            return (f"{name}_total",)
        case "histogram":
            return (f"{name}_bucket", f"{name}_sum", f"{name}_count")
        case _:
            return (name,)


def admits(secret: SecretStr, authorization: str) -> bool:
    """Whether this Authorization header may read the metrics. Without a secret nobody may."""
    wanted = f"Bearer {secret.get_secret_value()}"
    # A header may hold bytes that are no text.
    return bool(secret) and hmac.compare_digest(wanted.encode(), authorization.encode("utf-8", "surrogateescape"))
