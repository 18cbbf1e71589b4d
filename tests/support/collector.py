"""A collector of traces that listens on a real socket and keeps what it is sent, and others that are in trouble."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
# (protobuf ships no types; this is the only file that touches it)

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status


@dataclass(frozen=True, slots=True)
class Arrived:
    """A span as the collector was told of it: ids in hex, `parent_id` empty for the first span of a trace.

    `error` is the text of an error's status, None if there was none. `links` are trace ids. `raw` is all of it as text.
    """

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str]
    error: str | None
    links: tuple[str, ...]
    raw: str


@dataclass
class Collector:
    """A collector; `url` is its base address. While `release` is clear, it holds every request.

    It answers with `status`, and keeps nothing of what it refuses but the count of requests.
    """

    url: str = ""
    status: int = 200
    refused: int = 0
    paths: list[str] = field(default_factory=list[str])
    release: threading.Event = field(default_factory=threading.Event)
    _spans: list[Arrived] = field(default_factory=list[Arrived])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spans(self) -> list[Arrived]:
        """All that arrived, in order of arrival."""
        with self._lock:
            return list(self._spans)

    def named(self, name: str) -> Arrived:
        """The one span of this name."""
        found = [one for one in self.spans() if one.name == name]
        assert len(found) == 1, f"{len(found)} spans are named {name}"
        return found[0]

    def names(self) -> set[str]:
        """The names of all spans that arrived."""
        return {one.name for one in self.spans()}

    def take(self, path: str, body: bytes) -> None:
        """Keeps what one request brought."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            self.paths.append(path)
            self._spans += _arrived(request)


def _arrived(request: ExportTraceServiceRequest) -> list[Arrived]:
    return [
        Arrived(
            service=_texts(resource.resource.attributes)["service.name"],
            name=span.name,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            attributes=_texts(span.attributes),
            error=span.status.message if span.status.code == Status.STATUS_CODE_ERROR else None,
            links=tuple(link.trace_id.hex() for link in span.links),
            raw=str(span),
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _texts(attributes: object) -> dict[str, str]:
    return {one.key: one.value.string_value for one in attributes}  # pyright: ignore[reportGeneralTypeIssues, reportAttributeAccessIssue] (a repeated field of protobuf)


@contextmanager
def collecting() -> Generator[Collector]:
    """A collector on a free port, while the context lasts."""
    collector = Collector()
    collector.release.set()

    class _Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.release.wait(30)
            status = collector.status
            if status == HTTPStatus.OK:
                collector.take(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            collector.refused += status != HTTPStatus.OK

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
            """Says nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # whoever asked did not wait for the answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="collector")
    thread.start()
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        collector.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
