"""The API's description for readers: the same document as a page, made here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from autotennis_api import doors
from autotennis_api.rest import bookings, channels, groups, people, series
from autotennis_api.rest.document import Json, document
from autotennis_api.rest.operations import operations
from autotennis_api.rest.problems import PREFIX, TITLES

# Imported for the operations that they add.
_PARTS = (bookings, channels, groups, people, series)

api_pages = Blueprint("api_pages", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of what is sent or answered, in words."""

    name: str
    kind: str
    is_needed: bool


@dataclass(frozen=True, slots=True)
class Section:
    """One operation, in words."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    sent: Sequence[Row]
    answered: Sequence[Row]


@operations.blueprint.get("/openapi.json")
@doors.public
def openapi() -> Response:
    """The description for programs."""
    return jsonify(document())


@api_pages.get("/api")
@doors.public
def reference() -> str:
    """The description for readers."""
    return render_template("api.html", sections=sections(document()), problems=TITLES, prefix=PREFIX)


def sections(described: Json) -> Sequence[Section]:
    """Each operation of the description, in words."""
    schemas = described["components"]["schemas"]
    return [
        Section(
            name=told["operationId"],
            method=method.upper(),
            path=path,
            summary=told["summary"],
            description=told["description"],
            sent=[*_parameters(told, schemas), *_rows(_body(told), schemas)],
            answered=_rows(next(iter(told["responses"].values())), schemas),
        )
        for path, methods in described["paths"].items()
        for method, told in methods.items()
    ]


def _body(told: Json) -> Json:
    return told.get("requestBody", {"content": {}})


def _parameters(told: Json, schemas: Mapping[str, Any]) -> Sequence[Row]:
    found = [one for one in told.get("parameters", []) if one["in"] != "path"]
    return [Row(one["name"], _kind(one["schema"], schemas), one["required"]) for one in found]


def _rows(holder: Json, schemas: Mapping[str, Any]) -> Sequence[Row]:
    for media in holder["content"].values():
        schema = _resolved(media["schema"], schemas)
        needed = schema.get("required", [])
        return [Row(name, _kind(one, schemas), name in needed) for name, one in schema.get("properties", {}).items()]
    return []


def _resolved(schema: Json, schemas: Mapping[str, Any]) -> Json:
    return schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def _kind(schema: Json, schemas: Mapping[str, Any]) -> str:
    """What a value is, in words as short as may be."""
    if "anyOf" in schema or "oneOf" in schema:
        return " or ".join(_kind(one, schemas) for one in schema.get("anyOf") or schema["oneOf"])
    if "$ref" in schema:
        found = _resolved(schema, schemas)
        return " | ".join(map(str, found["enum"])) if "enum" in found else schema["$ref"].rsplit("/", 1)[1]
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), schemas)}"
    return str(schema.get("format") or schema.get("type") or "anything")
