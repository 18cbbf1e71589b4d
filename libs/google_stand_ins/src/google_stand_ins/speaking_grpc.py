# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# (grpc ships no types; this is the only stand-in's file that serves with it)
"""A gRPC server that answers Google's own clients, over the message types that their libraries bring along."""

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.api_core.exceptions import GoogleAPICallError

_THREADS: Final = 16
_STOP_S: Final = 1.0


class Refused(Exception):
    """A request that Google's service would refuse, with the code that it would give."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def number(self) -> int:
        """The code as a number, as `google.rpc.Status` writes it."""
        return int(self.code.value[0])


def invalid(message: str) -> Refused:
    """The request can never succeed."""
    return Refused(grpc.StatusCode.INVALID_ARGUMENT, message)


def not_found(message: str) -> Refused:
    """What the request names does not exist."""
    return Refused(grpc.StatusCode.NOT_FOUND, message)


def exists_already(message: str) -> Refused:
    """What the request would make is there."""
    return Refused(grpc.StatusCode.ALREADY_EXISTS, message)


def wrong_state(message: str) -> Refused:
    """What the request names is in a state that does not allow it."""
    return Refused(grpc.StatusCode.FAILED_PRECONDITION, message)


def too_many(message: str) -> Refused:
    """A quota is used up."""
    return Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, message)


def not_imitated(message: str) -> Refused:
    """Google's service would do it, this one does not."""
    return Refused(grpc.StatusCode.UNIMPLEMENTED, message)


def as_refusal(error: GoogleAPICallError) -> Refused:
    """What another of Google's services said."""
    return Refused(error.grpc_status_code or grpc.StatusCode.UNKNOWN, str(error.message))


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service: the proto-plus type of its request, and what answers it (None is an Empty)."""

    request: Any
    answer: Callable[[Any], Any]


@contextmanager
def serving(service: str, methods: Mapping[str, Method], port: int = 0) -> Generator[str, None, None]:
    """Serves on 127.0.0.1 without TLS while the context lasts; gives `host:port`. Port 0 is any free one."""
    with ThreadPoolExecutor(_THREADS) as pool:
        server = grpc.server(pool, options=[("grpc.so_reuseport", 0)])
        handlers = {name: _handler(method) for name, method in methods.items()}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
        server.start()
        try:
            yield f"127.0.0.1:{bound}"
        finally:
            server.stop(_STOP_S).wait()


def insecure_channel(host: str) -> Any:
    """A channel without TLS to `host:port`, as the emulators want it."""
    return grpc.insecure_channel(host)


def _handler(method: Method) -> Any:
    def answer(request: Any, context: Any) -> Any:
        try:
            return method.answer(request)
        except Refused as refusal:
            context.abort(refusal.code, str(refusal))

    def written(message: Any) -> bytes:
        return b"" if message is None else type(message).serialize(message)

    return grpc.unary_unary_rpc_method_handler(
        answer, request_deserializer=method.request.deserialize, response_serializer=written
    )
