"""The settings in words and as data: for the page of the documents, for who deploys, and for the doctor. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, cast, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from autotennis.flow import Service
from autotennis.settings import Backend, Mark, Settings, variable_of

_BOTH: Final = (Backend.LOCAL, Backend.GCP)
_LIMITS: Final[Mapping[str, str]] = {"ge": "from", "gt": "above", "le": "up to"}
_KINDS: Final[Mapping[Any, str]] = {bool: "true or false", int: "whole number", float: "number"}


@dataclass(frozen=True, slots=True)
class Described:
    """One setting.

    `default` is as it stands in the environment, None where it has to be given. `allowed` says in words what may be
    given. `families` are those in which it means anything, `services` who is told it. With `is_given`, whoever starts
    the system gives it: operators need not.
    """

    name: str
    variable: str
    meaning: str
    default: str | None
    allowed: str
    is_secret: bool
    families: tuple[Backend, ...]
    services: tuple[Service, ...]
    is_given: bool

    @property
    def is_required(self) -> bool:
        """Whether it has no default."""
        return self.default is None


def described(service: Service, kind: type[Settings]) -> tuple[Described, ...]:
    """The settings of one service, in the order of its class."""
    return tuple(_described(service, name, field) for name, field in kind.model_fields.items())


def all_described(kinds: Mapping[Service, type[Settings]]) -> tuple[Described, ...]:
    """The settings of all services: one that several are told alike stands there once."""
    found: dict[Described, tuple[Service, ...]] = {}
    for service, kind in kinds.items():
        for one in described(service, kind):
            alike = replace(one, services=())
            found[alike] = (*found.get(alike, ()), service)
    return tuple(replace(one, services=services) for one, services in found.items())


def _described(service: Service, name: str, field: FieldInfo) -> Described:
    marks = {mark for mark in field.metadata if isinstance(mark, Mark)}
    return Described(
        name=name,
        variable=variable_of(name),
        meaning=field.description or "",
        default=default_of(field),
        allowed=allowed(field),
        is_secret=field.annotation is SecretStr,
        families=_families(marks),
        services=(service,),
        is_given=Mark.GIVEN in marks,
    )


def _families(marks: set[Mark]) -> tuple[Backend, ...]:
    if Mark.CLOUD in marks:
        return (Backend.GCP,)
    return (Backend.LOCAL,) if Mark.ONE_MACHINE in marks else _BOTH


def default_of(field: FieldInfo) -> str | None:
    """As it stands in the environment: empty for a secret, None where there is no default."""
    if field.is_required():
        return None
    value: Any = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or isinstance(value, SecretStr):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        models = cast("tuple[BaseModel, ...]", value)
        return "[" + ", ".join(one.model_dump_json(exclude_defaults=True) for one in models) + "]"
    if isinstance(value, dict):
        return ""
    return str(value.value) if isinstance(value, Enum) else str(value)


def allowed(field: FieldInfo) -> str:
    """What may be given, in words."""
    kind: Any = field.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(str(one.value) for one in kind)
    if get_origin(kind) in (tuple, dict):
        return "JSON"
    if choices := _choices(field):
        return " or ".join(choices)
    return " ".join(part for part in (_KINDS.get(kind, "text"), _bounds(field)) if part)


def _choices(field: FieldInfo) -> list[str]:
    """What a pattern such as `^(A|B)$` lets through, where it is as simple as that."""
    patterns = [str(one) for mark in field.metadata if (one := getattr(mark, "pattern", None))]
    inner = patterns[0].removeprefix("^(").removesuffix(")$") if patterns else ""
    words = inner.split("|")
    return words if len(words) > 1 and all(word.isalpha() for word in words) else []


def _bounds(field: FieldInfo) -> str:
    limits = {name: getattr(mark, name) for mark in field.metadata for name in _LIMITS if hasattr(mark, name)}
    return " ".join(f"{_LIMITS[name]} {limits[name]}" for name in _LIMITS if name in limits)
