"""The machine: its Python, memory, load, time zones, and whether its clock is set by the network."""

import ctypes
import os
import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from autotennis_local.doctor.finding import Finding, broken, fine, unknown, warning
from autotennis_local.doctor.patient import Patient

_MEMINFO: Final = Path("/proc/meminfo")
_LEAST_MB: Final = 400
_LEAST_FREE_MB: Final = 60
# From Linux's timex.h.
_TIME_ERROR: Final = 5
_US_IN_MS: Final = 1000
# What a second of a stamp and a slow answer cannot explain.
_LITTLE_S: Final = 1.5
# A booker is woken two minutes before an opening.
_MUCH_S: Final = 30.0
_MEND_CLOCK: Final = (
    "If it is this machine's clock, let the network set it: `timedatectl set-ntp true`. If it is the club's, there is "
    "nothing to mend: its clock is learned before each opening."
)


class _Timex(ctypes.Structure):
    """The beginning of Linux's `struct timex`, with room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 400),
    )


def python() -> Sequence[Finding]:
    """Which Python runs this: what is too old did not get here."""
    return [fine(f"Python {platform.python_version()} on {platform.machine()}")]


def memory() -> Sequence[Finding]:
    """Whether there is enough."""
    if not _MEMINFO.exists():
        return [unknown("this system does not tell how much memory it has")]
    lines = (line.split() for line in _MEMINFO.read_text().splitlines())
    mb = {parts[0].rstrip(":"): int(parts[1]) // 1024 for parts in lines}
    return [memory_found(mb["MemTotal"], mb.get("MemAvailable", mb["MemFree"]))]


def memory_found(total_mb: int, available_mb: int) -> Finding:
    """What is to be said of so much memory."""
    said = f"{available_mb} MB of {total_mb} MB of memory are free"
    if total_mb < _LEAST_MB or available_mb < _LEAST_FREE_MB:
        return warning(said, "Stop what else runs here, add swap, or take a machine with 512 MB or more.")
    return fine(said)


def load() -> Sequence[Finding]:
    """Whether the processors have time."""
    cpus, busy = os.cpu_count() or 1, os.getloadavg()[1]
    said = f"{cpus} processor(s), {busy:.1f} of them busy in the last five minutes"
    if busy > 2 * cpus:
        return [warning(said, "A busy machine is late at openings: find with `top` what else runs here.")]
    return [fine(said)]


def zones(patient: Patient) -> Sequence[Finding]:
    """Whether the data of time zones are here. An unknown zone of a club does not get past the settings."""
    now = patient.clock.now()
    return [fine(f"{club.zone_name} is at UTC{now.astimezone(club.zone):%z}") for club in patient.settings.clubs]


def synchronised() -> Sequence[Finding]:
    """Whether the kernel says that something keeps its clock right."""
    timex = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except (AttributeError, OSError):
        state = -1
    return [synchronised_found(state, timex.maxerror)]


def synchronised_found(state: int, most_off_us: int) -> Finding:
    """What is to be said of the kernel's answer: -1 if there is none."""
    if state < 0:
        return unknown("the kernel does not tell whether the clock is set by the network")
    if state == _TIME_ERROR:
        return warning(
            "nothing keeps this machine's clock right",
            "Turn on network time: `timedatectl set-ntp true`, or install chrony. (In a container this is the host's.) "
            "The clubs' clocks are learned in any case, but a wake-up must come in time.",
        )
    return fine(f"the clock is set by the network, at most {most_off_us / _US_IN_MS:.0f} ms off")


def offset_found(offset_s: tuple[float, float], name: str) -> Finding:
    """What is to be said of a club's clock that is so many seconds ahead of ours: at least, and at most."""
    low, high = offset_s
    least = max(low, -high, 0.0)
    if not least:
        return fine(f"this machine and {name} agree on the time within a second")
    way = "behind" if low > 0 else "ahead of"
    said = f"this machine is at least {least:.1f} s {way} {name}"
    if least < _MUCH_S:
        return fine(said) if least < _LITTLE_S else warning(said, _MEND_CLOCK)
    return broken(said, _MEND_CLOCK)


def offset_of(stamp: datetime, sent_at: datetime, received_at: datetime) -> tuple[float, float]:
    """By how many seconds whoever stamped is ahead of us, at least and at most: a stamp is in whole seconds."""
    return (stamp - received_at).total_seconds(), (stamp - sent_at).total_seconds() + 1.0
