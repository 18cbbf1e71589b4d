"""Logs: one JSON object a line, in the form that Cloud Logging reads, with what could be a secret taken out."""

import logging
import math
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from types import TracebackType
from typing import Any, Final

import structlog
from pydantic import Secret, SecretBytes, SecretStr

from autotennis.signals import PROGRAM_FAILED
from autotennis.tracing import standing

_HIDDEN: Final = "[hidden]"
# Whatever is logged under a name with one of these in it is hidden, whoever logs it; so is what a text gives as such.
_SECRET_NAMES: Final = (
    "password", "passwd", "passord", "secret", "cookie", "token", "authorization", "credential", "door_code",
    "doorcode", "pincode", "api_key", "apikey", "private_key", "keyset", "sessid", "jwt", "invitation",
)  # fmt: skip
# These are parts of harmless names, too (shipping, somebody), so they count as whole words only.
_SECRET_WORDS: Final = frozenset({"pin", "body"})
_WORDS: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_DEEPEST: Final = 10
_LONGEST_TEXT: Final = 30_000
_Line = MutableMapping[str, Any]


def set_up_logs(service: str, level: str, project: str = "") -> None:
    """Sends the program's own log lines, those of its libraries, warnings and crashes to standard error as JSON.

    Each line has `severity`, `message`, `time` (RFC 3339, UTC) and `service`, and inside a span the trace: in the names
    by which Cloud Logging joins lines and traces of the Google Cloud `project`, or without one as `trace_id`.
    """
    least = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            structlog.processors.format_exc_info,
            _Shaped(service, project),
            hide_secrets,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_ToStructlog()], level=max(logging.WARNING, least))
    logging.captureWarnings(capture=True)
    sys.excepthook = _tell_crash
    threading.excepthook = _tell_thread_crash


class _Shaped:
    """A processor that gives a line the names that Cloud Logging knows.

    The service is put in here, since what is bound in one thread is not bound in the others. Where several share a
    process, each binds its own name.
    """

    def __init__(self, service: str, project: str) -> None:
        self._service = service
        self._project = project

    def __call__(self, _logger: Any, _method: str, line: _Line) -> _Line:
        severity, message = str(line.pop("level")).upper(), line.pop("event", "")
        service = line.pop("service", self._service)
        head = {"severity": severity, "message": message, "time": line.pop("time"), "service": service}
        return {**line, **head, **self._trace()}

    def _trace(self) -> dict[str, Any]:
        here = standing()
        if here is None:
            return {}
        trace = (
            {"logging.googleapis.com/trace": f"projects/{self._project}/traces/{here.trace_id}"}
            if self._project
            else {"trace_id": here.trace_id}
        )
        return {
            **trace,
            "logging.googleapis.com/spanId": here.span_id,
            "logging.googleapis.com/trace_sampled": here.is_sampled,
        }


class _ToStructlog(logging.Handler):
    """Brings the libraries' log lines into the same form. It never fails the library that logs."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 (whatever a library gave to its line, the line is told and nothing fails)
            text = f"{record.msg} (with arguments that do not fit)"
        # Libraries may have levels of their own between the five that everybody knows.
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)
        structlog.get_logger().log(level, text, logger=record.name, exc_info=record.exc_info)


def _tell_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger().critical(PROGRAM_FAILED, exc_info=(kind, error, trace))


def _tell_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None and not isinstance(crash.exc_value, SystemExit):
        _tell_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)


def hide_secrets(_logger: Any, _method: str, line: _Line) -> _Line:
    """A structlog processor that leaves nothing but JSON, and hides in it what could be a secret.

    That is a value of a secret's type or under a secret's name, however deep; any bytes; and in texts, those of
    exceptions included, what stands there as a password, cookie, token or the like. The last can only be a net below
    those who write texts: a bare secret in the middle of a sentence looks like any word.
    """
    return {name: _shown(name, value, 0) for name, value in line.items()}


def _shown(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, SecretStr | SecretBytes | Secret) or _is_secret_name(name):
        return _HIDDEN
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)  # JSON has no word for the others
    if isinstance(value, bytes | bytearray | memoryview):
        return "[bytes]"
    return _shown_text(value) if isinstance(value, str) else _shown_whole(value, depth + 1)


def _shown_whole(value: Any, depth: int) -> Any:
    """What consists of parts, part by part; what is no JSON, as a text."""
    if depth > _DEEPEST:
        return "[too deep]"
    if isinstance(value, Mapping):
        return {_text(key): _shown(_text(key), inner, depth) for key, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (a log line may hold any mapping)
    # A named tuple's names would be lost in a list, and with them what is to be hidden.
    if not hasattr(value, "_fields") and isinstance(value, Sequence | AbstractSet):
        return [_shown("", inner, depth) for inner in value]  # pyright: ignore[reportUnknownVariableType] (or any list)
    return _shown_text(_text(value))


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 (a thing that cannot say what it is must not fail whoever logs it)
        return f"[a {type(value).__name__}]"


# The same few names come again and again.
@lru_cache(maxsize=1024)
def _is_secret_name(name: str) -> bool:
    lowered = name.lower().replace("-", "_")
    if any(part in lowered for part in _SECRET_NAMES):
        return True
    return not _SECRET_WORDS.isdisjoint(word.lower() for word in _WORDS.findall(name))


_NAME: Final = (
    rf"(?:{'|'.join(name.replace('_', '[_-]?') for name in _SECRET_NAMES)})[\w-]{{0,40}}|(?<![a-z])pin(?![a-z])"
)
_QUOTED: Final = r"""b?"(?:\\.|[^"\\])*"?|b?'(?:\\.|[^'\\])*'?"""
_IN_TEXTS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), rf"\g<1>{_HIDDEN}\g<2>")
    for pattern in (
        # Pydantic repeats what it was given, from secret fields as well.
        r"(\binput_value=)(?s:.{0,500}?)(, input_type=)",
        # Headers, to the end of the line.
        r"""((?:cookie|authorization)["']?\s{0,3}:\s{0,3})(?!["'\s])[^\r\n]+()""",
        # name="value", 'name': 'value', name=value; and `name: value` where the value has a digit, which prose has not.
        rf"""((?:{_NAME})["']?\s{{0,3}}[:=]\s{{0,3}})(?:{_QUOTED})()""",
        rf"""((?:{_NAME})=)[^\s,;&)\]}}"'<>]+()""",
        rf"""((?:{_NAME})["']?\s{{0,3}}[:=]\s{{0,3}})(?=\S{{0,80}}\d)[^\s,;&)\]}}"'<>]+()""",
        r"(\b(?:bearer|basic) +)[a-z0-9._~+/=-]{8,}()",
        r"(\b)eyJ[\w-]{5,}\.[\w-]+\.[\w-]*()",
        r"(/act/)[\w.-]{8,}()",
        r"(://)[^\s/@:]{0,200}:[^\s/@]{0,200}(@)",
    )
)

# Each of these patterns needs one of these: most texts of a log have none, and after an opening there are thousands.
_SUSPECT: Final = re.compile(r"[:=]|bearer |basic |eyj|/act/", re.IGNORECASE)


def _shown_text(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        text = f"{text[:_LONGEST_TEXT]} [and {len(text) - _LONGEST_TEXT} more characters]"
    if _SUSPECT.search(text):
        for pattern, hidden in _IN_TEXTS:
            text = pattern.sub(hidden, text)
    return text
