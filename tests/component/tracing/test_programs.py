"""Programs of their own: one trace through several of them, their log lines, and life without OpenTelemetry."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.collector import Collector, collecting

_WITHOUT = """
import sys


class _NotThere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, _NotThere())
"""
_SET_UP = """
import logging, sys, threading, warnings
import structlog
from autotennis.log import set_up_logs
from autotennis.tracing import carried, set_up_traces, span, traceparent
set_up_logs("booker", "INFO", PROJECT)
set_up_traces("booker", ENDPOINT)
log = structlog.get_logger()
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a program left behind: its exit status, what it printed, and its log lines."""

    status: int
    printed: str
    lines: Sequence[dict[str, Any]]

    def line(self, message: str) -> dict[str, Any]:
        """The one line with this message."""
        found = [line for line in self.lines if line["message"] == message]
        assert len(found) == 1, self.lines
        return found[0]


def run(program: str, endpoint: str = "", project: str = "", environment: Mapping[str, str] | None = None) -> Run:
    """Runs a program that has set up its logs and traces. All that it says on standard error has to be JSON."""
    whole = f"ENDPOINT, PROJECT = {endpoint!r}, {project!r}\n{_SET_UP}\n{program}"
    done = subprocess.run(  # noqa: S603 (our own interpreter and program)
        [sys.executable, "-c", whole],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    return Run(done.returncode, done.stdout.strip(), [_parsed(line) for line in done.stderr.splitlines()])


def _parsed(line: str) -> dict[str, Any]:
    try:
        return json.loads(line)
    except ValueError:
        raise AssertionError(f"This line is no JSON: {line[:500]!r}") from None


@pytest.fixture
def collector() -> Generator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture
def without(tmp_path: Path) -> Mapping[str, str]:
    """An environment in which OpenTelemetry is not installed."""
    (tmp_path / "sitecustomize.py").write_text(_WITHOUT)
    return {"PYTHONPATH": str(tmp_path)}


def test_one_trace_through_two_programs(collector: Collector) -> None:
    first = run("with span('asked for'): print(traceparent())", collector.url)
    second = run(f"with span('planned', parent={first.printed!r}): pass", collector.url)
    assert (first.status, second.status) == (0, 0)
    asked, planned = collector.named("asked for"), collector.named("planned")
    assert planned.trace_id == asked.trace_id
    assert planned.parent_id == asked.span_id


def test_what_a_forked_worker_did_arrives(collector: Collector) -> None:
    """A web server forks its workers after the logs are set up."""
    worker = f"""
import os
if os.fork() == 0:
    set_up_traces("worker", {collector.url!r})
    with span("page"):
        log.info("page made")
    sys.exit(0)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    done = run(worker)
    assert done.status == 0
    assert done.line("page made")["trace_id"] == collector.named("page").trace_id


@pytest.mark.parametrize("project", ["", "a-project"])
def test_a_line_inside_a_span_names_it(collector: Collector, project: str) -> None:
    done = run("with span('race'): log.info('claimed', booking_id='b1')\nlog.info('outside')", collector.url, project)
    line, race = done.line("claimed"), collector.named("race")
    assert line["booking_id"] == "b1"
    assert line["logging.googleapis.com/spanId"] == race.span_id
    assert line["logging.googleapis.com/trace_sampled"] is True
    if project:
        assert line["logging.googleapis.com/trace"] == f"projects/a-project/traces/{race.trace_id}"
        assert "trace_id" not in line
    else:
        assert line["trace_id"] == race.trace_id
        assert "logging.googleapis.com/trace" not in line
    assert set(done.line("outside")) == {"severity", "message", "time", "service"}


def test_that_the_collector_is_away_is_said_once() -> None:
    done = run("for n in range(600):\n  with span('race'): pass", "http://user:4711@127.0.0.1:1")
    assert done.status == 0
    assert [line["message"] for line in done.lines] == ["the collector of traces is away: spans are lost"]


def test_nothing_of_opentelemetry_is_imported_while_traces_are_off() -> None:
    done = run("with span('race'): pass\nprint([name for name in sys.modules if name.startswith('opentelemetry')])")
    assert (done.status, done.printed, done.lines) == (0, "[]", [])


_USE_ALL = """
import importlib.util
try:
    importlib.util.find_spec("opentelemetry")
    sys.exit("OpenTelemetry is there")
except ModuleNotFoundError:
    pass
with span("race", parent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", booking_id="b1"):
    log.info("claimed")
    print(carried(), traceparent())
"""


def test_it_does_without_opentelemetry(without: Mapping[str, str]) -> None:
    done = run(_USE_ALL, environment=without)
    assert (done.status, done.printed) == (0, "{}")
    assert [line["message"] for line in done.lines] == ["claimed"]


def test_a_collector_without_opentelemetry_is_a_warning(without: Mapping[str, str], collector: Collector) -> None:
    done = run(_USE_ALL, collector.url, environment=without)
    assert (done.status, done.printed) == (0, "{}")
    warning = done.line("traces are off: install autotennis[traces]")
    assert (warning["severity"], warning["missing"]) == ("WARNING", "opentelemetry")
    assert "trace_id" not in done.line("claimed")


_LEVELS = """
for name in ("debug", "info", "warning", "error", "critical"):
    getattr(log, name)(f"at {name}", when=sys)
thread = threading.Thread(target=lambda: log.info("in a thread"))
thread.start()
thread.join()
"""


def test_lines_are_in_the_form_of_cloud_logging() -> None:
    done = run(_LEVELS)
    told = [(line["message"], line["severity"]) for line in done.lines]
    assert told == [
        ("at info", "INFO"),
        ("at warning", "WARNING"),
        ("at error", "ERROR"),
        ("at critical", "CRITICAL"),
        ("in a thread", "INFO"),
    ]
    assert {line["service"] for line in done.lines} == {"booker"}
    assert all(datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0) for line in done.lines)


_LIBRARY = """
logging.getLogger("a.library").info("too little")
logging.getLogger("a.library").warning("password=%s", "47" + "11")
logging.getLogger("a.library").warning("%d people", "many")
logging.getLogger("a.library").log(35, "between the levels")
logging.getLogger("a.library").log(99, "beyond the levels")
warnings.warn("an old way", stacklevel=1)
"""


def test_libraries_speak_the_same_form() -> None:
    done = run(_LIBRARY)
    assert done.status == 0
    told = [(line["message"], line["severity"]) for line in done.lines[:4]]
    assert told == [
        ("password=[hidden]", "WARNING"),
        ("%d people (with arguments that do not fit)", "WARNING"),
        ("between the levels", "WARNING"),
        ("beyond the levels", "CRITICAL"),
    ]
    assert "an old way" in done.lines[4]["message"]
    assert [line["logger"] for line in done.lines] == ["a.library"] * 4 + ["py.warnings"]


_CRASH = """
from pydantic import BaseModel, SecretStr
class Login(BaseModel):
    password: SecretStr
def fail():
    try:
        Login(password=4700 + 11)
    except ValueError as error:
        error.add_note("password='" + str(4700 + 11) + "'")
        raise RuntimeError("Set-Cookie: PHPSESSID=" + str(4700 + 11)) from error
try:
    fail()
except RuntimeError:
    log.exception("caught", given=SecretStr(str(4700 + 11)))
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""


def test_a_crash_is_a_line_and_shows_no_secret() -> None:
    done = run(_CRASH)
    assert done.status == 1
    told = [(line["message"], line["severity"]) for line in done.lines]
    assert told == [("caught", "ERROR"), ("program failed", "CRITICAL"), ("program failed", "CRITICAL")]
    for line in done.lines:
        assert "4711" not in str(line)
        assert "RuntimeError: Set-Cookie: [hidden]" in line["exception"]
        assert "ValidationError" in line["exception"], "the cause is told"


_HOSTILE = r"""
hostile = '\r\n{"severity": "CRITICAL", "message": "forged"}\n\x1b[2J\x9b31m\u2028\u202e\x00\udc80'
hostile += "long " * 100_000
structlog.contextvars.bind_contextvars(booking_id=hostile)
log.info(hostile, reason=hostile, session={hostile: [hostile]}, severity=hostile, message=hostile, service="booker")
logging.getLogger("lib").warning("a header: %s", hostile)
try:
    raise ValueError(hostile)
except ValueError:
    log.exception("failed")
warnings.warn(hostile)
thread = threading.Thread(target=lambda: {}[hostile])
thread.start()
thread.join()
raise RuntimeError(hostile)
"""


def test_whatever_is_logged_stays_one_line_of_ours() -> None:
    """Of users, headers, clubs' pages: no line is forged, none is torn, and none is without end."""
    done = run(_HOSTILE)
    assert [line["severity"] for line in done.lines] == ["INFO", "WARNING", "ERROR", "WARNING", "CRITICAL", "CRITICAL"]
    assert {line["service"] for line in done.lines} == {"booker"}
    assert not any(line["message"] == "forged" for line in done.lines)
    assert max(len(json.dumps(line)) for line in done.lines) < 1_000_000


def test_ctrl_c_is_no_crash() -> None:
    # A shell that starts the tests in the background has all of them ignore interrupts.
    heeded = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"{heeded}\n{_SET_UP}\nsignal.raise_signal(signal.SIGINT)"
    done = subprocess.run(  # noqa: S603 (our own interpreter and program)
        [sys.executable, "-c", f"ENDPOINT = PROJECT = ''\n{program}"], capture_output=True, timeout=60, check=False
    )
    assert b"KeyboardInterrupt" in done.stderr
    assert b"program failed" not in done.stderr
