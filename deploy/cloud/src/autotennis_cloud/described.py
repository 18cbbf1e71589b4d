"""What Terraform has to know of the code, as JSON: `python -m autotennis_cloud.described deploy/terraform/generated`.

`flow.json` says which topics and subscriptions there are, how deliveries are made, who publishes what, and which jobs
stand in Cloud Scheduler. `settings.json` says of each service which settings it has.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from autotennis.adapters.gcp import calendar
from autotennis.adapters.gcp.jobs import RETRIES, Job
from autotennis.adapters.gcp.replays import deliveries, replays_of
from autotennis.adapters.gcp.setting_up import LOOK_DEADLINE_S, SetUpOptions
from autotennis.adapters.gcp.topology import Subscription, dead_letters_of, topics
from autotennis.described_settings import Described, described
from autotennis.domain.club import NTNUI_TENNIS
from autotennis.flow import ACK_DEADLINE_S, CONSUMING, Service, publishes
from autotennis.settings import Backend, Settings
from autotennis_api.settings import ApiSettings
from autotennis_booker.settings import BookerSettings
from autotennis_notifier.settings import NotifierSettings
from autotennis_timer.settings import TimerSettings
from autotennis_waitlist.settings import WaitlistSettings

SETTINGS_OF: Final[Mapping[Service, type[Settings]]] = {
    Service.API: ApiSettings,
    Service.TIMER: TimerSettings,
    Service.BOOKER: BookerSettings,
    Service.WAITLIST: WaitlistSettings,
    Service.NOTIFIER: NotifierSettings,
}

# Stands for an installation's prefix, and for a club.
_ANY: Final = "any"
_CLUB: Final = "CLUB"
# A standing job brings the same event each time, so it does not matter when that was made.
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)


def flow() -> dict[str, Any]:
    """What of the flow of events has to be there in a project. Names go without the installation's prefix."""
    options = SetUpOptions()
    return {
        "topics": [_bare(topic) for topic in topics(_ANY)],
        "subscriptions": {_bare(one.id): _subscription(one) for one in deliveries(_ANY)},
        "delivery": {
            "attempts": options.attempts,
            "first_retry_s": int(options.first_retry_s),
            "longest_retry_s": int(options.longest_retry_s),
        },
        "dead_letters": {
            "ack_deadline_s": LOOK_DEADLINE_S,
            "kept_s": int(options.dead_letters_kept.total_seconds()),
        },
        "consumers": {service.value: _consumer(service) for service in CONSUMING},
        "publishes": {service.value: sorted(publishes(service)) for service in Service},
        "jobs": {
            "standing": {_bare(job.id): _job(job) for job in _standing()},
            "watch": _job(calendar.watch(_ANY, _CLUB, _MADE)),
            "clubs": [NTNUI_TENNIS.id],
            "rights": {service.value: sorted(calendar.rights(service)) for service in Service},
        },
    }


def settings() -> dict[str, Any]:
    """The settings of each service, by their variables' names."""
    return {
        service.value: {one.variable: _setting(one) for one in described(service, kind)}
        for service, kind in SETTINGS_OF.items()
    }


def _setting(one: Described) -> Mapping[str, bool]:
    return {"secret": one.is_secret, "required": one.is_required, "cloud": Backend.GCP in one.families}


def _standing() -> Iterable[Job]:
    return calendar.daily_sweep(_ANY, _MADE), calendar.frequent_sweep(_ANY, _MADE)


def _subscription(one: Subscription) -> Mapping[str, Any]:
    return {
        "topic": _bare(one.topic),
        "service": one.service.value,
        "ack_deadline_s": int(one.ack_deadline_s),
        "dead_letters": _bare(one.dead_letter_topic),
    }


def _consumer(service: Service) -> Mapping[str, Any]:
    return {
        "ack_deadline_s": int(ACK_DEADLINE_S[service]),
        "dead_letters": _bare(dead_letters_of(_ANY, service)),
        "replays": _bare(replays_of(_ANY, service)),
    }


def _job(job: Job) -> Mapping[str, Any]:
    return {
        "schedule": job.schedule,
        "topic": _bare(job.topic),
        "data": job.data.decode(),
        "attributes": dict(job.attributes),
        "retries": {
            "count": RETRIES["retry_count"],
            "first_s": RETRIES["min_backoff_duration"]["seconds"],
            "longest_s": RETRIES["max_backoff_duration"]["seconds"],
        },
    }


def _bare(name: str) -> str:
    return name.removeprefix(f"{_ANY}-")


def texts() -> Mapping[str, str]:
    """The files by name."""
    made = {"flow.json": flow(), "settings.json": settings()}
    return {name: json.dumps(what, indent=2) + "\n" for name, what in made.items()}


if __name__ == "__main__":
    for file_name, text in texts().items():
        (Path(sys.argv[1]) / file_name).write_text(text)
