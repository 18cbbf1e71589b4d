"""What a schema no longer keeps of what was promised when it was released.

Within one version of a kind, both have to go well: a program written after the promise reads what is published now, and
what is published now is joined by what was published before (held back, replayed, kept). So a field may come that need
not be there, and an enumeration may get a further value; nothing may go, become needed, or become another thing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from autotennis.schemas.making import Schema

_WHAT_TO_DO: Final = (
    "Undo that, or publish it as the next version of the kind beside this one (docs/events.md, Versions)."
)
_LEAST: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_MOST: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_ANYTHING: Final = "anything"


def broken(released: Mapping[str, Schema], present: Mapping[str, Schema]) -> list[str]:
    """Each promise that is broken, as a sentence with what to do about it. Both are by the names of their files."""
    found: list[str] = []
    for name, promised in released.items():
        if name not in present:
            found.append(_gone(promised, name))
            continue
        found += [f"{_title(promised)}: {one} {_WHAT_TO_DO}" for one in breaks(promised, present[name])]
    return found


def breaks(promised: Schema, present: Schema) -> list[str]:
    """What of one schema was promised and is not kept."""
    return list(_Comparison(promised, present).of(promised, present, ""))


def _title(schema: Schema) -> str:
    fields = schema["properties"]
    return f"{fields['kind']['const']}, version {fields['version']['const']}"


def _gone(promised: Schema, name: str) -> str:
    return (
        f"{_title(promised)}: it was released and is there no more. Publish it on, beside a newer version if need be, "
        f"until nobody reads it; then take {name} out of what was released, and say so in the changelog."
    )


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares two schemas, each with its own definitions."""

    promised: Schema
    present: Schema

    def of(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """What is broken at this place."""
        was = {_kind_of(one): one for one in _alternatives(old, self.promised)}
        now = {_kind_of(one): one for one in _alternatives(new, self.present)}
        place = f"`{path}`" if path else "the event"
        for kind in was.keys() - now.keys():
            yield f"{place} could be {kind} and cannot any more."
        for kind in now.keys() - was.keys():
            yield f"{place} can be {kind} now, which who reads it does not expect."
        for kind in sorted(was.keys() & now.keys()):
            yield from self._alike(was[kind], now[kind], path)

    def _alike(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        yield from _bounds(old, new, path)
        yield from _values(old, new, path)
        yield from self._fields(old, new, path)
        for key in ("items", "additionalProperties"):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                yield from self.of(old[key], new[key], f"{path}[]")

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        was, now = old.get("properties", {}), new.get("properties", {})
        needed, needs = set(old.get("required", ())), set(new.get("required", ()))
        for name, field in was.items():
            place = f"{path}.{name}" if path else name
            if name not in now:
                yield f"the field `{place}` is gone."
                continue
            if name in needs - needed:
                yield f"the field `{place}` must be there now, and messages from before have none."
            if name in needed - needs:
                yield f"the field `{place}` was always there and need not be any more."
            yield from self.of(field, now[name], place)
        for name in now.keys() - was.keys():
            if name in needs:
                place = f"{path}.{name}" if path else name
                yield f"the new field `{place}` must be there, and messages from before have none: give it a default."


def _alternatives(schema: Schema, root: Schema) -> list[Schema]:
    """What it may be, each without references."""
    if "$ref" in schema:
        return _alternatives(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    some = schema.get("anyOf") or schema.get("oneOf")
    return [one for part in some for one in _alternatives(part, root)] if some else [schema]


def _kind_of(schema: Schema) -> str:
    """By which alternatives are told apart: the type, and where objects say their `kind`, that."""
    told = schema.get("properties", {}).get("kind", {}).get("const")
    return f"{schema.get('type', _ANYTHING)}{f' ({told})' if told else ''}"


def _bounds(old: Schema, new: Schema, path: str) -> Iterator[str]:
    for key in _LEAST:
        if key in new and (key not in old or new[key] > old[key]):
            yield f"`{path}` is narrower: its {key} is {new[key]}, and was {old.get(key, 'none')}."
    for key in _MOST:
        if key in new and (key not in old or new[key] < old[key]):
            yield f"`{path}` is narrower: its {key} is {new[key]}, and was {old.get(key, 'none')}."
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield f"`{path}` is narrower: it has to match another pattern."
    if new.get("format") != old.get("format"):
        yield f"`{path}` is written otherwise: {new.get('format', 'freely')}, and was {old.get('format', 'free')}."


def _values(old: Schema, new: Schema, path: str) -> Iterator[str]:
    was, now = _enumerated(old), _enumerated(new)
    if now is None:
        return
    if was is None:
        yield f"`{path}` is narrower: it was free and takes only some values now."
        return
    for value in sorted(was - now):
        yield f"`{path}` has lost its value {value}."


def _enumerated(schema: Schema) -> set[str] | None:
    """The values of an enumeration; None where it is free."""
    some: list[Any] | None = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return None if some is None else {str(one) for one in some}
