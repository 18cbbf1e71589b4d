"""What operators are alarmed by: each counted for Prometheus, and told in one log line for the cloud.

In the cloud many instances come and go and nobody scrapes them, so there the metrics are made of these lines
(deploy/terraform/system/monitoring/log_metrics.yaml). So the lines' texts and fields are an interface: a test holds
each against what the services log when it happens. Nothing here names a member, and nothing is told during a race.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from autotennis.domain import figures
from autotennis.domain.booking import Booking, Outcome, State
from autotennis.domain.club import RaceRules
from autotennis.metrics import ENDS, Metrics
from autotennis.values import Action, VerdictKind

SWEPT: Final = "swept"
PAGES_STAND: Final = "how the club's pages stand"
LOOKED_THROUGH: Final = "looked through the club's pages"
ENDED: Final = "ended"
LOGIN_REFUSED: Final = "the club refused a login"
TRIED_TOO_OFTEN: Final = "tried too often"
EVENT_FAILED: Final = "event failed"
PAGE_FAILED: Final = "page failed"
REQUEST_FAILED: Final = "request failed"
PROGRAM_FAILED: Final = "program failed"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep came upon that nobody else had seen to: facts (up to 100), bookings, openings.

    `outbox_oldest_s` is how long the oldest of those facts had waited to be published; 0 where there was none.
    """

    facts: int
    scheduled: int
    openings: int
    outbox_oldest_s: float


def swept(metrics: Metrics, sweep: Sweep) -> None:
    """A sweep is over: told each time, since silence would look like health."""
    metrics.missed.inc(sweep.openings)
    is_mended = sweep.facts or sweep.scheduled or sweep.openings
    (_log.warning if is_mended else _log.info)(SWEPT, **asdict(sweep))


def pages_stand(club_id: str, unread_s: float, changed: int) -> None:
    """So long nobody has looked through the club's pages, and so many kinds of them were not understood then."""
    _log.info(PAGES_STAND, club_id=club_id, unread_s=round(unread_s), changed=changed)


def looked_through(club_id: str, changed: int) -> None:
    """The club's pages were looked through, and so many kinds of them are not understood."""
    _log.info(LOOKED_THROUGH, club_id=club_id, changed=changed)


def run_ended(metrics: Metrics, booking: Booking, outcome: Outcome, rules: RaceRules) -> None:
    """A run of this booking is over, and found that out."""
    metrics.run_ended(booking, outcome)
    used = budget_used(booking, rules)
    metrics.budget_used.labels(booking.club_id).observe(used)
    _tell_refused_logins(booking.club_id, outcome)
    reason = booking.failure and booking.failure.reason.value
    _log.info(
        ENDED,
        club_id=booking.club_id,
        state=booking.state.value,
        reason=reason,
        requests=booking.requests_sent,
        budget_used=round(used, 3),
        **_race_figures(booking),
    )


def said(metrics: Metrics, club_id: str, outcome: Outcome) -> None:
    """These requests were sent and answered, without a race's end."""
    metrics.said(club_id, outcome)
    _tell_refused_logins(club_id, outcome)


def tried_too_often(metrics: Metrics, rule: str) -> None:
    """Somebody met this limit on tries."""
    metrics.tries_refused.labels(rule).inc()
    _log.warning(TRIED_TOO_OFTEN, rule=rule)


def age_s(since: datetime | None, now: datetime) -> float:
    """How long ago that was, in s; 0 if it never was."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def budget_used(booking: Booking, rules: RaceRules) -> float:
    """The part of what its race may send to the club that the booking has sent: requests or sign-ups, the greater."""
    return max(booking.requests_sent / rules.requests, booking.sign_ups_sent / rules.sign_ups)


def _race_figures(booking: Booking) -> Mapping[str, Any]:
    """How late the race began, how exact it was, and how quickly it was proven: each where there is such a figure."""
    if booking.state not in ENDS or (booking.wait is not None and booking.state is not State.WAITING):
        return {}
    found = {
        "late_s": booking.late_s or None,
        "fire_error_ms": figures.fire_error_ms(booking),
        "proof_s": figures.proof_s(booking),
    }
    return {name: round(value, 3) for name, value in found.items() if value is not None}


def _tell_refused_logins(club_id: str, outcome: Outcome) -> None:
    for one in outcome.timeline:
        if one.action is Action.LOG_IN and one.verdict.kind is VerdictKind.REFUSED:
            _log.warning(LOGIN_REFUSED, club_id=club_id)
