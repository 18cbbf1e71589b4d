"""Sockets that know when the bytes which they give had reached this machine.

The event loop of a busy club reads late: with two hundred requests at once, the last of them 20 ms after it came. The
kernel of Linux notes the instant of arrival itself, and tells it with the bytes. Elsewhere the moment of reading has to
do.
"""

import os
import socket
import struct
import sys
import time
from weakref import WeakValueDictionary

_SO_TIMESTAMPNS = 35  # Linux; the module `socket` does not name it
_STAMP = struct.Struct("@ll")  # seconds and nanoseconds since 1970
_ROOM = 64  # for the stamp and its header
_NS_PER_S = 1_000_000_000


class StampedSocket(socket.socket):
    """One connection's."""

    read_ns = 0

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """As ever; and `read_ns` is then when the last of these bytes came, in nanoseconds since 1970."""
        if sys.platform != "linux":
            data = super().recv(bufsize, flags)
            self.read_ns = time.time_ns()
            return data
        data, ancillary, _, _ = self.recvmsg(bufsize, _ROOM, flags)
        self.read_ns = _stamp_in(ancillary) or time.time_ns()
        return data


class StampingListener(socket.socket):
    """Listens, and accepts connections that stamp."""

    def __init__(self, family: int, place: tuple[object, ...]) -> None:
        """Bound to a place; raises OSError if that is taken or unknown."""
        super().__init__(family, socket.SOCK_STREAM)
        self._accepted: WeakValueDictionary[int, StampedSocket] = WeakValueDictionary()
        try:
            self._prepare(family)
            self.bind(place)
        except OSError:
            self.close()
            raise

    def _prepare(self, family: int) -> None:
        if os.name == "posix":  # elsewhere it would let two programs have one port
            self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if sys.platform == "linux":
            self.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)  # the connections inherit it

    def accept(self) -> tuple[StampedSocket, object]:
        """The next connection, and its address."""
        connection, address = super().accept()
        stamped = StampedSocket(connection.family, connection.type, connection.proto, fileno=connection.detach())
        self._accepted[stamped.fileno()] = stamped
        return stamped, address

    def connection(self, fileno: int) -> StampedSocket | None:
        """The connection with that file number; None where the event loop does not accept by `accept` (Windows)."""
        return self._accepted.get(fileno)


def _stamp_in(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The kernel's stamp; 0 if it gave none, as for the very first bytes that it was asked about."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) == _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack(data)
            return seconds * _NS_PER_S + nanoseconds
    return 0
