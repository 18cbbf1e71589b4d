"""What waits to be delivered, what was given up, and what was not published: in either family."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from autotennis.ports import Bus, Queue, Store
from autotennis.wiring import open_ports
from autotennis_local.doctor.finding import Finding, broken, fine, unknown, warning
from autotennis_local.doctor.keeping import opened
from autotennis_local.doctor.patient import Patient

_LATE: Final = timedelta(minutes=5)
_FEW: Final = 3


@dataclass(frozen=True, slots=True)
class _Kept:
    bus: Bus
    store: Store


@contextmanager
def _looked_into(patient: Patient) -> Generator[_Kept]:
    if patient.is_cloud:
        with open_ports(patient.settings) as ports:
            yield _Kept(ports.bus, ports.store)
        return
    with opened(patient) as family:
        yield _Kept(family.bus, family.store)


def dead_letters(patient: Patient) -> Sequence[Finding]:
    """Deliveries that were given up."""
    with _looked_into(patient) as kept:
        letters = kept.bus.dead_letters()
    if not letters:
        return [fine("no delivery was given up")]
    first = "; ".join(f"{one.kind} for {one.consumer}: {one.reason}" for one in letters[:_FEW])
    return [
        broken(
            f"{len(letters)} deliveries were given up, the latest: {first}",
            "Mend the cause, then deliver them again: `autotennis dead-letters` lists them, `autotennis replay ID` "
            "delivers one, or use the console.",
        )
    ]


def waiting(patient: Patient) -> Sequence[Finding]:
    """Deliveries that are not made yet."""
    with _looked_into(patient) as kept:
        queues = kept.bus.queues()
    if queues is None:
        return [unknown("how much waits is only known to Cloud Monitoring: look at the dashboard there")]
    return [late_found(queues, patient.clock.now())]


def late_found(queues: Sequence[Queue], now: datetime) -> Finding:
    """What is to be said of these queues."""
    late = [one for one in queues if one.oldest_at and now - one.oldest_at > _LATE]
    if late:
        names = ", ".join(f"{one.waiting} for {one.consumer.value}" for one in late)
        return broken(
            f"events wait for more than {_LATE.seconds // 60} minutes: {names}",
            "Those services are away or refuse them: look at their logs.",
        )
    return fine(f"{sum(one.waiting for one in queues)} events wait to be delivered, none for long")


def unpublished(patient: Patient) -> Sequence[Finding]:
    """Facts that were committed and not published."""
    with _looked_into(patient) as kept:
        facts = kept.store.unpublished()
    now = patient.clock.now()
    late = [one for one in facts if now - one.at > _LATE]
    if late:
        return [
            warning(
                f"{len(late)} facts wait to be published, the oldest since {late[0].at:%Y-%m-%d %H:%M} UTC",
                "The sweep publishes them: does the timer run, and what does its log say?",
            )
        ]
    return [fine("all facts are published")]


def storage(patient: Patient) -> Sequence[Finding]:
    """Whether Firestore lets us in and has its indexes. Raises StoreRefused, which says what is missing."""
    with _looked_into(patient) as kept:
        kept.store.has_open()
        kept.store.missed(patient.clock.now() - _LATE, patient.clock.now())
        kept.store.dead_messages()
    return [fine("Firestore answers, and has the indexes that it was asked for")]
