"""A wish two weeks ahead: a job of Cloud Scheduler wakes the timer, which hands the booking over and drops the job.

The real timer behind its real door, Google's emulators and the scheduler's stand-in; the clock is moved by hand.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (Google's client is typed by halves)

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from google.cloud.scheduler_v1 import Job
from support.clock import ManualClock
from support.clockwork import Clockwork, clockwork
from support.emulators import fresh_project, need_emulators
from support.gcp_bus import relaying, topics_of
from support.records import CLUB, NOW, OPENING, a_member, a_request
from support.tokens import ACCOUNT, AUDIENCE
from support.waiting import eventually_beside

from autotennis.adapters.gcp.door import GcpDoor
from autotennis.adapters.gcp.family import open_gcp
from autotennis.adapters.gcp.feed import open_feed
from autotennis.adapters.gcp.place import Place, Pusher
from autotennis.adapters.system import SystemClock, SystemIds
from autotennis.domain.booking import State
from autotennis.events import Event, OpeningDue, RaceDue
from autotennis.flow import Service
from autotennis.outbox import publish_outbox
from autotennis.ports import EventFeed, Ports
from autotennis.serving import listening, service_app
from autotennis.values import Session
from autotennis_timer.handlers import Timer
from google_stand_ins.issuer import serving_issuer
from google_stand_ins.pushing import Sender

AHEAD = timedelta(days=14)
OPENS_AT = OPENING + AHEAD
WAKES_AT = OPENS_AT - timedelta(minutes=2)
JOB = f"autotennis-wake-{CLUB}-{OPENS_AT:%Y%m%dT%H%M%S}Z"
SWEEPS = {"autotennis-sweep", "autotennis-sweep-daily"}


@dataclass
class Installation:
    """A timer that is pushed to, what it works with, and what is published."""

    project: str
    running: Clockwork
    ports: Ports
    feed: EventFeed
    seen: list[Event] = field(default_factory=list[Event])

    def jobs(self) -> dict[str, Job]:
        listed = self.running.jobs.list_jobs(parent=f"projects/{self.project}/locations/europe-north1")
        return {job.name.rpartition("/")[2]: job for job in listed}

    def published(self, kind: str) -> list[Event]:
        self.seen += self.feed.new()
        return [event for event in self.seen if event.kind == kind]

    def move_to(self, instant: datetime) -> None:
        """Everybody's clock: the scheduler's and the timer's."""
        self.running.clock.advance((instant - self.running.clock.now()).total_seconds())


@asynccontextmanager
async def installed() -> AsyncGenerator[Installation]:
    host, project, clock = need_emulators().pubsub_host, fresh_project(), ManualClock(NOW)
    with clockwork(host, clock) as running:
        place = Place(project, "europe-north1", kms_key="", scheduler_host=running.host)
        async with serving_issuer() as issuer:
            # Tokens are of the machine's time.
            door = GcpDoor(Pusher(AUDIENCE, ACCOUNT, issuer.url, issuer.keys_url), SystemClock())
            with topics_of(place), open_gcp(place, clock) as family, open_feed(place, SystemIds()) as feed:
                ports = Ports(
                    family.store, family.bus, family.wake, family.vault, clock, SystemIds(), {}, door, family.refusals
                )
                app = service_app(Service.TIMER, Timer(ports).handlers(), ports)
                async with (
                    listening(app, "127.0.0.1", 0) as url,
                    relaying(place, Sender(issuer, AUDIENCE, ACCOUNT), {Service.TIMER: url}, None),
                ):
                    yield Installation(project, running, ports, feed)


@pytest.fixture
async def installation() -> AsyncGenerator[Installation]:
    async with installed() as installation:
        yield installation


async def test_a_job_wakes_the_timer_and_is_gone(installation: Installation) -> None:
    store = installation.ports.store

    def wish() -> None:
        store.add_member(a_member())
        store.create(
            a_request("b-1", session=Session(timeid=194, start=datetime(2026, 12, 9, 18, 0)), opening_at=OPENS_AT)
        )
        assert publish_outbox(installation.ports, "b-1") == 1

    def handed_over() -> list[RaceDue]:
        return [race for race in installation.published("RaceDue") if isinstance(race, RaceDue)]

    await asyncio.to_thread(wish)
    await eventually_beside(lambda: set(installation.jobs()) == {JOB, *SWEEPS}, "wake-up and sweeps are planned")
    assert installation.jobs()[JOB].schedule_time == WAKES_AT

    # A minute early the sweep comes, and finds nothing to hand over: the wake-up has not been missed.
    installation.move_to(WAKES_AT - timedelta(minutes=1))
    await eventually_beside(lambda: installation.published("SweepDue"), "the sweep is due")
    assert await asyncio.to_thread(handed_over) == []
    assert store.booking("b-1").state is State.SCHEDULED
    assert JOB in installation.jobs()

    installation.move_to(WAKES_AT)
    await eventually_beside(handed_over, "the booking is handed over")
    opened = {event.opening_at for event in installation.published("OpeningDue") if isinstance(event, OpeningDue)}
    assert opened == {OPENS_AT}
    # By nobody but the one who was woken: at that minute, once or, as anything may be delivered again, more often.
    assert {(race.at, race.booking_ids) for race in handed_over()} == {(WAKES_AT, ("b-1",))}
    await eventually_beside(lambda: JOB not in installation.jobs(), "the job is gone")
    assert set(installation.jobs()) == SWEEPS
