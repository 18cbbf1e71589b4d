"""Steps that have nothing to do with each other: what keeps one from being done keeps none of the others."""

from collections.abc import Callable, Iterable

import structlog

_log = structlog.get_logger()


def failures_of(steps: Iterable[Callable[[], object]]) -> list[Exception]:
    """Takes each step, whatever becomes of those before it; gives what kept some from being done."""
    return [error for step in steps if (error := _failure_of(step))]


def _failure_of(step: Callable[[], object]) -> Exception | None:
    try:
        step()
    except Exception as error:  # noqa: BLE001 (whatever it is, it is about this step)
        _log.exception("swept past what cannot be done now")
        return error
    return None
