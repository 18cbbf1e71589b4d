"""What stands in Cloud Scheduler: the jobs that go on and on, and the rights that each service needs on jobs.

Whoever sets up a project makes these jobs, too, so that only who plans wake-ups needs the right to make jobs. The
adapter makes them where they are missing, and resumes and pauses them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from autotennis.adapters.gcp.jobs import Job
from autotennis.adapters.gcp.topology import topic_of
from autotennis.events import OpeningDue, SweepDue, WatchDue, dump
from autotennis.flow import Service

_EVERY_FIVE_MINUTES: Final = "*/5 * * * *"
# At night in Europe. Finds what a crash left behind while the frequent sweep was paused.
_DAILY: Final = "23 3 * * *"
_EVERY_MINUTE: Final = "* * * * *"

_LOOK: Final = frozenset({"cloudscheduler.jobs.get"})
_RESUME: Final = _LOOK | {"cloudscheduler.jobs.enable"}
_PAUSE: Final = frozenset({"cloudscheduler.jobs.pause"})
# Those of each method of the port WakeScheduler, with the standing jobs in place.
RIGHTS_OF: Final[Mapping[str, frozenset[str]]] = {
    "wake": _LOOK | {"cloudscheduler.jobs.create", "cloudscheduler.jobs.update"},
    "woken": frozenset({"cloudscheduler.jobs.delete"}),
    "sweep": _RESUME,
    "stop sweeping": _PAUSE,
    "watch": _RESUME,
    "stop watching": _PAUSE,
}
# What each service asks of the port. Only the timer stops the sweeps.
ASKED: Final[Mapping[Service, frozenset[str]]] = {
    Service.API: frozenset({"sweep"}),
    Service.TIMER: frozenset({"wake", "woken", "sweep", "stop sweeping", "watch"}),
    Service.BOOKER: frozenset({"wake"}),
    Service.WAITLIST: frozenset({"watch", "stop watching"}),
    Service.NOTIFIER: frozenset({"sweep"}),
}


def rights(service: Service) -> frozenset[str]:
    """The permissions of Google's IAM that this service needs for jobs."""
    return frozenset[str]().union(*(RIGHTS_OF[what] for what in ASKED[service]))


def job(
    prefix: str, name: str, schedule: str, event: OpeningDue | SweepDue | WatchDue, carried: Mapping[str, str]
) -> Job:
    """Publishes the event, with its attributes and those that are `carried` besides, to its kind's topic."""
    attributes = {"event_id": event.id, "kind": event.kind, **carried}
    return Job(f"{prefix}-{name}", schedule, topic_of(prefix, event.kind), dump(event), attributes)


def daily_sweep(prefix: str, at: datetime) -> Job:
    """The sweep that never stops. Each time it brings the same event, made `at`; so do the others here."""
    return job(prefix, "sweep-daily", _DAILY, SweepDue(at=at), {})


def frequent_sweep(prefix: str, at: datetime) -> Job:
    """The sweep that runs while anything is open."""
    return job(prefix, "sweep", _EVERY_FIVE_MINUTES, SweepDue(at=at), {})


def watch(prefix: str, club_id: str, at: datetime) -> Job:
    """The watch of a club, which runs while anybody waits there."""
    return job(prefix, f"watch-{club_id}", _EVERY_MINUTE, WatchDue(at=at, club_id=club_id), {})
