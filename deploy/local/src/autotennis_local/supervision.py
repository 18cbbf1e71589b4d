"""The supervisor: supervisord, told what to run. It restarts what dies and stops everything in order."""

import configparser
import contextlib
import math
import signal
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from supervisor.xmlrpc import SupervisorTransport  # pyright: ignore[reportMissingTypeStubs] (it ships none)

from autotennis.errors import Transient
from autotennis.stopping import GRACE_S
from autotennis_local.supervising import WITHOUT

# A program that dies within its first second is started again after 1, 2, 3... seconds, this many times.
_START_RETRIES: Final = 100
# A little more than a program takes to stop by itself.
_STOP_S: Final = math.ceil(GRACE_S) + 5
# Of supervisord's states, those of a program that has ended though nobody stopped it.
_FAILED_STATES: Final = ("BACKOFF", "EXITED", "FATAL")


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep alive: its command, and what its environment adds to the common one.

    It does not see the `hidden` variables. One that `is_memory` holds what would be gone with it: it is not started
    again, and the system ends with it.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    hidden: Sequence[str] = ()
    is_memory: bool = False


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a Python module."""
    return (sys.executable, "-m", name, *arguments)


class SupervisorDown(Transient):
    """The supervisor does not answer."""


class Supervisor:
    """A running supervisord."""

    def __init__(self, process: "subprocess.Popen[bytes]", socket: Path) -> None:
        self._process = process
        self._socket = socket

    @property
    def is_alive(self) -> bool:
        """Whether the supervisor itself runs."""
        return self._process.poll() is None

    @property
    def own_pid(self) -> int:
        """The supervisor's own process id."""
        return self._process.pid

    @property
    def run_dir(self) -> Path:
        """Where its socket is: to be removed once it has ended."""
        return self._socket.parent

    def pid(self, program: str) -> int | None:
        """The process id of a program, None while it does not run. Raises SupervisorDown."""
        with self._asked() as supervisor:
            info = cast("dict[str, Any]", supervisor.getProcessInfo(program))
        return int(info["pid"]) or None

    def failing(self) -> set[str]:
        """The programs that ended and are not running again yet. Raises SupervisorDown."""
        with self._asked() as supervisor:
            found = cast("list[dict[str, Any]]", supervisor.getAllProcessInfo())
        return {str(one["name"]) for one in found if one["statename"] in _FAILED_STATES}

    @contextlib.contextmanager
    def _asked(self) -> Generator[Any]:
        try:
            with self._proxy() as proxy:
                yield proxy.supervisor
        except (OSError, xmlrpc.client.Error) as error:
            raise SupervisorDown(f"The supervisor does not answer: {type(error).__name__}.") from None

    def _proxy(self) -> xmlrpc.client.ServerProxy:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)

    def stop(self) -> None:
        """Stops every program, then the supervisor."""
        if self.is_alive:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S + 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def supervised(
    programs: Sequence[Program], data_dir: Path, environment: Mapping[str, str], lock: int | None = None
) -> Generator[Supervisor]:
    """Runs the programs while the context lasts; their output goes to `log/NAME.log` in the data directory.

    The supervisor holds the `lock`, too: if we are killed, it is free only once the programs have ended.
    """
    logs = data_dir / "log"
    logs.mkdir(mode=0o700, exist_ok=True)
    # A path to a socket has room for about a hundred characters, which a data directory may exceed.
    with tempfile.TemporaryDirectory(prefix="autotennis-") as run_dir:
        config = Path(run_dir) / "supervisord.conf"
        with config.open("w") as file:
            _config(programs, Path(run_dir), logs.resolve()).write(file)
        command = _ending_with_us(module("autotennis_local.overseeing", "-c", str(config)))
        with (logs / "supervisor.err").open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603 (our own interpreter and file)
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # Ctrl-C in a terminal goes to all its processes: only the one in front should act on it.
                start_new_session=True,
                pass_fds=() if lock is None else (lock,),
            )
        supervisor = Supervisor(process, Path(run_dir) / "supervisor.sock")
        try:
            yield supervisor
        finally:
            supervisor.stop()


def _config(programs: Sequence[Program], run_dir: Path, logs: Path) -> configparser.RawConfigParser:
    config = configparser.RawConfigParser()
    socket = run_dir / "supervisor.sock"
    config["unix_http_server"] = {"file": str(socket), "chmod": "0700"}
    config["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    config["supervisorctl"] = {"serverurl": f"unix://{socket}"}
    config["supervisord"] = {
        "nodaemon": "true",
        "logfile": _escaped(logs / "supervisor.log"),
        "pidfile": str(run_dir / "supervisord.pid"),
        "childlogdir": _escaped(logs),
    }
    for program in programs:
        config[f"program:{program.name}"] = _section(program, logs)
    return config


def _section(program: Program, logs: Path) -> dict[str, str]:
    command = " ".join(f'"{part}"' for part in _ending_with_us(program.command, program.hidden))
    environment = ",".join(f'{name}="{value}"' for name, value in program.environment.items())
    return {
        "command": _escaped(command),
        "environment": _escaped(environment),
        "autorestart": "false" if program.is_memory else "true",
        "startsecs": "1",
        "startretries": str(_START_RETRIES),
        "stopwaitsecs": str(_STOP_S),
        "redirect_stderr": "true",
        "stdout_logfile": _escaped(logs / f"{program.name}.log"),
        "stdout_logfile_maxbytes": "5MB",
        "stdout_logfile_backups": "2",
    }


def _ending_with_us(command: Sequence[str], hidden: Sequence[str] = ()) -> tuple[str, ...]:
    """The command that ends when the process that started it dies, even by SIGKILL, and is not told what is hidden."""
    without = (WITHOUT, ",".join(hidden)) if hidden else ()
    return module("autotennis_local.supervising", *without, *command)


def _escaped(text: object) -> str:
    """supervisord expands `%(name)s` in its file."""
    return str(text).replace("%", "%%")
