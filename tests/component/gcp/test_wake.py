# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's client is typed by halves)
"""Wake-ups on Cloud Scheduler's stand-in, which fires into the Pub/Sub emulator: names, times, costs and troubles."""

import json
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from google.cloud.scheduler_v1 import Job
from support.clock import ManualClock
from support.clockwork import Clockwork, Mailbox, clockwork, mailbox
from support.consumers import closed_port
from support.emulators import fresh_project, need_emulators
from support.records import CLUB, NOW, OPENING, an_opening

from autotennis.adapters.gcp.bus import GcpBus
from autotennis.adapters.gcp.documents import Documents
from autotennis.adapters.gcp.jobs import SchedulerBusy, SchedulerRefused
from autotennis.adapters.gcp.meter import Meter, Use
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.gcp.refusals import GcpRefusals
from autotennis.adapters.gcp.topology import topic_of
from autotennis.adapters.gcp.wake import GcpWakeScheduler
from autotennis.errors import Transient
from autotennis.events import Event, OpeningDue, SweepDue, WatchDue, load
from google_stand_ins.scheduler import SchedulerOptions

WAKE_AT = OPENING - timedelta(minutes=2)
JOB = f"autotennis-wake-{CLUB}-20261122T170000Z"
NOWHERE = f"127.0.0.1:{closed_port()}"


def a_place(project: str, scheduler_host: str) -> Place:
    return Place(project=project, region="europe-north1", kms_key="unused", scheduler_host=scheduler_host)


@contextmanager
def waker(place: Place, clock: ManualClock) -> Generator[tuple[GcpWakeScheduler, Meter], None, None]:
    """What one process has, and what it uses."""
    meter = Meter()
    documents = Documents(place, meter)
    bus = GcpBus(place, GcpRefusals(documents, clock), meter)
    wake = GcpWakeScheduler(place, bus, clock, meter)
    yield wake, meter
    wake.close()
    bus.close()
    documents.close()


@dataclass
class Site:
    """An installation's scheduler and topics, and one process of it."""

    place: Place
    running: Clockwork
    inbox: Mailbox
    wake: GcpWakeScheduler
    meter: Meter

    def jobs(self) -> dict[str, Job]:
        listed = self.running.jobs.list_jobs(parent=f"projects/{self.place.project}/locations/europe-north1")
        return {job.name.rpartition("/")[2]: job for job in listed}

    def change(self, method: str, job_id: str) -> None:
        """What another instance, or somebody by hand, does to a job."""
        name = f"projects/{self.place.project}/locations/europe-north1/jobs/{job_id}"
        getattr(self.running.jobs, method)(name=name)

    def calls(self) -> int:
        return self.meter.counts().get(Use.JOB_CALLS, 0)

    def pass_s(self, seconds: float) -> None:
        self.running.clock.advance(seconds)

    def events(self, count: int) -> list[Event]:
        return [load(message.data) for message in self.inbox.wait_for(count)]


@contextmanager
def opened(options: SchedulerOptions | None = None) -> Generator[Site, None, None]:
    host, project, clock = need_emulators().pubsub_host, fresh_project(), ManualClock(NOW)
    topics = [topic_of("autotennis", kind) for kind in ("OpeningDue", "SweepDue", "WatchDue")]
    with mailbox(host, project, topics) as inbox, clockwork(host, clock, options) as running:
        place = a_place(project, running.host)
        with waker(place, clock) as (wake, meter):
            yield Site(place, running, inbox, wake, meter)


@pytest.fixture
def site() -> Generator[Site, None, None]:
    with opened() as site:
        yield site


def test_a_wake_up_is_a_job_named_after_club_and_opening(site: Site) -> None:
    site.wake.wake(an_opening(), WAKE_AT)
    (job,) = site.jobs().values()
    assert job.name.endswith(f"/jobs/{JOB}")
    assert (job.schedule, job.time_zone, job.schedule_time) == ("58 16 22 11 *", "UTC", WAKE_AT)
    assert job.pubsub_target.topic_name == f"projects/{site.place.project}/topics/autotennis-OpeningDue"
    assert load(job.pubsub_target.data) == an_opening()
    assert dict(job.pubsub_target.attributes) == {"event_id": an_opening().id, "kind": "OpeningDue"}
    assert job.retry_config.retry_count == 5


def test_an_opening_between_seconds_has_a_name_of_its_own(site: Site) -> None:
    odd = OpeningDue(at=NOW, club_id=CLUB, opening_at=OPENING + timedelta(microseconds=7))
    site.wake.wake(odd, WAKE_AT)
    assert list(site.jobs()) == [f"autotennis-wake-{CLUB}-20261122T170000_000007Z"]


def test_the_job_fires_at_the_minute_that_was_asked_is_in(site: Site) -> None:
    site.wake.wake(an_opening(), WAKE_AT + timedelta(seconds=59.5))
    assert site.jobs()[JOB].schedule_time == WAKE_AT
    site.pass_s((WAKE_AT - NOW).total_seconds())
    assert site.events(1) == [an_opening()]


def test_a_time_of_another_zone_is_the_same_instant(site: Site) -> None:
    site.wake.wake(an_opening(), WAKE_AT.astimezone(tz=None))
    assert site.jobs()[JOB].schedule_time == WAKE_AT


@pytest.mark.parametrize(("ahead_s", "at_once"), [(-3600, True), (0, True), (59, True), (119, True), (120, False)])
def test_what_is_less_than_a_minute_before_its_minute_is_published_at_once(
    site: Site, ahead_s: float, at_once: bool
) -> None:
    """The clock stands a second after a full minute: the next one begins in 59 seconds, the one after it in 119."""
    site.pass_s(1)
    site.wake.wake(an_opening(), NOW + timedelta(seconds=ahead_s))
    assert list(site.jobs()) == ([] if at_once else [JOB])
    assert site.calls() == (0 if at_once else 1)
    if at_once:
        assert site.events(1) == [an_opening()]


def test_300_bookings_of_one_opening_cost_one_call(site: Site) -> None:
    with ThreadPoolExecutor(20) as pool:
        for done in [pool.submit(site.wake.wake, an_opening(), WAKE_AT) for _ in range(300)]:
            done.result()
    assert site.calls() == 1
    assert list(site.jobs()) == [JOB]


def test_another_process_that_asks_finds_the_job_there(site: Site) -> None:
    site.wake.wake(an_opening(), WAKE_AT)
    before = site.jobs()
    with waker(site.place, site.running.clock) as (other, meter):
        other.wake(an_opening(), WAKE_AT)
        other.wake(an_opening(), WAKE_AT)
    assert meter.counts()[Use.JOB_CALLS] == 2
    assert site.jobs() == before


def test_of_two_times_the_earlier_counts_whoever_asks(site: Site) -> None:
    site.wake.wake(an_opening(), WAKE_AT)
    site.wake.wake(an_opening(), WAKE_AT + timedelta(minutes=5))
    assert site.jobs()[JOB].schedule_time == WAKE_AT
    with waker(site.place, site.running.clock) as (other, _):
        other.wake(an_opening(), WAKE_AT + timedelta(minutes=5))
        assert site.jobs()[JOB].schedule_time == WAKE_AT
        other.wake(an_opening(), WAKE_AT - timedelta(minutes=5))
    assert site.jobs()[JOB].schedule_time == WAKE_AT - timedelta(minutes=5)
    site.wake.wake(an_opening(), WAKE_AT - timedelta(minutes=9))
    assert site.jobs()[JOB].schedule_time == WAKE_AT - timedelta(minutes=9)


def test_a_job_that_fired_and_was_left_behind_is_used_again(site: Site) -> None:
    """Its next time is next year: who asks for a later minute of the same opening must not rely on that."""
    site.wake.wake(an_opening(), WAKE_AT)
    site.pass_s((WAKE_AT - NOW).total_seconds())
    site.events(1)
    assert site.jobs()[JOB].schedule_time == WAKE_AT.replace(year=2027)
    site.wake.wake(an_opening(), WAKE_AT + timedelta(minutes=5))
    assert site.jobs()[JOB].schedule_time == WAKE_AT + timedelta(minutes=5)


def test_a_job_that_another_deleted_is_made_again_after_a_while_and_near_its_minute(site: Site) -> None:
    site.wake.wake(an_opening(), WAKE_AT)
    site.change("delete_job", JOB)
    site.pass_s(600)
    site.wake.wake(an_opening(), WAKE_AT)
    assert list(site.jobs()) == [JOB]
    site.pass_s((WAKE_AT - NOW).total_seconds() - 600 - 120)
    site.change("delete_job", JOB)
    site.wake.wake(an_opening(), WAKE_AT)
    assert list(site.jobs()) == [JOB]


def test_a_wake_up_that_was_acted_on_is_deleted(site: Site) -> None:
    site.wake.wake(an_opening(), WAKE_AT)
    site.wake.wake(an_opening(1), WAKE_AT)
    site.wake.woken(an_opening())
    assert list(site.jobs()) == [f"autotennis-wake-{CLUB}-20261122T170100Z"]


def test_a_wake_up_can_be_asked_for_again_after_it_was_acted_on(site: Site) -> None:
    site.wake.wake(an_opening(), WAKE_AT)
    site.wake.woken(an_opening())
    site.wake.wake(an_opening(), WAKE_AT)
    assert list(site.jobs()) == [JOB]
    site.wake.woken(an_opening())
    assert site.jobs() == {}


def test_300_deliveries_of_one_opening_cost_one_deletion(site: Site) -> None:
    for _ in range(300):
        site.wake.woken(an_opening())
    assert site.calls() == 1


def test_the_sweep_runs_every_five_minutes_while_it_is_wanted(site: Site) -> None:
    site.wake.sweep(wanted=True)
    assert {name: job.schedule for name, job in site.jobs().items()} == {
        "autotennis-sweep": "*/5 * * * *",
        "autotennis-sweep-daily": "23 3 * * *",
    }
    site.pass_s(300)
    assert site.events(1) == [SweepDue(at=NOW)]
    site.wake.sweep(wanted=False)
    states = {name: job.state for name, job in site.jobs().items()}
    assert states == {"autotennis-sweep": Job.State.PAUSED, "autotennis-sweep-daily": Job.State.ENABLED}
    site.wake.sweep(wanted=True)
    assert site.jobs()["autotennis-sweep"].state == Job.State.ENABLED


def test_the_daily_sweep_finds_its_way_while_the_frequent_one_rests(site: Site) -> None:
    site.wake.sweep(wanted=True)
    site.wake.sweep(wanted=False)
    site.pass_s(24 * 3600)
    assert site.events(1) == [SweepDue(at=NOW)]


def test_wanting_the_sweep_300_times_in_a_minute_costs_four_calls(site: Site) -> None:
    for _ in range(300):
        site.wake.sweep(wanted=True)
    assert site.calls() == 4


def test_what_is_not_wanted_and_never_was_costs_no_job(site: Site) -> None:
    site.wake.sweep(wanted=False)
    site.wake.watch(CLUB, wanted=False)
    site.wake.watch(CLUB, wanted=False)
    assert site.jobs() == {}
    assert site.calls() == 2


def test_a_sweep_that_another_instance_paused_runs_again_within_a_minute(site: Site) -> None:
    site.wake.sweep(wanted=True)
    with waker(site.place, site.running.clock) as (other, _):
        other.sweep(wanted=False)
    site.pass_s(60)
    site.wake.sweep(wanted=True)
    assert site.jobs()["autotennis-sweep"].state == Job.State.ENABLED


def test_a_job_that_is_paused_or_runs_already_is_left_so(site: Site) -> None:
    site.wake.watch(CLUB, wanted=True)
    with waker(site.place, site.running.clock) as (other, _):
        other.watch(CLUB, wanted=True)
        other.watch(CLUB, wanted=False)
    site.wake.watch(CLUB, wanted=False)
    assert site.jobs()[f"autotennis-watch-{CLUB}"].state == Job.State.PAUSED


def test_a_watch_that_another_instance_paused_runs_again_at_once(site: Site) -> None:
    """Whoever comes into the line asks once, so that nothing would mend it later."""
    site.wake.watch(CLUB, wanted=True)
    with waker(site.place, site.running.clock) as (other, _):
        other.watch(CLUB, wanted=False)
    site.wake.watch(CLUB, wanted=True)
    assert site.jobs()[f"autotennis-watch-{CLUB}"].state == Job.State.ENABLED


def test_wanting_a_watch_again_changes_nothing_and_looks_each_time(site: Site) -> None:
    for _ in range(10):
        site.wake.watch(CLUB, wanted=True)
    # Looked for, made, and looked at nine times.
    assert site.calls() == 11


def test_a_watch_is_kept_each_minute_for_each_club_that_somebody_waits_at(site: Site) -> None:
    site.wake.watch("one", wanted=True)
    site.wake.watch("other", wanted=True)
    site.wake.watch("other", wanted=False)
    assert site.jobs()["autotennis-watch-one"].schedule == "* * * * *"
    site.pass_s(60)
    assert site.events(1) == [WatchDue(at=NOW, club_id="one")]
    site.pass_s(60)
    assert site.events(2) == [WatchDue(at=NOW, club_id="one")] * 2


def test_a_used_up_quota_is_trouble_that_passes() -> None:
    with opened(SchedulerOptions(writes_a_minute=1)) as site:
        site.wake.wake(an_opening(), WAKE_AT)
        with pytest.raises(SchedulerBusy, match="ResourceExhausted"):
            site.wake.wake(an_opening(1), WAKE_AT)
        site.pass_s(60)
        site.wake.wake(an_opening(1), WAKE_AT)
        assert len(site.jobs()) == 2


def test_a_scheduler_that_is_away_is_told_within_seconds() -> None:
    with waker(a_place("test-project", NOWHERE), ManualClock(NOW)) as (wake, _):
        began = time.monotonic()
        for call in (
            lambda: wake.wake(an_opening(), WAKE_AT),
            lambda: wake.woken(an_opening()),
            lambda: wake.sweep(wanted=True),
            lambda: wake.watch(CLUB, wanted=True),
        ):
            with pytest.raises(Transient) as raised:
                call()
            assert isinstance(raised.value, SchedulerBusy)
        assert time.monotonic() - began < 25


def test_a_failed_call_is_not_remembered_as_done() -> None:
    with opened(SchedulerOptions(writes_a_minute=0)) as site:
        for _ in range(2):
            with pytest.raises(SchedulerBusy):
                site.wake.wake(an_opening(), WAKE_AT)
        assert site.calls() == 2


def test_a_call_that_google_never_takes_says_what_to_look_at(site: Site) -> None:
    place = Place(project=site.place.project, region="No Such Place", kms_key="", scheduler_host=site.running.host)
    with waker(place, site.running.clock) as (wake, _), pytest.raises(SchedulerRefused, match="region"):
        wake.wake(an_opening(), WAKE_AT)


LOADED = """
import json, sys
from datetime import datetime, timezone
from autotennis.adapters.gcp.family import open_gcp
from autotennis.adapters.gcp.place import Place
from autotennis.adapters.system import SystemClock
with open_gcp(Place("p", "r", "k"), SystemClock()) as family:
    print(json.dumps([name for name in sys.modules if name.split(".")[0] in {"grpc", "tink"}
                      or name.startswith(("google.cloud", "google.api_core", "google.auth"))]))
"""


def test_nothing_of_google_is_imported_before_it_is_used() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)  # noqa: S603 (our own program)
    loaded: Any = json.loads(told.stdout)
    assert loaded == []
