# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's client is typed by halves)
"""The stand-in for Cloud Scheduler, asked by Google's own client, firing into the Pub/Sub emulator."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.api_core import exceptions
from google.cloud.scheduler_v1 import CloudSchedulerClient, Job
from support.clock import ManualClock
from support.clockwork import Mailbox, clockwork, mailbox
from support.consumers import closed_port
from support.emulators import fresh_project, need_emulators

from google_stand_ins.scheduler import SchedulerOptions

NOW = datetime(2026, 11, 22, 16, 30, 20, tzinfo=UTC)
NOWHERE = f"127.0.0.1:{closed_port()}"


@dataclass
class Site:
    """A scheduler at a clock that stands."""

    jobs: CloudSchedulerClient
    clock: ManualClock
    project: str

    @property
    def parent(self) -> str:
        return f"projects/{self.project}/locations/europe-north1"

    def name(self, job_id: str) -> str:
        return f"{self.parent}/jobs/{job_id}"

    def job(self, job_id: str = "wake", schedule: str = "* * * * *", **more: Any) -> dict[str, Any]:
        topic = f"projects/{self.project}/topics/openings"
        target = {"topic_name": topic, "data": b"now", "attributes": {"kind": "OpeningDue"}}
        return {"name": self.name(job_id), "schedule": schedule, "pubsub_target": target, **more}

    def create(self, job_id: str = "wake", schedule: str = "* * * * *", **more: Any) -> Job:
        return self.create_as(self.job(job_id, schedule, **more))

    def create_as(self, job: dict[str, Any]) -> Job:
        return self.jobs.create_job(request={"parent": self.parent, "job": job})

    def update(self, job: dict[str, Any], *mask: str) -> Job:
        return self.jobs.update_job(request={"job": job, "update_mask": {"paths": mask}})


@contextmanager
def scheduling(
    options: SchedulerOptions | None = None, pubsub_host: str = NOWHERE, project: str = "test-project"
) -> Generator[Site, None, None]:
    with clockwork(pubsub_host, ManualClock(NOW), options) as running:
        yield Site(running.jobs, running.clock, project)


@contextmanager
def firing(options: SchedulerOptions | None = None) -> Generator[tuple[Site, Mailbox], None, None]:
    host, project = need_emulators().pubsub_host, fresh_project()
    with mailbox(host, project, ["openings"]) as inbox, scheduling(options, host, project) as site:
        yield site, inbox


@pytest.fixture
def site() -> Generator[Site, None, None]:
    """A scheduler whose Pub/Sub is away: for what does not fire."""
    with scheduling() as opened:
        yield opened


def at(hour: int, minute: int, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_new_job_is_enabled_and_knows_its_next_minute(site: Site) -> None:
    job = site.create(schedule="0 17 22 11 *")
    assert job == site.jobs.get_job(name=site.name("wake"))
    assert (job.state, job.schedule_time, job.time_zone) == (Job.State.ENABLED, at(17, 0), "UTC")
    assert job.user_update_time == NOW
    assert job.pubsub_target.data == b"now"


def test_a_schedule_is_read_in_the_time_zone_of_the_job(site: Site) -> None:
    assert site.create("oslo", "0 18 * * *", time_zone="Europe/Oslo").schedule_time == at(17, 0)
    assert site.create("utc", "0 18 * * *", time_zone="utc").schedule_time == at(18, 0)
    assert site.create("days", "0 9 * * MON-FRI").schedule_time == at(9, 0, day=23)


def test_a_job_without_a_name_gets_one(site: Site) -> None:
    job = site.create_as({**site.job(), "name": ""})
    assert job.name.startswith(site.name(""))
    assert site.jobs.get_job(name=job.name) == job


def test_the_same_name_twice_already_exists(site: Site) -> None:
    site.create()
    with pytest.raises(exceptions.AlreadyExists):
        site.create(schedule="1 1 1 1 *")
    assert site.jobs.get_job(name=site.name("wake")).schedule == "* * * * *"


def test_what_is_not_there_is_not_found(site: Site) -> None:
    name = site.name("wake")
    for call in (site.jobs.get_job, site.jobs.pause_job, site.jobs.resume_job, site.jobs.run_job, site.jobs.delete_job):
        with pytest.raises(exceptions.NotFound):
            call(name=name)
    with pytest.raises(exceptions.NotFound):
        site.update(site.job(), "schedule")


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedule": "every 5 minutes"},
        {"schedule": "60 * * * *"},
        {"schedule": "* * * *"},
        {"schedule": "0 * * * * *"},
        {"schedule": "0 0 30 2 *"},
        {"schedule": "0 0 L * *"},
        {"schedule": ""},
        {"time_zone": "Europe/Trondheim"},
        {"time_zone": "../etc/passwd"},
        {"pubsub_target": None},
        {"pubsub_target": {"topic_name": "openings", "data": b"now"}},
        {"pubsub_target": {"topic_name": "projects/elsewhere/topics/openings", "data": b"now"}},
        {"pubsub_target": {"topic_name": "projects/test-project/topics/openings"}},
        {"name": "wake"},
        {"name": "projects/test-project/locations/europe-north1/jobs/wake.up"},
        {"name": "projects/test-project/locations/us-central1/jobs/wake"},
        {"retry_config": {"retry_count": 6}},
        {"description": "x" * 501},
    ],
    ids=str,
)
def test_a_job_that_google_would_refuse_is_invalid(site: Site, wrong: dict[str, Any]) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        site.create_as({**site.job(), **wrong})
    assert list(site.jobs.list_jobs(parent=site.parent)) == []


def test_http_targets_are_not_imitated(site: Site) -> None:
    job = {"name": site.name("wake"), "schedule": "* * * * *", "http_target": {"uri": "https://example.org/"}}
    with pytest.raises(exceptions.MethodNotImplemented):
        site.create_as(job)


def test_jobs_are_listed_page_by_page_and_by_place(site: Site) -> None:
    for number in range(5):
        site.create(f"wake-{number}")
    listed = [job.name for job in site.jobs.list_jobs(request={"parent": site.parent, "page_size": 2})]
    assert listed == [site.name(f"wake-{number}") for number in range(5)]
    assert list(site.jobs.list_jobs(parent="projects/elsewhere/locations/europe-north1")) == []


def test_an_update_changes_what_its_mask_names(site: Site) -> None:
    site.create(description="old")
    site.clock.advance(5)
    changed = site.job(schedule="0 17 * * *", description="new")
    job = site.update(changed, "schedule")
    assert (job.schedule, job.schedule_time, job.description) == ("0 17 * * *", at(17, 0), "old")
    assert job.user_update_time == NOW + timedelta(seconds=5)
    target = {**site.job()["pubsub_target"], "data": b"later"}
    job = site.update({**changed, "pubsub_target": target}, "pubsub_target.data")
    assert (job.pubsub_target.data, dict(job.pubsub_target.attributes)) == (b"later", {"kind": "OpeningDue"})


def test_an_update_without_a_mask_replaces_all_settings(site: Site) -> None:
    site.create(description="old", time_zone="Europe/Oslo")
    job = site.update(site.job(schedule="0 17 * * *"))
    assert (job.schedule, job.description) == ("0 17 * * *", "")
    assert site.jobs.get_job(name=job.name) == job


@pytest.mark.parametrize(
    ("change", "mask"),
    [({"schedule": "61 * * * *"}, "schedule"), ({"time_zone": "Nowhere"}, "time_zone"), ({}, "colour")],
)
def test_a_wrong_update_changes_nothing(site: Site, change: dict[str, Any], mask: str) -> None:
    before = site.create()
    with pytest.raises(exceptions.InvalidArgument):
        site.update({**site.job(), **change}, mask)
    assert site.jobs.get_job(name=before.name) == before


def test_a_state_that_does_not_allow_it_is_a_failed_precondition(site: Site) -> None:
    name = site.create().name
    with pytest.raises(exceptions.FailedPrecondition, match="PAUSED for ResumeJob"):
        site.jobs.resume_job(name=name)
    assert site.jobs.pause_job(name=name).state == Job.State.PAUSED
    with pytest.raises(exceptions.FailedPrecondition, match="ENABLED for PauseJob"):
        site.jobs.pause_job(name=name)
    with pytest.raises(exceptions.FailedPrecondition, match="ENABLED for RunJob"):
        site.jobs.run_job(name=name)
    assert site.update(site.job(schedule="0 1 * * *")).state == Job.State.PAUSED
    assert site.jobs.resume_job(name=name).state == Job.State.ENABLED


def test_writes_beyond_the_quota_are_refused_until_a_minute_has_passed() -> None:
    with scheduling(SchedulerOptions(writes_a_minute=2)) as site:
        site.create("one")
        site.jobs.delete_job(name=site.name("one"))
        with pytest.raises(exceptions.ResourceExhausted):
            site.create("two")
        assert list(site.jobs.list_jobs(parent=site.parent)) == []
        site.clock.advance(60)
        site.create("two")


def test_a_job_fires_at_its_minute_and_again_at_the_next() -> None:
    with firing() as (site, inbox):
        name = site.create().name
        site.clock.advance(39)
        assert site.jobs.get_job(name=name).schedule_time == at(16, 31)
        site.clock.advance(1)
        inbox.wait_for(1)
        assert inbox.messages[0].data == b"now"
        assert dict(inbox.messages[0].attributes) == {"kind": "OpeningDue"}
        site.clock.advance(60)
        inbox.wait_for(2)
        job = site.jobs.get_job(name=name)
        assert (job.schedule_time, job.last_attempt_time, job.status.code) == (at(16, 33), at(16, 32), 0)


def test_a_job_of_one_date_fires_again_only_next_year() -> None:
    with firing() as (site, inbox):
        name = site.create(schedule="31 16 22 11 *").name
        site.create("marker", "32 16 * * *")
        site.clock.advance(40)
        inbox.wait_for(1)
        assert site.jobs.get_job(name=name).schedule_time == datetime(2027, 11, 22, 16, 31, tzinfo=UTC)
        site.clock.advance(60)
        inbox.wait_for(2)
        assert site.jobs.get_job(name=name).last_attempt_time == at(16, 31)


def test_a_late_scheduler_fires_so_many_seconds_after_the_minute() -> None:
    with firing(SchedulerOptions(lateness_s=30)) as (site, inbox):
        name = site.create().name
        site.clock.advance(69)
        assert site.jobs.get_job(name=name).schedule_time == at(16, 31)
        site.clock.advance(1)
        inbox.wait_for(1)
        assert site.jobs.get_job(name=name).last_attempt_time == at(16, 31) + timedelta(seconds=30)


def test_at_least_once_can_be_twice() -> None:
    with firing(SchedulerOptions(times=2)) as (site, inbox):
        site.create(schedule="31 16 * * *")
        site.clock.advance(40)
        inbox.wait_for(2)


def test_a_paused_job_fires_not_even_afterwards_what_it_missed() -> None:
    with firing() as (site, inbox):
        name = site.create().name
        site.jobs.pause_job(name=name)
        site.create("marker", "40 16 * * *")
        site.clock.advance(600)
        inbox.wait_for(1)
        assert site.jobs.get_job(name=name).last_attempt_time is None
        assert site.jobs.resume_job(name=name).schedule_time == at(16, 41)
        site.clock.advance(60)
        inbox.wait_for(2)


def test_a_job_can_be_run_by_hand_and_keeps_its_schedule() -> None:
    with firing() as (site, inbox):
        name = site.create(schedule="0 17 * * *").name
        job = site.jobs.run_job(name=name)
        assert (job.last_attempt_time, job.schedule_time) == (NOW, at(17, 0))
        inbox.wait_for(1)


def test_a_deleted_job_never_fires() -> None:
    with firing() as (site, inbox):
        site.jobs.delete_job(name=site.create().name)
        site.create("marker", "32 16 * * *")
        site.clock.advance(100)
        inbox.wait_for(1)
        assert len(inbox.arrived()) == 1


def test_a_failed_attempt_is_shown_and_made_again_as_the_job_wants() -> None:
    with firing() as (site, _):
        missing = f"projects/{site.project}/topics/missing"
        target = {"topic_name": missing, "data": b"now"}
        retry = {"retry_count": 2, "min_backoff_duration": timedelta(seconds=5)}
        job = site.create_as({**site.job(schedule="31 16 * * *"), "pubsub_target": target, "retry_config": retry})
        for seconds, planned in ((40, at(16, 31) + timedelta(seconds=5)), (5, at(16, 31) + timedelta(seconds=15))):
            site.clock.advance(seconds)
            assert until_planned(site, job.name, planned).status.code == grpc.StatusCode.NOT_FOUND.value[0]
        site.clock.advance(10)
        until_planned(site, job.name, at(16, 31, day=23))


def until_planned(site: Site, name: str, planned: datetime) -> Job:
    deadline = time.monotonic() + 5
    while (job := site.jobs.get_job(name=name)).schedule_time != planned or job.last_attempt_time != site.clock.now():
        assert time.monotonic() < deadline, f"It is planned for {job.schedule_time}, not for {planned}"
        time.sleep(0.01)
    return job


def test_jobs_outlive_the_scheduler_and_what_fell_due_meanwhile_fires_once(tmp_path: Path) -> None:
    options = SchedulerOptions(keep_in=tmp_path / "jobs.json")
    with scheduling(options) as site:
        created = site.create(schedule="0 17 * * *", description="kept")
        site.jobs.pause_job(name=site.create("paused").name)
    with scheduling(options) as site:
        assert site.jobs.get_job(name=created.name) == created
        assert site.jobs.get_job(name=site.name("paused")).state == Job.State.PAUSED
        site.clock.advance(3 * 24 * 3600)
        job = until_planned(site, created.name, at(17, 0, day=25))
        assert job.status.code == grpc.StatusCode.UNAVAILABLE.value[0]
