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
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlsplit

import pytest

from autotennis.adapters.local.database import FILE_NAME
from autotennis.adapters.local.family import open_local
from autotennis.adapters.system import SystemClock

ANY_PORT = ("--port", "0", "--practice-port", "0")
KINDS = ["BookingRequested", "OpeningDue", "RaceDue", "Booked"]


class Program:
    """A command of autotennis_local that runs beside the test."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "autotennis_local", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
        self.lines: list[str] = []
        self._queue: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))

    def until(self, pattern: str, within_s: float = 60) -> re.Match[str]:
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

    def ended(self, within_s: float = 90) -> int:
        """Its exit status; all its lines are in `lines`."""
        status = self.process.wait(within_s)
        self._reader.join(10)
        while not self._queue.empty():
            self.lines.append(self._queue.get())
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.ended(30)
        self._reader.join(10)
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def program(*arguments: str) -> Generator[Program]:
    started = Program(*arguments)
    try:
        yield started
    finally:
        started.close()


def test_two_demos_side_by_side_prove_their_bookings() -> None:
    with program("demo", "--opens-in", "16") as first, program("demo", "--opens-in", "16") as second:
        for demo in (first, second):
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


def test_run_books_stays_up_stops_cleanly_and_runs_again(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        arguments = ("--port", str(wanted), "--practice-port", "0", "--opens-in", "8")
        with program("run", "--data-dir", str(tmp_path / "data"), *arguments) as run:
            run.until(f"Port {wanted} is taken by another program; using [0-9]+ instead")
            url = run.until(r"Autotennis +(http://\S+)").group(1)
            run.until("Booked, .* ms after the opening by the club's own record")
            run.until(r"at http://\S+/nybruker\.php, then register at http://\S+/register")
            run.until("Everything stays up")
            assert reachable(url)

            with program("run", "--data-dir", str(tmp_path / "data"), *arguments) as other:
                assert other.ended() == 1
                assert "Another Autotennis runs on" in other.lines[-1]

            os.kill(run.process.pid, signal.SIGINT)
            assert run.ended(30) == 0
            assert not reachable(url)
            assert "Stopping..." in run.lines

    with program("run", "--data-dir", str(tmp_path / "data"), *ANY_PORT, "--opens-in", "3") as run:
        run.until("Booked, .* ms after the opening by the club's own record")


def test_a_demo_that_is_interrupted_does_not_pass() -> None:
    with program("demo", "--opens-in", "600") as demo:
        demo.until("BookingRequested")
        os.kill(demo.process.pid, signal.SIGINT)
        assert demo.ended(30) == 130


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("AUTOTENNIS_LOG_LEVEL", "LOUD"), ("AUTOTENNIS_THREADS", "0"), ("AUTOTENNIS_PLAIN_HTTP", "perhaps")],
)
def test_a_wrong_setting_is_named_and_nothing_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, wrong: str
) -> None:
    monkeypatch.setenv(name, wrong)
    with program("serve", "--data-dir", str(tmp_path), "--port", "0") as serve:
        assert serve.ended(30) == 1
        assert name in serve.lines[-1]
    assert not (tmp_path / "log").exists()


def test_damaged_secrets_are_named(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"push_secret": "short", "session_secret": "short"}')
    with program("serve", "--data-dir", str(tmp_path), "--port", "0") as serve:
        assert serve.ended(30) == 1
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
    with program("run", "--data-dir", str(tmp_path), *ANY_PORT, "--opens-in", "3") as run:
        assert run.ended(30) == 1
        assert str(database) in run.lines[-1]
        assert "It was left as it is." in run.lines[-1]
    assert database.read_bytes() == content


def test_dead_letters_of_an_empty_installation(tmp_path: Path) -> None:
    with open_local(tmp_path, SystemClock()):
        pass
    with program("dead-letters", "--data-dir", str(tmp_path)) as listing:
        assert listing.ended(30) == 0
        assert listing.lines == ["No delivery was given up."]
    with program("replay", "--data-dir", str(tmp_path), "17") as replay:
        assert replay.ended(30) == 1
        assert replay.lines == ["There is no such dead letter."]


def test_when_the_one_in_front_is_killed_everything_stops(tmp_path: Path) -> None:
    with program("serve", "--data-dir", str(tmp_path), "--port", "0") as serve:
        url = serve.until(r"Autotennis +(http://\S+)").group(1)
        os.kill(serve.process.pid, signal.SIGKILL)
        serve.ended(30)
        deadline = time.monotonic() + 30
        while reachable(url):
            assert time.monotonic() < deadline, "the web pages are still served"
            time.sleep(0.1)


def test_when_the_supervisor_is_killed_everything_ends_and_can_start_again(tmp_path: Path) -> None:
    arguments = ("serve", "--data-dir", str(tmp_path), "--port", "0")
    with program(*arguments) as serve:
        serve.until(r"Stop it with Ctrl-C")
        # The supervisor; timer, booker and dispatcher; the web server and its worker.
        assert len(started_for(tmp_path)) == 6
        (supervisor,) = [pid for pid, command in started_for(tmp_path).items() if "supervisord" in command]
        os.kill(supervisor, signal.SIGKILL)
        assert serve.ended(30) == 1
        assert any("The supervisor has died" in line for line in serve.lines)
        deadline = time.monotonic() + 30
        while left := started_for(tmp_path):
            assert time.monotonic() < deadline, f"still there: {left}"
            time.sleep(0.1)
    with program(*arguments) as serve:
        serve.until(r"Stop it with Ctrl-C")


def started_for(data_dir: Path) -> dict[int, str]:
    """The processes that were started for this data directory, with their command lines."""
    wanted = f"AUTOTENNIS_DATA_DIR={data_dir.resolve()}".encode()
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_text()
        except OSError:
            continue  # it has ended, or is somebody else's
    return found
