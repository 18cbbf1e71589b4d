"""Events that were kept, as far as this version of the program can read them."""

from collections.abc import Iterable

import structlog

from autotennis.errors import BadEvent
from autotennis.events import Event, load

_log = structlog.get_logger()


def readable(kept: Iterable[bytes]) -> list[Event]:
    """Those of them that can be read, in their order; of the others the log tells, and they stay where they are kept.

    One that a newer version wrote must not keep the others from being published.
    """
    return [event for data in kept if (event := read(data)) is not None]


def read(data: bytes) -> Event | None:
    """The event, or None if it cannot be read."""
    try:
        return load(data)
    except BadEvent as error:
        _log.warning("an event cannot be read", reason=str(error))
        return None
