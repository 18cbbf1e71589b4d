"""`autotennis club new`: what it makes lints and type-checks as it is, and can be installed beside Autotennis."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from click.testing import CliRunner

from autotennis_local.club.command import club
from autotennis_machine import releases
from autotennis_machine.place import Place
from practice_club.club import PracticeClub
from practice_club.server import running_club

_BIN = Path(sys.executable).parent


@pytest.fixture
async def practice() -> AsyncGenerator[PracticeClub]:
    async with running_club() as practice:
        yield practice


def ended(folder: Path, program: str, *arguments: str, **variables: str) -> tuple[int, str]:
    """The status of a program that was run in a folder, and what it printed."""
    done = subprocess.run(  # noqa: S603 (programs of our own environment)
        [str(_BIN / program), *arguments], cwd=folder, env={**os.environ, **variables},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def made(name: str, into: Path) -> Path:
    result = CliRunner().invoke(club, ["new", name, "--into", str(into)])
    assert result.exit_code == 0, result.output
    return into / f"autotennis-{name.replace('_', '-')}"


def wheel_of(folder: Path) -> Path:
    """The wheel of the package in that folder, built without the network."""
    status, printed = ended(
        folder, "uv", "build", "--offline", "--wheel", "--out-dir", "dist", UV_CACHE_DIR=str(folder.parent / "cache")
    )
    assert status == 0, printed
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


@pytest.mark.parametrize("name", ["b", "the_longest_name_of_any_club_3"])
def test_what_is_made_lints_as_it_is_under_any_name(tmp_path: Path, name: str) -> None:
    folder = made(name, tmp_path)
    for arguments in (("check", "--no-cache", "."), ("format", "--no-cache", "--check", ".")):
        status, printed = ended(folder, "ruff", *arguments)
        assert status == 0, printed
    texts = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    assert len(texts) == 11
    for left in ("Example", "EXAMPLE", "@NAME@", "@PROJECT@", "autotennis_local.club.template"):
        assert not [text for text in texts if left in text], left


def test_what_is_made_type_checks_as_it_is(tmp_path: Path) -> None:
    folder = made("some_club", tmp_path)
    status, printed = ended(folder, "pyright", "--pythonpath", sys.executable)
    assert (status, printed.splitlines()[-1]) == (0, "0 errors, 0 warnings, 0 informations"), printed


async def test_what_is_made_is_a_kind_of_club_once_it_is_installed(practice: PracticeClub, tmp_path: Path) -> None:
    folder, beside = made("some_club", tmp_path), tmp_path / "beside"
    # As docs/clubs.md has it for images: a wheel is an archive of what has to lie among the packages.
    status, printed = ended(folder, "python", "-m", "zipfile", "-e", str(wheel_of(folder)), str(beside))
    assert status == 0, printed
    there = {"PYTHONPATH": str(beside)}
    status, printed = ended(folder, "pytest", "-q", "-p", "no:cacheprovider", **there)
    assert "1 passed, 1 skipped" in printed, printed
    arguments = ("club", "check", "some_club", "--url", practice.base_url)
    # The practice club lives in this thread's loop.
    status, printed = await asyncio.to_thread(ended, folder, "autotennis", *arguments, **there)
    assert status == 1
    assert "failed  links: NotImplementedError: Write good_link:" in printed
    assert "passed  clock" in printed


def test_wheels_in_the_folder_for_clubs_go_into_each_release_of_one_machine(tmp_path: Path) -> None:
    wheel, lock = wheel_of(made("some_club", tmp_path)), tmp_path / "lock.txt"
    lock.write_text("")
    place = Place(root=tmp_path / "opt", settings=tmp_path / "etc" / "autotennis.env")
    place.clubs.mkdir(parents=True)
    shutil.copy(wheel, place.clubs)
    release = place.releases / "1"
    releases.install(_BIN / "uv", release, lock, releases.wheels_of_clubs(place))
    asked = (
        "from importlib.metadata import entry_points as e; print([one.value for one in e(group='autotennis.clubs')])"
    )
    done = subprocess.run(  # noqa: S603 (our own release)
        [str(release / "bin" / "python"), "-c", asked], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "['autotennis_some_club.kind:SOME_CLUB']"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "names no kind"),
        ("Matchi", "names no kind"),
        ("1club", "names no kind"),
        ("my-club", "names no kind"),
        ("../../club", "names no kind"),
        ("a__b", "names no kind"),
        ("class", "names no kind"),
        ("x" * 31, "names no kind"),
        ("ntnui", "are read already"),
        ("local", "There is a package autotennis_local already"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_and_nothing_is_made(tmp_path: Path, name: str, said: str) -> None:
    result = CliRunner().invoke(club, ["new", name, "--into", str(tmp_path)])
    assert result.exit_code == 1
    assert said in result.output
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    folder = made("some_club", tmp_path)
    (folder / "README.md").write_text("mine")
    result = CliRunner().invoke(club, ["new", "some_club", "--into", str(tmp_path)])
    assert (result.exit_code, (folder / "README.md").read_text()) == (1, "mine")
    assert "is there already" in result.output


def test_a_place_where_nothing_can_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(club, ["new", "some_club", "--into", str(tmp_path / "file" / "below")])
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    assert "cannot be made" in result.output
