"""Writes, checks or releases the schemas of the events under a directory of documents: see the package."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from autotennis.schemas.breaking import broken
from autotennis.schemas.making import Schema, schemas, text_of
from autotennis.schemas.page import renewed

_EVENTS: Final = Path("schemas", "events")
_RELEASED: Final = Path("schemas", "released")
_PAGE: Final = "events.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 1 if what there is differs from the models, or breaks a promise."""
    parser = argparse.ArgumentParser(prog="autotennis.schemas", description="The schemas of the events.")
    parser.add_argument("what", choices=("write", "check", "release"))
    parser.add_argument("docs", type=Path, help="the directory of the documents")
    options = parser.parse_args(arguments)
    match options.what:
        case "write":
            write(options.docs)
        case "release":
            _put(options.docs / _RELEASED, schemas())
        case _:
            found = problems(options.docs)
            sys.stderr.write("".join(f"{one}\n" for one in found))
            return 1 if found else 0
    return 0


def write(docs: Path) -> None:
    """Makes the schemas and the page those of the models."""
    _put(docs / _EVENTS, schemas())
    page = docs / _PAGE
    page.write_text(renewed(page.read_text()))


def problems(docs: Path) -> list[str]:
    """What is not as the models are, and each promise that the models break."""
    present = schemas()
    return [*_stale(docs, present), *broken(_kept(docs / _RELEASED), present)]


def _stale(docs: Path, present: Mapping[str, Schema]) -> Iterator[str]:
    wanted = {name: text_of(one) for name, one in present.items()}
    there = {file.name: file.read_text() for file in (docs / _EVENTS).glob("*.json")}
    for name in sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name)):
        yield f"{docs / _EVENTS / name} is not that of its model: run 'make schemas'."
    page = (docs / _PAGE).read_text()
    if renewed(page) != page:
        yield f"{docs / _PAGE} is not that of the models: run 'make schemas'."


def _kept(directory: Path) -> dict[str, Schema]:
    return {file.name: json.loads(file.read_text()) for file in sorted(directory.glob("*.json"))}


def _put(directory: Path, wanted: Mapping[str, Schema]) -> None:
    """Writes them, and takes away those that are there besides."""
    directory.mkdir(parents=True, exist_ok=True)
    for file in directory.glob("*.json"):
        if file.name not in wanted:
            file.unlink()
    for name, one in wanted.items():
        (directory / name).write_text(text_of(one))


if __name__ == "__main__":
    sys.exit(main())
