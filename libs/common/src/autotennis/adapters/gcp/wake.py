"""Wake-ups on Cloud Scheduler, which knows minutes, fires at least once, and promises no precision.

One job for each club and opening instant, named after them, with a date for a schedule: it would fire again next year,
so it is deleted once it was acted on. The jobs that go on and on are paused while nobody needs them.
"""

import threading
from datetime import UTC, datetime, timedelta
from typing import Final

from autotennis.adapters.gcp import calendar
from autotennis.adapters.gcp.jobs import Job, Jobs, SchedulerBusy
from autotennis.adapters.gcp.meter import Meter
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.remembered import Remembered
from autotennis.events import OpeningDue
from autotennis.ports import Clock, EventBus
from autotennis.tracing import carried_attributes

# A job made after its minute has begun fires a year late: closer to it than this, the event is published at once.
_TOO_CLOSE: Final = timedelta(seconds=60)
# How long an instance relies on the job that it asked for. Another may delete it meanwhile, once it has published the
# event at once; so near the minute, as far as two instances' clocks may be apart, the job is asked for again.
_PLANNED: Final = timedelta(minutes=10)
_UNSURE: Final = timedelta(seconds=120)
# How long an instance relies on a job being as it left it, though another may have paused or resumed it.
_RELIED_ON: Final = timedelta(minutes=1)
_NOT_AT_ALL: Final = timedelta()
_A_DAY: Final = timedelta(days=1)
# A job that others make and delete at this very moment is tried for so often.
_TRIES: Final = 3
_LOCKS: Final = 32


class GcpWakeScheduler:
    """The port WakeScheduler. Nothing is asked of Google, or imported, before the first call.

    Google allows 500 changes of jobs in a minute. So a process remembers what it asked for: however many bookings one
    opening has, they cost one job and one call. All methods raise SchedulerBusy, SchedulerRefused.
    """

    def __init__(self, place: Place, bus: EventBus, clock: Clock, meter: Meter) -> None:
        self._prefix = place.prefix
        self._bus = bus
        self._clock = clock
        self._jobs = Jobs(place, meter)
        self._planned: Remembered[datetime] = Remembered(clock)
        self._gone: Remembered[bool] = Remembered(clock)
        self._wanted: Remembered[bool] = Remembered(clock)
        # Who asks for the same job at the same time waits for the first to have asked, and then need not.
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def wake(self, event: OpeningDue, at: datetime) -> None:
        """Plans the event for the minute that `at` is in; at once if that has begun or is about to.

        Of two times for the same opening the earlier counts. Raises what the bus raises, too.
        """
        minute = at.astimezone(UTC).replace(second=0, microsecond=0)
        if minute - self._clock.now() < _TOO_CLOSE:
            self._bus.publish(event)
            return
        job_id = self._wake_id(event)
        with self._locked(job_id):
            planned = self._planned.get(job_id)
            if planned is not None and planned <= minute:
                return
            schedule = f"{minute.minute} {minute.hour} {minute.day} {minute.month} *"
            job = calendar.job(self._prefix, _wake_name(event), schedule, event, carried_attributes())
            self._plan(job, minute)
            self._gone.forget(job_id)
            self._planned.keep(job_id, minute, until=min(minute - _UNSURE, self._clock.now() + _PLANNED))

    def woken(self, event: OpeningDue) -> None:
        """Deletes the job."""
        job_id = self._wake_id(event)
        with self._locked(job_id):
            self._planned.forget(job_id)
            if not self._gone.get(job_id):
                self._jobs.delete(job_id)
                self._gone.keep(job_id, value=True, until=self._clock.now() + _RELIED_ON)

    def sweep(self, wanted: bool) -> None:
        """Resumes or pauses the frequent sweep. Once it was wanted, there is a daily one that never stops."""
        now = self._clock.now()
        if wanted:
            self._keep(calendar.daily_sweep(self._prefix, now), wanted=True, relied_on=_A_DAY)
        self._keep(calendar.frequent_sweep(self._prefix, now), wanted, _RELIED_ON)

    def watch(self, club_id: str, wanted: bool) -> None:
        """Resumes or pauses the watch of this club."""
        job = calendar.watch(self._prefix, club_id, self._clock.now())
        # Who comes into the line asks once. If another instance has just paused the watch, nobody would look for them.
        relied_on = _NOT_AT_ALL if wanted else _RELIED_ON
        self._keep(job, wanted, relied_on)

    def close(self) -> None:
        """Closes the connection. Harmless when there is none."""
        self._jobs.close()

    def _plan(self, job: Job, minute: datetime) -> None:
        for _ in range(_TRIES):
            if self._jobs.create(job):
                return
            found = self._jobs.find(job.id)
            if found is None:
                continue
            # One that has fired already is due next year, one that is firing now is due in the past.
            if found.next_at is not None and self._clock.now() < found.next_at <= minute:
                return
            if self._jobs.reschedule(job):
                return
        raise SchedulerBusy(f"The job {job.id} comes and goes.")

    def _keep(self, job: Job, wanted: bool, relied_on: timedelta) -> None:
        """Has the job running or paused."""
        with self._locked(job.id):
            if self._wanted.get(job.id) is wanted:
                return
            if wanted:
                self._run(job)
            else:
                self._jobs.pause(job.id)
            self._wanted.keep(job.id, wanted, until=self._clock.now() + relied_on)

    def _run(self, job: Job) -> None:
        for _ in range(_TRIES):
            # To look is no change: Google counts it apart.
            found = self._jobs.find(job.id)
            if found is None:
                if self._jobs.create(job):
                    return
            elif not found.is_paused or self._jobs.resume(job.id):
                return
        raise SchedulerBusy(f"The job {job.id} comes and goes.")

    def _wake_id(self, event: OpeningDue) -> str:
        return f"{self._prefix}-{_wake_name(event)}"

    def _locked(self, job_id: str) -> threading.Lock:
        return self._locks[hash(job_id) % _LOCKS]


def _wake_name(event: OpeningDue) -> str:
    opening = event.opening_at.astimezone(UTC)
    parts = f"_{opening.microsecond:06}" if opening.microsecond else ""
    return f"wake-{event.club_id}-{opening:%Y%m%dT%H%M%S}{parts}Z"
