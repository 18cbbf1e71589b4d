"""The made part of docs/threat-model.md: the tables of its sections."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from autotennis import made_part
from mutations.listed import HERE, ROOT, SECTIONS, Mutation, Threat, section

PAGE: Final = ROOT / "docs" / "threat-model.md"


def renewed(page: str, directory: Path = HERE) -> str:
    """The page with its tables made anew. Raises ValueError if it has no place for one of them."""
    for name in SECTIONS:
        begin, end = (f"<!-- {name}: made by `make threats` {ends} here -->" for ends in ("from", "up to"))
        made = "".join(f"{line}\n" for line in _table(section(name, directory).threat))
        page = made_part.renewed(page, made, begin, end)
    return page


def _table(threats: Sequence[Threat]) -> Iterator[str]:
    yield "| | who | tries | what stops it | taken out once, and the tests that failed |"
    yield "|---|---|---|---|---|"
    for one in threats:
        proofs = "<br>".join(_proof(mutation) for mutation in one.mutation)
        yield _row(one.id, one.who, one.tries, one.stopped, proofs)


def _proof(mutation: Mutation) -> str:
    tests = ", ".join(f"`{one.removeprefix('tests/')}`" for one in mutation.tests)
    return f"{mutation.breaks} (`{mutation.file}`): {tests}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
