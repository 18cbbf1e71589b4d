"""The made part of docs/settings.md: every setting of every service in one table, and what a club is described by.

`python -m autotennis_local.settings_page write|check docs`
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from autotennis import made_part
from autotennis.described_settings import Described, all_described, allowed, default_of
from autotennis.domain.club import NTNUI_TENNIS, ClubRules
from autotennis.settings import Backend
from autotennis_local.every_settings import KINDS

BEGIN: Final = "<!-- made by `make settings` from here on -->"
END: Final = "<!-- made by `make settings` up to here -->"
_PAGE: Final = "settings.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit status: 1 if the page is not that of the settings."""
    parser = argparse.ArgumentParser(prog="autotennis_local.settings_page", description="The table of all settings.")
    parser.add_argument("what", choices=("write", "check"))
    parser.add_argument("docs", type=Path, help="the directory of the documents")
    options = parser.parse_args(arguments)
    page: Path = options.docs / _PAGE
    there = page.read_text()
    wanted = renewed(there)
    if options.what == "write":
        page.write_text(wanted)
    elif wanted != there:
        sys.stderr.write(f"{page} is not that of the settings: run 'make settings'.\n")
        return 1
    return 0


def renewed(page: str) -> str:
    """The page with its made part made anew. Raises ValueError if it has no place for that."""
    return made_part.renewed(page, made(), BEGIN, END)


def made() -> str:
    """The made part."""
    return "\n".join([*_tables(all_described(KINDS)), *_club()])


def _tables(settings: Iterable[Described]) -> Iterator[str]:
    groups: dict[str, list[Described]] = {}
    for one in settings:
        groups.setdefault(_group(one), []).append(one)
    for title in sorted(groups, key=_rank):
        yield f"### {title}"
        yield ""
        yield "| variable | meaning | allowed | default |"
        yield "|---|---|---|---|"
        yield from (
            _row(_named(one, title), one.meaning, _allowed(one), _default(one.default)) for one in groups[title]
        )
        yield ""


def _group(one: Described) -> str:
    if one.is_given:
        return "Given by whoever starts the system"
    if one.families == (Backend.GCP,):
        return "On Google Cloud"
    if len(one.services) == len(KINDS):
        return "Every service"
    return "Only " + " and ".join(f"`{service}`" for service in sorted(one.services))


def _rank(title: str) -> tuple[int, str]:
    order = ("Every service", "Only", "On Google Cloud", "Given")
    return next(number for number, start in enumerate(order) if title.startswith(start)), title


def _named(one: Described, title: str) -> str:
    """With the services where the title does not name them."""
    is_all = len(one.services) == len(KINDS)
    return (
        f"`{one.variable}`" if is_all or title.startswith("Only") else f"`{one.variable}` ({', '.join(one.services)})"
    )


def _allowed(one: Described) -> str:
    families = "" if len(one.families) > 1 or one.families == (Backend.GCP,) else "; only on one machine"
    return f"{'a secret' if one.is_secret else one.allowed}{families}"


def _default(default: str | None) -> str:
    match default:
        case None:
            return "has to be given"
        case "":
            return "empty"
        case _ if default.startswith("[{"):
            return NTNUI_TENNIS.name
        case _:
            return f"`{default}`"


def _club() -> Iterator[str]:
    yield "### A club"
    yield ""
    yield "`AUTOTENNIS_CLUBS` is a JSON list of clubs. The usual one, with all that is the default written out:"
    yield ""
    yield from (f"    {line}" for line in json.dumps([NTNUI_TENNIS.model_dump(mode="json")], indent=2).splitlines())
    yield ""
    yield "| field | meaning | allowed | default |"
    yield "|---|---|---|---|"
    yield from _fields(ClubRules.model_fields, "")
    yield ""


def _fields(fields: Mapping[str, FieldInfo], before: str) -> Iterator[str]:
    for name, field in fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _fields(kind.model_fields, f"{before}{name}.")
        else:
            yield _row(f"`{before}{name}`", field.description or "", allowed(field), _default(default_of(field)))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
