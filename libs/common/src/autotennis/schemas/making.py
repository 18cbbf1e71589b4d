"""JSON Schemas of the events, made of their models, as those who read events from outside need them."""

import json
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from autotennis.events import Event

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# A local time names no zone, which is no `date-time` of JSON Schema.
_LOCAL_TIME: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$"
# Every message says what it is, though a program that makes one need not.
_ALWAYS: Final = ("kind", "version")


def name_of(schema: Schema) -> str:
    """The name of its file: one for each version of a kind, `Booked.v1.json`."""
    fields = schema["properties"]
    return f"{fields['kind']['const']}.v{fields['version']['const']}.json"


def text_of(schema: Schema) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schemas() -> dict[str, Schema]:
    """The schemas of all events, by the names of their files."""
    made = [schema_of(model) for model in get_args(Event)]
    return {name_of(one): one for one in made}


def schema_of(model: type[BaseModel]) -> Schema:
    """The schema of one event."""
    made = model.model_json_schema(schema_generator=_ForReaders)
    made["required"] = [*_ALWAYS, *(name for name in made.get("required", ()) if name not in _ALWAYS)]
    for one in (made, *made.get("$defs", {}).values()):
        # Fields may be added within a version, so that who reads has to let pass what they do not know.
        one.pop("additionalProperties", None)
    return {"$schema": _DIALECT, **made}


class _ForReaders(GenerateJsonSchema):
    """Without what only repeats the names of fields, and with local times as what they are."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 (pydantic calls it with that)
        """Never: it would be the name once more."""
        return False

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """An instant, or the local time of a club."""
        if schema.get("tz_constraint") == "naive":
            return {"type": "string", "pattern": _LOCAL_TIME}
        return super().datetime_schema(schema)
