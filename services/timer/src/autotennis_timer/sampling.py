"""What is looked at only when somebody reads the timer's metrics: the outbox, the queues and the dead letters."""

from datetime import datetime

from autotennis import signals
from autotennis.canary import health_of
from autotennis.ports import Ports


def sample_by(ports: Ports) -> None:
    """Has the gauges set at each scrape. All looks have a limit; what the bus cannot tell is left out."""
    ports.metrics.sampled_by(lambda: _sample_outbox(ports))
    ports.metrics.sampled_by(lambda: _sample_queues(ports))
    ports.metrics.sampled_by(lambda: _sample_pages(ports))


def _sample_outbox(ports: Ports) -> None:
    left = ports.store.unpublished()
    ports.metrics.outbox.set(len(left))
    ports.metrics.outbox_age.set(_age_s(ports, left[0].at if left else None))


def _sample_queues(ports: Ports) -> None:
    queues = ports.bus.queues()
    if queues is None:
        return
    for one in queues:
        ports.metrics.queue.labels(one.consumer.value).set(one.waiting)
        ports.metrics.queue_age.labels(one.consumer.value).set(_age_s(ports, one.oldest_at))
    ports.metrics.dead.set(len(ports.bus.dead_letters()))


def _sample_pages(ports: Ports) -> None:
    for club_id in ports.clubs:
        if health := health_of(ports, club_id):
            ports.metrics.pages_changed.labels(club_id).set(len(health.changed))
            ports.metrics.canary_age.labels(club_id).set(_age_s(ports, health.read_at))


def _age_s(ports: Ports, since: datetime | None) -> float:
    return signals.age_s(since, ports.clock.now())
