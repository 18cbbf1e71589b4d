"""Traces: which piece of work led to which, from one service to the next.

Off unless a collector is named, and wherever OpenTelemetry (`autotennis[traces]`) is not installed. Off means off:
nothing of OpenTelemetry is imported, no context is passed on, and every function here costs next to nothing.
"""

import atexit
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

_TRACEPARENT: Final = "traceparent"
# Under this prefix Pub/Sub's own libraries, too, put a trace's context among a message's attributes.
_ATTRIBUTE_PREFIX: Final = "googclient_"
_SAMPLED: Final = 1

_log = structlog.get_logger()


class Tracer(Protocol):
    """What makes spans and brings them to a collector."""

    def span(self, name: str, parent: str, attributes: Mapping[str, str]) -> AbstractContextManager[None]:
        """See the function of this name."""
        ...

    def carried(self) -> dict[str, str]:
        """See the function of this name."""
        ...

    def shut_down(self) -> None:
        """Delivers what it still holds, within seconds, and ends."""
        ...


@dataclass(slots=True)
class _Process:
    """What this process has running."""

    tracer: Tracer | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where in a trace the program stands: ids in hex, as W3C and Cloud Logging write them."""

    trace_id: str
    span_id: str
    is_sampled: bool


_process = _Process()


def set_up_traces(service: str, endpoint: str) -> None:
    """Begins to send spans under the service's name to the OTLP/HTTP collector at this base address; empty: to nobody.

    To be called once in each process, after it forked. Spans are sent in batches from a thread of their own: a
    collector that is slow or away loses spans, and neither delays nor fails anything. What is left is sent at exit.
    """
    shut_down_traces()
    if not endpoint:
        return
    try:
        from autotennis.otlp import OtlpTracer

        _process.tracer = OtlpTracer(service, endpoint)
    except ImportError as error:
        _log.warning("traces are off: install autotennis[traces]", missing=error.name)
        return
    atexit.register(shut_down_traces)


def shut_down_traces() -> None:
    """Sends what is left, which takes a few seconds at most, and turns traces off. Harmless where they are off."""
    tracer, _process.tracer = _process.tracer, None
    if tracer is not None:
        atexit.unregister(shut_down_traces)
        tracer.shut_down()


def span(name: str, parent: str = "", **attributes: str) -> AbstractContextManager[None]:
    """A span that lasts as long as the context.

    It continues `parent`, a W3C traceparent, if that is given and can be read, else the current span; if there is none
    either, it begins a trace. An error that passes through marks it with the name of the error's type, never with its
    text; Stale, which says that all is done, is no error.
    """
    tracer = _process.tracer
    return nullcontext() if tracer is None else tracer.span(name, parent, attributes)


def carried() -> dict[str, str]:
    """The current context as W3C headers (`traceparent`, perhaps `tracestate`); empty outside any span."""
    tracer = _process.tracer
    return {} if tracer is None else tracer.carried()


def traceparent() -> str:
    """The current context as a W3C traceparent; empty outside any span."""
    return carried().get(_TRACEPARENT, "")


def carried_attributes() -> dict[str, str]:
    """The current context as attributes of a message of Pub/Sub; empty outside any span."""
    return {f"{_ATTRIBUTE_PREFIX}{name}": value for name, value in carried().items()}


def parent_in(attributes: Mapping[str, str]) -> str:
    """The traceparent among a message's attributes, as `carried_attributes` put it there; empty if there is none."""
    return attributes.get(f"{_ATTRIBUTE_PREFIX}{_TRACEPARENT}", "")


def standing() -> Standing | None:
    """Where the program stands, None outside any span."""
    parts = traceparent().split("-")
    if len(parts) != len(("version", "trace", "span", "flags")):
        return None
    return Standing(trace_id=parts[1], span_id=parts[2], is_sampled=bool(int(parts[3], 16) & _SAMPLED))
