"""`autotennis club new`: a package of one's own that reads a kind of club, made of the template beside this file."""

import keyword
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from autotennis.adapters.clubs.registry import kinds
from autotennis.errors import Permanent

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST: Final = 30
_PACKAGE: Final = "autotennis_local.club.template.package"
# Where each file of the template lies in what is made of it; `NAME` stands for the kind.
_PLACES: Final = {
    "pyproject.toml.in": "pyproject.toml",
    "README.md.in": "README.md",
    "plan.toml.in": "plan.toml",
    "gitignore.in": ".gitignore",
    "package/__init__.py": "src/autotennis_NAME/__init__.py",
    "package/client.py": "src/autotennis_NAME/client.py",
    "package/kind.py": "src/autotennis_NAME/kind.py",
    "package/links.py": "src/autotennis_NAME/links.py",
    "package/pages.py": "src/autotennis_NAME/pages.py",
    "package/py.typed": "src/autotennis_NAME/py.typed",
    "test_conformance.py": "tests/test_conformance.py",
}


class BadName(Permanent):
    """A package cannot be made under that name, or there: why stands in the text."""


def made(name: str, into: Path) -> Path:
    """Makes the folder of a package for clubs of that kind; gives where it lies. Raises BadName."""
    _check(name)
    target = into / f"autotennis-{name.replace('_', '-')}"
    if target.exists():
        raise BadName(f"{target} is there already. Nothing was changed.")
    try:
        _write(target, name)
    except OSError as error:
        raise BadName(f"{target} cannot be made: {error.strerror}.") from None
    return target


def _write(target: Path, name: str) -> None:
    template = files("autotennis_local.club").joinpath("template")
    for source, place in _PLACES.items():
        path = target / place.replace("NAME", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(_file(template, source), name), "utf-8")


def _check(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or keyword.iskeyword(name):
        raise BadName(
            f"{name!r} names no kind: take small letters, digits and single underscores, a letter first, at most "
            f"{_LONGEST} in all."
        )
    if name in kinds():
        raise BadName(f"Clubs of kind {name!r} are read already.")
    if find_spec(f"autotennis_{name}"):
        raise BadName(f"There is a package autotennis_{name} already.")


def _file(template: Traversable, source: str) -> str:
    return template.joinpath(*source.split("/")).read_text("utf-8")


def _filled(text: str, name: str) -> str:
    named = {
        _PACKAGE: f"autotennis_{name}",
        "@NAME@": name,
        "@PROJECT@": f"autotennis-{name.replace('_', '-')}",
        '"example"': f'"{name}"',
        "EXAMPLE": name.upper(),
        "Example": "".join(part.capitalize() for part in name.split("_")),
    }
    for token, word in named.items():
        text = text.replace(token, word)
    return text
