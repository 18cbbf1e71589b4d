"""What processes use of the machine, as the operating system counts it."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
# Of the fields after the program's name.
_IN_PROGRAM: Final = 11
_IN_SYSTEM: Final = 12


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process has used since it began."""
    fields = _fields(pid)
    return (int(fields[_IN_PROGRAM]) + int(fields[_IN_SYSTEM])) / _TICKS_PER_S


def family_cpu_s(pid: int) -> float:
    """The same of a process and all that have come of it and still run."""
    return sum(cpu_s(one) for one in _family(pid))


def peak_mb(pid: int) -> float:
    """The most memory that a process has held, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1000


def family_peak_mb(pid: int) -> float:
    """The sum of these over a process and all that have come of it and still run."""
    return sum(peak_mb(one) for one in _family(pid))


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        found.extend(_children(one))
    return found


def _children(pid: int) -> Generator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text().split())


def _fields(pid: int) -> list[str]:
    # After the program's name, which may hold anything, and ends with the last bracket.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
