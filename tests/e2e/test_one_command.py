"""`make run` and `make demo` as programs: what they print, how they end, and what they leave behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlsplit

import pytest
from support.whole_system import available

from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock
from autotennis_local.choices import Backing
from google_stand_ins.emulators import Emulator, NoEmulators, find

ANY_PORT = ("--port", "0", "--practice-port", "0")
KINDS = ["BookingRequested", "OpeningDue", "RaceDue", "Booked"]
# Set for a program, and so for all that it starts: by this they are found again.
MARK = "STARTED_BY_TEST"
# A socket's state in /proc/net/tcp.
LISTENS = "0A"


class Program:
    """A command of autotennis_local that runs beside the test."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "autotennis_local", *arguments]
        self.process = subprocess.Popen(  # noqa: S603 (our own interpreter and program)
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self.lines: list[str] = []
        self._queue: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))

    def until(self, pattern: str, within_s: float = 120) -> re.Match[str]:
        """The first line from here on that fits."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            try:
                self.lines.append(self._queue.get(timeout=0.1))
            except Empty:
                continue
            if match := re.search(pattern, self.lines[-1]):
                return match
        raise AssertionError(f"no line like {pattern!r} within {within_s:g} s in: {self.lines}")

    def ended(self, within_s: float = 180) -> int:
        """Its exit status; all its lines are in `lines`."""
        status = self.process.wait(within_s)
        self._reader.join(10)
        while not self._queue.empty():
            self.lines.append(self._queue.get())
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.ended()
        self._reader.join(10)
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def program(*arguments: str, environment: Mapping[str, str] | None = None) -> Generator[Program]:
    started = Program(*arguments, environment=environment)
    try:
        yield started
    finally:
        started.close()


def test_demos_side_by_side_prove_their_bookings_and_leave_nothing_behind(tmp_path: Path) -> None:
    environment = {**environment_for(Backing.LOCAL), MARK: str(tmp_path)}
    with ExitStack() as running:
        demos = [running.enter_context(program("demo", "--opens-in", "16", environment=environment)) for _ in range(2)]
        for demo in demos:
            demo.until("BookingRequested")
        assert started_with(MARK, tmp_path)
        for demo in demos:
            proves_its_booking(demo)
    assert started_with(MARK, tmp_path) == {}


def proves_its_booking(demo: Program) -> None:
    assert demo.ended() == 0, demo.lines
    result = json.loads(demo.lines[-1])
    assert set(result) == {
        "state",
        "first_accept_ms",
        "requests_at_opening",
        "requests_total",
        "clock_offset_error_ms",
        "events",
    }
    assert result["state"] == "booked"
    assert result["events"] == KINDS
    assert result["first_accept_ms"] >= 0
    assert result["requests_at_opening"] >= 1
    assert result["requests_total"] <= 60
    assert result["clock_offset_error_ms"] < 1000


SCENARIOS = [
    ("waitlist", Backing.LOCAL, "booked", {"logins_before_a_place_was_free": 0}),
    ("series", Backing.LOCAL, "booked", {"next_week": "scheduled", "days_apart": 7}),
    ("group", Backing.LOCAL, "booked", {"places_they_got": 3}),
    ("cancel", Backing.LOCAL, "cancelled", {"won": "booked", "then": "withdrawn", "places_left_to_the_member": 0}),
    ("series", Backing.EMULATORS, "booked", {"next_week": "scheduled", "days_apart": 7}),
]


@pytest.mark.parametrize(("scenario", "backing", "state", "seen"), SCENARIOS)
def test_every_scenario_of_the_demo_is_proven(
    tmp_path: Path, scenario: str, backing: Backing, state: str, seen: dict[str, object]
) -> None:
    environment = {**environment_for(backing), MARK: str(tmp_path)}
    command = ("demo", "--backend", backing, "--scenario", scenario, "--opens-in", "14")
    with program(*command, environment=environment) as demo:
        assert demo.ended() == 0, demo.lines
        result = json.loads(demo.lines[-1])
    assert {"scenario": scenario, "state": state, **seen}.items() <= result.items()
    assert result["requests_total"] <= 60 * (4 if scenario == "group" else 1)
    assert "BookingRequested" in result["events"]
    if backing is Backing.EMULATORS:
        tells_of_its_emulators(demo)
    assert started_with(MARK, tmp_path) == {}


def tells_of_its_emulators(demo: Program) -> None:
    """Each is told of in a line, and was started for it: none ran elsewhere."""
    for emulator in Emulator:
        (line,) = [line for line in demo.lines if line.startswith(f"{emulator.value} emulator: ")]
        assert "started from" in line


def environment_for(backing: Backing) -> dict[str, str]:
    """An environment in which a program has to start the emulators itself. Skips where there are none to start."""
    available(backing)
    variables = {emulator.variable for emulator in Emulator}
    environment = {name: value for name, value in os.environ.items() if name not in variables}
    if backing is Backing.EMULATORS:
        try:
            for emulator in Emulator:
                find(emulator, environment)
        except NoEmulators as reason:
            pytest.skip(f"the emulators run elsewhere and cannot be started here: {reason}")
    return environment


@pytest.mark.parametrize("backing", [Backing.EMULATORS])
def test_run_on_the_emulators_leaves_nothing_listening_when_it_is_stopped(tmp_path: Path, backing: Backing) -> None:
    environment = {**environment_for(backing), MARK: str(tmp_path)}
    arguments = ("practise", "--data-dir", str(tmp_path / "data"), *ANY_PORT, "--backend", backing, "--opens-in", "8")
    with program(*arguments, environment=environment) as run:
        run.until("Everything stays up", within_s=180)
        started = started_with(MARK, tmp_path)
        listening = listened_ports(started)
        # Three services, three stand-ins and the practice club; what is in containers belongs to others.
        assert len(listening) >= 7
        from_sdk = [line for line in run.lines if "emulator: started from the Google SDK" in line]
        assert sum("java" in command for command in started.values()) >= len(from_sdk)
        os.kill(run.process.pid, signal.SIGINT)
        assert run.ended() == 0
    assert started_with(MARK, tmp_path) == {}
    assert [port for port in listening if reachable(f"http://127.0.0.1:{port}")] == []


def listened_ports(processes: Iterable[int]) -> set[int]:
    """The TCP ports on which any of these processes listens."""
    handles = [handle for pid in processes for handle in Path(f"/proc/{pid}/fd").iterdir()]
    open_files: set[str] = set()
    for handle in handles:
        with suppress(OSError):  # it was closed meanwhile
            open_files.add(str(handle.readlink()))
    rows = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    return {
        int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == LISTENS and f"socket:[{row[9]}]" in open_files
    }


def test_run_books_stays_up_stops_cleanly_and_runs_again(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        arguments = ("--port", str(wanted), "--practice-port", "0", "--opens-in", "8")
        with program("practise", "--data-dir", str(tmp_path / "data"), *arguments) as run:
            run.until(f"Port {wanted} is taken by another program; using [0-9]+ instead")
            url = run.until(r"Autotennis +(http://\S+)").group(1)
            run.until("Booked, .* ms after the opening by the club's own record")
            run.until(r"at http://\S+/nybruker\.php, then register at http://\S+/register")
            run.until("Everything stays up")
            assert reachable(url)

            with program("practise", "--data-dir", str(tmp_path / "data"), *arguments) as other:
                assert other.ended() == 1
                assert "Another Autotennis runs on" in other.lines[-1]

            os.kill(run.process.pid, signal.SIGINT)
            assert run.ended() == 0
            assert not reachable(url)
            assert "Stopping..." in run.lines

    with program("practise", "--data-dir", str(tmp_path / "data"), *ANY_PORT, "--opens-in", "3") as run:
        run.until("Booked, .* ms after the opening by the club's own record")


def test_a_demo_that_is_interrupted_does_not_pass() -> None:
    with program("demo", "--opens-in", "600") as demo:
        demo.until("BookingRequested")
        os.kill(demo.process.pid, signal.SIGINT)
        assert demo.ended() == 130


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("AUTOTENNIS_LOG_LEVEL", "LOUD"), ("AUTOTENNIS_THREADS", "0"), ("AUTOTENNIS_PLAIN_HTTP", "perhaps")],
)
def test_a_wrong_setting_is_named_and_nothing_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    monkeypatch.setenv(name, wrong)
    with program("up", "--data-dir", str(tmp_path), "--port", "0") as serve:
        assert serve.ended() == 1
        assert name in serve.lines[-1]
    assert not (tmp_path / "log").exists()


def test_damaged_secrets_are_named(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"push_secret": "short", "session_secret": "short"}')
    with program("up", "--data-dir", str(tmp_path), "--port", "0") as serve:
        assert serve.ended() == 1
        assert "secrets.json is damaged" in serve.lines[-1]


def reachable(url: str) -> bool:
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    try:
        socket.create_connection((address.hostname, address.port), timeout=2).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_database_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    database = tmp_path / FILE_NAME
    database.write_bytes(content)
    with program("practise", "--data-dir", str(tmp_path), *ANY_PORT, "--opens-in", "3") as run:
        assert run.ended() == 1
        assert str(database) in run.lines[-1]
        assert "It was left as it is." in run.lines[-1]
    assert database.read_bytes() == content


def test_dead_letters_of_an_empty_installation(tmp_path: Path) -> None:
    with open_local(tmp_path, SystemClock()):
        pass
    with program("dead-letters", "--data-dir", str(tmp_path)) as listing:
        assert listing.ended() == 0
        assert listing.lines == ["No delivery was given up."]
    with program("replay", "--data-dir", str(tmp_path), "17") as replay:
        assert replay.ended() == 1
        assert replay.lines == ["There is no such dead letter."]


def test_when_one_that_holds_the_others_is_killed_everything_ends_and_can_start_again(tmp_path: Path) -> None:
    arguments = ("up", "--data-dir", str(tmp_path), "--port", "0")
    with program(*arguments) as serve:
        serve.until(r"Stop it with Ctrl-C")
        # The supervisor; the booker, and what shares a process; the web server and its worker.
        assert len(started_for(tmp_path)) == 5
        (supervisor,) = [
            pid for pid, command in started_for(tmp_path).items() if "autotennis_local.overseeing" in command
        ]
        os.kill(supervisor, signal.SIGKILL)
        assert serve.ended() == 1
        assert any("The supervisor has died" in line for line in serve.lines)
        nothing_is_left(tmp_path)
    # Again; and now the one in front is killed.
    with program(*arguments) as serve:
        url = serve.until(r"Autotennis +(http://\S+)").group(1)
        os.kill(serve.process.pid, signal.SIGKILL)
        serve.ended()
        nothing_is_left(tmp_path)
        assert not reachable(url)


def test_for_a_service_manager_the_process_in_front_only_waits(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    arguments = ("up", "--data-dir", str(data_dir), "--port", "0", "--unattended")
    with service_manager(tmp_path) as (manager, told):
        with program(*arguments, environment=told) as up:
            # Told to stop at the moment at which it is about to become the one that waits.
            assert manager.recv(100) == b"READY=1"
            os.kill(up.process.pid, signal.SIGTERM)
            assert up.ended() == 0
        nothing_is_left(data_dir)
        with program(*arguments, environment=told) as up:
            url = up.until(r"Autotennis +(http://\S+)").group(1)
            assert manager.recv(100) == b"READY=1"
            assert reachable(url)
            command = Path(f"/proc/{up.process.pid}/cmdline")
            deadline = time.monotonic() + 30
            while "keeper" not in command.read_text():
                assert time.monotonic() < deadline, "it has not become small"
                time.sleep(0.05)
            # It still is the one that holds the directory.
            with program(*arguments) as other:
                assert other.ended() == 1
            os.kill(up.process.pid, signal.SIGTERM)
            assert up.ended() == 0
    nothing_is_left(data_dir)
    assert not reachable(url)


@contextmanager
def service_manager(folder: Path) -> Generator[tuple[socket.socket, dict[str, str]]]:
    """Where a service manager hears that a program is ready, and the environment that says so to the program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        manager.settimeout(120)
        yield manager, {**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}


def nothing_is_left(data_dir: Path) -> None:
    # Each has ten seconds to end by itself, on a machine that may be several times slower than usual.
    deadline = time.monotonic() + 90
    while left := started_for(data_dir):
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.1)


def started_for(data_dir: Path) -> dict[int, str]:
    """The processes that were started for this data directory, with their command lines."""
    return started_with("AUTOTENNIS_DATA_DIR", data_dir.resolve())


def started_with(variable: str, path: Path) -> dict[int, str]:
    """The processes in whose environment the variable names this path, with their command lines."""
    wanted = f"{variable}={path}".encode()
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_text()
        except OSError:
            continue  # it has ended, or is somebody else's
    return found
