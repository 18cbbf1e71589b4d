# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's messages are typed by halves)
"""What Cloud Scheduler takes as a job. Each refusal is the one that Google's service would give."""

import re
from collections.abc import Iterable
from typing import Final

from google.cloud.scheduler_v1.types import Job

from google_stand_ins.speaking_grpc import invalid, not_imitated

_PLACE: Final = re.compile(r"projects/(?P<project>[A-Za-z0-9:.-]+)/locations/[a-z0-9-]+")
_JOB: Final = re.compile(_PLACE.pattern + r"/jobs/[A-Za-z0-9_-]{1,500}")
_TOPIC: Final = re.compile(r"projects/(?P<project>[A-Za-z0-9:.-]+)/topics/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
_LONGEST_DESCRIPTION: Final = 500
_MOST_RETRIES: Final = 5

# What a user can set, and what only the service sets: the latter may stand in a mask and changes nothing.
_SETTINGS: Final = ("description", "pubsub_target", "schedule", "time_zone", "retry_config", "attempt_deadline")
_OUTPUT: Final = frozenset({"name", "state", "status", "user_update_time", "schedule_time", "last_attempt_time"})
_INNER: Final = re.compile(r"pubsub_target\.(topic_name|data|attributes)|retry_config\.[a-z_]+")


def stands_under(parent: str, name: str) -> None:
    """Refuses a name that no job may have, or that is not of this place."""
    if not _PLACE.fullmatch(parent):
        raise invalid('Parent must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>".')
    if not _JOB.fullmatch(name):
        raise invalid(
            'Job name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/jobs/<JOB_ID>", '
            "with only letters, digits, hyphens and underscores in JOB_ID."
        )
    if not name.startswith(f"{parent}/jobs/"):
        raise invalid("Job name must be of the same project and location as the parent.")


def check(job: Job) -> None:
    """Refuses a job that the service would not take. Its schedule is checked where it is used."""
    if len(job.description) > _LONGEST_DESCRIPTION:
        raise invalid("Job.description is too long.")
    if not 0 <= job.retry_config.retry_count <= _MOST_RETRIES:
        raise invalid("RetryConfig.retry_count must be between 0 and 5.")
    if "http_target" in job or "app_engine_http_target" in job:
        raise not_imitated("Only Pub/Sub targets are imitated.")
    if "pubsub_target" not in job:
        raise invalid("Job must have a target.")
    _check_target(job)


def settings_in(mask: Iterable[str]) -> list[str]:
    """The fields to update. No mask means all of them."""
    wanted: list[str] = []
    for path in mask:
        if path in _SETTINGS or _INNER.fullmatch(path):
            wanted.append(path)
        elif path not in _OUTPUT:
            raise invalid(f"Update mask names an unknown field: {path}.")
    return wanted or list(_SETTINGS)


def _check_target(job: Job) -> None:
    topic = _TOPIC.fullmatch(job.pubsub_target.topic_name)
    place = _JOB.fullmatch(job.name)
    if topic is None:
        raise invalid('PubsubTarget.topic_name must be formatted: "projects/<PROJECT_ID>/topics/<TOPIC_ID>".')
    if place is None or topic["project"] != place["project"]:
        raise invalid("The Pub/Sub topic must be in the same project as the job.")
    if not job.pubsub_target.data and not job.pubsub_target.attributes:
        raise invalid("PubsubTarget must have data or at least one attribute.")
