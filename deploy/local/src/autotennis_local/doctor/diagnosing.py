"""All checks of an installation, and which of them fit it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from autotennis.adapters.system import SystemClock
from autotennis_local.doctor import clubs, keeping, machine, queues, running
from autotennis_local.doctor.examining import Check, examined, in_a_thread
from autotennis_local.doctor.finding import Finding
from autotennis_local.doctor.patient import Patient, settings_of


async def diagnosed(data_dir: Path, backups: Path, *, is_cloud: bool) -> list[Finding]:
    """All findings. With settings that are wrong, only what does not depend on them is looked at."""
    settings, told = settings_of(data_dir, is_cloud=is_cloud)
    first = Check("settings", partial(_already, told))
    own = [] if is_cloud else _here(data_dir)
    if settings is None:
        return await examined([first, *_machine(), *own])
    patient = Patient(settings, data_dir, backups, SystemClock())
    return await examined([first, *_machine(), *own, *_of(patient)])


async def _already(findings: Sequence[Finding]) -> Sequence[Finding]:
    return findings


def _machine() -> list[Check]:
    return [
        in_a_thread("python", machine.python),
        in_a_thread("memory", machine.memory),
        in_a_thread("processors", machine.load),
        in_a_thread("clock", machine.synchronised),
    ]


def _here(data_dir: Path) -> list[Check]:
    return [
        in_a_thread("directory", partial(keeping.directory, data_dir)),
        in_a_thread("disk", partial(keeping.disk, data_dir)),
        # A large one takes a while: a second for each few hundred MB.
        Check("database", lambda: asyncio.to_thread(keeping.database, data_dir), timeout_s=120),
    ]


def _of(patient: Patient) -> list[Check]:
    return [
        in_a_thread("time zones", partial(machine.zones, patient)),
        *(Check(f"club {rules.id}", partial(clubs.examined_club, patient, rules)) for rules in patient.settings.clubs),
        *(_in_the_cloud(patient) if patient.is_cloud else _on_one_machine(patient)),
        in_a_thread("dead letters", partial(queues.dead_letters, patient)),
        in_a_thread("queues", partial(queues.waiting, patient)),
        in_a_thread("outbox", partial(queues.unpublished, patient)),
        Check("pages", partial(running.pages, patient)),
        Check("e-mail", partial(running.mail, patient)),
    ]


def _on_one_machine(patient: Patient) -> list[Check]:
    return [
        in_a_thread("vault", partial(keeping.vault, patient)),
        in_a_thread("backups", partial(keeping.backups, patient)),
        Check("services", partial(running.system, patient)),
    ]


def _in_the_cloud(patient: Patient) -> list[Check]:
    # Here, because it needs packages that one machine does without.
    from autotennis_local.doctor import cloud

    return [
        in_a_thread("topics", partial(cloud.topology, patient)),
        in_a_thread("rights", partial(cloud.rights, patient)),
        in_a_thread("key", partial(cloud.master_key, patient)),
        in_a_thread("scheduler", partial(cloud.jobs, patient)),
        in_a_thread("database", partial(queues.storage, patient)),
        Check("services", partial(running.services, patient)),
    ]
