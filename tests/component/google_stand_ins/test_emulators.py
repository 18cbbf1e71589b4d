"""The emulators are found in the promised order, started, and never left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.emulators import NEEDED_VARIABLE, fresh_project, need_emulators
from support.waiting import eventually

from google_stand_ins.emulators import (
    IMAGE_VARIABLE,
    DeadEmulator,
    Emulator,
    NoEmulators,
    Running,
    Startable,
    answers,
    find,
    free_port,
    running,
)

PUBSUB_JAR = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-0.8.20-all.jar"
FIRESTORE_JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
TESTS = Path(__file__).parents[2]


def a_program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def an_sdk(root: Path) -> Path:
    for jar in (PUBSUB_JAR, FIRESTORE_JAR):
        (root / jar).parent.mkdir(parents=True)
        (root / jar).touch()
    return root


def found_in(emulator: Emulator, environment: Mapping[str, str], *places: Path) -> Startable:
    found = find(emulator, environment, places)
    assert isinstance(found, Startable)
    return found


@pytest.fixture
def startable() -> Mapping[str, str]:
    """An environment without emulators that run already, on a machine that can start some."""
    hosts = {emulator.variable for emulator in Emulator}
    environment = {name: value for name, value in os.environ.items() if name not in hosts}
    try:
        for emulator in Emulator:
            find(emulator, environment)
    except NoEmulators as reason:
        pytest.skip(f"This machine starts no emulators: {reason}")
    return environment


@contextmanager
def somebody_else_who_starts_them(
    environment: Mapping[str, str],
) -> Generator[tuple[subprocess.Popen[str], str], None, None]:
    """A process, and where its Pub/Sub emulator answers."""
    program = """
from google_stand_ins.emulators import running
with running() as emulators:
    print(emulators.pubsub_host, flush=True)
    input()
"""
    with subprocess.Popen(  # noqa: S603 - the program above
        [sys.executable, "-c", program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        yield owner, owner.stdout.readline().strip()


@pytest.fixture
def with_java(tmp_path: Path) -> Mapping[str, str]:
    a_program(tmp_path / "bin" / "java", "echo The racket is broken. >&2; exit 1")
    return {"PATH": f"{tmp_path / 'bin'}:/bin:/usr/bin"}


def test_an_emulator_that_runs_is_used_whatever_else_there_is(with_java: Mapping[str, str], tmp_path: Path) -> None:
    host = need_emulators().firestore_host
    found = find(Emulator.FIRESTORE, {**with_java, "FIRESTORE_EMULATOR_HOST": host}, (an_sdk(tmp_path / "sdk"),))
    assert found == Running(host, f"Firestore emulator: runs at {host}, as FIRESTORE_EMULATOR_HOST says")


def test_a_host_where_nobody_answers_is_an_error_not_a_reason_to_look_elsewhere(
    with_java: Mapping[str, str], tmp_path: Path
) -> None:
    host = f"127.0.0.1:{free_port()}"
    with pytest.raises(DeadEmulator, match=f"PUBSUB_EMULATOR_HOST is {host}, but"):
        find(Emulator.PUBSUB, {**with_java, "PUBSUB_EMULATOR_HOST": host}, (an_sdk(tmp_path / "sdk"),))


def test_a_host_that_is_no_address_is_dead() -> None:
    with pytest.raises(DeadEmulator, match="localhost:eighty"):
        find(Emulator.PUBSUB, {"PUBSUB_EMULATOR_HOST": "localhost:eighty"})


def test_the_named_sdk_is_preferred_to_those_in_the_usual_places(with_java: Mapping[str, str], tmp_path: Path) -> None:
    named, usual = an_sdk(tmp_path / "named"), an_sdk(tmp_path / "usual")
    found = found_in(Emulator.PUBSUB, {**with_java, "CLOUDSDK_ROOT_DIR": str(named)}, usual)
    assert found.how == f"Pub/Sub emulator: started from the Google SDK in {named}"
    command = found.command(8085)
    assert command[0] == str(tmp_path / "bin" / "java")
    assert command[-4:] == ("-jar", str(named / PUBSUB_JAR), "--host=127.0.0.1", "--port=8085")


def test_an_sdk_is_found_by_the_gcloud_on_the_path(with_java: Mapping[str, str], tmp_path: Path) -> None:
    root = an_sdk(tmp_path / "sdk")
    (tmp_path / "bin" / "gcloud").symlink_to(a_program(root / "bin" / "gcloud", "exit 1"))
    command = found_in(Emulator.FIRESTORE, with_java, tmp_path / "nowhere").command(8080)
    assert str(root / FIRESTORE_JAR) in command
    assert command[-3:] == ("start", "--host=127.0.0.1", "--port=8080")


def test_an_sdk_is_found_by_asking_gcloud(with_java: Mapping[str, str], tmp_path: Path) -> None:
    root = an_sdk(tmp_path / "sdk")
    a_program(tmp_path / "bin" / "gcloud", f'[ "$1" = info ] && echo {root}')
    assert str(root) in found_in(Emulator.PUBSUB, with_java).how


def test_the_latest_of_several_jars_is_taken(with_java: Mapping[str, str], tmp_path: Path) -> None:
    root = an_sdk(tmp_path / "sdk")
    newer = (root / PUBSUB_JAR).with_name("cloud-pubsub-emulator-0.8.100-all.jar")
    newer.touch()
    os.utime(root / PUBSUB_JAR, (1, 1))
    assert str(newer) in found_in(Emulator.PUBSUB, with_java, root).command(8085)


@pytest.mark.parametrize("emulator", Emulator)
def test_what_is_nowhere_says_every_reason_and_what_to_install(emulator: Emulator) -> None:
    with pytest.raises(NoEmulators) as raised:
        find(emulator, {}, ())
    text = str(raised.value)
    package = f"google-cloud-cli-{emulator.name.lower()}-emulator"
    for part in (emulator.variable, "no java", IMAGE_VARIABLE, "google-cloud-cli,", package, "default-jre-headless"):
        assert part in text


def test_java_without_an_sdk_is_not_enough(with_java: Mapping[str, str], tmp_path: Path) -> None:
    a_program(tmp_path / "bin" / "gcloud", "exit 1")
    with pytest.raises(NoEmulators, match=r"no Google SDK with a Pub/Sub emulator was found"):
        find(Emulator.PUBSUB, with_java, (tmp_path / "nowhere",))


def test_an_image_is_of_no_use_where_docker_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    with pytest.raises(NoEmulators, match="cannot be used: Docker does not answer"):
        find(Emulator.PUBSUB, {IMAGE_VARIABLE: "emulators"}, ())


def test_both_are_started_and_stopped(startable: Mapping[str, str]) -> None:
    with running(startable) as emulators:
        assert answers(emulators.pubsub_host)
        assert answers(emulators.firestore_host)
        assert [line.split(" emulator: started from ")[0] for line in emulators.how] == ["Pub/Sub", "Firestore"]
    assert not answers(emulators.pubsub_host)
    assert not answers(emulators.firestore_host)


def test_those_that_run_are_used_and_left_running() -> None:
    mine = need_emulators()
    with running(mine.variables()) as emulators:
        assert emulators.variables() == mine.variables()
    assert answers(mine.pubsub_host)
    assert answers(mine.firestore_host)


def test_one_that_does_not_start_says_why(with_java: Mapping[str, str], tmp_path: Path) -> None:
    environment = {**with_java, "CLOUDSDK_ROOT_DIR": str(an_sdk(tmp_path / "sdk"))}
    with (
        pytest.raises(DeadEmulator, match=r"did not start at .* It said: The racket is broken\."),
        running(environment),
    ):
        pass


async def test_they_end_with_a_process_that_is_killed(startable: Mapping[str, str]) -> None:
    with somebody_else_who_starts_them(startable) as (owner, host):
        assert answers(host)
        owner.send_signal(signal.SIGKILL)
        await eventually(lambda: not answers(host), "the emulator ended")


@pytest.mark.parametrize(
    ("needed", "told"),
    [
        ("", ("1 skipped", "family gcp: 0 tests ran, 1 were left out", "!!! 1 TESTS OF THE GOOGLE CLOUD FAMILY")),
        ("1", ("1 failed",)),
    ],
)
def test_a_test_that_needs_them_is_skipped_loudly_or_fails(tmp_path: Path, needed: str, told: tuple[str, ...]) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "from support.emulators import need_emulators\n"
        "@pytest.mark.parametrize('family', ['gcp'])\n"
        "def test_it(family): need_emulators()\n"
    )
    environment = {"PATH": "", "PYTHONPATH": str(TESTS), NEEDED_VARIABLE: needed}
    run = subprocess.run(  # noqa: S603 - pytest on the file above
        [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    for words in told:
        assert words in run.stdout
    assert "There is no Pub/Sub emulator" in run.stdout
    assert "There is no Firestore emulator" in run.stdout


def test_each_test_has_a_project_of_its_own() -> None:
    assert fresh_project() != fresh_project()
