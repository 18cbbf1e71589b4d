"""What every part of the store in the SQLite file has in common: the file, and reading what is kept whole as JSON."""

from collections.abc import Sequence
from typing import TypeVar

import structlog
from pydantic import ValidationError

from autotennis.adapters.bodies import wrong_fields
from autotennis.adapters.local.database import Database, damaged
from autotennis.errors import DatabaseDamaged
from autotennis.values import Value

_Kept = TypeVar("_Kept", bound=Value)
_log = structlog.get_logger()


class Shelf:
    """A part of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _readable(self, kind: type[_Kept], read: Sequence[str]) -> Sequence[_Kept]:
        """Those that can be read: one that cannot must not keep everybody else from what is due to them."""
        found: list[_Kept] = []
        for body in read:
            try:
                found.append(self._read(kind, body))
            except DatabaseDamaged:
                _log.exception("a record cannot be read and is passed over")
        return found

    def _read(self, kind: type[_Kept], body: str) -> _Kept:
        try:
            return kind.model_validate_json(body)
        except ValidationError as error:
            wrong = wrong_fields(error)
            raise damaged(self._database.path, f"a {kind.__name__} in it cannot be read ({wrong})") from None
