"""As much of Cloud Logging's query language as our log-based metrics use, to hold them against lines that were logged.

Google's rules: https://cloud.google.com/logging/docs/view/logging-query-language. Comparisons joined by AND, values
joined by OR in parentheses, `log_id("...")`. A field that is missing fits nothing. What else there is in a filter is
refused, so that nothing is thought to fit that is not understood.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

Entry = Mapping[str, Any]
_VALUE: Final = r'"(?:[^"\\]|\\.)*"|[\w.+-]+'
_TERM: Final = re.compile(
    rf"(?P<field>\w[\w.]*)\s*(?P<operator>=~|!=|>=|<=|=|>|<)\s*"
    rf"(?P<values>\((?:{_VALUE})(?:\s+OR\s+(?:{_VALUE}))*\)|{_VALUE})"
)
_LOG_ID: Final = re.compile(r'log_id\("(?P<id>[^"]+)"\)')
_SEVERITIES: Final = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def entry_of(line: Mapping[str, Any], prefix: str) -> Entry:
    """A line of a service of that installation, as Cloud Logging keeps what it reads from a container of Cloud Run."""
    taken_out = {"severity", "time"}
    return {
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": f"{prefix}-{line['service']}"}},
        "log_id": "run.googleapis.com/stderr",
        "severity": line["severity"],
        "jsonPayload": {name: value for name, value in line.items() if name not in taken_out},
    }


def fits(query: str, entry: Entry) -> bool:
    """Whether the entry is one that the filter lets through. Raises ValueError for what is not understood here."""
    return all(_term_fits(term, entry) for term in _terms(query))


def extracted(extractor: str, entry: Entry) -> Any:
    """What `EXTRACT(field)` takes out of the entry; None if it has no such field."""
    found = re.fullmatch(r"EXTRACT\((\w[\w.]*)\)", extractor)
    if found is None:
        raise ValueError(f"{extractor} is not understood here.")
    return _field(found[1], entry)


def _terms(query: str) -> list[re.Match[str]]:
    terms: list[re.Match[str]] = []
    rest = query.strip()
    while True:
        found = _TERM.match(rest) or _LOG_ID.match(rest)
        if found is None:
            raise ValueError(f"{rest} is not understood here.")
        terms.append(found)
        rest = rest[found.end() :].strip()
        if not rest:
            return terms
        if not rest.startswith("AND "):
            raise ValueError(f"{rest} is not understood here: only AND joins comparisons.")
        rest = rest[len("AND ") :].strip()


def _term_fits(term: re.Match[str], entry: Entry) -> bool:
    if term.re is _LOG_ID:
        return entry["log_id"] == term["id"]
    values = re.findall(_VALUE, term["values"].removeprefix("(").removesuffix(")"))
    found = _field(term["field"], entry)
    wanted = [_unquoted(value) for value in values if value != "OR" or term["values"][0] != "("]
    return found is not None and any(_compared(term, found, value) for value in wanted)


def _compared(term: re.Match[str], found: Any, value: str) -> bool:
    if term["operator"] == "=~":
        return re.search(value, str(found)) is not None
    order = _ORDERS[term["operator"]]
    if term["field"] == "severity":
        return order(_SEVERITIES.index(found), _SEVERITIES.index(value))
    if isinstance(found, int | float):
        return order(found, float(value))
    # Texts are compared without regard to case, and have an order that nobody needs here.
    if order not in (operator.eq, operator.ne):
        raise ValueError(f"{term[0]} compares a text: {found}.")
    return order(str(found).lower(), value.lower())


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _field(path: str, entry: Entry) -> Any:
    *outer, last = path.split(".")
    inner: Any = entry
    for name in outer:
        inner = inner.get(name, {}) if isinstance(inner, dict) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] (any JSON)
    return inner.get(last) if isinstance(inner, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType] (likewise)
