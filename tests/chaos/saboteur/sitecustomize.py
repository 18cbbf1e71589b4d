"""Kills the process that it is loaded into at one of its commits or sends, as a plan says; and tells of each of these.

Python loads a module of this name by itself when it starts. The harness puts this folder on the PYTHONPATH of the
systems that it runs, and names their folder in `CHAOS_DIR`: nothing of this is ever seen by the product. In that folder
lies `kills.json`, the list of the kills. Each is done once: whoever does it leaves `hit-ID` there, since the supervisor
starts the program again with the same environment. `points.log` gets a line for each commit and send of each process.

A point has a name that says what is done, never for whom: the tables that a transaction writes to; the path of a
request and the names of what it asks, without values; the status of an answer; the method of a remote call.
"""

import base64
import importlib.abc
import importlib.util
import json
import os
import re
import signal
import socket
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

DIRECTORY: Final = "CHAOS_DIR"
# What each process of the system is called, by the module that it runs.
PROGRAMS: Final = {
    "autotennis_api": "api",
    "autotennis_booker": "booker",
    "autotennis_timer": "timer",
    "autotennis_waitlist": "waitlist",
    "autotennis_notifier": "notifier",
    "autotennis_local.together": "services",
    "autotennis_local.dispatching": "dispatcher",
    "google_stand_ins": "stand-ins",
    "google_stand_ins.relaying": "relay",
}
_WRITES: Final = re.compile(r"\s*(INSERT|UPDATE|DELETE)\s+(?:INTO\s+|FROM\s+)?(\w+)", re.IGNORECASE)
_REQUEST: Final = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE) (\S{1,2000}) HTTP/1\.[01]\r\n")
_ANSWER: Final = re.compile(rb"HTTP/1\.[01] (\d\d\d)")
_MAIL: Final = re.compile(rb"(MAIL FROM|DATA)\b")
_MOST_READ: Final = 100_000
_GRPC: Final = "grpc._channel"


class Saboteur:
    """Notes each point of one process, and kills it at one that the plan names."""

    def __init__(self, program: str, directory: Path) -> None:
        self._program = program
        self._directory = directory
        kills: list[dict[str, Any]] = json.loads((directory / "kills.json").read_text())
        self._kills = [kill for kill in kills if kill["program"] == program]
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._log = os.open(directory / "points.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def at(self, point: str, act: Callable[[], Any]) -> Any:
        """Does it, unless this process is to die just before; it may be to die just after it."""
        with self._lock:
            self._seen[point] += 1
            number = self._seen[point]
        os.write(self._log, f"{self._program}\t{point}\n".encode())
        due = [kill for kill in self._kills if kill["point"] == point and kill["number"] <= number]
        self._die(kill for kill in due if kill["when"] == "before")
        result = act()
        self._die(kill for kill in due if kill["when"] == "after")
        return result

    def _die(self, due: Iterable[dict[str, Any]]) -> None:
        for kill in due:
            try:
                os.close(os.open(self._directory / f"hit-{kill['id']}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                continue
            os.kill(os.getpid(), signal.SIGKILL)


def sent(data: bytes) -> str:
    """What these first bytes of a send are; empty for what is of no interest."""
    if found := _REQUEST.match(data):
        return _asked(found[1].decode(), found[2].decode(errors="replace"), data[:_MOST_READ])
    if found := _ANSWER.match(data):
        return f"answer {found[1].decode()}"
    if found := _MAIL.match(data):
        return f"mail {found[1].decode()}"
    return "mail letter" if data.endswith(b"\r\n.\r\n") else ""


def _asked(method: str, target: str, data: bytes) -> str:
    address = urlsplit(target)
    if address.path == "/events":
        return f"push {_pushed_kind(data)}".strip()
    names = "&".join(sorted({name for name, _ in parse_qsl(address.query, keep_blank_values=True)}))
    path = re.sub(r"/[^/]*\d[^/]*(?=/|$)", "/*", address.path)
    return f"{method} {path}{'?' if names else ''}{names}"


def _pushed_kind(data: bytes) -> str:
    """The kind of the event in an envelope; empty if the body is not there yet."""
    try:
        body = json.loads(data.partition(b"\r\n\r\n")[2])
        return str(json.loads(base64.b64decode(body["message"]["data"]))["kind"])
    except (ValueError, KeyError, TypeError):
        return ""


def watch_sends(saboteur: Saboteur) -> None:
    """All that leaves by a socket of Python's goes through here: asyncio's, gunicorn's and blocking clients'."""
    plain = cast("type[Any]", socket.socket)
    one_piece = {name: getattr(plain, name) for name in ("send", "sendall")}
    in_pieces = plain.sendmsg

    def watched(name: str) -> Callable[..., Any]:
        send = one_piece[name]

        def watching(self: socket.socket, data: Any, *more: Any) -> Any:
            point = sent(bytes(memoryview(data)[:_MOST_READ]))
            return saboteur.at(point, lambda: send(self, data, *more)) if point else send(self, data, *more)

        return watching

    def sendmsg(self: socket.socket, buffers: Iterable[Any], *more: Any) -> Any:
        pieces = list(buffers)
        point = sent(b"".join(bytes(piece) for piece in pieces)[:_MOST_READ])
        return saboteur.at(point, lambda: in_pieces(self, pieces, *more)) if point else in_pieces(self, pieces, *more)

    for name in one_piece:
        setattr(plain, name, watched(name))
    plain.sendmsg = sendmsg


def watch_commits(saboteur: Saboteur) -> None:
    """Every connection to SQLite that is made from now on notes what its transactions write, and each commit."""

    class Watched(sqlite3.Connection):
        written: frozenset[str] = frozenset()

        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if sql == "COMMIT":
                point, self.written = commit_of(self.written), frozenset()
                execute = super().execute
                return saboteur.at(point, lambda: execute(sql)) if point else execute(sql)
            self._note(sql)
            return super().execute(sql, *values)

        def executemany(self, sql: str, values: Iterable[Any]) -> sqlite3.Cursor:
            values = list(values)
            if values:
                self._note(sql)
            return super().executemany(sql, values)

        def _note(self, sql: str) -> None:
            if sql.startswith("BEGIN"):
                self.written = frozenset()
            elif found := _WRITES.match(sql):
                self.written |= {f"{found[1].lower()} {found[2]}"}

    plain = sqlite3.connect

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        return plain(*arguments, **{"factory": Watched, **named})

    cast("Any", sqlite3).connect = connect


def commit_of(written: Iterable[str]) -> str:
    """A transaction's name by what it wrote; empty for one that wrote nothing."""
    return f"commit {', '.join(sorted(written))}" if written else ""


def watch_calls(saboteur: Saboteur) -> None:
    """Google's clients call by gRPC, in C: their calls are seen where Python begins them, once that is imported."""
    sys.meta_path.insert(0, _OnceImported(_GRPC, lambda module: _watch_channel(saboteur, module)))


def _watch_channel(saboteur: Saboteur, module: ModuleType) -> None:
    unary = cast("Any", module)._UnaryUnaryMultiCallable
    plain = unary._blocking

    def blocking(self: Any, *arguments: Any, **named: Any) -> Any:
        method = self._method.decode() if isinstance(self._method, bytes) else str(self._method)
        return saboteur.at(f"call {method.rpartition('/')[2]}", lambda: plain(self, *arguments, **named))

    unary._blocking = blocking


class _OnceImported(importlib.abc.MetaPathFinder):
    """Lets a module be found as usual, and does something to it once it is there."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._then = then

    def find_spec(self, fullname: str, *_where: Any) -> ModuleSpec | None:
        """The module's own spec, whose loader does a little more."""
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            loader, then = cast("Any", spec.loader), self._then
            plain = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                plain(module)
                then(module)

            loader.exec_module = exec_module
        return spec


def begin(command: Sequence[str], directory: str) -> None:
    """Watches this process if it is one of the system's programs."""
    program = PROGRAMS.get(command[2], "") if len(command) > 2 and command[1] == "-m" else ""
    if program and directory:
        saboteur = Saboteur(program, Path(directory))
        watch_commits(saboteur)
        watch_sends(saboteur)
        watch_calls(saboteur)


begin(sys.orig_argv, os.environ.get(DIRECTORY, ""))
