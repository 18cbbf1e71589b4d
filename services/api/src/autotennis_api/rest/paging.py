"""Pages of a list, by cursors: what is added meanwhile shifts nothing."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

from pydantic import Field, StringConstraints

from autotennis_api.rest.operations import Sent
from autotennis_api.rest.problems import Problem

_One = TypeVar("_One")
_SEPARATOR: Final = "\n"
_Place = tuple[str, str]


class Page(Sent):
    """Which page of a list: so many, after the place that an earlier page named in `next`."""

    limit: int = Field(default=20, ge=1, le=100)
    cursor: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


def page_of(every: Sequence[_One], page: Page, place_of: Callable[[_One], _Place]) -> tuple[Sequence[_One], str | None]:
    """This page of the list, the greatest place first, and the cursor of the next one. Raises Problem."""
    found = sorted(every, key=place_of, reverse=True)
    if page.cursor is not None:
        after = _read(page.cursor)
        found = [one for one in found if place_of(one) < after]
    shown = found[: page.limit]
    return shown, _written(place_of(shown[-1])) if len(found) > len(shown) else None


def _written(place: _Place) -> str:
    return base64.urlsafe_b64encode(_SEPARATOR.join(place).encode()).decode()


def _read(cursor: str) -> _Place:
    try:
        first, second = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().split(_SEPARATOR)
    except (binascii.Error, ValueError):
        raise Problem(422, "cannot-be-done", "This cursor was not in an answer of ours.") from None
    return first, second
