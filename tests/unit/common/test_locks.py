"""What of others is installed is in a lock, by its hash; what is for trying out and for work is in no service's."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from autotennis.flow import Service

ROOT: Final = Path(__file__).parents[3]
LOCKS: Final = {path.stem: path for path in sorted((ROOT / "requirements").glob("*.txt"))}
# What tests install beside all of that, for itself.
FOR_TESTS: Final = sorted((ROOT / "requirements" / "tests").glob("*.txt"))
SERVICES: Final = {f"autotennis-{service.value}" for service in Service}
# What whoever installs an image or one machine gets.
INSTALLED: Final = sorted({*SERVICES, "autotennis-local"})
# Stands in for Google or for a club, or is for work on the project.
TRYING_OUT: Final = {"practice-club", "google-stand-ins"}
# Parts of it have never been released otherwise.
NEVER_BUT_EARLY: Final = "opentelemetry-"
# Of the machine's own Python.
OF_PYTHON: Final = {"pip", "setuptools"}
# A licence that would bind our own, unless it is one for libraries, or one of several to choose from.
BINDING: Final = re.compile(r"\b(AGPL|GPL)", re.IGNORECASE)


def entries(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Each requirement of a lock, as it is written, and its hashes."""
    text = path.read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            wanted, *hashes = line.split("--hash=")
            yield wanted.strip(), [one.strip() for one in hashes]


def pinned(lock: str) -> Mapping[NormalizedName, frozenset[Version]]:
    """The versions of a lock; a package may have several, for several versions of Python."""
    found: dict[NormalizedName, set[Version]] = {}
    for wanted, _ in entries(LOCKS[lock]):
        requirement = Requirement(wanted)
        (specifier,) = requirement.specifier
        found.setdefault(canonicalize_name(requirement.name), set()).add(Version(specifier.version))
    return {name: frozenset(versions) for name, versions in found.items()}


def members() -> Mapping[NormalizedName, Mapping[str, Any]]:
    """Our own packages: what each says of itself."""
    paths = [path for place in ("libs", "services", "deploy") for path in ROOT.glob(f"{place}/*/pyproject.toml")]
    found = [tomllib.loads(path.read_text())["project"] for path in paths]
    return {canonicalize_name(project["name"]): project for project in found}


@pytest.mark.parametrize("path", [*LOCKS.values(), *FOR_TESTS], ids=lambda path: path.stem)
def test_a_lock_pins_each_package_by_its_hash_and_names_no_address(path: Path) -> None:
    found = list(entries(path))
    assert found
    for wanted, hashes in found:
        requirement = Requirement(wanted)
        assert [one.operator for one in requirement.specifier] == ["=="], wanted
        assert requirement.url is None
        assert hashes, wanted
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), wanted
    assert not re.search(r"://|^-", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_nothing_is_installed_before_it_is_released(lock: str) -> None:
    early = {name for name, versions in pinned(lock).items() if any(one.is_prerelease for one in versions)}
    assert {name for name in early if not name.startswith(NEVER_BUT_EARLY)} == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_tested_is_what_is_installed_elsewhere(lock: str) -> None:
    assert pinned(lock).items() <= pinned("dev").items()


def test_nothing_is_installed_here_that_is_in_no_lock() -> None:
    locked, ours = pinned("dev"), {canonicalize_name(name) for name in members()}
    here = {canonicalize_name(one.name): Version(one.version) for one in distributions()}
    others = {name: version for name, version in here.items() if name not in ours | OF_PYTHON}
    assert {name: version for name, version in others.items() if version not in locked.get(name, ())} == {}


@pytest.mark.parametrize("package", INSTALLED)
def test_what_is_for_trying_out_comes_to_no_service(package: str) -> None:
    found, reached = members(), set[NormalizedName]()
    waiting: list[NormalizedName] = [canonicalize_name(package)]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        extras: Mapping[str, list[str]] = found[name].get("optional-dependencies", {})
        needed = [*found[name].get("dependencies", []), *(extras.get("gcp", []) if name in SERVICES else [])]
        waiting += [one for one in (canonicalize_name(Requirement(text).name) for text in needed) if one in found]
    assert "autotennis" in reached
    # One machine has the practice club with it, for `make run`; a service never.
    assert reached & TRYING_OUT == ({"practice-club"} if package == "autotennis-local" else set())
    assert {"pytest", "hypothesis", "playwright", "schemathesis", "testcontainers"}.isdisjoint(pinned(package))


def test_no_licence_of_what_services_are_made_of_binds_ours() -> None:
    named = set[NormalizedName]().union(*(pinned(lock) for lock in INSTALLED))
    found = {canonicalize_name(one.name): licence_of(one) for one in distributions()}
    told = {name: found[name] for name in named if name in found}
    assert len(told) > 50
    assert {name: licence for name, licence in told.items() if BINDING.search(licence)} == {}


def licence_of(one: Distribution) -> str:
    """What a distribution says of its licence, in few words."""
    said = one.metadata
    kinds = [kind.rpartition("::")[2] for kind in said.get_all("Classifier") or () if kind.startswith("License")]
    return " ".join([said["License-Expression"] or "", *kinds, (said["License"] or "")[:60]])
