"""The threats of docs/threat-model.md, with the defences to take out: one TOML file for each of its sections."""

import ast
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent
SECTIONS: Final = ("pages", "outside")

_Line = Annotated[str, Field(min_length=3, pattern=r"^[^\n]+$")]


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Mutation(_Listed):
    """A defence that is taken out of one file: `old` stands there exactly once, and `new` in its place.

    `breaks` says what is wrong then, and each of `tests` (node ids of pytest) has to fail by an assertion.
    """

    breaks: _Line
    file: _Line
    old: Annotated[str, Field(min_length=3)]
    new: str
    tests: Annotated[list[_Line], Field(min_length=1)]


class Threat(_Listed):
    """A line of the threat model: who tries what, and what stops it."""

    id: Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}$")]
    who: _Line
    tries: _Line
    stopped: _Line
    mutation: Annotated[list[Mutation], Field(min_length=1)]


class Section(_Listed):
    """A table of the threat model."""

    threat: list[Threat] = []


def section(name: str, directory: Path = HERE) -> Section:
    """What one file lists. Raises pydantic's ValidationError if that is not of the right form."""
    return Section.model_validate(tomllib.loads((directory / f"{name}.toml").read_text()))


def every_threat() -> Sequence[Threat]:
    """The threats of all sections, in the order of the document."""
    return [one for name in SECTIONS for one in section(name).threat]


def faults(threats: Sequence[Threat], root: Path = ROOT) -> Iterator[str]:
    """What is wrong with a list, in sentences: ids twice, defences that are not there, tests that nobody wrote."""
    ids = [one.id for one in threats]
    yield from (f"{one} stands there {ids.count(one)} times." for one in sorted(set(ids)) if ids.count(one) > 1)
    for threat in threats:
        for mutation in threat.mutation:
            yield from (f"{threat.id}: {fault}" for fault in _faults_of(mutation, root))


def _faults_of(mutation: Mutation, root: Path) -> Iterator[str]:
    file = root / mutation.file
    if not file.is_file():
        yield f"there is no file {mutation.file}."
        return
    if (count := file.read_text().count(mutation.old)) != 1:
        yield f"what is to be taken out stands in {mutation.file} {count} times, not once: {mutation.old!r}"
    if mutation.old == mutation.new:
        yield f"nothing is changed in {mutation.file}."
    yield from (f"there is no test {one}." for one in mutation.tests if not _is_test(one, root))


def _is_test(node: str, root: Path) -> bool:
    path, _, name = node.partition("::")
    file = root / path
    return (
        path.startswith("tests/")
        and file.is_file()
        and any(
            isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name.split("[", maxsplit=1)[0]
            for one in ast.parse(file.read_text()).body
        )
    )
