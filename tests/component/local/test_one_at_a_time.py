"""One system at a time on a data directory: who comes second is refused, and learns why."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.users import as_nobody, within_reach
from support.waiting import eventually

from autotennis.adapters.local.files import DiskTrouble
from autotennis_local.installation import AlreadyRunning, held

# Holds the directory, by whatever name it is given, until it is killed.
HOLDER = """
import pathlib, sys, time
from autotennis_local.installation import held
with held(pathlib.Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(600)
"""

# A system of one program, which takes a while to end when it is told to: it says when it has ended.
SYSTEM = """
import pathlib, sys, time
from autotennis.adapters.system import environment
from autotennis_local.installation import held
from autotennis_local.supervision import Program, supervised

slow = '''
import pathlib, signal, sys, time
def end(*_):
    time.sleep(1.0)
    pathlib.Path(sys.argv[1]).touch()
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(600)
'''
data = pathlib.Path(sys.argv[1])
program = data / "slow.py"
with held(data) as lock:
    program.write_text(slow)
    command = (sys.executable, str(program), str(data / "ended"))
    with supervised([Program("slow", command)], data, environment(), lock):
        time.sleep(600)
"""

# The kernel refuses flock(2) with ENOLCK to this process, as some file systems of a network do to everybody.
WITHOUT_LOCKS = """
import ctypes, errno, platform, struct, sys
from autotennis_local.__main__ import main

libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": 73, "aarch64": 32}[platform.machine()]
steps = (
    (0x20, 0, 0, 0),  # load the number of the system call
    (0x15, 0, 1, number),  # if it is that of flock
    (0x06, 0, 0, 0x00050000 | errno.ENOLCK),  # answer with this error
    (0x06, 0, 0, 0x7FFF0000),  # otherwise let it through
)
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
wanted = Filter(len(steps), ctypes.addressof(code))
assert libc.prctl(38, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS"
assert libc.prctl(22, 2, ctypes.byref(wanted), 0, 0) == 0, "PR_SET_SECCOMP"
main()
"""


def python(program: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603 (our own)


@contextmanager
def holding(data_dir: Path) -> Generator["subprocess.Popen[str]"]:
    """Another process that holds the directory."""
    process = python(HOLDER, str(data_dir))
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def by_its_name(data_dir: Path) -> Path:
    return data_dir


def by_a_link(data_dir: Path) -> Path:
    (data_dir.parent / "link").symlink_to(data_dir)
    return data_dir.parent / "link"


def by_a_way_around(data_dir: Path) -> Path:
    return data_dir / ".." / data_dir.name


@pytest.mark.parametrize("way", [by_its_name, by_a_link, by_a_way_around])
def test_who_comes_second_learns_who_is_there(tmp_path: Path, way: Callable[[Path], Path]) -> None:
    data_dir = tmp_path / "data"
    with holding(data_dir) as other, pytest.raises(AlreadyRunning) as refused, held(way(data_dir)):
        pass
    assert f"(process {other.pid}). Stop it first" in str(refused.value)


def test_a_lock_of_who_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    with holding(tmp_path):
        pass
    with held(tmp_path), pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}\)"), held(tmp_path):
        pass


def test_a_directory_of_another_user_is_named_with_its_owner() -> None:
    if os.geteuid() != 0:
        pytest.skip("!!! NOT ROOT: that the directory of another user is refused is NOT SHOWN")
    with within_reach() as directory:
        owned = directory / "data"
        with held(owned):
            pass
        with as_nobody(), pytest.raises(DiskTrouble, match="belongs to root: run this as that user"), held(owned):
            pass


async def test_the_directory_is_free_only_once_everything_of_a_killed_system_has_ended(tmp_path: Path) -> None:
    """Otherwise the services of the next one would start beside those that are still about something."""
    front = python(SYSTEM, str(tmp_path))
    log, ended = tmp_path / "log" / "slow.log", tmp_path / "ended"
    try:
        await eventually(lambda: log.exists() and "up" in log.read_text(), "it runs", every_s=0.05)
        front.send_signal(signal.SIGKILL)
        front.wait(30)

        def is_free() -> bool:
            try:
                with held(tmp_path):
                    assert ended.exists(), "another could start while a program of the killed system still ran"
                    return True
            except AlreadyRunning:
                return False

        await eventually(is_free, "it is free", every_s=0.02)
    finally:
        front.kill()
        front.communicate()


def test_a_disk_that_gives_no_locks_is_refused(tmp_path: Path) -> None:
    process = python(WITHOUT_LOCKS, "up", "--data-dir", str(tmp_path / "data"), "--port", "0")
    printed, _ = process.communicate(timeout=60)
    assert process.returncode == 1, printed
    assert "gives no locks (No locks available)" in printed
    assert "Traceback" not in printed
