"""Keeps a library that connects by itself from reaching inside, and from swallowing whatever it is answered.

Apprise asks over `requests`, which leaves no other place to say where it may connect to: redirects and names that lead
inside are found only when a connection is made. Nor can it be told how much of an answer to read: it takes all of it
into memory, unpacked. So two functions of urllib3's are replaced, which mind nothing but what is done in the context of
a guarded job: Apprise takes that along to threads of its own.
"""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Final

from urllib3.exceptions import ProtocolError
from urllib3.response import HTTPResponse
from urllib3.util import connection

from autotennis_notifier.senders.addresses import is_public

_JOB: Final[ContextVar["Job | None"]] = ContextVar("guarded job", default=None)
_original: Final[Callable[..., socket.socket]] = connection.create_connection
_original_stream: Final[Callable[..., Generator[bytes]]] = HTTPResponse.stream
# What a service says of a message is some hundred bytes of JSON.
_LARGEST_ANSWER: Final = 1_000_000


class Job:
    """One job. `was_kept_out` tells that it wanted to connect to where it may not."""

    def __init__(self, *, private: bool) -> None:
        self.was_kept_out = False
        self._private = private
        self._lock = threading.Lock()
        self._over = False
        self._twins: list[socket.socket] = []

    @contextmanager
    def guarded(self) -> Generator[None]:
        """What is connected to meanwhile in this context is this job's."""
        connection.create_connection = _create_connection
        HTTPResponse.stream = _stream
        before = _JOB.set(self)
        try:
            yield
        finally:
            _JOB.reset(before)
            self.end()

    def end(self) -> None:
        """Cuts all its connections, whoever still waits for an answer, and whichever thread says so."""
        with self._lock:
            self._over = True
            for twin in self._twins:
                with suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)
                twin.close()
            self._twins.clear()

    def connected(self, address: tuple[str, int], *more: Any, **options: Any) -> socket.socket:
        """A connection to the first public address of the name; to any where private ones are allowed."""
        host, port = address
        for found in [host] if self._private else self._public_addresses(host, port):
            made = _original((found, port), *more, **options)
            with self._lock:
                # TLS takes the connection over: by a twin it can be cut all the same.
                self._twins.append(made.dup())
            if self._over:
                self.end()
            return made
        self.was_kept_out = True
        raise OSError("This name leads to no public address.")

    def _public_addresses(self, host: str, port: int) -> list[str]:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        return [str(one[4][0]) for one in found if is_public(str(one[4][0]))]


def _create_connection(address: tuple[str, int], *more: Any, **options: Any) -> socket.socket:
    job = _JOB.get()
    return job.connected(address, *more, **options) if job else _original(address, *more, **options)


def _stream(self: HTTPResponse, amt: int | None = None, decode_content: bool | None = None) -> Generator[bytes]:
    """The answer's body, unpacked piece by piece. Raises ProtocolError in a job if it is too long."""
    length, is_guarded = 0, _JOB.get() is not None
    for piece in _original_stream(self, amt, decode_content):
        length += len(piece)
        if is_guarded and length > _LARGEST_ANSWER:
            self.close()
            raise ProtocolError("The answer is longer than it may be.")
        yield piece
