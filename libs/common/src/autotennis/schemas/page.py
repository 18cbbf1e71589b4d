"""The part of docs/events.md that is made of the models: which kinds there are, their fields, and what these hold."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args

from autotennis import made_part
from autotennis.events import FACTS, KINDS, Event
from autotennis.flow import CONSUMERS, PUBLISHERS
from autotennis.schemas.making import Schema, name_of, schema_of

BEGIN: Final = "<!-- made by `make schemas` from here on -->"
END: Final = "<!-- made by `make schemas` up to here -->"
_OF_ALL: Final = ("kind", "version", "at")
_NOT_SAID: Final = "(not said yet)"
_FEW: Final = 3


def renewed(page: str) -> str:
    """The page with its made part made anew. Raises ValueError if it has no place for that."""
    return made_part.renewed(page, made(), BEGIN, END)


def made() -> str:
    """The made part."""
    models = get_args(Event)
    all_of_them = [schema_of(model) for model in models]
    ids = {model.__name__: model.id.fget.__doc__ for model in models}
    parts = (_kinds(all_of_them), _ids(ids), _fields(all_of_them), _values(all_of_them))
    return "\n".join(line for part in parts for line in (*part, ""))


def _kinds(schemas: Iterable[Schema]) -> Iterator[str]:
    yield "### Kinds"
    yield ""
    yield "| kind | when | published by | consumed by | fields |"
    yield "|---|---|---|---|---|"
    for one in schemas:
        kind = one["properties"]["kind"]["const"]
        own = ", ".join(f"`{name}`" for name in one["properties"] if name not in _OF_ALL)
        link = f"[{kind}](schemas/events/{name_of(one)})"
        consumers = ", ".join(sorted(CONSUMERS[kind])) or "nobody here"
        yield _row(link, _in_a_line(one["description"]), _published_by(kind), consumers, own)


def _published_by(kind: str) -> str:
    """Who tells it, in words: where several can, it is whichever has the booking in hand."""
    publishers = PUBLISHERS.get(kind, {})
    return "; ".join(f"{who}, {when}" if when else who for who, when in publishers.items()) or _NOT_SAID


def _ids(ids: Mapping[str, str | None]) -> Iterator[str]:
    """The kinds by how their ids are made."""
    yield "### Ids"
    yield ""
    yield "| kinds | id |"
    yield "|---|---|"
    for said in dict.fromkeys(ids.values()):
        yield _row(", ".join(kind for kind, one in ids.items() if one == said), _in_a_line(said or _NOT_SAID))


def _fields(schemas: Iterable[Schema]) -> Iterator[str]:
    yield "### Fields"
    yield ""
    yield "A field in *italics* need not be there."
    yield ""
    yield "| field | type | meaning | in |"
    yield "|---|---|---|---|"
    found: dict[tuple[str, str, str], list[str]] = {}
    for one in schemas:
        for name, field in one["properties"].items():
            if name != "kind":
                said = _name(name, one), _type(field), _in_a_line(field.get("description", _NOT_SAID))
                found.setdefault(said, []).append(one["title"])
    for said, kinds in found.items():
        yield _row(*said, _in_short(kinds))


def _in_short(kinds: Sequence[str]) -> str:
    """All of these kinds, in as few words as may be."""
    others = [kind for kind in KINDS if kind not in kinds]
    if len(others) <= _FEW:
        return f"all but {', '.join(others)}" if others else "all"
    return "all facts of a booking" if {*kinds} == {fact.__name__ for fact in FACTS} else ", ".join(kinds)


def _values(schemas: Iterable[Schema]) -> Iterator[str]:
    yield "### Values"
    defined = {name: value for one in schemas for name, value in one.get("$defs", {}).items()}
    for name, value in sorted(defined.items()):
        yield ""
        yield f"**{name}**: {_in_a_line(value.get('description', _NOT_SAID))}"
        yield ""
        if "enum" in value:
            yield "One of " + ", ".join(f"`{one}`" for one in value["enum"]) + "."
            continue
        yield "; ".join(f"{_name(field, value)}: {_type(what)}" for field, what in value["properties"].items()) + "."


def _name(name: str, schema: Schema) -> str:
    return f"`{name}`" if name in schema.get("required", ()) else f"*`{name}`*"


def _type(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2]
    if some := field.get("anyOf") or field.get("oneOf"):
        return " or ".join(_type(one) for one in some)
    if "const" in field:
        return f"`{field['const']}`"
    if field["type"] == "array":
        return f"list of {_type(field['items'])}"
    return "instant" if field.get("format") == "date-time" else str(field["type"])


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _in_a_line(text: str) -> str:
    return " ".join(text.split())
