"""The API's description in OpenAPI 3.1, made of the operations themselves."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from autotennis.values import Value
from autotennis_api.rest import once
from autotennis_api.rest.operations import Operation, Told, operations
from autotennis_api.rest.problems import MEDIA_TYPE

VERSION: Final = "1.0.0"
_TITLE: Final = "Autotennis"
_SUMMARY: Final = "Books the sessions of a tennis and padel club at the instant that they open."
_REF: Final = "#/components/schemas/{model}"
_ID: Final[Mapping[str, Any]] = {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": 1, "maxLength": 64}
_KEY: Final[Mapping[str, Any]] = {"type": "string", "pattern": once.KEY_PATTERN}
_ALWAYS: Final = (401, 403, 405, 429, 500, 503)

Json = dict[str, Any]
# Where each model is described, by what it is described for.
Refs = Mapping[tuple[Any, JsonSchemaMode], Json]


class WrongField(Value):
    """What does not fit the description: where (a JSON pointer, or a parameter's name), and why."""

    pointer: str
    detail: str


class ProblemTold(BaseModel):
    """Why something cannot be, after RFC 9457. `type` says which kind of problem; the API's page explains each."""

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str | None = None
    errors: list[WrongField] | None = None
    booking_id: str | None = None
    good_link: str | None = None
    good_links: list[str] | None = None
    allowed: list[str] | None = None


def document() -> Json:
    """The whole description."""
    refs, schemas = _schemas()
    paths: dict[str, Json] = {}
    for told in operations:
        place = paths.setdefault(told.operation.template, {})
        place[told.operation.method.lower()] = _operation(told, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": VERSION, "summary": _SUMMARY},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A personal token from the settings."}
            },
        },
    }


def _schemas() -> tuple[Refs, Json]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ProblemTold, "serialization")]
    for told in operations:
        wanted.append((told.operation.answer, "serialization"))
        wanted.extend((kind, "validation") for kind in (told.operation.body, told.operation.query) if kind)
    refs, schemas = models_json_schema(wanted, ref_template=_REF)
    return {key: dict(ref) for key, ref in refs.items()}, schemas["$defs"]


def _operation(told: Told, refs: Refs) -> Json:
    it = told.operation
    described: Json = {
        "operationId": told.name,
        "summary": told.summary,
        "description": f"{told.more} The token has to be good for: {it.scope.value}.".strip(),
        "security": [{"token": []}],
        "responses": {
            str(it.status): {
                "description": HTTPStatus(it.status).phrase,
                "content": {"application/json": {"schema": refs[it.answer, "serialization"]}},
                **({"headers": {"Location": {"schema": {"type": "string"}, "required": True}}} if it.created else {}),
            },
            **{str(status): _problem(status, refs) for status in _problems_of(it)},
        },
    }
    if parameters := _parameters(it):
        described["parameters"] = parameters
    if it.body:
        schema = refs[it.body, "validation"]
        described["requestBody"] = {
            "required": it.needs_body,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _problem(status: int, refs: Refs) -> Json:
    told: Json = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": refs[ProblemTold, "serialization"]}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        told["headers"] = {"Retry-After": {"schema": {"type": "string"}, "required": True}}
    return told


def _problems_of(it: Operation) -> Sequence[int]:
    found = {*_ALWAYS}
    found |= {404, 409} if it.ids else set[int]()
    found |= {400, 422} if it.query else set[int]()
    found |= {400, 409, 413, 415, 422} if it.body else set[int]()
    return sorted(found)


def _parameters(it: Operation) -> list[Json]:
    found: list[Json] = [{"name": name, "in": "path", "required": True, "schema": dict(_ID)} for name in it.ids]
    if it.query:
        described = it.query.model_json_schema(mode="validation", ref_template=_REF)
        for name, schema in described["properties"].items():
            found.append({"name": name, "in": "query", "required": False, "schema": _given(schema)})
    if it.created:
        found.append({"name": once.HEADER, "in": "header", "required": False, "schema": _KEY})
    return found


def _given(schema: Json) -> Json:
    """A parameter that is left out has no value: null is none."""
    kinds = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    return kinds[0] if len(kinds) == 1 else {name: value for name, value in schema.items() if name != "title"}
