"""What the API can do: each operation is described once, and served and documented by that description."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from werkzeug.exceptions import NotFound, RequestEntityTooLarge, UnsupportedMediaType

from autotennis.domain.token import Scope
from autotennis.values import Id
from autotennis_api import doors
from autotennis_api.rest import door, once
from autotennis_api.rest.problems import PREFIX, Problem, of_validation

_ID: Final = TypeAdapter[str](Id)
_View = TypeVar("_View", bound=Callable[..., BaseModel])


def _whole(sent: object) -> object:
    """JSON knows one kind of numbers: 4.0 is a whole one."""
    return int(sent) if isinstance(sent, float) and sent.is_integer() else sent


Whole = Annotated[int, BeforeValidator(_whole)]


class Sent(BaseModel):
    """What a program sends: nothing unknown is taken, and nothing is taken for what it is not."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API can do.

    `path` is below the API's prefix, with `<names>` of ids. `scope` is what the token has to be good for. `created` is
    the path of what comes into being, with `{id}` in it; such an operation may be sent again under an Idempotency-Key.
    """

    method: str
    path: str
    scope: Scope
    answer: type[BaseModel]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    created: str = ""

    @property
    def status(self) -> int:
        """Of its answer."""
        return 201 if self.created else 200

    @property
    def ids(self) -> list[str]:
        """The names of the ids in its path."""
        return re.findall(r"<(\w+)>", self.path)

    @property
    def template(self) -> str:
        """Its whole path as OpenAPI writes it."""
        return PREFIX + re.sub(r"<(\w+)>", r"{\1}", self.path)

    @property
    def needs_body(self) -> bool:
        """Whether something has to be sent."""
        return self.body is not None and any(one.is_required() for one in self.body.model_fields.values())


@dataclass(frozen=True, slots=True)
class Told:
    """An operation with its name and what its programmer says of it."""

    operation: Operation
    name: str
    summary: str
    more: str


@dataclass(frozen=True)
class Operations:
    """All operations of the API, and the blueprint that serves them."""

    blueprint: Blueprint = field(default_factory=lambda: Blueprint("rest", __name__, url_prefix=PREFIX))
    told: dict[str, Told] = field(default_factory=dict[str, Told])

    def __iter__(self) -> Iterator[Told]:
        return iter(self.told.values())

    def does(self, operation: Operation) -> Callable[[_View], _View]:
        """Serves the operation by the function, whose docstring describes it.

        It gets the ids of the path, and `body` and `query` where the operation has them.
        """

        def add(view: _View) -> _View:
            summary, _, more = inspect.getdoc(view).partition("\n")  # type: ignore[union-attr]
            self.told[view.__name__] = Told(operation, view.__name__, summary, " ".join(more.split()))
            served = doors.public(_served(operation, view))
            rule = self.blueprint.route(operation.path, methods=[operation.method], endpoint=view.__name__)
            rule(served)
            return view

        return add


operations: Final = Operations()


def _served(operation: Operation, view: Callable[..., BaseModel]) -> Callable[..., Response]:
    def served(**ids: str) -> Response:
        door.admit(operation.scope)
        given: dict[str, Any] = {name: _checked(text) for name, text in ids.items()}
        if operation.query:
            given["query"] = _query(operation.query)
        if operation.body:
            given["body"] = _body(operation)
        if operation.created:
            return once.carried_out(lambda: _answered(operation, view(**given)))
        return _answered(operation, view(**given))

    return served


def _checked(text: str) -> str:
    try:
        return _ID.validate_python(text)
    except ValidationError:
        raise NotFound from None


def _query(kind: type[BaseModel]) -> BaseModel:
    if any(len(values) > 1 for _, values in request.args.lists()):
        raise Problem(400, "bad-request", "A parameter is given twice.")
    try:
        return kind.model_validate_strings(request.args.to_dict(), strict=True)
    except ValidationError as error:
        raise of_validation(error) from None


def _body(operation: Operation) -> BaseModel:
    kind = operation.body or Sent
    sent = request.get_data()
    if not sent and not operation.needs_body:
        return kind()
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        return kind.model_validate_json(sent)
    except ValidationError as error:
        raise of_validation(error) from None
    except RecursionError:
        raise RequestEntityTooLarge from None


def _answered(operation: Operation, found: BaseModel) -> Response:
    answer = Response(found.model_dump_json(), operation.status, content_type="application/json")
    if operation.created:
        values: Mapping[str, Any] = dict(found)
        answer.headers["Location"] = PREFIX + operation.created.format(id=values["id"])
    return answer
