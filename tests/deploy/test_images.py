"""The images are built as they are for the cloud, and run with as little as they may have."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from support import images
from support.images import DOCKERFILE, ROOT, Container, needs_containers
from support.waiting import eventually_beside, serves

from autotennis.flow import Service
from autotennis.stopping import GRACE_S
from autotennis_local.network import any_port

_MACHINE: Final = "machine"
_PRACTICE: Final = "practice"
_IMAGES: Final = (*Service, _MACHINE, _PRACTICE)
# Built here: one of the aiohttp services, the one with gunicorn, and the one with everything.
_BUILT: Final = (Service.BOOKER, Service.API, _MACHINE)
_USER: Final = 10001
_GRACE_S: Final = math.ceil(GRACE_S)
_MACHINE_GRACE_S: Final = 30
# What an image adds to its base. Whoever passes this looks at what came in, and raises it by intent.
_LARGEST_MB: Final = {Service.BOOKER: 140, Service.API: 192, _MACHINE: 170}
_LOCKS: Final = {_MACHINE: "autotennis-local", _PRACTICE: "practice-club"}
_OWN: Final = {
    Service.BOOKER: {"autotennis", "autotennis-booker"},
    Service.API: {"autotennis", "autotennis-api"},
    _MACHINE: {
        *(f"autotennis-{name}" for name in (*Service, "cli", "local")),
        "autotennis",
        "practice-club",
    },
}
_DISTRIBUTIONS: Final = """
import importlib.metadata, json, re
found = {re.sub(r"[-_.]+", "-", one.name).lower(): one.version for one in importlib.metadata.distributions()}
print(json.dumps(found))
"""
_FILES: Final = """
import json, os
def listed(top):
    for folder, _, names in os.walk(top):
        for name in names:
            yield os.path.join(folder, name)
print(json.dumps({
    "app": list(listed("/app")),
    "src": os.path.exists("/src") or os.path.exists("/wheels") or os.path.exists("/opt/uv"),
    "writable": [one for one in ("/", "/app", "/etc", "/tmp", "/var") if os.access(one, os.W_OK)],
    "user": [os.getuid(), os.getgid()],
}))
"""


def test_each_image_has_a_stage_a_lock_and_only_sources_that_are_let_in() -> None:
    stages = re.findall(r"^FROM run AS (\w+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert sorted(stages) == sorted(_IMAGES)
    for name in _IMAGES:
        lock = (ROOT / "requirements" / f"{_LOCKS.get(name, f'autotennis-{name}')}.txt").read_text()
        assert "--hash=sha256:" in lock
        assert "://" not in lock, "a lock holds no addresses"
    copied = re.findall(r"^COPY (?!--)(\S+) ", DOCKERFILE.read_text(), re.MULTILINE)
    assert copied
    assert [one for one in copied if not (ROOT / one).exists()] == []


def test_the_dockerfile_is_as_its_linter_wishes_and_switches_nothing_off() -> None:
    assert "hadolint ignore" not in DOCKERFILE.read_text()
    assert _linted("hadolint", "--failure-threshold=style", str(DOCKERFILE)) == ""


def test_shell_scripts_are_as_their_linter_wishes() -> None:
    scripts = [ROOT / ".ci" / "run", *sorted((ROOT / "deploy").rglob("*.sh"))]
    assert _linted("shellcheck", *map(str, scripts)) == ""


def _linted(linter: str, *arguments: str) -> str:
    """What a linter complains of."""
    program = str(Path(sys.executable).with_name(linter))
    done = subprocess.run(  # noqa: S603 (the test's own)
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


@needs_containers
@pytest.mark.parametrize("service", _BUILT)
def test_an_image_holds_what_is_locked_for_its_service_and_nothing_else(service: str) -> None:
    image = images.built(service)
    found: dict[str, str] = json.loads(images.answered(image, _DISTRIBUTIONS))
    lock = (ROOT / "requirements" / f"{_LOCKS.get(service, f'autotennis-{service}')}.txt").read_text()
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", lock, re.MULTILINE))
    foreign = {name: version for name, version in found.items() if not name.startswith(("autotennis", "practice-club"))}
    assert foreign.items() <= locked.items()
    assert found.keys() - foreign.keys() == _OWN[service]


@needs_containers
@pytest.mark.parametrize("service", _BUILT)
def test_nobody_can_write_to_an_image_and_nothing_stays_behind_in_it(service: str) -> None:
    image = images.built(service)
    seen = json.loads(images.answered(image, _FILES))
    assert seen["user"] == [_USER, _USER]
    assert not seen["src"], "what builds it is not part of it"
    assert not {"/", "/app", "/etc", "/var"} & set(seen["writable"])
    unwanted = re.compile(
        r"/\.git|\.env$|/bin/(pip|uv)$|/secrets\.json$|\.key$|\.db$|/autotennis\w*/.*(\.po|/tests/.*)$"
    )
    assert [one for one in seen["app"] if unwanted.search(one)] == []
    uncompiled = [one for one in seen["app"] if re.search(r"/autotennis\w*/[a-z_/]+\.py$", one)]
    compiled = {re.sub(r"__pycache__/(\w+)\.cpython-\d+\.pyc$", r"\1.py", one) for one in seen["app"]}
    assert uncompiled
    assert set(uncompiled) <= compiled


@needs_containers
@pytest.mark.parametrize("service", _BUILT)
def test_an_image_is_small_and_says_what_it_is(service: str) -> None:
    seen, base = images.described(images.built(service)), images.described(images.base())
    assert seen["RootFS"]["Layers"][0] == base["RootFS"]["Layers"][0]
    assert seen["Size"] - base["Size"] <= _LARGEST_MB[service] * 1_000_000
    settings, labels = seen["Config"], seen["Labels"]
    assert settings["User"] == f"{_USER}:{_USER}"
    assert settings["StopSignal"] == "SIGTERM"
    assert settings["Entrypoint"][0] in ("python", "autotennis"), "no shell is needed"
    assert labels["org.opencontainers.image.title"] == f"autotennis-{service}"
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.revision"] == "abc123"


@pytest.fixture
def data_dir(tmp_path: Path) -> str:
    """A folder for the user of the images."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    return str(folder)


_SECRETS: Final = {
    "AUTOTENNIS_DATA_DIR": "/data",
    "AUTOTENNIS_LINK_SECRET": "of-this-test-alone-0123456789-0123456789",
    "AUTOTENNIS_PUSH_SECRET": "of-this-test-alone-0123456789",
    "AUTOTENNIS_SESSION_SECRET": "of-this-test-alone-0123456789-abcdefghij",
}


@needs_containers
@pytest.mark.parametrize(("service", "flags"), [(Service.BOOKER, []), (Service.API, ["--tmpfs=/tmp:size=1m"])])
async def test_a_service_answers_on_a_read_only_file_system_and_ends_when_told(
    service: str, flags: list[str], data_dir: str
) -> None:
    with images.started(images.built(service), _SECRETS, "--memory=256m", f"--volume={data_dir}:/data", *flags) as it:
        url = it.url
        await eventually_beside(lambda: serves(url), f"the {service} answers", within_s=60)
        assert it.told_to_stop(_GRACE_S) == 0, it.logs()
        _wrote_nothing_secret(it)


@needs_containers
async def test_the_whole_system_runs_in_half_a_gigabyte_and_ends_when_told(data_dir: str) -> None:
    port = any_port("127.0.0.1")
    flags = ("--memory=512m", "--memory-swap=512m", "--tmpfs=/tmp:size=1m", f"--volume={data_dir}:/data")
    told = {"AUTOTENNIS_PORT": str(port)}
    with images.started(images.built(_MACHINE), told, *flags, network="--network=host") as it:
        await eventually_beside(lambda: serves(f"http://127.0.0.1:{port}"), "the pages answer", within_s=180)
        it.runs(*_health_check())
        assert it.told_to_stop(_MACHINE_GRACE_S) == 0, it.logs()
    assert (Path(data_dir) / "autotennis.db").exists()


def _health_check() -> list[str]:
    """The command by which the image of one machine looks at itself, which not every format of images keeps."""
    (found,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    return json.loads(found)


@needs_containers
def test_a_service_says_which_setting_it_lacks() -> None:
    with images.started(images.built(Service.BOOKER), {}, "--memory=256m") as it:
        assert int(images.command("podman", "wait", it.id)) != 0
        assert "AUTOTENNIS_PUSH_SECRET" in it.logs()


def _wrote_nothing_secret(container: Container) -> None:
    written = container.logs()
    assert [name for name, value in _SECRETS.items() if name.endswith("SECRET") and value in written] == []
