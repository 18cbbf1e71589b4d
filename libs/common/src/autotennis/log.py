"""Logs: one JSON object a line, with what could be a secret taken out."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog
from pydantic import SecretStr

_HIDDEN: Final = "[hidden]"
# Whatever is logged under such a name is hidden, whoever logs it.
_SECRET_NAMES: Final = ("password", "secret", "cookie", "token", "authorization", "pin", "door_code", "body")


def set_up_logs(service: str, level: str) -> None:
    """Sends the program's own log lines, and those of its libraries, to standard error as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_secrets,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_ToStructlog()], level=max(logging.WARNING, logging.getLevelNamesMapping()[level]))


class _ToStructlog(logging.Handler):
    """Brings the libraries' log lines into the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def hide_secrets(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that hides values of a secret's type or under a secret's name, however deep."""
    return {name: _hidden(name, value) for name, value in line.items()}


def _hidden(name: str, value: Any) -> Any:
    if isinstance(value, SecretStr) or any(part in name.lower() for part in _SECRET_NAMES):
        return _HIDDEN
    if isinstance(value, Mapping):
        return {str(key): _hidden(str(key), inner) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (a log line may hold any mapping)
    if isinstance(value, list | tuple):
        return [_hidden("", inner) for inner in value]  # pyright: ignore[reportUnknownVariableType] (or any list)
    return value
