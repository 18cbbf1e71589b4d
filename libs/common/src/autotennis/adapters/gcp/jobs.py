# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's client is typed by halves and grpc not at all; this is the only file that touches them for jobs)
"""Cloud Scheduler's jobs, as far as they are needed: the client made on first use, every call counted and bounded.

No call is repeated here: whoever asked for it is asked again by the bus.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from autotennis.adapters.gcp.google_errors import is_shut_out, passes
from autotennis.adapters.gcp.lazily import Lazily
from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.place import Place
from autotennis.errors import AutotennisError, Permanent, Transient

if TYPE_CHECKING:
    from google.cloud.scheduler_v1 import CloudSchedulerClient

_CALL_S: Final = 5.0
# Google takes up to five attempts after the first, and gives up when the next minute of the schedule is due. For a job
# of one date that is next year: without retries a hiccup of Pub/Sub would cost the wake-up.
RETRIES: Final[Mapping[str, Any]] = {
    "retry_count": 5,
    "min_backoff_duration": {"seconds": 2},
    "max_backoff_duration": {"seconds": 15},
}


class SchedulerBusy(Transient):
    """Cloud Scheduler is away, or its quota of calls is used up for this minute."""


class SchedulerRefused(Permanent):
    """Cloud Scheduler refuses the call as it is, and always will: what to mend stands in the text."""


@dataclass(frozen=True, slots=True)
class Job:
    """Publishes this message to a topic whenever the schedule is due: a crontab in UTC."""

    id: str
    schedule: str
    topic: str
    data: bytes
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A job as it stands: when it is due next, if at all, and whether it is paused."""

    next_at: datetime | None
    is_paused: bool


class Jobs:
    """The jobs of one project and region, by their ids. Safe from many threads.

    Every call raises SchedulerBusy, SchedulerRefused.
    """

    def __init__(self, place: Place, meter: Meter) -> None:
        self._place = place
        self._meter = meter
        self._parent = f"projects/{place.project}/locations/{place.region}"
        self._client = Lazily(lambda: _connect(place.scheduler_host), _end)

    def create(self, job: Job) -> bool:
        """Makes it, running; False if there is one of its name."""
        request = {"parent": self._parent, "job": self._written(job)}
        return self._call("create_job", request, but="ALREADY_EXISTS") is not None

    def find(self, job_id: str) -> Found | None:
        """How it stands; None if there is none."""
        found = self._call("get_job", {"name": self._name(job_id)}, but="NOT_FOUND")
        if found is None:
            return None
        next_at = found.schedule_time.astimezone(UTC) if found.schedule_time else None
        return Found(next_at, is_paused=found.state == found.State.PAUSED)

    def reschedule(self, job: Job) -> bool:
        """Gives it the new schedule; False if there is none."""
        request = {"job": self._written(job), "update_mask": {"paths": ["schedule"]}}
        return self._call("update_job", request, but="NOT_FOUND") is not None

    def resume(self, job_id: str) -> bool:
        """Lets it run, if it does not; False if there is none."""
        return self._in_state("resume_job", job_id)

    def pause(self, job_id: str) -> bool:
        """Keeps it from running, if it does; False if there is none."""
        return self._in_state("pause_job", job_id)

    def delete(self, job_id: str) -> None:
        """Deletes it, if there is one."""
        self._call("delete_job", {"name": self._name(job_id)}, but="NOT_FOUND")

    def close(self) -> None:
        """Closes the connection. Harmless when there is none."""
        self._client.close()

    def _in_state(self, method: str, job_id: str) -> bool:
        return self._call(method, {"name": self._name(job_id)}, but="NOT_FOUND", fine="FAILED_PRECONDITION") is not None

    def _call(self, method: str, request: Mapping[str, Any], but: str, fine: str = "") -> Any:
        """Google's answer; None if it is the error `but`, True if it is the error `fine` (names of gRPC's)."""
        from google.api_core.exceptions import GoogleAPICallError, GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        self._meter.count(Use.JOB_CALLS)
        try:
            return getattr(self._client.get(), method)(request=request, retry=None, timeout=_CALL_S)
        except (GoogleAPIError, GoogleAuthError) as error:
            code = error.grpc_status_code if isinstance(error, GoogleAPICallError) else None
            if code and code.name in {but, fine}:
                return None if code.name == but else True
            raise _meaning(error) from None

    def _name(self, job_id: str) -> str:
        return f"{self._parent}/jobs/{job_id}"

    def _written(self, job: Job) -> Mapping[str, Any]:
        topic = f"projects/{self._place.project}/topics/{job.topic}"
        return {
            "name": self._name(job.id),
            "schedule": job.schedule,
            "time_zone": "UTC",
            "pubsub_target": {"topic_name": topic, "data": job.data, "attributes": dict(job.attributes)},
            "retry_config": RETRIES,
        }


def _connect(host: str) -> "CloudSchedulerClient":
    from google.cloud.scheduler_v1 import CloudSchedulerClient

    if not host:
        return CloudSchedulerClient()
    import grpc
    from google.cloud.scheduler_v1.services.cloud_scheduler.transports import CloudSchedulerGrpcTransport

    return CloudSchedulerClient(transport=CloudSchedulerGrpcTransport(channel=grpc.insecure_channel(host)))


def _end(client: "CloudSchedulerClient") -> None:
    client.transport.close()


def _meaning(error: Exception) -> AutotennisError:
    what = type(error).__name__
    if passes(error):
        return SchedulerBusy(f"Cloud Scheduler does not answer as it should ({what}).")
    if is_shut_out(error):
        return SchedulerRefused(
            f"Cloud Scheduler does not let this program in ({what}): give its account the rights on jobs that "
            "deploy/terraform gives it."
        )
    return SchedulerRefused(f"Cloud Scheduler does not take a call ({what}): are the project and the region right?")
