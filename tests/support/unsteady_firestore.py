# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (grpc ships no types)
"""A server between Google's client and the Firestore emulator, which loses answers and requests, or refuses them."""

import os
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

import grpc
from support.emulators import need_emulators

# Calls that answer with a stream; all others are answered once.
_STREAMED = ("BatchGetDocuments", "RunQuery")
_THREADS = 60
_FORWARDED_S = 10.0


class Arrives(Enum):
    """Whether the emulator gets a request, and when."""

    AT_ONCE = "at once"
    AFTER_THE_NEXT_READING = "after the next reading"
    NEVER = "never"


@dataclass(frozen=True)
class Trouble:
    """What the client is told instead of an answer, and what becomes of the request."""

    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    arrives: Arrives = Arrives.NEVER


LOST_ANSWER = Trouble(arrives=Arrives.AT_ONCE)
LATE_REQUEST = Trouble(code=grpc.StatusCode.DEADLINE_EXCEEDED, arrives=Arrives.AFTER_THE_NEXT_READING)

# Says for each call (`Commit`, `BatchGetDocuments`, `RunQuery`) what happens to it; None: it goes through.
Script = Callable[[str], Trouble | None]


class UnsteadyFirestore(grpc.GenericRpcHandler):
    """Forwards calls as bytes, but for those that the script has something against."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.script: Script = lambda _name: None
        self.held_arrived = 0
        self._channel = channel
        self._held: list[Callable[[], Any]] = []
        self._lock = threading.Lock()

    def service(self, handler_call_details: Any) -> Any:
        method: str = handler_call_details.method
        if method.rpartition("/")[2] in _STREAMED:
            return grpc.unary_stream_rpc_method_handler(self._streaming(method))
        return grpc.unary_unary_rpc_method_handler(self._answering(method))

    def _answering(self, method: str) -> Callable[[bytes, Any], bytes]:
        def answer(request: bytes, context: Any) -> bytes:
            def call() -> bytes:
                return self._channel.unary_unary(method)(request, timeout=_FORWARDED_S, metadata=_metadata(context))

            self._play(method, call, context)
            try:
                return call()
            except grpc.RpcError as error:
                return context.abort(error.code(), error.details())

        return answer

    def _streaming(self, method: str) -> Callable[[bytes, Any], Iterator[bytes]]:
        def answer(request: bytes, context: Any) -> Iterator[bytes]:
            def call() -> list[bytes]:
                stream = self._channel.unary_stream(method)
                return list(stream(request, timeout=_FORWARDED_S, metadata=_metadata(context)))

            self._play(method, call, context)
            found = call()
            self._let_go()
            yield from found

        return answer

    def _play(self, method: str, call: Callable[[], Any], context: Any) -> None:
        trouble = self.script(method.rpartition("/")[2])
        if trouble is None:
            return
        if trouble.arrives is Arrives.AT_ONCE:
            call()
        elif trouble.arrives is Arrives.AFTER_THE_NEXT_READING:
            with self._lock:
                self._held.append(call)
        context.abort(trouble.code, "as the test wishes")

    def _let_go(self) -> None:
        with self._lock:
            held, self._held = self._held, []
        for call in held:
            call()
            self.held_arrived += 1


@contextmanager
def unsteady_firestore() -> Generator[UnsteadyFirestore, None, None]:
    """Such a server, known to Google's clients that are made while the context lasts."""
    steady = need_emulators().firestore_host
    before = os.environ["FIRESTORE_EMULATOR_HOST"]
    with grpc.insecure_channel(steady) as channel, ThreadPoolExecutor(_THREADS) as threads:
        unsteady = UnsteadyFirestore(channel)
        server = grpc.server(threads, handlers=[unsteady])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        os.environ["FIRESTORE_EMULATOR_HOST"] = f"127.0.0.1:{port}"
        try:
            yield unsteady
        finally:
            os.environ["FIRESTORE_EMULATOR_HOST"] = before
            server.stop(grace=None).wait()


def _metadata(context: Any) -> tuple[tuple[str, str | bytes], ...]:
    own = ("user-agent", "grpc-")
    return tuple((key, value) for key, value in context.invocation_metadata() if not key.startswith(own))
