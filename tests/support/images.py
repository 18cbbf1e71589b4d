"""Images built and run for real, on a base that is made of this machine's own packages: no registry is asked.

What this machine needs besides to reach its package index (a certificate authority, an index of its own, proxies) goes
into that base, and so the Dockerfile knows nothing of it.
"""

import functools
import hashlib
import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.tools import needed

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = ROOT / "deploy" / "Dockerfile"
# Of Debian, as little as the Dockerfile asks of its base.
_RELEASE: Final = "bookworm"
_PACKAGES: Final = ("ca-certificates", "python3", "python3-venv")
_BASE: Final = "localhost/autotennis-test-base"
# Without a daemon, and also within a container: what works is not what is set by default.
_CONTAINERS_CONF: Final = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
"""
_AUTHORITY: Final = ("SSL_CERT_FILE", "PIP_CERT")
_INDEX: Final = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX")
_BUILD_S: Final = 300
_COMMAND_S: Final = 60

needs_containers: Final = needed("buildah", "podman", "runc", "mmdebstrap")


def command(*arguments: str, within_s: float = _COMMAND_S, with_errors: bool = False) -> str:
    """What a command wrote. Its errors are in the failure, and beside what it wrote if that is asked for."""
    environment = {**os.environ, "CONTAINERS_CONF": str(_configuration())}
    done = subprocess.run(  # noqa: S603 (the test's own)
        arguments, env=environment, capture_output=True, text=True, timeout=within_s, check=False, cwd=ROOT
    )
    assert done.returncode == 0, f"{' '.join(arguments[:3])}...: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr if with_errors else done.stdout


@functools.cache
def _kept() -> Path:
    """Where the base is kept from one run to the next."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "autotennis"
    kept.mkdir(parents=True, exist_ok=True)
    return kept


@functools.cache
def _configuration() -> Path:
    file = _kept() / "containers.conf"
    file.write_text(_CONTAINERS_CONF)
    return file


def _authority() -> Path | None:
    """The file of this machine's own certificate authorities, if it names one."""
    named = next((os.environ[name] for name in _AUTHORITY if os.environ.get(name)), None)
    return Path(named) if named else None


def _changes() -> list[str]:
    """What the base's environment says, so that what is installed in the build finds what is found here."""
    told = {name: os.environ[name] for name in _INDEX if os.environ.get(name)}
    if authority := _authority():
        told |= dict.fromkeys(_AUTHORITY, str(authority))
    return [f"ENV {name}={value}" for name, value in told.items()]


@functools.cache
def base() -> str:
    """The base's name. It is made once for each recipe, in about half a minute, and kept."""
    changes = _changes()
    recipe = json.dumps([_RELEASE, _PACKAGES, changes, platform.machine()])
    name = f"{_BASE}:{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    if command("podman", "images", "--quiet", name).strip():
        return name
    with tempfile.TemporaryDirectory(prefix="base-", dir=_kept()) as made:
        tar = f"{made}/base.tar"
        include = f"--include={','.join(_PACKAGES)}"
        command("mmdebstrap", "--quiet", "--variant=minbase", include, _RELEASE, tar, within_s=_BUILD_S)
        command("podman", "import", *(f"--change={one}" for one in changes), tar, name, within_s=_BUILD_S)
    return name


@functools.cache
def built(service: str) -> str:
    """The id of the image of a service, as it is in this working copy."""
    told = {"BASE": base(), "SERVICE": service, "VERSION": "1.2.3", "REVISION": "abc123"}
    arguments = [f"--build-arg={name}={value}" for name, value in told.items()]
    if authority := _authority():
        arguments.append(f"--volume={authority.parent}:{authority.parent}:ro")
    with tempfile.NamedTemporaryFile(prefix="image-") as id_file:
        command(
            *("buildah", "bud", "--layers", "--isolation=chroot", "--runtime=runc", "--network=host"),
            *arguments,
            f"--iidfile={id_file.name}",
            f"--file={DOCKERFILE}",
            f"--tag=localhost/autotennis-test-{service}",
            str(ROOT),
            within_s=_BUILD_S,
        )
        return Path(id_file.name).read_text().strip()


def described(image: str) -> Mapping[str, Any]:
    """The image's configuration and layers."""
    return json.loads(command("podman", "image", "inspect", image))[0]


def answered(image: str, program: str, *arguments: str) -> str:
    """What a Python program writes in a container of the image."""
    flags = ("--rm", "--network=host", "--read-only", "--entrypoint=python")
    return command("podman", "run", *flags, image, "-c", program, *arguments)


@dataclass(frozen=True, slots=True)
class Container:
    """A container that runs."""

    id: str

    @property
    def url(self) -> str:
        """Where its port 8080 is on this machine, if it has a network of its own."""
        return f"http://{command('podman', 'port', self.id, '8080').strip()}"

    def runs(self, *arguments: str) -> str:
        """What a command writes that is run in the container; it fails if the command does."""
        return command("podman", "exec", self.id, *arguments)

    def logs(self) -> str:
        """All that it wrote."""
        return command("podman", "logs", self.id, with_errors=True)

    def told_to_stop(self, grace_s: int) -> int:
        """Sends SIGTERM, and SIGKILL after the grace; gives the exit status."""
        command("podman", "stop", f"--time={grace_s}", self.id, within_s=grace_s + _COMMAND_S)
        return int(command("podman", "inspect", "--format={{.State.ExitCode}}", self.id))


@contextmanager
def started(
    image: str, environment: Mapping[str, str], *flags: str, network: str = "--publish=127.0.0.1::8080"
) -> Generator[Container]:
    """A container with the least that it may have: nothing can be written to but what the flags add.

    Its environment goes there by a file, since whoever looks at the processes sees their arguments.
    """
    with tempfile.NamedTemporaryFile("w", prefix="environment-") as file:
        file.writelines(f"{name}={value}\n" for name, value in environment.items())
        file.flush()
        least = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges")
        given = (f"--env-file={file.name}", network, *flags)
        container = Container(command("podman", "run", "--detach", *least, *given, image).strip())
    try:
        yield container
    finally:
        command("podman", "rm", "--force", "--time=0", container.id)
