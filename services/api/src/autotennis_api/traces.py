"""One span for each page that somebody asks for, and the booking's id on each log line about one."""

import functools
from collections.abc import Callable
from typing import Any, Final

import structlog
from flask import Flask, request

from autotennis.tracing import span
from autotennis_api import doors

# What machines ask for again and again would bury the rest.
_FOR_MACHINES: Final = frozenset({"static", "machines.healthz", "machine_metrics.show", "machine_metrics.relay"})


def trace_pages(app: Flask) -> None:
    """Call it once all pages are there. A trace begins here: what a browser says of one is not believed."""
    for endpoint, view in app.view_functions.items():
        if endpoint not in _FOR_MACHINES and not doors.is_for_scripts(view):
            app.view_functions[endpoint] = _seen(endpoint, view)
    app.url_value_preprocessor(_bind_booking)
    app.teardown_request(_unbind)


def _seen(endpoint: str, view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def seen(**given: Any) -> Any:
        with span(endpoint, **{"http.method": request.method}):
            return view(**given)

    return seen


def _bind_booking(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    # The server's threads are used again: what an earlier page left behind must not stand in this one's lines.
    structlog.contextvars.clear_contextvars()
    if values and "booking_id" in values:
        structlog.contextvars.bind_contextvars(booking_id=str(values["booking_id"]))


def _unbind(_error: BaseException | None) -> None:
    structlog.contextvars.clear_contextvars()
