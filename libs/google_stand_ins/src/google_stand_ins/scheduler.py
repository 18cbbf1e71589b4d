# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
# (Google's messages are typed by halves)
"""A stand-in for Cloud Scheduler, which has no emulator: it speaks to the real client and fires into Pub/Sub's.

Like the real one it knows minutes only, and fires at least once. Jobs with a Pub/Sub target and a crontab schedule are
imitated; HTTP targets and English-like schedules are not.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.scheduler_v1 import types
from google.pubsub_v1 import PublisherClient, PubsubMessage
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from google_stand_ins.jobs import JobBook
from google_stand_ins.speaking_grpc import Method, Refused, as_refusal, insecure_channel, serving, too_many

_SERVICE: Final = "google.cloud.scheduler.v1.CloudScheduler"
_PUBLISH_S: Final = 5.0
_MINUTE: Final = timedelta(minutes=1)

_log: Final = logging.getLogger(__name__)


def _machine_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SchedulerOptions:
    """How the stand-in behaves.

    It listens on `port` (0: any free one). Each firing comes `lateness_s` seconds after its minute, `times` times.
    More than `writes_a_minute` changes in a minute are refused (None: never). The jobs outlive it in the JSON file
    `keep_in`; what fell due meanwhile is fired once. It lives by the clock `now`, which it looks at every `poll_s`
    seconds: a test can let hours pass at once.
    """

    port: int = 0
    lateness_s: float = 0.0
    times: int = 1
    writes_a_minute: int | None = None
    keep_in: Path | None = None
    now: Callable[[], datetime] = _machine_time
    poll_s: float = 0.1


@contextmanager
def running_scheduler(pubsub_host: str, options: SchedulerOptions | None = None) -> Generator[str, None, None]:
    """Runs it while the context lasts; gives its `host:port`. It publishes to the emulator at `pubsub_host`."""
    options = options or SchedulerOptions()
    service = _CloudScheduler(pubsub_host, options)
    stopping = threading.Event()
    clockwork = threading.Thread(target=service.fire_until, args=(stopping,), name="stand-in for Cloud Scheduler")
    with serving(_SERVICE, service.methods(), options.port) as host:
        clockwork.start()
        try:
            yield host
        finally:
            stopping.set()
            clockwork.join()
            service.close()


class _CloudScheduler:
    def __init__(self, pubsub_host: str, options: SchedulerOptions) -> None:
        self._options = options
        self._book = JobBook(options.now, options.keep_in)
        self._quota = _Quota(options.now, options.writes_a_minute)
        self._channel = insecure_channel(pubsub_host)
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=self._channel))

    def methods(self) -> dict[str, Method]:
        """What can be called."""
        return {
            "CreateJob": Method(types.CreateJobRequest, self._create),
            "GetJob": Method(types.GetJobRequest, lambda request: self._book.get(request.name)),
            "ListJobs": Method(types.ListJobsRequest, self._list),
            "UpdateJob": Method(types.UpdateJobRequest, self._update),
            "PauseJob": Method(types.PauseJobRequest, self._writing(self._book.pause)),
            "ResumeJob": Method(types.ResumeJobRequest, self._writing(self._book.resume)),
            "RunJob": Method(types.RunJobRequest, self._writing(self._run)),
            "DeleteJob": Method(types.DeleteJobRequest, self._writing(self._book.delete)),
        }

    def fire_until(self, stopping: threading.Event) -> None:
        """Fires what is due, until it is told to stop."""
        while not stopping.wait(self._options.poll_s):
            for job in self._book.due(self._options.lateness_s):
                for _ in range(self._options.times):
                    self._fire(job)

    def close(self) -> None:
        """Lets go of the emulator."""
        self._channel.close()

    def _create(self, request: types.CreateJobRequest) -> types.Job:
        self._quota.use()
        return self._book.create(request.parent, request.job)

    def _list(self, request: types.ListJobsRequest) -> types.ListJobsResponse:
        jobs, token = self._book.page(request.parent, request.page_size, request.page_token)
        return types.ListJobsResponse(jobs=jobs, next_page_token=token)

    def _update(self, request: types.UpdateJobRequest) -> types.Job:
        self._quota.use()
        return self._book.update(request.job, list(request.update_mask.paths))

    def _writing(self, change: Callable[[str], types.Job | None]) -> Callable[[Any], types.Job | None]:
        def answer(request: Any) -> types.Job | None:
            self._quota.use()
            return change(request.name)

        return answer

    def _run(self, name: str) -> types.Job:
        self._fire(self._book.runnable(name))
        return self._book.get(name)

    def _fire(self, job: types.Job) -> None:
        target = job.pubsub_target
        message = PubsubMessage(data=target.data, attributes=dict(target.attributes))
        failure: Refused | None = None
        try:
            self._publisher.publish(topic=target.topic_name, messages=[message], timeout=_PUBLISH_S, retry=None)
        except GoogleAPICallError as error:
            failure = as_refusal(error)
            _log.warning("job %s could not publish to %s: %s", job.name, target.topic_name, error.message)
        self._book.attempted(job.name, failure)


class _Quota:
    def __init__(self, now: Callable[[], datetime], most: int | None) -> None:
        self._now = now
        self._most = most
        self._uses: deque[datetime] = deque()
        self._lock = threading.Lock()

    def use(self) -> None:
        if self._most is None:
            return
        now = self._now()
        with self._lock:
            while self._uses and self._uses[0] <= now - _MINUTE:
                self._uses.popleft()
            if len(self._uses) >= self._most:
                raise too_many(
                    "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute'."
                )
            self._uses.append(now)
