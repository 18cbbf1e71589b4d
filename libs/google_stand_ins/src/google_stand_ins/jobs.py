# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
# (Google's messages are typed by halves)
"""Cloud Scheduler's jobs: what may be asked of them, and when each is due."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast
from uuid import uuid4

from google.cloud.scheduler_v1.types import Job

from google_stand_ins.cron import BadSchedule, next_minute
from google_stand_ins.job_rules import check, settings_in, stands_under
from google_stand_ins.speaking_grpc import Refused, exists_already, invalid, not_found, wrong_state

_FIRST_RETRY_S: Final = 5.0
_LONGEST_RETRY_S: Final = 3600.0
_PAGE: Final = 500


class JobBook:
    """All jobs, from any thread. What comes out of it are copies. Raises Refused as Google's service would."""

    def __init__(self, now: Callable[[], datetime], keep_in: Path | None = None) -> None:
        """With `keep_in`, the jobs are read from that JSON file, and written there whenever they change."""
        self._now = now
        self._keep_in = keep_in
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = _read(keep_in) if keep_in else {}
        self._failures: dict[str, int] = {}

    def create(self, parent: str, given: Job) -> Job:
        """Adds a job; one without a name gets one."""
        job = _copy(given)
        job.name = job.name or f"{parent}/jobs/{uuid4().hex}"
        stands_under(parent, job.name)
        check(job)
        with self._lock:
            if job.name in self._jobs:
                raise exists_already(f"Job {job.name} already exists.")
            job.time_zone = job.time_zone or "UTC"
            _note(job, state=Job.State.ENABLED, user_update_time=self._now(), schedule_time=self._next(job))
            self._jobs[job.name] = job
            return self._saved(job)

    def get(self, name: str) -> Job:
        """The job."""
        with self._lock:
            return _copy(self._named(name))

    def page(self, parent: str, size: int, token: str) -> tuple[list[Job], str]:
        """So many jobs of this place (0: as many as Google gives) after the token; and the next page's token."""
        if size < 0:
            raise invalid("Page size must not be negative.")
        size = min(size or _PAGE, _PAGE)
        with self._lock:
            names = sorted(name for name in self._jobs if name.startswith(f"{parent}/jobs/") and name > token)
            found = [_copy(self._jobs[name]) for name in names[:size]]
        return found, (names[size - 1] if len(names) > size else "")

    def update(self, given: Job, mask: list[str]) -> Job:
        """Replaces what the mask names, or all that a user can set if it is empty. A paused job stays paused."""
        with self._lock:
            job = _copy(self._named(given.name))
            for field in settings_in(mask):
                _take_over(field, given, job)
            check(job)
            _note(job, user_update_time=self._now(), schedule_time=self._next(job))
            self._failures.pop(job.name, None)
            self._jobs[job.name] = job
            return self._saved(job)

    def pause(self, name: str) -> Job:
        """Stops it until it is resumed."""
        with self._lock:
            job = self._in_state(name, Job.State.ENABLED, "PauseJob")
            job.state = Job.State.PAUSED
            return self._saved(job)

    def resume(self, name: str) -> Job:
        """Goes on with the next minute that is due: what fell due meanwhile is not made up for."""
        with self._lock:
            job = self._in_state(name, Job.State.PAUSED, "ResumeJob")
            _note(job, state=Job.State.ENABLED, schedule_time=self._next(job))
            return self._saved(job)

    def runnable(self, name: str) -> Job:
        """The job, if it may be run by hand."""
        with self._lock:
            return _copy(self._in_state(name, Job.State.ENABLED, "RunJob"))

    def delete(self, name: str) -> None:
        """Removes it."""
        with self._lock:
            self._named(name)
            del self._jobs[name]
            self._failures.pop(name, None)
            self._save()

    def due(self, lateness_s: float) -> list[Job]:
        """The jobs that are due, `lateness_s` seconds after their minute, each of them once; soonest first."""
        now = self._now()
        with self._lock:
            due = [
                job
                for job in self._jobs.values()
                if job.state is Job.State.ENABLED and _instant(job.schedule_time) + timedelta(seconds=lateness_s) <= now
            ]
            copies = [_copy(job) for job in sorted(due, key=lambda job: _instant(job.schedule_time))]
            for job in due:
                _note(job, schedule_time=self._next(job))
            if due:
                self._save()
        return copies

    def attempted(self, name: str, failure: Refused | None) -> None:
        """Notes an attempt that was made just now; one that failed is made again if the job wants that."""
        with self._lock:
            job = self._jobs.get(name)
            if job is None:
                return
            status = {"code": failure.number, "message": str(failure)} if failure else None
            _note(job, last_attempt_time=self._now(), status=status)
            if failure is None:
                self._failures.pop(name, None)
            else:
                self._plan_retry(job)
            self._save()

    def _plan_retry(self, job: Job) -> None:
        failures = self._failures.get(job.name, 0) + 1
        if failures > job.retry_config.retry_count:
            self._failures.pop(job.name, None)
            return
        self._failures[job.name] = failures
        first_s = _seconds(job.retry_config.min_backoff_duration) or _FIRST_RETRY_S
        longest_s = _seconds(job.retry_config.max_backoff_duration) or _LONGEST_RETRY_S
        again = self._now() + timedelta(seconds=min(first_s * 2.0 ** (failures - 1), longest_s))
        _note(job, schedule_time=min(again, _instant(job.schedule_time)))

    def _next(self, job: Job) -> datetime:
        try:
            return next_minute(job.schedule, job.time_zone, self._now())
        except BadSchedule as error:
            raise invalid(f"Schedule or time zone is invalid: {error}") from None

    def _named(self, name: str) -> Job:
        if name not in self._jobs:
            raise not_found("Job not found.")
        return self._jobs[name]

    def _in_state(self, name: str, state: Job.State, method: str) -> Job:
        job = self._named(name)
        if job.state is not state:
            raise wrong_state(f"Job.state must be {state.name} for {method}.")
        return job

    def _saved(self, job: Job) -> Job:
        self._save()
        return _copy(job)

    def _save(self) -> None:
        if self._keep_in:
            draft = self._keep_in.with_name(self._keep_in.name + ".draft")
            draft.write_text(json.dumps([Job.to_dict(job) for job in self._jobs.values()]), encoding="utf-8")
            draft.replace(self._keep_in)


def _read(path: Path) -> dict[str, Job]:
    if not path.exists():
        return {}
    jobs = [cast("Job", Job.from_json(json.dumps(one))) for one in json.loads(path.read_text(encoding="utf-8"))]
    return {job.name: job for job in jobs}


def _copy(job: Job) -> Job:
    return cast("Job", Job.deserialize(Job.serialize(job)))


def _note(job: Job, **fields: Any) -> None:
    """Sets fields of types that Google's messages take but do not declare, as an instant is."""
    for name, value in fields.items():
        setattr(job, name, value)


def _take_over(field: str, source: Job, target: Job) -> None:
    outer, _, inner = field.partition(".")
    if inner:
        setattr(getattr(target, outer), inner, getattr(getattr(source, outer), inner))
    elif outer in source:
        setattr(target, outer, getattr(source, outer))
    else:
        target._pb.ClearField(outer)  # noqa: SLF001 (proto-plus offers no other way to clear a field)


def _instant(given: Any) -> datetime:
    return given.astimezone(UTC)


def _seconds(given: Any) -> float:
    return given.total_seconds() if given else 0.0
