# pyright: reportUnknownMemberType=false
# (Docker's client has types in part only; this is the only file that touches it)
"""`python -m google_stand_ins.container NAME IMAGE PORT`: one of Google's emulators in a container, until SIGTERM.

NAME is `pubsub` or `firestore`; IMAGE holds gcloud and its emulators. It listens on 127.0.0.1. Without arguments it
says in a line why there can be no containers, or nothing if there can.
"""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, Final, cast

# testcontainers is an extra of this package, needed by nobody who has Google's SDK: it is imported where it is used.

_INSIDE_PORT: Final = 8085
_DOCKER_PATIENCE_S: Final = 3
_PROBE_PATIENCE_S: Final = 20.0
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "pubsub": ("gcloud", "beta", "emulators", "pubsub", "start"),
    "firestore": ("gcloud", "emulators", "firestore", "start"),
}
_PROGRAM: Final = (sys.executable, "-m", "google_stand_ins.container")


def why_no_containers() -> str | None:
    """None if Docker answers on this machine, else what keeps it from that. Takes at most 20 s.

    Asked in a process of its own: Docker's client leaves sockets open, changes the environment, and may hang.
    """
    try:
        probe = subprocess.run(  # noqa: S603 - this module
            _PROGRAM, capture_output=True, text=True, timeout=_PROBE_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "Docker's client does not work"
    return probe.stdout.strip() or None


def container_command(name: str, image: str, port: int) -> tuple[str, ...]:
    """The command that runs this module for an emulator."""
    return (*_PROGRAM, name, image, str(port))


def main(arguments: Sequence[str]) -> int:
    """Runs the emulator until SIGTERM or SIGINT; gives the program's exit status."""
    if not arguments:
        print(_trouble() or "")  # noqa: T201 - what the program is asked for
        return 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    name, image, port = arguments
    return _serve(name, image, int(port))


def _serve(name: str, image: str, port: int) -> int:
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(image).with_command([*_COMMANDS[name], f"--host-port=0.0.0.0:{_INSIDE_PORT}"])
    # with_bind_ports would listen on every address of the machine; the emulators ask nobody for a password.
    cast("dict[str, Any]", container.ports)[f"{_INSIDE_PORT}/tcp"] = ("127.0.0.1", port)
    with container:
        return container.wait()


def _trouble() -> str | None:
    try:
        from docker.errors import DockerException
        from testcontainers.core.docker_client import DockerClient
    except ImportError:
        return "the Python package testcontainers is not installed"
    try:
        with contextlib.closing(DockerClient(timeout=_DOCKER_PATIENCE_S).client) as client:
            client.ping()
    except (DockerException, OSError):
        return "Docker does not answer"
    return None


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
