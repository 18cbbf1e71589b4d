"""What a service says of its settings when it is started: a mistake ends it, a strange variable is told."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.waiting import eventually

SECRET = "a secret of forty characters or thereabouts"
SERVICES = ("api", "booker", "notifier", "timer", "waitlist")


def told(directory: Path, **more: str) -> dict[str, str]:
    mine = {
        "DATA_DIR": str(directory),
        "PORT": "0",
        "PUSH_SECRET": SECRET,
        "SESSION_SECRET": SECRET,
        "LINK_SECRET": SECRET,
        **more,
    }
    outside = {name: value for name, value in os.environ.items() if not name.startswith("AUTOTENNIS_")}
    return {**outside, **{f"AUTOTENNIS_{name}": value for name, value in mine.items()}}


@pytest.mark.parametrize("service", SERVICES)
def test_a_mistake_ends_it_and_is_named(tmp_path: Path, service: str) -> None:
    command = (sys.executable, "-m", f"autotennis_{service}")
    wrong = told(tmp_path, LOG_LEVEL="LOUD", PUSH_SECRET="short-word")
    done = subprocess.run(command, env=wrong, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 (our own)
    assert done.returncode == 2
    (said,) = done.stderr.splitlines()
    assert "AUTOTENNIS_LOG_LEVEL: it has to be such as INFO" in said
    assert "short-word" not in done.stderr + done.stdout


@contextmanager
def running(service: str, environment: dict[str, str], log: Path) -> Generator[None]:
    with log.open("wb") as file:
        command = (sys.executable, "-m", f"autotennis_{service}")
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)  # noqa: S603 (our own)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0


@pytest.mark.parametrize("service", ["api", "timer"])
async def test_a_strange_variable_is_told_and_harms_nothing(tmp_path: Path, service: str) -> None:
    log = tmp_path / "log"
    with running(service, told(tmp_path / "data", CONTCAT="mailto:ola@example.org"), log):
        await eventually(lambda: '"serving"' in log.read_text(), "it serves")
    (line,) = [one for one in log.read_text().splitlines() if "AUTOTENNIS_CONTCAT" in one]
    assert "no setting of this program" in line
    assert "AUTOTENNIS_CONTACT" in line
    assert "ola@example.org" not in line


async def dumps_when_it_aborts(command: tuple[str, ...], directory: Path, environment: dict[str, str]) -> bool:
    """Whether the kernel wrote a core dump of a program that says `"serving"` and is then aborted."""
    process = begun(command, directory, environment)
    await eventually(lambda: '"serving"' in (directory / "log").read_text(), "it serves")
    return aborted(process)


def begun(command: tuple[str, ...], directory: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A program that may leave a core dump of any size."""
    with (directory / "log").open("wb") as file:
        return subprocess.Popen(  # noqa: S603 (our own)
            command,
            cwd=directory,
            env=environment,
            stdout=file,
            stderr=file,
            preexec_fn=any_dump,  # noqa: PLW1509 (it takes no lock)
        )


def any_dump() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def aborted(process: subprocess.Popen[bytes]) -> bool:
    """Aborts it; gives whether it left a core dump."""
    process.send_signal(signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -os.WTERMSIG(status)
    assert os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.mark.parametrize("service", ["api", "booker"])
async def test_who_holds_passwords_leaves_no_core_dump(tmp_path: Path, service: str) -> None:
    command = (sys.executable, "-m", f"autotennis_{service}")
    assert not await dumps_when_it_aborts(command, tmp_path, told(tmp_path / "data"))


async def test_another_program_would_leave_one(tmp_path: Path) -> None:
    """So that the test above can fail on this machine."""
    command = (sys.executable, "-c", "import time\nprint('\"serving\"', flush=True)\ntime.sleep(60)")
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("no program leaves a core dump on this machine")
    assert await dumps_when_it_aborts(command, tmp_path, dict(os.environ))
