"""An empty Debian machine with systemd, as a container of podman: what a new user has."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from autotennis.adapters.local.files import locked

_CACHE: Final = Path.home() / ".cache" / "autotennis-tests"
# For a machine that is several times slower than usual.
_PATIENCE_S: Final = 900
_SUITE: Final = "bookworm"
_PACKAGES: Final = "systemd,systemd-sysv,dbus,sudo,curl,git,make,python3,python3-venv,ca-certificates"
# What works in a container within a container, too.
_CONF: Final = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
"""
_PIPS_FILES: Final = ("/etc/pip.conf", "/etc/xdg/pip", "~/.config/pip", "~/.pip", "/etc/ssl/certs")
_PIPS_VARIABLES: Final = re.compile(r"^(PIP_|UV_|SSL_CERT_)|^(https?|no|all)_proxy$", re.IGNORECASE)


@dataclass(frozen=True)
class Machine:
    """A running container."""

    name: str
    environment: Mapping[str, str]

    def shell(self, script: str, cwd: str = "/root") -> tuple[int, str]:
        """Runs a script as its root; gives the status and all that was printed."""
        told = [f"--env={name}={value}" for name, value in _told().items()]
        command = ["podman", "exec", *told, f"--workdir={cwd}", self.name, "bash", "-euo", "pipefail", "-c", script]
        done = _ran(command, self.environment)
        return done.returncode, done.stdout

    def done(self, script: str, cwd: str = "/root") -> str:
        """The same for a script that has to succeed; gives what it printed."""
        status, printed = self.shell(script, cwd)
        assert status == 0, f"{script!r} ended with status {status}:\n{printed}"
        return printed

    def put(self, path: str, text: str) -> None:
        """Writes a file."""
        command = [
            "podman",
            "exec",
            "--interactive",
            self.name,
            "bash",
            "-c",
            'mkdir -p "${0%/*}"; cat > "$0"',
            path,
        ]
        subprocess.run(command, input=text, text=True, check=True, env=dict(self.environment))  # noqa: S603 (podman)

    def copy(self, source: Path, path: str) -> None:
        """Copies a directory of ours there."""
        done = _ran(["podman", "cp", f"{source}/.", f"{self.name}:{path}"], self.environment)
        assert done.returncode == 0, done.stdout


@contextmanager
def empty_machine(work: Path, *, memory: str) -> Generator[Machine]:
    """A machine with that much memory (such as 512m) and no swap, on the network of this one."""
    conf = work / "containers.conf"
    conf.write_text(_CONF)
    environment = {**os.environ, "CONTAINERS_CONF": str(conf)}
    image = _image(environment)
    machine = Machine(f"autotennis-test-{os.getpid()}", environment)
    limits = [f"--memory={memory}", f"--memory-swap={memory}"]
    # A service is shut away by means that a container has only if it may use them itself.
    how = ["--systemd=always", "--privileged", "--network=host", *limits, *_mounts()]
    started = _ran(
        ["podman", "run", "--detach", "--rm", f"--name={machine.name}", *how, image, "/sbin/init"], environment
    )
    assert started.returncode == 0, started.stdout
    try:
        # What pip is told here it is told behind sudo, too.
        machine.put("/etc/sudoers.d/pip", f'Defaults env_keep += "{" ".join(_told())}"\n')
        machine.shell("systemctl is-system-running --wait")
        yield machine
    finally:
        _ran(["podman", "rm", "--force", "--time=0", machine.name], environment)


def _image(environment: Mapping[str, str]) -> str:
    """The empty machine: made once, which takes half a minute, and kept by podman."""
    told = hashlib.sha256(f"{_SUITE} {_PACKAGES}".encode()).hexdigest()[:12]
    image = f"localhost/autotennis-test-systemd:{told}"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with locked(_CACHE / "systemd.lock"):
        if _ran(["podman", "image", "exists", image], environment).returncode:
            with tempfile.TemporaryDirectory(dir=_CACHE) as room:
                _make(image, Path(room) / "machine.tar", environment)
    return image


def _make(image: str, tar: Path, environment: Mapping[str, str]) -> None:
    for command in (
        ["mmdebstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(tar)],
        ["podman", "import", "--quiet", str(tar), image],
    ):
        done = _ran(command, environment)
        assert done.returncode == 0, done.stdout[-2000:]


def _told() -> dict[str, str]:
    """What pip is told here by the environment."""
    return {name: value for name, value in os.environ.items() if _PIPS_VARIABLES.match(name)}


def _mounts() -> list[str]:
    """What pip needs on this machine: its configuration, and the directories that this names."""
    pip = [sys.executable, "-m", "pip", "config", "list"]
    told = _ran(pip, os.environ).stdout + "\n".join(_told().values())
    # Beside an index of packages lie the packages.
    named = {
        path.rstrip("/").removesuffix("/simple") for path in re.findall(r"(?<![\w/:.])(?:file://)?(/[\w./-]+)", told)
    }
    files = {str(Path(one).expanduser()) for one in _PIPS_FILES}
    there = sorted(path for path in {*files, *named} if Path(path).exists())
    outer = [path for path in there if not any(path.startswith(f"{other}/") for other in there)]
    return [f"--volume={path}:{path}:ro" for path in outer]


def _ran(command: list[str], environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    program = shutil.which(command[0]) or command[0]
    return subprocess.run(  # noqa: S603 (programs of this machine)
        [program, *command[1:]],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
