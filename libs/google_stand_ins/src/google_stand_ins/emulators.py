"""Google's emulators of Pub/Sub and Firestore: found where they run, or started from what this machine has."""

import contextlib
import http.client
import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, Final

from google_stand_ins.container import container_command, why_no_containers
from google_stand_ins.sdk import USUAL_PLACES, find_jar, find_java
from google_stand_ins.tied import tied

IMAGE_VARIABLE: Final = "GOOGLE_EMULATORS_IMAGE"
# A fast start and a small heap: an emulator in a test lives for seconds.
_JVM: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m")
_START_S: Final = 60.0
_PROBE_S: Final = 1.0
_TAIL_BYTES: Final = 2000
# Whoever connects anywhere, or listens anywhere, is given a port above these.
_NOBODYS_PORTS: Final = range(20_000, 32_768)


class Emulator(Enum):
    """The emulators that Google makes and we use."""

    PUBSUB = "Pub/Sub"
    FIRESTORE = "Firestore"

    @property
    def variable(self) -> str:
        """The variable in which Google's clients look for its address."""
        return f"{self.name}_EMULATOR_HOST"


_JARS: Final[Mapping[Emulator, str]] = {
    Emulator.PUBSUB: "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar",
    Emulator.FIRESTORE: "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar",
}
_PACKAGES: Final[Mapping[Emulator, str]] = {
    Emulator.PUBSUB: "google-cloud-cli-pubsub-emulator",
    Emulator.FIRESTORE: "google-cloud-cli-firestore-emulator",
}


class NoEmulators(Exception):
    """An emulator is nowhere to be had; the text names each reason and what to install."""


class DeadEmulator(Exception):
    """An emulator that should be there does not answer: its variable leads nowhere, or it did not start."""


@dataclass(frozen=True, slots=True)
class Running:
    """An emulator that somebody else runs, at `host` (host:port)."""

    host: str
    how: str


@dataclass(frozen=True, slots=True)
class Startable:
    """An emulator that can be started: `command(port)` is the program that listens on that port of 127.0.0.1.

    It ends on SIGTERM. It is ready when `answers("127.0.0.1:PORT")`.
    """

    command: Callable[[int], tuple[str, ...]]
    how: str


@dataclass(frozen=True, slots=True)
class Emulators:
    """Where both emulators answer (host:port), and a line on each that says how it was found."""

    pubsub_host: str
    firestore_host: str
    how: tuple[str, ...]

    def variables(self) -> Mapping[str, str]:
        """What has to be in the environment of who uses them."""
        return {Emulator.PUBSUB.variable: self.pubsub_host, Emulator.FIRESTORE.variable: self.firestore_host}


def find(
    emulator: Emulator, environment: Mapping[str, str] | None = None, places: tuple[Path, ...] = USUAL_PLACES
) -> Running | Startable:
    """The emulator: where its variable says, else from Google's SDK, else in a container.

    Raises DeadEmulator if its variable is set and nobody answers there, NoEmulators if it is nowhere.
    """
    environment = os.environ if environment is None else environment
    host = environment.get(emulator.variable)
    if host:
        return _elsewhere(emulator, host)
    reasons = [f"{emulator.variable} is not set"]
    for way in (lambda: _from_sdk(emulator, environment, places), lambda: _from_image(emulator, environment)):
        found = way()
        if isinstance(found, Startable):
            return found
        reasons.append(found)
    raise NoEmulators(
        f"There is no {emulator.value} emulator: {'; '.join(reasons)}. "
        f"Install google-cloud-cli, {_PACKAGES[emulator]} and default-jre-headless (Debian packages, the first two of "
        f"Google's own archive); or, where Docker runs, name in {IMAGE_VARIABLE} a container image that holds gcloud "
        f"and its emulators; or start the emulator yourself and set {emulator.variable}=host:port."
    )


@contextmanager
def running(environment: Mapping[str, str] | None = None) -> Generator[Emulators, None, None]:
    """Both emulators, answering; those that were started here are stopped at the end.

    Call it in the main thread. Raises NoEmulators, DeadEmulator.
    """
    found = _find_all(environment)
    with contextlib.ExitStack() as stack:
        started = {emulator: _launched(emulator, how, stack) for emulator, how in found.items()}
        hosts = {emulator: wait() for emulator, wait in started.items()}
        how = tuple(one.how for one in found.values())
        yield Emulators(hosts[Emulator.PUBSUB], hosts[Emulator.FIRESTORE], how)


def answers(host: str) -> bool:
    """Whether an emulator answers at this `host:port`."""
    try:
        with contextlib.closing(http.client.HTTPConnection(host, timeout=_PROBE_S)) as connection:
            connection.request("GET", "/")
            return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now, and which the system gives to nobody meanwhile."""
    while True:
        port = secrets.choice(_NOBODYS_PORTS)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def _find_all(environment: Mapping[str, str] | None) -> Mapping[Emulator, Running | Startable]:
    found: dict[Emulator, Running | Startable] = {}
    missing: list[str] = []
    for emulator in Emulator:
        try:
            found[emulator] = find(emulator, environment)
        except NoEmulators as error:
            missing.append(str(error))
    if missing:
        raise NoEmulators(" ".join(missing))
    return found


def _elsewhere(emulator: Emulator, host: str) -> Running:
    if not answers(host):
        raise DeadEmulator(
            f"{emulator.variable} is {host}, but no {emulator.value} emulator answers there: "
            "start it, or unset the variable."
        )
    return Running(host, f"{emulator.value} emulator: runs at {host}, as {emulator.variable} says")


def _from_sdk(emulator: Emulator, environment: Mapping[str, str], places: tuple[Path, ...]) -> Startable | str:
    """From an installed SDK, or why not."""
    java = find_java(environment)
    jar = find_jar(_JARS[emulator], environment, places)
    if java is None:
        return "this machine has no java"
    if jar is None:
        return f"no Google SDK with a {emulator.value} emulator was found"
    root = jar.parents[len(Path(_JARS[emulator]).parts) - 1]
    return Startable(
        _jvm_command(emulator, java, jar), f"{emulator.value} emulator: started from the Google SDK in {root}"
    )


def _jvm_command(emulator: Emulator, java: str, jar: Path) -> Callable[[int], tuple[str, ...]]:
    """Java itself, not Google's launchers: those leave it behind when they are stopped."""

    def command(port: int) -> tuple[str, ...]:
        address = ("--host=127.0.0.1", f"--port={port}")
        if emulator is Emulator.PUBSUB:
            return (java, *_JVM, "-jar", str(jar), *address)
        main = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
        return (java, *_JVM, "-Duser.language=en", "-cp", str(jar), main, "start", *address)

    return command


def _from_image(emulator: Emulator, environment: Mapping[str, str]) -> Startable | str:
    """In a container, or why not."""
    image = environment.get(IMAGE_VARIABLE)
    if not image:
        return f"{IMAGE_VARIABLE} names no container image"
    why_not = why_no_containers()
    if why_not:
        return f"the image in {IMAGE_VARIABLE} cannot be used: {why_not}"
    name = emulator.name.lower()
    return Startable(
        lambda port: container_command(name, image, port), f"{emulator.value} emulator: started from the image {image}"
    )


def _launched(emulator: Emulator, found: Running | Startable, stack: contextlib.ExitStack) -> Callable[[], str]:
    """Starts it if need be; what comes back waits until it answers, and gives its host."""
    if isinstance(found, Running):
        return lambda: found.host
    port = free_port()
    process, output = stack.enter_context(_process(found.command(port)))
    return lambda: _when_it_answers(emulator, f"127.0.0.1:{port}", process, output)


@contextmanager
def _process(command: tuple[str, ...]) -> Generator[tuple[subprocess.Popen[bytes], IO[bytes]], None, None]:
    """The program, and the file that keeps what it says."""
    with tempfile.TemporaryFile() as output, tied(command, output) as process:
        yield process, output


def _when_it_answers(emulator: Emulator, host: str, process: subprocess.Popen[bytes], output: IO[bytes]) -> str:
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        if answers(host):
            return host
        time.sleep(0.02)
    raise DeadEmulator(f"The {emulator.value} emulator did not start at {host}. It said: {_tail(output)}")


def _tail(output: IO[bytes]) -> str:
    end = output.seek(0, os.SEEK_END)
    output.seek(max(0, end - _TAIL_BYTES))
    return output.read().decode(errors="replace").strip() or "nothing"
