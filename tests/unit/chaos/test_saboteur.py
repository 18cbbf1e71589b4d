"""What the module that kills processes calls their commits and sends; that it kills is shown by whole runs."""

import json
import sqlite3
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from chaos.playing import SABOTEUR
from pydantic import SecretStr
from support.records import an_opening

from autotennis.events import dump
from autotennis.push import seal_envelope

PROGRAM = """
import socket, sqlite3, sys
here, there = socket.socketpair()
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("CREATE TABLE IF NOT EXISTS notes (key TEXT)")
for _ in range(3):
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO notes VALUES ('secret')")
    connection.execute("COMMIT")
    here.sendall(b"GET /timeinfo.php?timeid=7&spilletid=9 HTTP/1.1\\r\\n\\r\\n")
    there.recv(1000)
print("ended")
"""


@pytest.fixture
def saboteur() -> ModuleType:
    """The module, as it is loaded into a program that is none of the system's."""
    spec = spec_from_file_location("saboteur", SABOTEUR / "sitecustomize.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("data", "point"),
    [
        (b"GET /timeinfo.php?timeid=194&lang=no HTTP/1.1\r\nCookie: secret\r\n\r\n", "GET /timeinfo.php?lang&timeid"),
        (b"POST /index.php HTTP/1.1\r\n\r\npassord=secret", "POST /index.php"),
        (b"GET /bookings/4711abc/proof HTTP/1.1\r\n\r\n", "GET /bookings/*/proof"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "answer 204"),
        (b"MAIL FROM:<a@b.example> SIZE=7\r\n", "mail MAIL FROM"),
        (b"DATA\r\n", "mail DATA"),
        (b"Subject: secret\r\n\r\nsecret\r\n.\r\n", "mail letter"),
        (b"\x16\x03\x01", ""),
        (b"", ""),
    ],
)
def test_a_send_is_named_by_what_it_is_and_never_by_what_it_holds(
    saboteur: ModuleType, data: bytes, point: str
) -> None:
    assert saboteur.sent(data) == point


def test_a_push_is_named_by_its_kind(saboteur: ModuleType) -> None:
    body = seal_envelope(dump(an_opening()), "1", "local-timer", 1, "")
    token = SecretStr("token").get_secret_value()
    head = f"POST /events HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    assert saboteur.sent(head + body) == "push OpeningDue"
    assert saboteur.sent(head) == "push"


def run(directory: Path, **kill: object) -> tuple[int, int, list[str]]:
    """A program under the name of the booker, killed so; gives its status, what was committed, and its points."""
    (directory / "kills.json").write_text(json.dumps([{"id": 1, "program": "booker", **kill}]))
    (directory / "autotennis_booker.py").write_text(PROGRAM)
    environment = {"PYTHONPATH": f"{SABOTEUR}:{directory}", "CHAOS_DIR": str(directory)}
    command = [sys.executable, "-m", "autotennis_booker", str(directory / "db")]
    ended = subprocess.run(command, env=environment, cwd=directory, capture_output=True, check=False)  # noqa: S603
    with sqlite3.connect(directory / "db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM notes").fetchone()
    connection.close()
    return ended.returncode, count, (directory / "points.log").read_text().splitlines()


COMMIT, ASK = "commit insert notes", "GET /timeinfo.php?spilletid&timeid"


@pytest.mark.parametrize(
    ("point", "when", "committed", "seen"),
    [
        (COMMIT, "before", 1, [COMMIT, ASK, COMMIT]),
        (COMMIT, "after", 2, [COMMIT, ASK, COMMIT]),
        (ASK, "before", 2, [COMMIT, ASK] * 2),
    ],
)
def test_a_process_dies_at_its_point_once_and_lives_the_next_time(
    tmp_path: Path, point: str, when: str, committed: int, seen: list[str]
) -> None:
    status, count, points = run(tmp_path, point=point, number=2, when=when)
    assert (status, count, points) == (-9, committed, [f"booker\t{one}" for one in seen])
    status, count, points = run(tmp_path, point=point, number=2, when=when)
    assert (status, count) == (0, committed + 3)
