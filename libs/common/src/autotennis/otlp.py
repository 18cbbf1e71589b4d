"""Spans by OpenTelemetry, sent to a collector by OTLP over HTTP. Imported only where traces are on."""

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from autotennis.errors import Stale

# A collector beside the service answers within milliseconds; retries included, a batch is given up after this.
_EXPORT_TIMEOUT_S: Final = 2.0
_EXPORT_EVERY_MS: Final = 1000
# Spans beyond the queue are lost; in such a batch fit the spans of two shards of bookings.
_QUEUE: Final = 2048
_BATCH: Final = 256

_log = structlog.get_logger()


class OtlpTracer:
    """Makes spans, all of them kept whatever a caller's flags say: a booking's trace is whole or worth nothing."""

    def __init__(self, service: str, endpoint: str) -> None:
        # It would write a line for each try and each batch, with the collector's address in it.
        logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
        address = f"{endpoint.rstrip('/')}/v1/traces"
        self._delivery = _Delivery(OTLPSpanExporter(address, timeout=_EXPORT_TIMEOUT_S))
        self._batches = BatchSpanProcessor(self._delivery, _QUEUE, _EXPORT_EVERY_MS, _BATCH)
        self._service = service
        self._tracers: dict[str, trace.Tracer] = {}
        self._w3c = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, parent: str, attributes: Mapping[str, str]) -> Generator[None]:
        """A span that lasts as long as the context; if it continues another trace it links to the one it is inside."""
        around = trace.get_current_span().get_span_context()
        continued = self._w3c.extract({"traceparent": parent}) if parent else Context()
        remote = trace.get_current_span(continued).get_span_context()
        links = [trace.Link(around)] if around.is_valid and remote.trace_id not in (0, around.trace_id) else []
        inside = continued if remote.is_valid else None
        begun = self._own().start_span(name, inside, attributes=dict(attributes), links=links)
        with trace.use_span(begun, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield
            except BaseException as error:
                _mark(begun, error)
                raise

    def _own(self) -> trace.Tracer:
        """Where several services share a process, the one whose work this is names itself, as it does in its log."""
        service = structlog.contextvars.get_contextvars().get("service", self._service)
        if service not in self._tracers:
            provider = TracerProvider(ALWAYS_ON, Resource.create({SERVICE_NAME: service}), shutdown_on_exit=False)
            provider.add_span_processor(self._batches)
            self._tracers[service] = provider.get_tracer("autotennis")
        return self._tracers[service]

    def carried(self) -> dict[str, str]:
        """The current context as W3C headers."""
        headers: dict[str, str] = {}
        self._w3c.inject(headers)
        return headers

    def shut_down(self) -> None:
        """Delivers what is left; the first batch that cannot be delivered is the last that is tried."""
        self._delivery.is_closing = True
        self._batches.shutdown()


def _mark(span: trace.Span, error: BaseException) -> None:
    """An error's text may hold what nobody should read, so its type is all that is told."""
    if not isinstance(error, Stale):
        span.set_status(trace.Status(trace.StatusCode.ERROR, type(error).__name__))


class _Delivery(SpanExporter):
    """Hands batches on; says once that the collector is away, and once that it is back."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self._is_away = False
        self.is_closing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.is_closing and self._is_away:
            return SpanExportResult.FAILURE
        result = self._inner.export(spans)
        self._tell(is_away=result is not SpanExportResult.SUCCESS)
        return result

    def _tell(self, *, is_away: bool) -> None:
        if is_away and not self._is_away:
            _log.warning("the collector of traces is away: spans are lost")
        elif self._is_away and not is_away:
            _log.info("the collector of traces is back")
        self._is_away = is_away

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._inner.force_flush(timeout_millis)
